"""Names for people and employers who do not exist."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Text = NDArray[np.str_]

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋艳勇娟杰涛明超秀霞平刚桂英华玉兰红梅春国建志文海燕云峰宇晨欣佳怡浩然子轩梓涵思远雪莹倩倩琳婷鹏飞"
    "斌辉波宁凯龙鑫慧颖雅芝琴珍莲凤荣福贵祥德庆安康立新成林森木清泉石山川江河"
)
HOMOPHONES = dict(
    zip(
        "张伟芳敏静丽磊军洋艳勇娟涛明秀霞平刚红峰宇佳辉志文建英华国",
        "章玮方闵婧莉蕾君阳燕永涓韬铭绣侠萍钢虹锋雨嘉晖智雯健瑛桦帼",
        strict=True,
    )
)
"""Same sound, other character: what a clerk types when a name is read out."""

PLACE = ("演示", "示范", "样例", "试点")
BRANDS = "恒泰宏远新成瑞丰江城楚天汉水东湖金桥华兴长河青山明德安达众合方舟启航同创博雅三和"
"""Two characters each."""
INDUSTRY = (
    ("软件", 1), ("商贸", 1), ("物业管理", 2), ("酒店", 2), ("电子", 3), ("纺织", 3), ("汽车零部件", 4), ("物流", 4),
    ("食品", 3), ("机械", 4), ("化工", 5), ("建筑安装", 6), ("矿业", 8), ("医药", 3), ("教育咨询", 1),
)  # fmt: skip


def people(rng: np.random.Generator, count: int) -> Text:
    """Draw names of two or three characters, common surnames more often."""
    weights = 1.0 / np.arange(3, len(SURNAMES) + 3)
    surnames = rng.choice(list(SURNAMES), size=count, p=weights / weights.sum())
    first, second = (rng.choice(list(GIVEN), size=count) for _ in range(2))
    second[rng.random(count) < 0.25] = ""
    return np.char.add(np.char.add(surnames, first), second)


def homophone(name: str) -> str:
    """Write the name as it sounds, with another character; the same name when none sounds alike."""
    for position, character in enumerate(name):
        if character in HOMOPHONES:
            return name[:position] + HOMOPHONES[character] + name[position + 1 :]
    return name


def employers(rng: np.random.Generator, count: int) -> list[tuple[str, int]]:
    """Draw names and 工伤保险行业类别 (1 to 8) of employers, every name once."""
    drawn = []
    for number in range(count):
        industry, risk = INDUSTRY[rng.integers(len(INDUSTRY))]
        brand = BRANDS[(first := 2 * int(rng.integers(len(BRANDS) // 2))) : first + 2]
        drawn.append((f"{PLACE[number % 4]}{brand}{industry}有限公司{number + 1:03d}号", risk))
    return drawn
