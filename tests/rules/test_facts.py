"""Facts are read strictly, and what is wrong or missing is said so that the reader can mend it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jinbao.rules import Law, load_law
from jinbao.rules.errors import EvaluationError, MissingFact, UnknownName, WrongFact

ON = date(2024, 3, 1)


def evaluate(law: Law, rule: str, facts: dict[str, Any]) -> Any:
    return law.evaluate(rule, facts, on=ON, region="420000").value


def refusal(law: Law, rule: str, facts: dict[str, Any], kind: type[EvaluationError]) -> str:
    with pytest.raises(kind) as caught:
        evaluate(law, rule, facts)
    return str(caught.value)


def test_a_missing_fact_is_named_with_meaning_unit_and_the_rule_that_needs_it(law: Law) -> None:
    text = refusal(law, "个人账户养老金", {"个人账户储存额": 1000}, MissingFact)
    assert "缺少事实“退休年龄”（退休时的年龄）；规则“个人账户养老金”需要它" in text
    assert "在事实中补上“退休年龄”" in text


def test_a_missing_fact_deep_below_shows_the_way_and_what_else_may_be_missing(law: Law) -> None:
    text = refusal(law, "符合领取条件", {"缴费月数": 200}, MissingFact)
    assert "缺少事实“退休类别”（职工类别）" in text
    assert "规则“达到退休年龄”需要它（符合领取条件 → 达到退休年龄 → 退休类别）" in text
    assert "另外还可能需要：出生年月" in text


def test_a_fact_that_no_branch_needs_is_not_demanded(law: Law) -> None:
    assert evaluate(law, "符合领取条件", {"达到退休年龄": False}) is False


def test_a_misspelt_fact_is_refused_with_the_nearest_name(law: Law) -> None:
    text = refusal(law, "办理年月", {"出生月": "1966-01"}, UnknownName)
    assert "没有“出生月”这个名字" in text
    assert "是不是“出生年月”" in text


def test_a_misspelt_rule_is_refused_with_the_nearest_name(law: Law) -> None:
    assert "是不是“基础养老金”" in refusal(law, "基本养老金", {}, UnknownName)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("出生年月", "1966年13月", "没有 1966 年 13 月"),
        ("出生年月", True, "“true”不是年月"),
        ("出生年月", Decimal("1966.01"), "“1966.01”不是年月"),
        ("出生年月", None, "空值（null）不是年月"),
        ("退休年龄", "六十岁", "不是年龄"),
        ("退休年龄", "60岁12个月", "不是年龄"),
        ("退休类别", "男", "只能是：男职工、女职工"),
        ("视同缴费月数", "12.5", "12.5 不是整数"),
        ("视同缴费月数", -1, "视同缴费月数”（视同缴费的月数）为 -1个月，应在 0个月 至 600个月 之间"),
        ("视同缴费月数", 601, "应在 0个月 至 600个月 之间"),
        ("平均缴费工资指数", "一点二", "“一点二”不是数"),
        ("平均缴费工资指数", 0.8219, "浮点数存不下"),
        ("平均缴费工资指数", True, "“true”不是数"),
        ("平均缴费工资指数", None, "空值（null）不是数"),
        ("平均缴费工资指数", Decimal("NaN"), "超出可以计算的范围"),
        ("平均缴费工资指数", 10**30, "超出可以计算的范围"),
        ("符合领取条件", "可以", "不是“是”或“否”"),
    ],
)
def test_a_wrong_fact_says_what_it_means_and_what_it_may_be(law: Law, name: str, value: Any, said: str) -> None:
    text = refusal(law, "增发养老金", {name: value}, WrongFact)
    assert said in text
    assert name in text


@pytest.mark.parametrize(
    ("name", "value", "inner"),
    [
        ("平均缴费工资指数", "１．２", Decimal("1.2")),
        ("缴费年限", "1,234.5", Decimal("1234.5")),
        ("缴费月数", "183", 183),
        ("办理年月", "2026年1月", "2026-01"),
        ("符合领取条件", "是", True),
        ("符合领取条件", False, False),
    ],
)
def test_facts_are_read_as_people_write_them(law: Law, name: str, value: Any, inner: Any) -> None:
    found = evaluate(law, name, {name: value})
    assert (str(found) if isinstance(inner, str) else found) == inner


def test_an_optional_fact_may_be_null(law: Law) -> None:
    assert str(evaluate(law, "办理年月", {"出生年月": "1966-01", "选择年月": None})) == "2026-01"


def test_a_month_given_twice_is_refused(law: Law) -> None:
    rows = [{"年月": "2021-01", "缴费基数": 1}, {"年月": "202101", "缴费基数": 2}]
    assert "履历中 2021-01 出现了两次" in refusal(law, "缴费月数", {"月": rows}, WrongFact)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"月": [{"缴费基数": 1}]}, "第 1 行没有“年月”"),
        ({"月": [{"年月": "2021-13", "缴费基数": 1}]}, "第 1 行：没有 2021 年 13 月"),
        ({"月": {"年月": "2021-01"}}, "应为各行的列表"),
        ({"月": [{"年月": "2021-01", "出生年月": "1966-01"}]}, "“出生年月”是人级的，不能写在月的行里"),
        ({"年": [{"年度": 2021, "缴费基数": 1}]}, "“缴费基数”是月级的，不能写在年的行里"),
        ({"年": [{"年度": 0}]}, "0 不是年份"),
        ({"月": [{"年月": "2021-01", "缴费基数": "甲"}]}, "2021-01 的“缴费基数”（当月缴费基数）：“甲”不是数"),
    ],
)
def test_a_wrong_row_is_named(law: Law, facts: dict[str, Any], said: str) -> None:
    assert said in refusal(law, "缴费月数", facts, WrongFact)


def test_a_row_without_a_needed_fact_is_named(law: Law) -> None:
    rows = [{"年月": "2021-01", "缴费基数": 1}, {"年月": "2021-02"}]
    assert "2021-02 的行缺少“缴费基数”（当月缴费基数）" in refusal(law, "缴费月数", {"月": rows}, MissingFact)


def test_a_foreign_name_in_a_row_is_refused(law: Law) -> None:
    text = refusal(law, "缴费月数", {"月": [{"年月": "2021-01", "缴费基述": 1}]}, UnknownName)
    assert "是不是“缴费基数”" in text


def test_a_monthly_fact_is_not_one_value(law: Law) -> None:
    assert "“缴费基数”是月级的，不能作为一个值给定" in refusal(law, "缴费月数", {"缴费基数": 1}, EvaluationError)


def test_a_month_may_be_a_whole_number_of_six_digits(law: Law) -> None:
    facts = {"退休类别": "男职工"}
    written = evaluate(law, "办理年月", facts | {"出生年月": "1966-01"})
    assert evaluate(law, "办理年月", facts | {"出生年月": 196601}) == written


def test_a_limit_on_one_side_is_said_as_one() -> None:
    with pytest.raises(WrongFact, match="不得小于 0元/月"):
        load_law().evaluate("基础养老金", {"计发基数": -1}, on=date(2025, 6, 1), region="420000")
