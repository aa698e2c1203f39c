"""Facts given by hand: the names that forms, pages and other programs rely on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jinbao.rules import Law
from jinbao.rules.errors import Refused, WrongFact
from tests.policy.conftest import Ask

FIXED_FACTS = [
    "出生年月",
    "退休类别",
    "计发基数",
    "平均缴费工资指数",
    "缴费年限",
    "视同缴费年限",
    "建账前缴费年限",
    "增发比例",
    "个人账户储存额",
    "计发月数",
    "退休年龄",
    "选择退休年月",
]
FIXED_RULES = [
    "延迟月数",
    "法定退休年月",
    "最早退休年月",
    "最晚退休年月",
    "最低缴费月数",
    "基础养老金",
    "个人账户养老金",
    "过渡性养老金",
    "增发养老金",
    "基本养老金",
]


def test_the_fixed_names_exist(law: Law) -> None:
    assert set(FIXED_FACTS) <= set(law.glossary)
    assert set(FIXED_RULES) <= set(law.rules)


FORM: dict[str, Any] = {"计发基数": 8880, "平均缴费工资指数": "0.8219", "缴费年限": "30.67", "个人账户储存额": 122933}


@pytest.mark.parametrize("region", ["420000", "510000", "990100", "000000"])
def test_a_hand_made_form_needs_neither_career_nor_birth(ask: Ask, region: str) -> None:
    """What is not given is zero: 视同缴费年限, 建账前缴费年限, 增发比例."""
    found = ask("基本养老金", FORM | {"计发月数": 195}, on="2024-03-01", region=region)
    assert found == Decimal("2480.97") + Decimal("630.43")


def test_the_age_may_stand_for_the_payment_months(ask: Ask) -> None:
    assert ask("个人账户养老金", {"个人账户储存额": "13780", "退休年龄": "60岁2个月"}) == 100


def test_the_same_rule_answers_from_a_career(law: Law) -> None:
    """A determination from nothing but birth, category and months agrees with the form filled from its own parts."""
    rows = [
        {"年月": f"{y}-{m:02d}", "缴费基数": str(400 + 200 * (y - 1994))}
        for y in range(1994, 2026)
        for m in range(1, 13)
    ]
    facts = {"出生年月": "1966-01", "退休类别": "男职工", "选择退休年月": "2026-03", "月": rows, "视同缴费月数": 50}
    parts = [
        "计发基数",
        "平均缴费工资指数",
        "缴费年限",
        "视同缴费年限",
        "个人账户储存额",
        "计发月数",
        "退休年龄",
        "基本养老金",
    ]
    found = law.evaluate_many(parts, facts, on=date(2026, 4, 1), region="990100")
    assert str(found["退休年龄"].value) == "60岁2个月"
    assert found["计发月数"].value == Decimal("137.8")
    assert found["缴费年限"].value == Decimal("36.17")
    assert found["视同缴费年限"].value == Decimal("6.17")
    assert found["计发基数"].provisional
    form = {name: str(found[name].value) for name in parts if name not in ("基本养老金", "退休年龄")}
    again = law.evaluate("基本养老金", form, on=date(2026, 4, 1), region="990100")
    assert again.value == found["基本养老金"].value > 0


def test_a_table_cannot_be_given_and_says_what_to_give(ask: Ask) -> None:
    with pytest.raises(WrongFact, match="是一张表"):
        ask("失业保险金", {"最低工资标准": {"中心城区": 2010}}, region="420100")
    assert ask("失业保险金", {"当地最低工资": 2010}, region="420100") == 1809


def test_nothing_is_made_of_nothing(ask: Ask) -> None:
    with pytest.raises(Refused, match="没有缴费记录"):
        ask("缴费年限", {})
