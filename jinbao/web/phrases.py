"""Sentences with figures that rooms below write in Chinese (a campaign's sums, a simulation's notes), in English.

A form is a sentence with gaps: `{}` takes what has no Chinese once it is translated itself, `{name}` takes anything.
A sentence that fits no form stays as it is, and pages mark it as Chinese.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import gettext, gettext_noop

CAMPAIGNS = (
    gettext_noop("自 {} 起，不追溯"),
    gettext_noop("“{name}”与核定时不同的"),
    gettext_noop("待遇起始 {} 至 {}"),
    gettext_noop("{}（成批内核 {}）"),
    gettext_noop("{} 人，每月 {} 元"),
    gettext_noop("{} 元"),
    gettext_noop("{} 项"),
    gettext_noop("{} 人由逐人计算按账簿复算，不一致 {} 人"),
    gettext_noop("{} 人，{}：相同 {} 人；偏低 {} 人，每月合计 {} 元；偏高 {} 人，每月合计 {} 元"),
    gettext_noop("共 {} 人，只标出并复算其中 {} 人；其余在逐人结果中"),
    gettext_noop("异常：{}"),
    gettext_noop("减少多于 {} 元"),
    gettext_noop("{} 岁"),
    gettext_noop("执行时不能计算：{name}"),
)
SIMULATIONS = (
    gettext_noop("{} 至 {}（{} 个月）"),
    gettext_noop("原 {}，新 {}（新得 {}，失去 {}）"),
    gettext_noop("原 {}，新 {}，变化 {}"),
    gettext_noop("原 {}，新 {}"),
    gettext_noop("不足 {} 人"),
    gettext_noop("{}，地区 {}，规则版本 {}"),
    gettext_noop("履历散列 {}，{} 人"),
    gettext_noop("{}元/月"),
    gettext_noop("{name} 为 {value}（现行 {was}；{} 起）"),
    gettext_noop("{name} 为 {value}（现行 {was}；{} 至 {}）"),
    gettext_noop("待遇年度调整率 {}：{} 年起每年 1 月调整，对上年底以前开始领取的人，逐人四舍五入到分，逐年累计"),
    gettext_noop("{} 年 {}%"),
    gettext_noop(
        "缴费基数年增长率 {}：期间开始前 {} 个月内还有缴费的人继续按月缴费，基数从最后一段起每年 1 月增长，四舍五入到分"
    ),
    gettext_noop("{name}年增长率 {}：从最近一个已知的值起逐年增长，四舍五入到分"),
    gettext_noop("变化不足 {} 元"),
    gettext_noop("增加 {} 元至不足 {} 元"),
    gettext_noop("减少 {} 元至不足 {} 元"),
    gettext_noop("增加 {} 元以上"),
    gettext_noop("减少 {} 元以上"),
    gettext_noop("第{}等（最低）"),
    gettext_noop("第{}等（最高）"),
    gettext_noop("第{}等"),
    gettext_noop("{}—{}岁"),
    gettext_noop("期间：{} 至 {}，共 {} 个月。"),
    gettext_noop("谁从哪个月开始领取，按“{start}”；能否领取，按“{entitled}”；每月金额，按“{amount}”，到分。"),
    gettext_noop("有假设自 {} 起：还没有开始领取的人，从那个月起按那时的规定（两套都是）；已经在领的不重新核定。"),
    gettext_noop("有假设自 {} 起：还没有开始领取的人，从那个月起按那时的规定（原规定停在 {}）；已经在领的不重新核定。"),
    gettext_noop("增加、减少：期内合计的变化平均到每月，达到 {} 元的；不到的为基本不变。月支出指期末那个月。"),
    gettext_noop(
        "收入十等分：按原规定下的“{income}”由低到高分为十等分，数值相同的在同一等。性别按证件号码第17位。参保地取自履历。"
    ),
    gettext_noop(
        "收入十等分：按原规定下的“{income}”由低到高分为十等分，数值相同的在同一等。性别按证件号码第17位。"
        "履历没有参保地，地区取证件号码前六位，只是最初的户籍地。"
    ),
)
COMMON = (
    gettext_noop("{} 至 {} 元"),
    gettext_noop("{} 人，{}"),
    gettext_noop("{} 人"),
    gettext_noop("{}；{}"),
    gettext_noop("{}，{}"),
    gettext_noop("{}、{}、{}"),
    gettext_noop("{}、{}"),
    gettext_noop("{}　{}"),
    gettext_noop("{}（{}）"),
)
_GAP = re.compile(r"\{(\w*)\}")
_CHINESE = re.compile("[㐀-鿿]")


def english(text: str) -> str:
    """Return a sentence in the language of the page; itself where it fits no form."""
    whole = gettext(text)
    if whole != text or not _CHINESE.search(text):
        return whole
    for form, names, pattern in _forms():
        match = pattern.fullmatch(text)
        if not match:
            continue
        parts = [english(part) for part in match.groups()]
        if any(_CHINESE.search(part) for name, part in zip(names, parts, strict=True) if not name):
            continue
        said = _GAP.sub("{}", gettext(form))
        order = _GAP.findall(gettext(form))
        named = {name: part for name, part in zip(names, parts, strict=True) if name}
        plain = iter(part for name, part in zip(names, parts, strict=True) if not name)
        return said.format(*(named[name] if name else next(plain) for name in order))
    return text


@lru_cache(maxsize=1)
def _forms() -> tuple[tuple[str, list[str], re.Pattern[str]], ...]:
    found = []
    for form in (*CAMPAIGNS, *SIMULATIONS, *COMMON):
        pieces = _GAP.split(form)
        written = "".join("(.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))
        found.append((form, pieces[1::2], re.compile(written)))
    return tuple(found)
