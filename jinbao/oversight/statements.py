"""The fund's monthly statement: every figure is a sum of ledger rows and leads back to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, Place
from jinbao.kernel.months import Month
from jinbao.kernel.regions import policy_folder
from jinbao.ledger.chart import load_chart
from jinbao.ledger.queries import Turnover, turnover
from jinbao.trust.actors import Actor, require_region

BEGINNING = Month(1990, 1)
"""Before any month of the books."""


@dataclass(frozen=True)
class LineDeclaration:
    """One line of the report as policy/reports declares it."""

    name: str
    kind: Literal["期初", "收入", "支出", "合计", "收支差", "期末"]
    account: str = ""
    of: tuple[str, ...] = ()
    level: int = 0
    at: Place = NOWHERE


@dataclass(frozen=True)
class Report:
    """A report as declared: its title, where its form comes from, its lines."""

    title: str
    origin: str
    lines: tuple[LineDeclaration, ...]


@dataclass(frozen=True)
class StatementLine:
    """One line with its figures in fen; `account` names the ledger rows behind it, empty for a computed line."""

    name: str
    level: int
    month_fen: int
    year_fen: int
    account: str = ""


@dataclass(frozen=True)
class Statement:
    """One fund in one region and month; figures in fen."""

    title: str
    origin: str
    region: str
    fund: str
    month: Month
    lines: tuple[StatementLine, ...]

    def line(self, name: str) -> StatementLine:
        """Return a line by its name."""
        return next(line for line in self.lines if line.name == name)


@dataclass(frozen=True)
class _Sums:
    """Net turnover by account before the year, in the year before the month, and in the month."""

    before_year: Mapping[str, int]
    before_month: Mapping[str, int]
    month: Mapping[str, int]

    @classmethod
    def of(cls, rows: list[Turnover], month: Month) -> _Sums:
        parts: tuple[dict[str, int], ...] = tuple(defaultdict(int) for _ in range(3))
        for row in rows:
            part = parts[2 if row.month == month else 1 if row.month.year == month.year else 0]
            part[row.code] += row.net_fen
        return cls(*parts)

    def year(self, code: str) -> int:
        return self.before_month.get(code, 0) + self.month.get(code, 0)


def load_report(name: str, folder: Path | None = None) -> Report:
    """Read a report's declaration; raises DeclarationError with file:line where it does not fit the chart."""
    return _load((folder or policy_folder() / "reports") / name / "report.yaml")


@cache
def _load(path: Path) -> Report:
    report = read_declared(path, Report)
    names = {line.name for line in report.lines}
    for line in report.lines:
        if line.account and line.account not in load_chart().accounts:
            raise DeclarationError(f"“{line.name}”用到科目表没有的科目 {line.account}", at=line.at)
        if unknown := set(line.of) - names:
            raise DeclarationError(f"“{line.name}”合计了没有的行：{'、'.join(unknown)}", at=line.at)
    _require_whole(report, path)
    return report


def _require_whole(report: Report, path: Path) -> None:
    """Refuse a report that leaves out an account of income or expense or shows it as the other: it would not add up."""
    shown = {line.account: line for line in report.lines if line.account}
    for code, account in load_chart().accounts.items():
        if account.kind not in {"收入", "支出"}:
            continue
        if code not in shown:
            raise DeclarationError(
                f"报表没有{account.kind}科目 {code} {account.name}，收支与结余会对不上", at=Place(str(path))
            )
        if shown[code].kind != account.kind:
            raise DeclarationError(
                f"“{shown[code].name}”是{account.kind}科目，不是{shown[code].kind}", at=shown[code].at
            )


def monthly(by: Actor, region: str, fund: str, month: Month) -> Statement:
    """Make the statement of a month from the ledger; raises NotAllowed for a region that is not the actor's."""
    require_region(by, region)
    report = load_report("fund_monthly")
    sums = _Sums.of(turnover(region, fund, BEGINNING, month), month)
    figures: dict[str, tuple[int, int]] = {}
    for line in [line for line in report.lines if line.account]:
        figures[line.name] = sums.month.get(line.account, 0), sums.year(line.account)
    for line in [line for line in report.lines if line.kind == "合计"]:
        figures[line.name] = tuple_sum([figures[name] for name in line.of])
    figures |= _balances(report, sums)
    return Statement(
        report.title,
        report.origin,
        region,
        fund,
        month,
        tuple(StatementLine(line.name, line.level, *figures[line.name], line.account) for line in report.lines),
    )


def tuple_sum(pairs: list[tuple[int, int]]) -> tuple[int, int]:
    """Add up figures of month and year."""
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def _balances(report: Report, sums: _Sums) -> dict[str, tuple[int, int]]:
    """Compute opening, difference and closing; what was carried over counts in the month in which it was migrated."""
    chart = load_chart().accounts
    sign = {code: {"收入": 1, "净资产": 1, "支出": -1}.get(account.kind, 0) for code, account in chart.items()}

    def net(part: Mapping[str, int]) -> int:
        return sum(sign[code] * fen for code, fen in part.items())

    year_opening = net(sums.before_year)
    month_opening = year_opening + net(sums.before_month)
    closing = month_opening + net(sums.month)
    values = {
        "期初": (month_opening, year_opening),
        "收支差": (closing - month_opening, closing - year_opening),
        "期末": (closing, closing),
    }
    return {line.name: values[line.kind] for line in report.lines if line.kind in values}
