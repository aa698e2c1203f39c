"""Printed numbers: what was printed, how exactly, and what the true value may have been.

A printed figure stands for an interval: `86.63` printed to two places is any value from 86.625 to 86.635.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

YUAN_IN = {"元": Decimal(1), "千元": Decimal(1000), "万元": Decimal(10000), "亿元": Decimal(100000000)}
WAN_PLACES = 2
"""Places to which 万元 are printed."""
NUMBER = re.compile(r"[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_KEEP = {"，": "，", "；": ";", "：": ":", "“": "“", "”": "”", "…": "…"}
_LATEX = re.compile(r"\$[^$]*\$|</?[a-zA-Z][^>]*>|\\(?=[*_])")


def _narrow() -> dict[int, str]:
    """The characters that stand for plainer ones, with those: full-width forms, roman numerals, brackets."""
    marks = range(0xFE30, 0xFFF0)
    signs = range(0x2000, 0x3400)
    plain = {c: unicodedata.normalize("NFKC", chr(c)) for c in (0xA0, *signs, *marks)}
    return {c: text for c, text in plain.items() if text != chr(c) and chr(c) not in _KEEP} | {
        ord(c): text for c, text in _KEEP.items()
    }


_NARROW = _narrow()


def half_width(text: str) -> str:
    """Turn full-width digits, letters and brackets to half-width.

    The Chinese comma stays, for it is no thousands mark.
    """
    return text if text.isascii() else text.translate(_NARROW)


def join_numbers(text: str) -> str:
    """Close the blanks that extraction leaves inside numbers: `1, 547. 08` becomes `1,547.08`.

    A dot after a list ordinal is not closed: `4. 2024年度` keeps its blank.
    """
    text = re.sub(r"(?<=\d)\s*,\s+(?=\d{3}(?!\d))", ",", text)
    return re.sub(r"(?<=\d)\s*\.\s+(?=\d)(?!\d{4}\s*年)|(?<=\d)\s+\.(?=\d)", ".", text)


def tidy(text: str) -> str:
    """Normalise a line for reading: half-width, marks of extraction dropped, numbers closed."""
    return join_numbers(half_width(_LATEX.sub(" ", text.replace("\u3000", " "))))


def squeeze(text: str) -> str:
    """Drop every blank: Chinese does not need them and extraction puts them anywhere."""
    return re.sub(r"\s+", "", text)


@lru_cache(maxsize=20_000)
def bare(text: str) -> str:
    """Keep only letters and digits, to compare names however their brackets and quotes were printed."""
    return "".join(c for c in half_width(text) if c.isalnum())


@dataclass(frozen=True)
class Number:
    """A number as printed: its value, the places printed, the raw text."""

    value: Decimal
    places: int
    raw: str = ""

    @classmethod
    def parse(cls, text: str) -> Number | None:
        """Read one number that fills `text`; None if it is not one."""
        clean = join_numbers(half_width(text)).strip().replace("−", "-")
        if not NUMBER.fullmatch(clean):
            return None
        digits = clean.replace(",", "")
        return cls(Decimal(digits), len(digits.partition(".")[2]), text)

    def in_wan(self, unit: str) -> Number:
        """The same amount in 万元; a figure in yuan keeps its exactness."""
        if unit == "万元":
            return self
        factor = YUAN_IN[unit] / YUAN_IN["万元"]
        return Number(self.value * factor, max(0, self.places - factor.adjusted()), self.raw)

    def agrees(self, other: Number) -> bool:
        """True for one amount printed twice; where one was converted from yuan, both are taken as 万元 are printed."""
        finer, coarser = max(self.places, other.places), min(self.places, other.places)
        if finer <= WAN_PLACES:
            return self.value == other.value
        places = max(WAN_PLACES, coarser)
        return rounded(self.value, places) == rounded(other.value, places)

    def span(self, places: int | None = None) -> Span:
        """The values that round to this number when printed to `places` (default: as printed)."""
        half = Decimal(1).scaleb(-max(self.places, places or 0)) / 2
        return Span(Fraction(self.value - half), Fraction(self.value + half))


@dataclass(frozen=True)
class Span:
    """A closed interval of exact fractions."""

    low: Fraction
    high: Fraction

    @classmethod
    def at(cls, value: Decimal | int) -> Span:
        """The interval of one exact value."""
        return cls(Fraction(value), Fraction(value))

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Span) -> Span:
        return Span(self.low - other.high, self.high - other.low)

    def times(self, factor: int | Fraction) -> Span:
        """Scale by an exact factor that is not negative."""
        return Span(self.low * factor, self.high * factor)

    def over(self, other: Span) -> Span | None:
        """Divide; None where the divisor may be zero, for such a rate is undefined."""
        if other.low <= 0 <= other.high:
            return None
        ends = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Span(min(ends), max(ends))

    def meets(self, other: Span) -> bool:
        """True if some value lies in both."""
        return self.low <= other.high and other.low <= self.high

    def holds(self, value: Decimal | Fraction) -> bool:
        """True if the value lies inside."""
        return self.low <= Fraction(value) <= self.high


def rounded(value: Fraction | Decimal, places: int) -> Decimal:
    """Round an exact fraction half-up (away from zero), the way printed figures are."""
    exact = Fraction(value)
    scaled = abs(exact) * 10**places
    whole = int(scaled + Fraction(1, 2))
    sign = -1 if exact < 0 else 1
    return (Decimal(sign * whole).scaleb(-places)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def show(value: Decimal | Fraction | None, places: int = 2) -> str:
    """Print a figure with thousands separators."""
    return "—" if value is None else f"{rounded(value, places):,}"


def swapped(wrong: Decimal, right: Decimal, places: int = 2) -> str:
    """Name the slip of the pen that turns `right` into `wrong`; empty if none is recognised."""
    a, b = (str(int(abs(rounded(x, places)).scaleb(places))) for x in (wrong, right))
    if abs(len(a) - len(b)) < 3 and "0" in (a, b):
        a, b = a.zfill(max(len(a), len(b))), b.zfill(max(len(a), len(b)))
    if len(a) == len(b):
        differing = [i for i in range(len(a)) if a[i] != b[i]]
        if len(differing) == 2 and a[differing[0]] == b[differing[1]] and a[differing[1]] == b[differing[0]]:
            kind = "相邻两位" if differing[1] == differing[0] + 1 else "两位"
            return f"{kind}数字颠倒"
        if len(differing) == 1:
            return "一位数字写错"
    return _other_slip(a, b, _power_of_ten(wrong, right))


def _other_slip(a: str, b: str, power: int) -> str:
    """Slips that change the length of a figure or its unit."""
    if power:
        return "元与万元混用" if power in (4, -4) else "小数点错位"
    if len(a) + 1 == len(b) and any(b[:i] + b[i + 1 :] == a for i in range(len(b))):
        return "漏写一位数字"
    if len(a) == len(b) + 1 and any(a[:i] + a[i + 1 :] == b for i in range(len(a))):
        return "多写一位数字"
    return ""


def _power_of_ten(wrong: Decimal, right: Decimal) -> int:
    """The power of ten between two values, 0 if there is none."""
    if not wrong or not right:
        return 0
    for power in (-4, -3, -2, -1, 1, 2, 3, 4):
        if wrong == right.scaleb(power):
            return power
    return 0
