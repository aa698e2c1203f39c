"""What insurance asks of the law: shares of a wage, late fee, the ceiling, a benefit. The only door to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple

from jinbao.insurance.registry.models import Scheme
from jinbao.kernel.errors import JinbaoError
from jinbao.kernel.money import fen_to_yuan, yuan_to_fen
from jinbao.kernel.months import Month
from jinbao.rules import Law, Result, load_law

BRANCH = {Scheme.PENSION: "养老", Scheme.UNEMPLOYMENT: "失业", Scheme.WORK_INJURY: "工伤"}
"""险种 as the law calls it."""

_SHARES = ("核定缴费基数", "单位缴费", "个人缴费")
_ACCOUNT = "划入个人账户"


class NotComputed(JinbaoError):
    """The law gives no value; the message holds its reasons."""

    code = "not-computed"


class Shares(NamedTuple):
    """What a wage makes due in one month and scheme, in fen."""

    base_fen: int
    employer_fen: int
    individual_fen: int
    account_fen: int

    @property
    def total_fen(self) -> int:
        """What is owed by employer and person together."""
        return self.employer_fen + self.individual_fen


SINCE_2011 = date(2011, 7, 1)
"""Since when 社会保险法 is in force."""

NOTHING = Shares(0, 0, 0, 0)
"""What a month makes due that should not have been declared."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What besides the wage decides the shares."""

    month: Month
    region: str
    scheme: str
    industry_class: int = 1
    flexible: bool = False


@cache
def law() -> Law:
    """Return the law as it was declared when the process started; `law.cache_clear()` reads it anew."""
    return load_law()


@lru_cache(maxsize=200_000)
def _shares(wage_fen: int, terms: Terms, version: str) -> Shares:
    facts = {
        "险种": BRANCH[Scheme(terms.scheme)],
        "缴费工资": fen_to_yuan(wage_fen),
        "缴费人员类别": "灵活就业" if terms.flexible else "职工",
        "工伤行业类别": terms.industry_class,
    }
    names = [*_SHARES, _ACCOUNT] if terms.scheme == Scheme.PENSION else [*_SHARES]
    results = law().evaluate_many(names, facts, on=terms.month.first_day, region=terms.region)
    return Shares(*(fen_of(results[name]) for name in names), *([] if len(names) == 4 else [0]))


def shares(wage_fen: int, terms: Terms) -> Shares:
    """Compute base, employer's and individual's part and the credit to the account for one wage, each rounded to fen.

    A wage of 0 means that the month should not have been declared, and makes nothing due.
    Raises NotComputed or the engine's error where the law has no value for that month and region.
    """
    return _shares(wage_fen, terms, law().version) if wage_fen else NOTHING


def ceiling_fen(month: Month, region: str) -> int:
    """Return 缴费基数上限 of a month in fen."""
    return _ceiling(month, region, law().version)


@lru_cache(maxsize=4096)
def _ceiling(month: Month, region: str, version: str) -> int:
    return fen_of(law().evaluate("缴费基数上限", {}, on=month.first_day, region=region))


class Fee(NamedTuple):
    """滞纳金 of an amount paid late."""

    days: int
    amount_fen: int


def late_fee(amount_fen: int, due_on: date, paid_on: date, region: str) -> Fee:
    """Compute 滞纳金 (社会保险法第八十六条) of an amount that was due on one day and paid on another.

    Nothing for what was paid in time, and nothing for months due before 2011-07-01, whose rate the law does not hold.
    """
    if paid_on <= due_on or amount_fen <= 0 or due_on < SINCE_2011:
        return Fee(0, 0)
    first_day = due_on + timedelta(days=1)
    facts = {"欠缴金额": fen_to_yuan(amount_fen), "欠缴起始日期": first_day, "实际缴纳日期": paid_on}
    results = law().evaluate_many(["滞纳天数", "滞纳金"], facts, on=paid_on, region=region)
    return Fee(int(_value(results["滞纳天数"])), fen_of(results["滞纳金"]))


def evaluate(rule: str, facts: Mapping[str, Any], *, on: date, region: str, explain: bool = False) -> Result:
    """Evaluate one rule."""
    return law().evaluate(rule, facts, on=on, region=region, explain=explain)


def fen_of(result: Result) -> int:
    """Return a result in yuan as fen; raise NotComputed with the law's reasons when it has no value."""
    return yuan_to_fen(_value(result))


def _value(result: Result) -> Decimal:
    if not isinstance(result.value, Decimal | int) or isinstance(result.value, bool):
        why = "；".join(str(reason) for reason in result.reasons) or "法规没有给出数值"
        raise NotComputed(f"“{result.rule}”不能计算：{why}", advice="请核对地区、月份和事实是否齐全。")
    return Decimal(result.value)
