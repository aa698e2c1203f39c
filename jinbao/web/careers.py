"""A career as pages show it: years, and in each year its months."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from jinbao.insurance.contributions.career import CareerMonth


@dataclass(frozen=True)
class CareerYear:
    """The paid months of one calendar year; money in fen."""

    year: int
    months: tuple[CareerMonth, ...]

    @property
    def base_fen(self) -> int:
        """Sum of the contribution bases."""
        return sum(row.base_fen for row in self.months)

    @property
    def average_fen(self) -> int:
        """Average base of the paid months, whole fen, rounded down."""
        return self.base_fen // len(self.months)

    @property
    def employer_fen(self) -> int:
        """What the employers paid."""
        return sum(row.employer_fen for row in self.months)

    @property
    def individual_fen(self) -> int:
        """What the person paid."""
        return sum(row.individual_fen for row in self.months)

    @property
    def account_fen(self) -> int:
        """What was credited to the personal account."""
        return sum(row.account_fen for row in self.months)

    @property
    def is_full(self) -> bool:
        """Whether all twelve months are paid."""
        return len(self.months) == 12


def by_year(months: Iterable[CareerMonth]) -> list[CareerYear]:
    """Group the months of a career, in order, by year; the newest year first."""
    years = [CareerYear(year, tuple(rows)) for year, rows in groupby(months, key=lambda row: row.month.year)]
    return years[::-1]


@dataclass(frozen=True)
class CareerTotals:
    """A whole career in figures."""

    months: int
    individual_fen: int
    account_fen: int


def totals(years: Iterable[CareerYear]) -> CareerTotals:
    """Add up the years of a career."""
    years = list(years)
    return CareerTotals(
        sum(len(year.months) for year in years),
        sum(year.individual_fen for year in years),
        sum(year.account_fen for year in years),
    )
