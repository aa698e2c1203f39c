"""What a kernel reads of a person: which columns, how they are scaled, and what stands for an absent one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from jinbao.rules.bulk.value import Value
from jinbao.rules.glossary import Term
from jinbao.rules.ir import Type

MAX_BASE = 2**24 - 1
"""The largest amount of a month in fen (167,772.15 yuan); a person beyond it goes to the exact reading."""

_REACH = {
    Type.INTEGER: (-(10**6), 10**6),
    Type.MONTH: (1850 * 12, 2150 * 12),
    Type.DATE: (date(1850, 1, 1).toordinal(), date(2150, 1, 1).toordinal()),
    Type.AGE: (0, 2400),
    Type.BOOL: (0, 1),
    Type.CHOICE: (0, 1000),
}


@dataclass(frozen=True)
class Column:
    """A fact of the person (or, when `monthly`, of each month) as the kernel reads it: whole numbers of one scale."""

    name: str
    type: Type
    scale: int
    lo: int
    hi: int
    default: Any = None
    optional: bool = False
    monthly: bool = False

    def value(self, code: str) -> Value:
        """Return the value that the kernel holds for the column."""
        return Value(code, self.type, self.lo, self.hi, self.scale, grain="月" if self.monthly else "人")


def person_column(name: str, term: Term, default: Any) -> Column:
    """Describe the column of a fact of the person, or of a rule or parameter that is given."""
    kind = term.inner
    scale = (100 if term.type == "金额" else 10**6) if kind is Type.NUMBER else 1
    lo, hi = (-(10**9) * scale, 10**9 * scale) if term.type == "金额" else (-(10**12), 10**12)
    lo, hi = _REACH.get(kind, (lo, hi))
    if kind in (Type.NUMBER, Type.INTEGER):
        low, high = (None if bound is None else int(term.read(bound) * scale) for bound in (term.min, term.max))
        lo, hi = (lo if low is None else max(lo, low)), (hi if high is None else min(hi, high))
    return Column(name, kind, scale, lo, hi, default, term.optional)


def month_column(name: str, term: Term) -> Column:
    """Describe the column of a fact of the month: amounts are in fen, a month without an amount is no row."""
    if term.type == "金额":
        return Column(name, term.inner, 100, 1, MAX_BASE, monthly=True)
    return Column(name, term.inner, 1, 0, MAX_BASE, monthly=True)


@dataclass(frozen=True)
class Output:
    """A column of the result."""

    name: str
    type: Type
    scale: int
    unit: str
