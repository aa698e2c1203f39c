"""What the analyst supposes of the years to come: a rate a year each, named, and shown wherever a result rests on it.

    待遇年度调整率=2%          every January, what is paid since the year before or longer rises by so much
    待遇年度调整率=2.5%@2027   in January of that year only
    公布计发基数年增长率=3%     a parameter, from its last known value on, year by year
    缴费基数年增长率=3%        who still pays goes on paying, on a base that grows every January

Nothing is supposed that is not written; everything is decimal and rounded half up, to the fen, at each step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from jinbao.kernel.months import Month
from jinbao.rules.errors import NotInForce, WrongAssumption, did_you_mean
from jinbao.rules.law import Law
from jinbao.rules.overlay import Supposed

ADJUSTMENT, GROWTH, BASE = "待遇年度调整率", "年增长率", "缴费基数"
MILLION = 1_000_000
"""Rates are kept in millionths: four decimals of a per cent."""
PAYING_MONTHS = 12
"""Who paid in one of so many months before the horizon is taken to go on paying."""
_TEXT = re.compile(r"\s*(?P<name>[^=@\s]+)\s*=\s*(?P<rate>[+-]?\d+(?:\.\d+)?)\s*[%％]\s*(?:@\s*(?P<year>\d{4}))?\s*")
_EXAMPLES = (
    f"{ADJUSTMENT}=2%",
    f"{ADJUSTMENT}=2.5%@2027（只在这一年）",
    f"公布计发基数{GROWTH}=3%",
    f"{BASE}{GROWTH}=3%",
)
_ADVICE = f"一行一项，写百分数：{'、'.join(_EXAMPLES)}。"
_MOST = 500_000


@dataclass(frozen=True)
class Yearly:
    """Rates in millionths; a year without a rate of its own has the one under 0, or none."""

    adjustments: Mapping[int, int] = field(default_factory=dict)
    growing: Mapping[str, int] = field(default_factory=dict)
    """Parameters that grow."""
    paying: int | None = None
    """The growth of the base of those who go on paying; None where careers end with what is recorded."""

    def adjustment(self, year: int) -> int:
        """Return by how many millionths what is paid rises in January of a year."""
        return self.adjustments.get(year, self.adjustments.get(0, 0))


def read_yearly(texts: Iterable[str]) -> Yearly:
    """Read assumptions as texts, a later one taking the place of an earlier. Raises WrongAssumption."""
    adjustments: dict[int, int] = {}
    growing: dict[str, int] = {}
    paying = None
    for text in texts:
        match = _TEXT.fullmatch(text)
        if match is None:
            raise WrongAssumption(f"看不懂今后各年的假设“{text[:60]}”", advice=_ADVICE)
        name, rate, year = match["name"], _millionths(text, match["rate"]), int(match["year"] or 0)
        if name == ADJUSTMENT:
            adjustments[year] = rate
        elif year or not name.endswith(GROWTH) or name == GROWTH:
            said = "只有待遇年度调整率可以写明年份" if year and name.endswith(GROWTH) else f"没有“{name}”这项假设"
            raise WrongAssumption(said, advice=did_you_mean(name, (ADJUSTMENT, BASE + GROWTH)) + _ADVICE)
        elif name == BASE + GROWTH:
            paying = rate
        else:
            growing[name.removesuffix(GROWTH)] = rate
    return Yearly(adjustments, growing, paying)


def _millionths(text: str, rate: str) -> int:
    exact = Decimal(rate) * 10_000
    if exact != int(exact) or abs(exact) > _MOST:
        raise WrongAssumption(f"“{text[:60]}”的率应在 -50% 至 50% 之间，最多四位小数", advice=_ADVICE)
    return int(exact)


def grown(law: Law, yearly: Yearly, *, on: date, region: str, last: Month) -> list[Supposed]:
    """Return the values of growing parameters for the years up to `last`, each from the one before.

    Where the law, or another assumption, has a value that begins in a year, that year is left as it is. Raises
    WrongAssumption for what is no parameter with a single value, or has none to begin with.
    """
    found = []
    for name, rate in yearly.growing.items():
        _check_growing(law, name)
        value = _latest(law, name, on, region)
        for year in range(on.year + 1, last.year + 1):
            own = _own(law, name, year, region)
            value = own if own is not None else _cents(value * (MILLION + rate) / MILLION)
            if own is None:
                source = f"假设每年增长 {percent(rate)}，四舍五入到分"
                found.append(Supposed(name, value, start=date(year, 1, 1), end=date(year, 12, 31), source=source))
    return found


def _latest(law: Law, name: str, on: date, region: str) -> Decimal:
    """Return the last value that the year of a day has, else the one of the day."""
    own = _own(law, name, on.year, region)
    if own is not None:
        return own
    try:
        return Decimal(law.parameter(name, on=on, region=region).value)
    except NotInForce as error:
        said = f"“{name}”没有可以由它增长的值：{error.message}"
        raise WrongAssumption(said, advice="先用 名=值 假设一个值。") from None


def own_starts(law: Law, names: Iterable[str], region: str) -> set[date]:
    """Return the days on which values of parameters begin in a region, whoever wrote them."""
    lineage = law.book.regions.lineage(region)
    series = [law.book.parameters[name].values.get(code, ()) for name in names for code in lineage]
    return {dated.start for values in series for dated in values}


def _check_growing(law: Law, name: str) -> None:
    if name not in law.book.parameters:
        advice = did_you_mean(name, law.book.parameters) or "jinbao law show 规则名 列出它用到的参数。"
        raise WrongAssumption(f"没有“{name}”这个参数，不能假设它的{GROWTH}", advice=advice)
    if law.book.parameters[name].key is not None or law.glossary[name].type != "金额":
        raise WrongAssumption(f"“{name}”不是金额，不能假设它的{GROWTH}", advice="用 名=值@日期 逐年写明。")


def _own(law: Law, name: str, year: int, region: str) -> Decimal | None:
    """Return the last value that begins in a year; None where an older one only stands in or still holds."""
    try:
        found = law.parameter(name, on=date(year, 12, 31), region=region)
    except NotInForce:
        return None
    return Decimal(found.value) if found.dated.start.year == year else None


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def percent(rate: int) -> str:
    """Write millionths as per cent."""
    return f"{(Decimal(rate) / 10_000).normalize():f}%"


def check_years(yearly: Yearly, first: Month, last: Month) -> None:
    """Raise WrongAssumption for a year in whose January nothing can be adjusted: it would be passed over in silence."""
    beyond = sorted(year for year in yearly.adjustments if year and not first.year < year <= last.year)
    if beyond:
        years = f"{first.year + 1} 至 {last.year}" if last.year > first.year else "没有一年"
        said = f"{ADJUSTMENT}写了 {beyond[0]} 年，期间 {first} 至 {last} 里可以调整的是 {years}"
        raise WrongAssumption(said, advice="期间的第一年按计算日的规定，自下一年 1 月起调整。改年份或延长期间。")


def sentences(yearly: Yearly, first: Month, last: Month) -> list[str]:
    """Say in words what is supposed of the years to come; nothing where nothing is."""
    found = []
    years = [(year, yearly.adjustment(year)) for year in range(first.year + 1, last.year + 1)]
    rates = {rate for _, rate in years}
    if yearly.adjustments and years:
        how = "，对上年底以前开始领取的人，逐人四舍五入到分，逐年累计"
        listed = "、".join(f"{year} 年 {percent(rate)}" for year, rate in years)
        each = percent(years[0][1]) if len(rates) == 1 else listed
        found.append(f"{ADJUSTMENT} {each}：{years[0][0]} 年起每年 1 月调整{how}")
    found += [
        f"{name}{GROWTH} {percent(rate)}：从最近一个已知的值起逐年增长，四舍五入到分"
        for name, rate in yearly.growing.items()
    ]
    if yearly.paying is not None:
        who = f"期间开始前 {PAYING_MONTHS} 个月内还有缴费的人继续按月缴费"
        found.append(f"{BASE}{GROWTH} {percent(yearly.paying)}：{who}，基数从最后一段起每年 1 月增长，四舍五入到分")
    return found
