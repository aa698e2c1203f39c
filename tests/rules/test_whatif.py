"""The law with some parameters supposed to be otherwise."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.kernel.errors import DeclarationError, FormatError, NotFound
from jinbao.rules import Law, Result, load_law
from jinbao.rules.errors import EvaluationError, OnlySupposed, WrongAssumption
from jinbao.rules.overlay import Supposed, parse_supposed, read_overlay, suppose
from jinbao.rules.parameters import worst
from jinbao.rules.whatif import WhatIf, print_what_if, what_if, wishes_of
from tests.rules.conftest import SAMPLES
from tests.rules.test_command import FORM, jinbao

ON, HUBEI = date(2024, 3, 1), "420000"
FACTS = json.loads(FORM, parse_float=Decimal)


def asked(law: Law, *texts: str, rule: str = "基础养老金", facts: Any = FACTS, on: date = ON) -> WhatIf:
    return what_if(
        law, rule, {k: v for k, v in facts.items() if k != "计发基数"}, wishes_of(texts), on=on, region=HUBEI
    )


def test_both_answers_stand_side_by_side(law: Law) -> None:
    answer = asked(law, "计发基数=10000")
    assert isinstance(answer.actual, Result)
    assert isinstance(answer.supposed, Result)
    assert answer.actual.value == Decimal("2520.64")
    assert answer.supposed.value == Decimal("2793.88")
    assert (answer.gap, answer.percent) == ("+273.24元/月", "+10.84%")


def test_the_difference_is_told_step_by_step_inputs_first(law: Law) -> None:
    answer = asked(law, "计发基数=10000")
    assert [step.name for step in answer.steps] == ["计发基数", "指数化工资", "基础养老金"]
    assert str(answer.steps[0]) == "计发基数 现行 9022元/月，假设为 10000元/月（+978元/月）"
    assert str(answer.steps[2]) == "基础养老金 由 2520.64元/月 变为 2793.88元/月（+273.24元/月）"
    assert answer.steps[2].details == (
        "现行 = (9022 + 7415.18) ÷ 2 × 30.67 × 1%，四舍五入保留2位小数",
        "假设 = (10000 + 8219.00) ÷ 2 × 30.67 × 1%，四舍五入保留2位小数",
    )


def test_the_law_in_force_is_not_touched(law: Law) -> None:
    before = law.evaluate("基础养老金", {**FACTS}, on=ON, region=HUBEI)
    value = law.parameter("计发基数", on=ON, region=HUBEI).value
    asked(law, "计发基数=1")
    assert law.parameter("计发基数", on=ON, region=HUBEI).value == value
    assert law.evaluate("基础养老金", {**FACTS}, on=ON, region=HUBEI).as_json() == before.as_json()
    assert not load_law(SAMPLES / "good", production=False).supposes


def test_an_answer_with_an_assumption_is_marked_everywhere_and_refused_as_a_determination(law: Law) -> None:
    answer = asked(law, "计发基数=10000")
    assert isinstance(answer.supposed, Result)
    assert isinstance(answer.actual, Result)
    assert answer.supposed.confidence == "假设"
    assert answer.supposed.assumed == ("计发基数 假设为 10000元/月（现行 9022元/月）",)
    assert answer.supposed.version.startswith("假设-")
    assert answer.supposed.as_json()["assumed"]
    step = next(step for step in answer.supposed.steps if step.name == "计发基数")
    assert (step.confidence, step.cites) == ("假设", ("假设",))
    with pytest.raises(OnlySupposed, match="不能用于核定"):
        answer.supposed.require_law()
    assert "assumed" not in answer.actual.as_json()
    assert answer.actual.require_law() is answer.actual


def test_an_assumption_is_worse_than_any_source() -> None:
    assert worst(["C", "假设"]) == worst(["假设", "A"]) == "假设"


def test_what_no_rule_used_marks_nothing_and_is_told(law: Law) -> None:
    answer = asked(law, "最低缴费月数=1")
    assert answer.same
    assert answer.untouched
    assert isinstance(answer.supposed, Result)
    assert answer.supposed.require_law()
    assert "没有进入计算" in print_what_if(answer, "湖北省")


def test_a_fact_stands_against_an_assumption(law: Law) -> None:
    answer = what_if(law, "基础养老金", FACTS, wishes_of(["计发基数=10000"]), on=ON, region=HUBEI)
    assert answer.same
    assert answer.untouched


def test_it_holds_exactly_as_long_as_the_value_it_replaces(law: Law) -> None:
    other, (assumption,) = suppose(law, wishes_of(["计发基数=10000"]), on=ON, region=HUBEI)
    assert (assumption.start, assumption.end) == (date(2024, 1, 1), date(2024, 12, 31))
    for day, expected in ((date(2023, 12, 31), 8880), (date(2024, 1, 1), 10000), (date(2024, 12, 31), 10000)):
        assert other.parameter("计发基数", on=day, region=HUBEI).value == expected
    assert not other.parameter("计发基数", on=date(2024, 12, 31), region=HUBEI).carried


def test_a_value_that_only_stands_in_is_replaced_from_the_day_it_ended(law: Law) -> None:
    on = date(2026, 3, 1)
    other, (assumption,) = suppose(law, wishes_of(["计发基数=10000"]), on=on, region=HUBEI)
    assert (assumption.start, assumption.end) == (date(2025, 1, 1), None)
    assert not other.parameter("计发基数", on=on, region=HUBEI).carried


@pytest.mark.parametrize("text", ["记账比例=0.09", "记账比例=9%", "记账比例 = 9 ％"])
def test_a_ratio_may_be_written_in_per_cent(law: Law, text: str) -> None:
    other, (assumption,) = suppose(law, wishes_of([text]), on=ON, region=HUBEI)
    assert other.parameter("记账比例", on=ON, region=HUBEI).value == Decimal("0.09")
    assert (assumption.new, assumption.old) == ("9%", "8%")


def test_from_a_day_on_with_at(law: Law) -> None:
    other, _ = suppose(law, wishes_of(["计发基数=10000@2024-07-01"]), on=ON, region=HUBEI)
    values = [other.parameter("计发基数", on=date(2024, month, 1), region=HUBEI).value for month in (6, 7)]
    assert values == [9022, 10000]


def test_where_there_was_no_value_it_begins_with_the_year_of_the_question(law: Law) -> None:
    answer = asked(law, "计发基数=5000", on=date(2010, 3, 1))
    assert isinstance(answer.actual, EvaluationError)
    assert isinstance(answer.supposed, Result)
    assert answer.assumptions[0].old is None
    assert "算不出来" in print_what_if(answer, "湖北省")
    assert answer.as_json()["actual"]["error"]["code"] == "not-in-force"


def test_one_line_of_a_table(law: Law) -> None:
    facts = {"个人账户储存额": "13900", "退休年龄": "60岁"}
    answer = asked(law, "计发月数表[60]=100", rule="个人账户养老金", facts=facts)
    assert isinstance(answer.supposed, Result)
    assert answer.supposed.value == 139
    assert str(answer.steps[0]) == "计发月数表 假设〔60〕为 100个月（现行 139个月）"


def test_a_further_line_of_a_table_by_number(law: Law) -> None:
    facts = {"个人账户储存额": "13900", "退休年龄": "61岁"}
    answer = asked(law, "计发月数表[61]=100", rule="个人账户养老金", facts=facts)
    assert isinstance(answer.actual, EvaluationError)
    assert isinstance(answer.supposed, Result)
    assert (answer.supposed.value, answer.assumptions[0].old) == (139, None)


def test_it_holds_in_the_region_of_the_question_and_below(law: Law) -> None:
    other, _ = suppose(law, wishes_of(["最低缴费月数=1"]), on=ON, region=HUBEI)
    values = [other.parameter("最低缴费月数", on=ON, region=code).value for code in (HUBEI, "990100", "510000")]
    assert values == [1, 1, 180]


def test_years_and_months_of_a_career_take_the_assumption_of_their_own_day(law: Law) -> None:
    rows = [{"年月": f"{year}-01", "缴费基数": 1000} for year in (2019, 2020)]
    facts = {"出生年月": "1960-01", "月": rows}
    rate = law.parameter("记账比例", on=date(2020, 1, 1), region=HUBEI).value
    answer = what_if(law, "个人账户储存额", facts, wishes_of(["记账比例=0.2@2020-01-01"]), on=ON, region=HUBEI)
    assert isinstance(answer.supposed, Result)
    assert isinstance(answer.actual, Result)
    assert answer.supposed.value > answer.actual.value
    other, _ = suppose(law, wishes_of(["记账比例=0.2@2020-01-01"]), on=ON, region=HUBEI)
    credited = [step.value for step in other.rows("年记账额", facts, on=ON, region=HUBEI)][:2]
    assert credited == [str((1000 * rate).quantize(Decimal("0.01"))), "200.00"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("计发基数", "看不懂"),
        ("=5", "看不懂"),
        ("计发机数=5", "是不是“计发基数”"),
        ("基础养老金=5", "计发基数"),
        ("缴费年限=5", "不是参数"),
        ("出生年月=1966-01", "不是参数"),
        ("计发基数=很多", "不是数"),
        ("计发基数[1]=5", "不是表"),
        ("计发月数表=5", "写明哪一行"),
        ("计发月数表[六十]=5", "没有“六十”这一行"),
    ],
)
def test_a_wrong_assumption_says_what_to_write(law: Law, text: str, said: str) -> None:
    with pytest.raises(WrongAssumption) as caught:
        asked(law, text)
    assert said in str(caught.value)


def test_no_assumption_too_many_an_unknown_region_and_a_wrong_day(law: Law) -> None:
    with pytest.raises(WrongAssumption, match="没有任何假设"):
        asked(law)
    with pytest.raises(FormatError, match="假设太多"):
        asked(law, *["计发基数=1"] * 51)
    with pytest.raises(NotFound):
        suppose(law, wishes_of(["计发基数=1"]), on=ON, region="999999")
    with pytest.raises(FormatError):
        parse_supposed("计发基数=1@2024-13")


def test_a_question_that_neither_law_answers_fails_as_it_always_does(law: Law) -> None:
    with pytest.raises(EvaluationError, match="除数为零"):
        what_if(law, "基础养老金", {}, wishes_of(["计发基数=1"]), on=ON, region=HUBEI)


OVERLAY = """计发基数:
  unit: 元/月
  period: 年
  values:
    - {from: 2024-01-01, to: 2024-06-30, value: 9500, source: 征求意见稿, confidence: C}
    - {from: 2024-07-01, value: 9600}
