"""The exact reading: values, grains, dates, regions and roundings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, getcontext, localcontext
from typing import Any

import pytest

from jinbao.kernel.errors import NotFound
from jinbao.kernel.months import Month
from jinbao.rules import Law, facts_hash, load_law
from jinbao.rules.errors import EvaluationError, NotInForce, NotInProduction, Refused
from jinbao.rules.values import Age

FORM = {"计发基数": 8880, "平均缴费工资指数": "0.8219", "缴费年限": "30.67"}


def value(law: Law, rule: str, facts: dict[str, Any], on: str = "2024-03-01", region: str = "420000") -> Any:
    """Evaluate both readings, make sure that they agree, and return the value."""
    day = date.fromisoformat(on)
    explained = law.evaluate(rule, facts, on=day, region=region, explain=True)
    assert law.evaluate(rule, facts, on=day, region=region).value == explained.value
    return explained.value


def months(base: int | str, *names: str) -> list[dict[str, Any]]:
    return [{"年月": name, "缴费基数": base} for name in names]


def test_an_award_form_is_reproduced_to_the_fen(law: Law) -> None:
    assert value(law, "指数化工资", FORM) == Decimal("7298.47")
    assert value(law, "基础养老金", FORM) == Decimal("2480.97")
    assert law.evaluate("基础养老金", FORM, on=date(2024, 3, 1), region="420000").fen == 248097


def test_the_callers_decimal_context_neither_matters_nor_changes(law: Law) -> None:
    with localcontext() as context:
        context.prec = 3
        assert value(law, "基础养老金", FORM) == Decimal("2480.97")
        assert getcontext().prec == 3


def test_a_city_inherits_from_its_province_and_a_county_from_its_city(law: Law) -> None:
    assert value(law, "指数化工资", {"平均缴费工资指数": 1}, region="990100") == Decimal("9022.00")
    assert value(law, "指数化工资", {"平均缴费工资指数": 1}, region="990101") == Decimal("9022.00")
    with pytest.raises(NotInForce, match="这个地区及其上级都没有声明"):
        value(law, "指数化工资", {"平均缴费工资指数": 1}, region="510000")
    with pytest.raises(NotFound):
        value(law, "指数化工资", {"平均缴费工资指数": 1}, region="123456")


def test_the_more_specific_rule_wins_and_changes_on_its_day(law: Law) -> None:
    assert value(law, "增发养老金", {}, on="2024-03-01", region="420000") == 0
    assert value(law, "增发养老金", {}, on="2020-12-31", region="510000") == 50
    assert value(law, "增发养老金", {}, on="2021-01-01", region="510000") == 60
    assert value(law, "增发养老金", {}, on="2017-12-31", region="510000") == 0


def test_a_rule_says_since_when_it_is_in_force(law: Law) -> None:
    with pytest.raises(NotInForce, match="“指数化工资”自 2006-01 起施行，2005-12-31 尚不适用"):
        value(law, "指数化工资", FORM, on="2005-12-31")


def test_the_last_published_value_stands_in_and_is_marked(law: Law) -> None:
    result = law.evaluate("指数化工资", {"平均缴费工资指数": 1}, on=date(2026, 5, 1), region="420000")
    assert result.value == Decimal("9022.00")
    assert result.provisional == ("计发基数暂按2024年度标准 9022元/月 预发，新标准公布后重新核定",)
    current = law.evaluate("指数化工资", {"平均缴费工资指数": 1}, on=date(2024, 5, 1), region="420000")
    assert current.provisional == ()


def test_a_result_is_as_sure_as_the_worst_value_in_it(law: Law) -> None:
    def confidence(rule: str, facts: dict[str, Any]) -> str:
        return law.evaluate(rule, facts, on=date(2024, 3, 1), region="420000").confidence

    assert confidence("指数化工资", {"计发基数": 1, "平均缴费工资指数": 1}) == "A"
    assert confidence("指数化工资", {"平均缴费工资指数": 1}) == "A-"
    assert confidence("不确定的增发", {"指数化工资": 1000}) == "C"


def test_production_refuses_an_uncertain_value_but_takes_it_as_a_fact(law_with: Callable[..., Law]) -> None:
    law = law_with({}, production=True)
    with pytest.raises(NotInProduction, match="不确定的系数"):
        value(law, "不确定的增发", {"指数化工资": 1000})
    assert value(law, "不确定的增发", {"指数化工资": 1000, "不确定的系数": "0.001"}) == 1


def test_any_rule_may_be_given_as_a_fact(law: Law) -> None:
    assert value(law, "基础养老金", {"指数化工资": 9000, "计发基数": 9000, "缴费年限": 10}) == 900


def test_monthly_parameters_and_rules_are_those_of_the_month(law: Law) -> None:
    """Until 2020 the index divides by the wage of the year, from 2021 by the wage of the year before."""
    facts = {"月": [*months(4000, "2019-05"), *months(5000, "2020-12"), *months(5000, "2021-01")]}
    assert value(law, "平均缴费工资指数", facts) == Decimal(1)
    assert value(law, "平均缴费工资指数", {"月": months(2500, "2021-02")}) == Decimal("0.5")
    result = law.evaluate("平均缴费工资指数", {"月": months(1, "2021-01")}, on=date(2024, 3, 1), region="420000")
    assert result.confidence == "A", "the wage of 2021 (B) is not read for 2021"


def test_a_recurrence_goes_on_through_years_without_contributions(law: Law) -> None:
    facts = {"出生年月": "1960-05", "月": months(1000, "2020-01", "2020-02")}
    account = law.rows("年末储存额", facts, on=date(2023, 6, 1), region="420000")
    assert [step.value for step in account] == ["227.15", "238.51", "250.44", "262.96"]  # 220 × (1 + 6% × 1.083 ÷ 2), …
    assert value(law, "个人账户储存额", facts, on="2023-06-01") == Decimal("227.15")


def test_a_value_given_in_a_row_stands_and_the_recurrence_goes_on_from_it(law: Law) -> None:
    facts = {"出生年月": "1962-05", "年": [{"年度": 2020, "年末储存额": "1000"}]}
    assert value(law, "个人账户储存额", facts, on="2023-06-01") == Decimal("1102.50")


def test_a_monthly_parameter_changes_in_the_middle_of_a_year(law: Law) -> None:
    account = law.rows("年记账额", {"月": months(1000, "2021-06", "2021-07")}, on=date(2021, 12, 31), region="420000")
    assert account[0].value == "190.00"


def test_a_parameter_given_as_a_fact_stands_in_every_row(law: Law) -> None:
    facts = {"记账比例": "0.10", "月": months(1000, "2021-06", "2021-07")}
    assert law.rows("年记账额", facts, on=date(2021, 12, 31), region="420000")[0].value == "200.00"


def test_a_parameter_given_in_a_row_stands_there(law: Law) -> None:
    rows = [{"年月": "2021-06", "缴费基数": 1000, "记账比例": "0.20"}, *months(1000, "2021-07")]
    assert law.rows("年记账额", {"月": rows}, on=date(2021, 12, 31), region="420000")[0].value == "280.00"


def test_the_order_of_rows_does_not_matter(law: Law) -> None:
    rows = months(3000, *(f"{year}-{month:02d}" for year in (2019, 2020, 2021) for month in range(1, 13)))
    day = date(2024, 3, 1)
    forth, back = ({"月": part} for part in (rows, rows[::-1]))
    assert law.evaluate("平均缴费工资指数", forth, on=day, region="420000").value == Decimal("0.6500")
    assert law.evaluate("平均缴费工资指数", back, on=day, region="420000").value == Decimal("0.6500")


def test_months_and_ages(law: Law) -> None:
    assert value(law, "办理年月", {"出生年月": "1966-01"}) == Month(2026, 1)
    assert value(law, "办理年月", {"出生年月": "1966-01", "选择年月": "2020-03"}) == Month(2020, 3)
    facts = {"出生年月": "1966-01", "选择年月": "2025-12"}
    assert value(law, "达到退休年龄", {**facts, "退休类别": "男职工"}) is False
    assert value(law, "达到退休年龄", {**facts, "退休类别": "女职工"}) is True
    assert value(law, "个人账户养老金", {"个人账户储存额": 139, "退休年龄": "60岁"}) == 1
    assert str(Age(722)) == "60岁2个月"


def test_a_rule_may_refuse(law: Law) -> None:
    with pytest.raises(Refused, match="不满五十岁不能办理"):
        value(law, "办理年月", {"出生年月": "1980-01", "选择年月": "2020-03"})


def test_a_table_does_not_guess(law: Law) -> None:
    with pytest.raises(EvaluationError, match="表中没有键 61（表的范围 50 至 60）"):
        value(law, "个人账户养老金", {"个人账户储存额": 139, "退休年龄": "61岁1个月"})


def test_division_by_zero_is_told_and_not_a_traceback(law: Law) -> None:
    with pytest.raises(EvaluationError, match="“平均缴费工资指数”：除数为零"):
        value(law, "平均缴费工资指数", {"月": []})


def test_a_yearly_rule_has_no_single_value(law: Law) -> None:
    with pytest.raises(EvaluationError, match="年级的"):
        value(law, "年末储存额", {})


def test_several_questions_share_their_steps(law: Law) -> None:
    results = law.evaluate_many(["指数化工资", "基础养老金"], FORM, on=date(2024, 3, 1), region="420000")
    assert [result.value for result in results.values()] == [Decimal("7298.47"), Decimal("2480.97")]


def test_the_version_of_a_rule_changes_with_what_it_needs_and_with_nothing_else(law_with: Callable[..., Law]) -> None:
    before = law_with({})
    file = "law/pension/basic/parameters.420000.yaml"
    text = (before.book.folder / file).read_text(encoding="utf-8")
    versions = {name: before.rule_version(name, "420000") for name in ("基础养老金", "办理年月")}
    sichuan = before.rule_version("基础养老金", "510000")
    after = law_with({file: text.replace("8880", "8881")})
    assert after.version != before.version
    assert after.rule_version("基础养老金", "420000") != versions["基础养老金"]
    assert after.rule_version("办理年月", "420000") == versions["办理年月"]
    assert after.rule_version("基础养老金", "510000") == sichuan, "Hubei's value does not enter Sichuan's answer"


def test_the_law_is_read_again_only_when_a_file_changes(law_with: Callable[..., Law]) -> None:
    law = law_with({})
    assert load_law(law.book.folder, production=False) is law
    assert (
        law_with({"law/pension/basic/law.md": "# 别的文件\n## 甲 {#6-2}\n## 乙 {#table}\n## 丙 {#extra}\n"}) is not law
    )


def test_the_hash_of_facts_sees_values_and_not_their_spelling() -> None:
    one = facts_hash({"计发基数": 8880, "月": [{"年月": Month(2024, 1), "缴费基数": Decimal("5000.00")}]})
    assert one == facts_hash({"月": [{"缴费基数": "5000", "年月": "2024-01"}], "计发基数": "8880.00"})
    assert one != facts_hash({"月": [{"缴费基数": "5001", "年月": "2024-01"}], "计发基数": "8880.00"})


def test_a_table_is_no_answer_and_says_how_to_look_it_up(law: Law) -> None:
    with pytest.raises(EvaluationError, match="“计发月数表”是一张表"):
        value(law, "计发月数表", {})
    assert law.parameter("计发月数表", on=date(2024, 3, 1), region="420000", key=60).value == 139
