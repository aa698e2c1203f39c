"""Each row of the official tables, as transcribed and cross-checked, against the rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from jinbao.kernel.months import Month
from jinbao.rules import Law
from jinbao.rules.errors import EvaluationError
from tests.policy.conftest import Ask, rows

CATEGORIES = {"male_60": "男职工", "female_55": "女职工55", "female_50": "女职工50"}
RETIREMENT = rows("retirement_age_reference.csv")
PAYMENT_MONTHS = rows("payment_months_by_month.csv")
MINIMUM = rows("min_contribution_years.csv")
ON = date(2026, 1, 1)


def person(row: dict[str, str]) -> dict[str, str]:
    return {"出生年月": row["birth_month"], "退休类别": CATEGORIES[row["category"]]}


def test_the_tables_are_whole() -> None:
    assert (len(RETIREMENT), len(PAYMENT_MONTHS), len(MINIMUM)) == (474, 361, 35)


@pytest.mark.parametrize("row", RETIREMENT, ids=lambda row: f"{row['category']} {row['birth_month']}")
def test_every_row_of_the_retirement_tables(law: Law, row: dict[str, str]) -> None:
    names = ["原法定退休年月", "延迟月数", "法定退休年龄", "法定退休年月", "最低缴费月数"]
    found = law.evaluate_many(names, person(row), on=ON, region="000000")
    assert str(found["原法定退休年月"].value) == row["original_retirement_month"]
    assert found["延迟月数"].value == int(row["delay_months"])
    assert str(found["法定退休年龄"].value) == row["statutory_age_text"]
    assert str(found["法定退休年月"].value) == row["retirement_month"]
    assert found["最低缴费月数"].value == int(row["min_months_statutory_or_delayed"])


@pytest.mark.parametrize(
    "row",
    [row for row in RETIREMENT if row["earliest_elastic_month"]],
    ids=lambda r: f"{r['category']} {r['birth_month']}",
)
def test_the_elastic_window_of_every_row(law: Law, row: dict[str, str]) -> None:
    found = law.evaluate_many(["最早退休年月", "最晚退休年月"], person(row), on=ON, region="000000")
    assert str(found["最早退休年月"].value) == row["earliest_elastic_month"]
    assert str(found["最晚退休年月"].value) == row["latest_elastic_month"]
    earliest = person(row) | {"选择退休年月": row["earliest_elastic_month"]}
    months = law.evaluate("最低缴费月数", earliest, on=ON, region="000000").value
    assert months == int(row["min_months_if_earliest"])


@pytest.mark.parametrize(
    "row",
    [row for row in RETIREMENT if row["row_kind"] == "before_start"],
    ids=lambda row: f"{row['category']} {row['birth_month']}",
)
def test_whoever_reached_the_age_before_2025_has_no_elastic_window(law: Law, row: dict[str, str]) -> None:
    for rule in ("最早退休年月", "最晚退休年月"):
        with pytest.raises(EvaluationError, match="不适用弹性退休"):
            law.evaluate(rule, person(row), on=ON, region="000000")


@pytest.mark.parametrize("row", PAYMENT_MONTHS, ids=lambda row: f"{row['age_years']}y{row['age_months']}m")
def test_every_row_of_the_payment_months(ask: Ask, row: dict[str, str]) -> None:
    age = f"{row['age_years']}岁{row['age_months']}个月"
    assert ask("计发月数", {"退休年龄": age}) == Decimal(row["months_interpolated"])
    if row["attested_value"]:
        assert ask("计发月数", {"退休年龄": age}) == Decimal(row["attested_value"])


@pytest.mark.parametrize("row", PAYMENT_MONTHS, ids=lambda row: f"{row['age_years']}y{row['age_months']}m")
def test_before_2025_only_whole_years_count(ask: Ask, row: dict[str, str]) -> None:
    whole = next(r for r in PAYMENT_MONTHS if r["age_years"] == row["age_years"] and r["age_months"] == "0")
    age = f"{row['age_years']}岁{row['age_months']}个月"
    assert ask("计发月数", {"退休年龄": age}, on="2024-12-31") == Decimal(whole["months_interpolated"])


@pytest.mark.parametrize("row", MINIMUM, ids=lambda row: row["year_of_reaching_age"])
@pytest.mark.parametrize("month", [1, 12])
def test_every_row_of_the_minimum_years(ask: Ask, row: dict[str, str], month: int) -> None:
    year = int(row["year_of_reaching_age"])
    facts = {"法定退休年月": str(Month(year, month))}
    assert ask("最低缴费月数", facts, on="2026-01-01") == int(row["min_months"])
