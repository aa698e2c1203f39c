"""Names of people who do not exist, and the ways in which names are written wrongly."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin

from jinbao.data.linkage.declared import policy

Text = NDArray[Any]

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟"
    "殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤"
)
"""More frequent first, as in the published rankings; the shares are a curve, not a census."""
GIVEN = (
    "伟芳娜敏静丽强磊军洋艳勇娟杰涛明超秀霞平刚桂英华玉兰红梅春国建志文海燕云峰宇晨欣佳怡浩然子轩梓涵思远雪莹倩琳婷鹏飞斌辉波凯"
    "龙鑫慧颖雅芝琴珍莲凤荣福贵祥德庆安康立新成林森木清泉石山川江河生永胜学忠义金银宝光亮东南西北中正大小天玲芬翠香菊素淑瑞瑶璐"
    "诗嘉俊逸博睿泽昊阳旭晓旺兴发财富达昌盛家和乐善良美月星辰雨露霜冰松柏竹枫桐栋梁才智勤俭恒毅坚诚信礼孝廉洁丹青碧彩虹锦绣蓓蕾"
    "妍娇媛婧姗姝妮蓉薇萍蕙菲茜荷莉莎蕊珊瑜琪琦瑾璇珂珏玮琛钰铭锋钧铁钢锐炎焱煜烨灿炜煌熙勋烈照熠耀景晖晗昕晴晶智普曼曦"
)
MINORITY = ("阿卜杜", "买买提", "艾力", "热合曼", "古丽", "吐尔逊", "努尔", "巴图", "其木格", "扎西", "卓玛", "次仁", "阿依", "帕提曼", "库尔班", "玉素甫", "乌云", "格日勒", "尼玛", "顿珠")  # fmt: skip


def invent_names(rng: np.random.Generator, count: int) -> Text:
    """Draw names: common surnames and characters far more often, 85 % with two given characters, 2 % with a dot."""
    surname = 1 / (np.arange(len(SURNAMES)) + 2.0)
    given = 1 / (np.arange(len(GIVEN)) + 12.0)
    names = np.char.add(
        rng.choice(list(SURNAMES), size=count, p=surname / surname.sum()),
        rng.choice(list(GIVEN), size=count, p=given / given.sum()),
    )
    second = rng.choice(list(GIVEN), size=count, p=given / given.sum())
    second[rng.random(count) < 0.15] = ""
    names = np.char.add(names, second)
    dotted = rng.random(count) < 0.02
    first, last = (rng.choice(MINORITY, size=int(dotted.sum())) for _ in range(2))
    wide = names.astype("U12")
    wide[dotted] = np.char.add(np.char.add(first, "·"), last)
    return wide


def misname(rng: np.random.Generator, names: Text, rows: NDArray[np.int64], how: Literal["sound", "shape", "character", "dress"]) -> None:  # fmt: skip
    """Write some names wrongly, in place: another character that sounds or looks alike, any other, or spaces."""
    for row in rows:
        name = names[row]
        if how == "dress":
            names[row] = " ".join(name) if rng.random() < 0.5 else f"{name}　"
            continue
        at = [n for n, c in enumerate(name) if n and c in alike(how)] if how != "character" else [len(name) - 1]
        if at:
            place = at[int(rng.integers(len(at)))]
            choices = alike(how)[name[place]] if how != "character" else GIVEN
            names[row] = name[:place] + choices[int(rng.integers(len(choices)))] + name[place + 1 :]


def rename(names: Text, who: NDArray[np.int64]) -> Text:
    """Return what people were called before: the same surname and another given name, always the same for a person."""
    size = len(GIVEN)
    return np.array(
        [n[0] + GIVEN[int(p) * 7 % size] + GIVEN[int(p) * 13 % size] for n, p in zip(names, who, strict=True)],
        dtype=object,
    )


@cache
def alike(how: str) -> dict[str, str]:
    """Return for each character the others that sound (without tone) or look like it."""
    groups: dict[str, str] = {}
    if how == "shape":
        groups = {str(n): group for n, group in enumerate(policy().shape_alike)}
    else:
        for character in dict.fromkeys(GIVEN):
            sound = lazy_pinyin(character, style=Style.NORMAL)[0]
            groups[sound] = groups.get(sound, "") + character
    return {c: "".join(o for o in g if o != c) for g in groups.values() if len(g) > 1 for c in g}
