"""Rates: a printed rate is wrong only if no inputs within their rounding give it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from jinbao.centre.disclosure.findings import Severity
from jinbao.centre.disclosure.values import Number, Span, rounded, show


@dataclass(frozen=True)
class Verdict:
    """What became of a rate: right, explained by rounding, wrong, or undefined (0/0)."""

    state: str  # right | rounding | wrong | undefined
    recomputed: Decimal | None = None
    formula: str = ""

    @property
    def wrong(self) -> bool:
        """True if the rate is not right, be it by rounding or truly."""
        return self.state != "right"


def judge(printed: Number, part: Number, whole: Number, places: int, *, whole_span: Span | None = None) -> Verdict:
    """Judge a printed percentage of two printed figures.

    `places` is the precision of the document's amounts, for figures printed without their trailing zeros. A
    dropped zero
    of the rate itself (`88%` for 88.0%) is no error: the rate is judged to the places printed.
    """
    if whole.value == 0:
        return Verdict("undefined", None, f"{show(part.value)} ÷ 0")
    exact = Fraction(part.value) / Fraction(whole.value) * 100
    formula = f"{show(part.value)} ÷ {show(whole.value)} = {show(exact, max(printed.places, 2))}%"
    recomputed = rounded(exact, printed.places)
    if recomputed == printed.value:
        return Verdict("right", recomputed, formula)
    reach = part.span(places).over(whole_span or whole.span(places))
    if reach is not None and reach.times(100).meets(printed.span()):
        return Verdict("rounding", recomputed, formula)
    return Verdict("wrong", recomputed, formula)


def previous(current: Number, change: Number, sign: int, places: int) -> tuple[Number, Span]:
    """Last year's figure from this year's and the change, with the values it may have had."""
    value = current.value - sign * change.value
    span = current.span(places) - change.span(places) if sign > 0 else current.span(places) + change.span(places)
    return Number(value, max(current.places, change.places, places)), span


def grave(printed: Decimal, recomputed: Decimal | None) -> Severity:
    """How grave a wrong rate is: a point or more high, a tenth of a point or more medium, else low."""
    if recomputed is None:
        return "low"
    gap = abs(printed - recomputed)
    return "high" if gap >= 1 else "medium" if gap >= Decimal("0.1") else "low"


def padded(printed: Number, recomputed: Fraction) -> str:
    """Recognise a rate that was rounded to fewer places and filled up with zeros (71.56 printed as 71.60)."""
    for places in range(printed.places):
        if printed.value == rounded(recomputed, places):
            return f"先取到 {places} 位小数再补零"
    return ""
