"""What sentence checks keep and compare: amounts, shares, completion rates, and the findings about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from jinbao.centre.disclosure.addresses import Found
from jinbao.centre.disclosure.findings import Finding, Severity
from jinbao.centre.disclosure.model import Fact, Paragraph
from jinbao.centre.disclosure.rates import Verdict
from jinbao.centre.disclosure.values import YUAN_IN, Number, bare, rounded, show

RATIO_WORDS = ("财政拨款", "合计", "金额", "总额", "本年", "年度", "的", "全年", "预算", "支出", "收入")


@dataclass
class State:
    """What has been said so far in a section: the current amount, its budget, the whole that shares are taken of."""

    current: Fact | None = None
    budget: Fact | None = None
    whole: Fact | None = None
    change: Fact | None = None
    amounts: list[Fact] = field(default_factory=list)
    unmatched: list[Fact] = field(default_factory=list)


@dataclass(frozen=True)
class Share:
    """A share that was computed, kept to see whether a group was forced to a hundred."""

    fact: Fact
    part: Number
    whole: Number
    verdict: Verdict
    paragraph: Paragraph
    words: str


@dataclass
class Completion:
    """A completion rate with the figure it belongs to and the budget, if one is printed."""

    rate: Fact
    final: Number
    budget: Number | None
    names: list[str]
    depth: int


def misread(parts: list[Fraction], which: int, printed: Number) -> Fraction | None:
    """An input with two neighbouring digits swapped that would give the printed rate."""
    digits = str(int(parts[which] * 100))
    for n in range(len(digits) - 1):
        turned = Fraction(int(digits[:n] + digits[n + 1] + digits[n] + digits[n + 2 :]), 100)
        pair = [turned if i == which else p for i, p in enumerate(parts)]
        if turned != parts[which] and pair[1] and rounded(pair[0] / pair[1] * 100, printed.places) == printed.value:
            return turned
    return None


def agrees(fact: Fact, found: Found) -> bool:
    """True if a sentence's amount and a cell are one figure; a coarser unit may have been rounded to."""
    mine, cell = YUAN_IN[fact.unit], YUAN_IN[found.table.unit]
    if mine <= cell:
        return fact.number.value * mine == found.cell.value * cell
    return rounded(Fraction(found.cell.value * cell) / Fraction(mine), max(fact.number.places, 2)) == fact.number.value


def in_unit(fact: Fact, unit: str) -> Number:
    """An amount in another unit of money."""
    return scaled(fact.number, fact.unit, unit)


def scaled(number: Number, unit: str, wanted: str) -> Number:
    """A figure in another unit of money, with the places it then has."""
    if unit == wanted or unit not in YUAN_IN:
        return number
    power = (YUAN_IN[unit] / YUAN_IN[wanted]).adjusted()
    return Number(number.value.scaleb(power), max(0, number.places - power), number.raw)


def with_budget(fact: Fact, paragraph: Paragraph) -> str:
    """In a 三公 sentence that breaks a budget down (预算…其中), the parts are budgets too."""
    before = paragraph.text[: fact.offset]
    sentence = before[before.rfind("。") + 1 :]
    broken_down = "其中" in sentence and "预算" in sentence and not re.search(r"决算|完成", sentence)
    return (
        f"{fact.subject}预算"
        if paragraph.section == "三公" and broken_down and "预算" not in fact.subject
        else fact.subject
    )


def core(words: str) -> str:
    """The words that tell one figure from another, without those that every figure has."""
    plain = bare(words)
    for word in RATIO_WORDS:
        if len(plain) > 4:
            plain = plain.replace(word, "")
    return plain


def alike(base: str, whole: Fact) -> bool:
    """True if the words of a share may mean this whole."""
    return any(word in base and word in whole.subject for word in ("收入", "支出", "采购", "拨款", "收支"))


def is_forced(share: Share, group: list[Share]) -> bool:
    """True for a share that was bent so that its group comes to a hundred."""
    unit = Decimal(1).scaleb(-share.fact.number.places)
    if len(group) < 3 or share.verdict.recomputed is None:
        return False
    total = sum((s.fact.number.value for s in group), Decimal(0))
    return total == 100 and abs(share.fact.number.value - share.verdict.recomputed) <= unit


def rate_finding(
    fact: Fact, verdict: Verdict, severity: Severity, kind: str, relation: str, cause: str, suggestion: str
) -> Finding:
    """Make the finding about a rate."""
    recomputed = "" if verdict.recomputed is None else f"{verdict.recomputed}%"
    return Finding(
        severity,
        kind,
        fact.spot,
        relation,
        "说明",
        fact.subject[-30:],
        verdict.formula,
        f"{fact.number.raw}%",
        recomputed,
        cause,
        suggestion or (f"改为 {recomputed}" if recomputed else ""),
    )


def unit_finding(fact: Fact, found: Found) -> Finding:
    """Make the finding about 元 printed for 万元, or the other way round."""
    return Finding(
        "high",
        "unit",
        fact.spot,
        "R27 说明中的金额与表一致",
        found.table.title,
        found.name,
        f"说明 {fact.number.raw}{fact.unit} ≠ {found.name} {show(found.cell.value)}{found.table.unit}",
        f"{fact.number.raw}{fact.unit}",
        f"{show(found.cell.value)}{found.table.unit}",
        "元与万元混用",
        f"单位应为{found.table.unit}",
    )


def misnamed_total(fact: Fact, hit: Found, first: Found) -> Finding | None:
    """A grand total (with what was carried over) that a sentence calls the income or spending of the year."""
    called = re.search(r"[^\d年度,，。;:]*(?:收入|支出)合计$", fact.subject)
    if called is None or not first.row.key.startswith("本年") or hit.row.key != "总计" or not first.cell.printed:
        return None
    whole = "收入总计" if "收入" in first.row.key else "支出总计"
    return Finding(
        "low",
        "name",
        fact.spot,
        "总计与本年合计应分清",
        hit.table.title,
        hit.name,
        f"{show(fact.number.value)} = {hit.name}；{first.name} {show(first.cell.value)}",
        called[0],
        whole,
        "总计含年初结转和结余等，不是本年合计",
        f"改称“{whole}”，或写{first.row.key} {show(first.cell.value)}",
    )
