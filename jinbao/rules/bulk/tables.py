"""Parameters as the kernel reads them: constants, and arrays by year, by month or by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from jinbao.rules.bulk.value import NULL
from jinbao.rules.errors import NotInForce
from jinbao.rules.ir import Type
from jinbao.rules.scope import Scope

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Series:
    """A parameter over consecutive years or months; None where it has no value."""

    first: int
    values: tuple[Any, ...]

    @property
    def single(self) -> bool:
        """Tell whether one value holds throughout."""
        return None not in self.values and len(set(self.values)) == 1

    def yearly(self) -> Series | None:
        """Return a monthly series by year where no year sees a change, or None."""
        years = [self.values[at : at + 12] for at in range(0, len(self.values), 12)]
        if any(year.count(year[0]) != 12 for year in years):
            return None
        return Series(self.first // 12, tuple(year[0] for year in years))

    def changes(self) -> list[int]:
        """Return the keys at which a new value begins."""
        pairs = zip(self.values, self.values[1:], strict=False)
        return [self.first + at for at, (one, other) in enumerate(pairs, 1) if one != other]


class Tables:
    """The arrays of one kernel, and the whole numbers that stand for choices."""

    def __init__(self, scope: Scope, first_year: int, last_year: int, first_month: int = 0) -> None:
        self.scope = scope
        self.first_month = max(first_month, first_year * 12)
        self.first_year, self.last_year = first_year, last_year
        self.arrays: list[Integers] = []
        self.names: list[str] = []
        self.codes: dict[str, int] = {}
        self._known: dict[tuple[str, str, int], Series] = {}

    def code(self, choice: str) -> int:
        """Return the number that stands for a choice."""
        return self.codes.setdefault(choice, len(self.codes))

    def by_year(self, name: str) -> Series:
        """Return a parameter for every year that a rule may ask for."""
        return self._series(name, "年", self.first_year, self.last_year, self.first_year)

    def by_row_year(self, name: str) -> Series:
        """Return a parameter for the years of careers; earlier ones never reach the kernel and repeat the first."""
        return self._series(name, "年", self.first_year, self.last_year, self.first_month // 12)

    def by_month(self, name: str) -> Series:
        """Return a parameter for the months of careers; earlier ones never reach the kernel and repeat the first."""
        return self._series(name, "月", self.first_year * 12, self.last_year * 12 + 11, self.first_month)

    def _series(self, name: str, grain: str, first: int, last: int, real: int) -> Series:
        if (name, grain, real) not in self._known:
            values = tuple(self._value(name, grain, max(key, real)) for key in range(first, last + 1))
            self._known[name, grain, real] = Series(first, values)
        return self._known[name, grain, real]

    def _value(self, name: str, grain: str, key: int) -> Any:
        try:
            value = self.scope.parameter_at(name, grain, key).value
        except NotInForce:
            return None
        return _Frozen(value) if isinstance(value, dict) else value

    def encoded(self, kind: Type, values: Sequence[Any]) -> tuple[list[int], int]:
        """Turn inner values into whole numbers of one scale; None becomes NULL."""
        places = max((_places(value) for value in values if isinstance(value, Decimal)), default=0)
        scale = 10**places if kind is Type.NUMBER else 1
        return [NULL if value is None else self._encode(value, scale) for value in values], scale

    def _encode(self, value: Any, scale: int) -> int:
        return self.code(value) if isinstance(value, str) else int(value * scale)

    def array(self, name: str, values: Sequence[int]) -> str:
        """Keep an array and return the name under which the kernel reads it."""
        if name not in self.names:
            self.names.append(name)
            self.arrays.append(np.array(values, np.int64))
        return f"T{self.names.index(name)}"

    def dense(self, table: Mapping[Any, Any], fill: Callable[[int], Any]) -> tuple[int, list[Any]]:
        """Lay a table with whole-number or choice keys out from its smallest key on."""
        keys = [self.code(key) if isinstance(key, str) else int(key) for key in table]
        return min(keys), [fill(key) for key in range(min(keys), max(keys) + 1)]


class _Frozen(dict[Any, Any]):
    """A table that can be compared with other tables and counted."""

    def __hash__(self) -> int:  # type: ignore[override]  # tables of parameters never change
        return hash(tuple(self.items()))


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
