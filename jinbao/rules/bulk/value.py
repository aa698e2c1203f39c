"""What the compiler knows of a value in the kernel: the integer that holds it, its scale, its range, how exact it is.

A number is held as `code / (scale * by)`: `scale` is known when compiling (any whole number, not only powers of ten, so
that `/ 12` costs nothing and loses nothing), `by` is a divisor known only for the person (or None). `err`
bounds how far
`code` may be from the truth; it is 0 except where quotients with different divisors have been added up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from jinbao.rules.ir import Grain, Type

LIMIT = 2**62
"""No integer of the kernel exceeds this; int64 has room for one addition on top."""

NULL = -(2**63)
"""Stands for a fact that was not given, and for a parameter that has no value on a day."""

RANK: dict[Grain, int] = {"人": 0, "年": 1, "月": 2}


@dataclass(frozen=True)
class Divisor:
    """A positive divisor known at run time, its range and the finest grain that it depends on."""

    code: str
    lo: int
    hi: int
    grain: Grain


@dataclass(frozen=True)
class Value:
    """A value of the kernel; `bad` names the variable that is true where it could not be computed."""

    code: str
    type: Type
    lo: int
    hi: int
    scale: int = 1
    by: Divisor | None = None
    err: int = 0
    grain: Grain = "人"
    bad: str | None = None

    @property
    def constant(self) -> bool:
        """Tell whether the value is known when compiling."""
        return self.lo == self.hi and self.by is None and self.err == 0

    @property
    def truth(self) -> bool | None:
        """The value of a condition known when compiling, or None."""
        return bool(self.lo) if self.type is Type.BOOL and self.constant else None

    @property
    def reach(self) -> int:
        """The largest magnitude of the integer."""
        return max(abs(self.lo), abs(self.hi))

    def at(self, grain: Grain) -> Value:
        """Return the value with a grain at least as fine."""
        return self if RANK[grain] <= RANK[self.grain] else replace(self, grain=grain)


def whole(number: int, kind: Type = Type.INTEGER, scale: int = 1) -> Value:
    """Return a value known when compiling."""
    return Value(str(number), kind, number, number, scale)


def truth(value: bool) -> Value:
    """Return a condition known when compiling."""
    return Value(str(value), Type.BOOL, int(value), int(value))


def finer(*grains: Grain) -> Grain:
    """Return the finest of several grains."""
    return max(grains, key=RANK.__getitem__)


def finest(*values: Value) -> Grain:
    """Return the finest grain of several values, divisors included."""
    return finer(*(value.grain for value in values), *(value.by.grain for value in values if value.by))