最低缴费月数: 240
计发月数表:
  key: 年龄
  values:
    - {from: 2024-01-01, table: {60: 140}}
"""


def test_an_overlay_file_in_the_form_of_parameters(law: Law, tmp_path: Path) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text(OVERLAY, encoding="utf-8")
    other, assumptions = suppose(law, read_overlay(path), on=ON, region=HUBEI)
    assert [str(a.start) for a in assumptions] == ["2024-01-01", "2024-07-01", "2011-07-01", "2024-01-01"]
    values = [other.parameter("计发基数", on=date(2024, month, 1), region=HUBEI).value for month in (6, 7)]
    assert values == [9500, 9600]
    assert other.parameter("最低缴费月数", on=ON, region=HUBEI).value == 240
    assert other.parameter("最低缴费月数", on=date(2031, 1, 1), region=HUBEI).value == 186
    assert other.parameter("计发月数表", on=ON, region=HUBEI).value == {60: 140}
    assert other.parameter("计发月数表", on=date(2023, 3, 1), region=HUBEI).value[50] == 195


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("计发基数: {values: [{from: 2024-01-01}]}", "value 或 table"),
        ("计发基数: {values: [{from: 2024-02-01, to: 2024-01-01, value: 1}]}", "早于"),
        ("计发基数: {values: [{from: 2024-02-01, value: 1}, {from: 2024-01-01, value: 1}]}", "重叠"),
        ("计发基数: {vals: []}", "vals"),
        ("- 1", "键: 值"),
    ],
)
def test_a_wrong_overlay_file_is_reported_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        read_overlay(path)
    assert said in str(caught.value)
    assert "overlay.yaml:1" in str(caught.value)


def test_in_production_an_assumption_is_answered_as_what_it_is() -> None:
    law = load_law(SAMPLES / "good", production=True)
    answer = what_if(law, "基础养老金", {k: v for k, v in FACTS.items() if k != "计发基数"},
                     [Supposed("计发基数", 10000)], on=ON, region=HUBEI)  # fmt: skip
    assert isinstance(answer.supposed, Result)
    assert answer.supposed.confidence == "假设"


@given(st.integers(1, 30000_00), st.integers(1, 30000_00))
@settings(max_examples=60, deadline=None)
def test_supposing_a_value_is_giving_it_as_a_fact(one: int, other: int) -> None:
    """Two ways to the same number, and supposing what already holds changes nothing."""
    law = load_law(SAMPLES / "good", production=False)
    base = str(Decimal(one) / 100)
    facts = {"平均缴费工资指数": str(Decimal(other) / 10000), "缴费年限": "30.67"}
    answer = what_if(law, "基础养老金", facts, wishes_of([f"计发基数={base}"]), on=ON, region=HUBEI)
    assert isinstance(answer.supposed, Result)
    assert answer.supposed.value == law.evaluate("基础养老金", facts | {"计发基数": base}, on=ON, region=HUBEI).value
    still = what_if(law, "基础养老金", facts, wishes_of(["计发基数=9022"]), on=ON, region=HUBEI)
    assert still.same
    assert [step.name for step in still.steps] == ["计发基数"]


def test_the_command_prints_both_answers_or_json(tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"平均缴费工资指数": 0.8219, "缴费年限": "30.67"}', encoding="utf-8")
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("计发基数: 10000\n", encoding="utf-8")
    question = ("whatif", "基础养老金", "--facts", str(facts), "--on", "2024-03", "--region", HUBEI)
    text = jinbao(*question, "--overlay", str(overlay)).stdout
    assert "假设测算，不是核定" in text
    assert "+273.24元/月（+10.84%）" in text
    found = json.loads(jinbao(*question, "--set", "计发基数=10000", "--json").stdout)
    assert (found["actual"]["value"], found["supposed"]["value"]) == ("2520.64", "2793.88")
    assert found["assumptions"][0]["old"] == "9022元/月"
    done = jinbao(*question)
    assert done.returncode == 2
    assert "没有任何假设" in done.stderr
    assert "文件不存在" in jinbao(*question, "--overlay", "nothing.yaml").stderr
