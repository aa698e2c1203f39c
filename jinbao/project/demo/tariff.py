"""Limits and rates of every month, asked from the law once, so that generated history agrees with it to the fen."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from jinbao.kernel.money import yuan_to_fen
from jinbao.kernel.months import Month
from jinbao.project.demo.city import FIRST, Ints, Plan
from jinbao.rules import Law

REGION = "990100"
SCALE = 10_000
"""Rates are kept as whole ten-thousandths."""


@dataclass(frozen=True)
class Tariff:
    """One value a month, from FIRST on; money in fen, rates in ten-thousandths."""

    average_fen: Ints
    """By year, from FIRST's year: what generated wages swing around."""
    floor_fen: Ints
    ceiling_fen: Ints
    employer_rate: Ints
    individual_rate: Ints
    account_rate: Ints
    flexible_rate: Ints

    @staticmethod
    def at(values: Ints, month: Ints) -> Ints:
        """Look up each month's value."""
        return values[month - FIRST.ordinal]

    @staticmethod
    def share(base_fen: Ints, rate: Ints | int) -> Ints:
        """Multiply and round half up to the fen, in whole numbers (四舍五入到分, contributions/rates#fen)."""
        return (base_fen * rate * 2 + SCALE) // (SCALE * 2)


def _whole(rate: Decimal) -> int:
    scaled = rate * SCALE
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{rate} has more than four decimals")
    return int(scaled)


def read_tariff(law: Law, plan: Plan) -> Tariff:
    """Ask the law for every month from FIRST to the end of the plan."""
    months = [Month.from_ordinal(n) for n in range(FIRST.ordinal, plan.until.ordinal + 1)]

    def parameter(name: str, month: Month) -> Any:
        return law.parameter(name, on=month.first_day, region=REGION).dated.value

    def rule(name: str, month: Month) -> int:
        return yuan_to_fen(str(law.evaluate(name, {}, on=month.first_day, region=REGION).value))

    opened = parameter("建立个人账户年月", plan.until)  # a month inside the law is its ordinal

    years = range(FIRST.year, plan.until.year + 1)
    return Tariff(
        average_fen=np.array([yuan_to_fen(parameter("缴费基数标准", Month(year, 1))) for year in years]),
        floor_fen=np.array([rule("缴费基数下限", month) for month in months]),
        ceiling_fen=np.array([rule("缴费基数上限", month) for month in months]),
        employer_rate=np.array([_whole(parameter("单位养老缴费比例", month)) for month in months]),
        individual_rate=np.array([_whole(parameter("个人养老缴费比例", month)) for month in months]),
        account_rate=np.array(
            [_whole(parameter("个人账户记账比例", month)) if month.ordinal >= opened else 0 for month in months]
        ),
        flexible_rate=np.array(
            [_whole(parameter("灵活就业缴费比例", month)) if month.year >= 2006 else 0 for month in months]
        ),
    )
