"""Random people, a hundred thousand of them every night: engine and independent fractions agree to the last digit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from jinbao.rules import Law
from tests.policy.arithmetic import Pension, balance, dice, random_pension

RATES = {2016: 831, 2017: 712, 2018: 829, 2019: 761, 2020: 604, 2021: 669, 2022: 612, 2023: 397, 2024: 262}


def text(x: Fraction) -> str:
    """Write an exact decimal fraction."""
    return str(Decimal(x.numerator) / Decimal(x.denominator))


def facts(pension: Pension, *, extra: bool) -> dict[str, Any]:
    years, months = divmod(pension.age_months, 12)
    return {
        "计发基数": text(pension.base),
        "平均缴费工资指数": text(pension.index),
        "累计缴费月数": pension.months,
        "视同缴费月数": pension.early_months,
        "个人账户储存额": text(pension.balance),
        "退休年龄": f"{years}岁{months}个月",
        **({"增发比例": text(pension.extra_rate)} if extra else {}),
    }


WAYS: dict[str, tuple[str, date, Callable[[Pension], Fraction]]] = {
    "湖北 2025": ("420000", date(2025, 6, 1), lambda p: p.hubei()),
    "四川 2025": ("510000", date(2025, 6, 1), lambda p: p.sichuan(exact_years=False)),
}


def agrees(law: Law, way: str, seed: str, persons: int) -> None:
    region, on, expected = WAYS[way]
    thrown = dice(f"{way} {seed}")
    for _ in range(persons):
        person = random_pension(thrown)
        found = law.evaluate("基本养老金", facts(person, extra=region == "510000"), on=on, region=region).value
        assert Fraction(found) == expected(person), person


@pytest.mark.parametrize("way", WAYS)
def test_a_thousand_pensions_each(law: Law, way: str) -> None:
    agrees(law, way, "daily", 1_000)


@pytest.mark.nightly
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(10))
def test_fifty_thousand_pensions_each(law: Law, way: str, seed: int) -> None:
    agrees(law, way, str(seed), 5_000)


def test_unrounded_years_are_exact(law: Law) -> None:
    """Sichuan up to 2020: 490/12 never ends; a tie must still be seen as a tie."""
    thrown = dice("四川 2020")
    for _ in range(3_000):
        person = random_pension(thrown)
        given = facts(person, extra=True) | {"计发月数": text(Fraction(139))}
        whole_age = Pension(**{**vars(person), "age_months": 60 * 12})
        found = law.evaluate("基本养老金", given, on=date(2020, 8, 1), region="510000").value
        assert Fraction(found) == whole_age.sichuan(exact_years=True), person


def test_a_tie_of_a_third_is_seen(law: Law) -> None:
    given = {"计发基数": 4000, "平均缴费工资指数": 1, "累计缴费月数": 1, "本人指数化月平均缴费工资": 8}
    exact = Fraction(4008, 2) * Fraction(1, 12) / 100
    assert exact == Fraction(167, 100)
    assert law.evaluate("基础养老金", given, on=date(2020, 8, 1), region="510000").value == Decimal("1.67")
    given["本人指数化月平均缴费工资"] = 20
    assert Fraction(4020, 2) * Fraction(1, 12) / 100 == Fraction("1.675")
    assert law.evaluate("基础养老金", given, on=date(2020, 8, 1), region="510000").value == Decimal("1.68")


@pytest.mark.parametrize("method", ["年度计算法", "月积数法"])
def test_accounts_of_random_careers(law: Law, method: str) -> None:
    thrown = dice(method)
    for _ in range(300):
        last = thrown.randint(2017, 2024)
        bases = {
            (year, month): thrown.randint(1000_00, 30000_00)
            for year in range(2016, last + 1)
            for month in range(1, 13)
            if thrown.random() < 0.8
        }
        career = [{"年月": f"{y}-{m:02d}", "缴费基数": text(Fraction(fen, 100))} for (y, m), fen in bases.items()]
        opening = Fraction(thrown.randint(0, 100_000_00), 100)
        given = {
            "选择退休年月": "2040-01",
            "建立个人账户年月": "1996-01",
            "个人账户计息方法": method,
            "年": [{"年度": 2016, "年初储存额": text(opening)}],
            "月": career,
        }
        found = law.evaluate("个人账户储存额", given, on=date(last, 12, 31), region="000000").value
        recorded = {when: Fraction((fen * 8 + 50) // 100, 100) for when, fen in bases.items()}
        rates = {year: Fraction(RATES[year], 10000) for year in range(2016, last + 1)}
        assert Fraction(found) == balance(recorded, rates, opening, by_month=method == "月积数法")
