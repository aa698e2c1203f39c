"""The figures of the dashboard: sums over everybody, never a person; each with its source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jinbao.insurance.registry.models import Scheme
from jinbao.kernel.money import fen_to_yuan
from jinbao.kernel.months import Month
from jinbao.ledger.chart import load_chart
from jinbao.ledger.queries import Turnover, turnover
from jinbao.oversight import statistics
from jinbao.oversight.statistics import Point
from jinbao.trust.actors import Actor

BEGINNING = Month(1992, 1)
WAN = 10_000
YI = 100_000_000


@dataclass(frozen=True)
class FundMonth:
    """What a fund took in, paid out and kept, in fen."""

    month: Month
    income_fen: int
    expense_fen: int
    balance_fen: int


@dataclass(frozen=True)
class FundYear:
    """The same for a calendar year."""

    year: int
    income_fen: int
    expense_fen: int


@dataclass(frozen=True)
class Dashboard:
    """Everything that the screen shows for one region and fund."""

    region: str
    fund: str
    points: tuple[Point, ...]
    months: tuple[FundMonth, ...]

    @property
    def latest(self) -> Point | None:
        """The last month in which somebody contributed."""
        return next((point for point in reversed(self.points) if point.contributors), None)

    @property
    def balance_fen(self) -> int:
        """What the fund holds at the end."""
        return self.months[-1].balance_fen if self.months else 0

    @property
    def as_of(self) -> Month | None:
        """The month up to which there are figures."""
        latest = self.latest
        return latest.month if latest else None

    @property
    def years(self) -> tuple[FundYear, ...]:
        """Income and expense by calendar year."""
        return tuple(
            FundYear(
                year,
                sum(row.income_fen for row in self.months if row.month.year == year),
                sum(row.expense_fen for row in self.months if row.month.year == year),
            )
            for year in sorted({row.month.year for row in self.months})
        )

    def for_charts(self) -> dict[str, Any]:
        """Return the series as the charts want them: people as they are, money in 万元 as text, exact to the fen."""
        return {
            "months": [str(point.month) for point in self.points],
            "contributors": [point.contributors for point in self.points],
            "pensioners": [point.pensioners for point in self.points],
            "due": [wan(point.due_fen) for point in self.points],
            "received": [wan(point.received_fen) for point in self.points],
            "benefits": [wan(point.benefits_fen) for point in self.points],
            "fund_months": [str(row.month) for row in self.months],
            "balance": [wan(row.balance_fen) for row in self.months],
            "years": [row.year for row in self.years],
            "income": [wan(row.income_fen) for row in self.years],
            "expense": [wan(row.expense_fen) for row in self.years],
        }


def wan(fen: int) -> str:
    """Write fen as 万元 without losing a fen."""
    return format(fen_to_yuan(fen) / WAN, "f")


def dashboard(region: str, fund: str, until: Month) -> Dashboard:
    """Gather the totals of a region; they are public, so that no person asks for them."""
    public = Actor.system("公众", region)
    points = statistics.series(public, region, fund, BEGINNING, until)
    moved = turnover(region, fund, BEGINNING - 24, until)
    return Dashboard(region, fund, tuple(points), tuple(fund_months(moved)))


def fund_months(rows: Iterable[Turnover]) -> Iterable[FundMonth]:
    """Return income, expense and balance of each month; net assets carried over count in the balance."""
    accounts = load_chart().accounts
    sums: dict[Month, dict[str, int]] = {}
    for row in rows:
        kept = sums.setdefault(row.month, {"收入": 0, "支出": 0, "净资产": 0})
        account = accounts[row.code]
        if account.kind in kept:
            grew = row.debit_fen - row.credit_fen
            kept[account.kind] += grew if account.side == "借" else -grew
    balance = 0
    for month, kept in sorted(sums.items()):
        balance += kept["收入"] - kept["支出"] + kept["净资产"]
        yield FundMonth(month, kept["收入"], kept["支出"], balance)


FUNDS = tuple(Scheme)
