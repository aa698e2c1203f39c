"""The personal account year by year, as the law computes it, with the formula of each year's interest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinbao.rules import Result, Step, load_law
from jinbao.rules.errors import EvaluationError

BALANCE, YEARLY = "个人账户储存额", ("年记账额", "年利息", "年末储存额")


@dataclass(frozen=True)
class AccountYear:
    """One year of an account: the steps of the law for its credits, interest and balance."""

    credited: Step
    interest: Step
    balance: Step

    @property
    def year(self) -> str:
        """The year, as the law names the step: 年末储存额（2024年）."""
        return self.balance.name.rpartition("（")[2].rstrip("年）")


@dataclass(frozen=True)
class Account:
    """An account: its explained balance of today, and its years, the newest first."""

    balance: Result
    years: tuple[AccountYear, ...]


def account_of(facts: Mapping[str, Any], region: str, today: date) -> Account | None:
    """Compute the account of a career; None where the law knows none, such as before anything was paid."""
    law = load_law()
    try:
        balance = law.evaluate(BALANCE, facts, on=today, region=region, explain=True)
        columns = [law.rows(name, facts, on=today, region=region) for name in YEARLY]
    except EvaluationError:
        return None
    years = [AccountYear(*steps) for steps in zip(*columns, strict=True)]
    return Account(balance, tuple(reversed(years)))
