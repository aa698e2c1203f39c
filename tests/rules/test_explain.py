"""The explained reading: formulas with numbers put in, branches, citations, and reasons for a no."""

from __future__ import annotations

from datetime import date
from typing import Any

from jinbao.rules import Law, Result, Step
from jinbao.rules.printing import print_result

FORM = {"计发基数": "8880.00", "平均缴费工资指数": "0.8219", "缴费年限": "30.67"}


def explain(law: Law, rule: str, facts: dict[str, Any], on: str = "2024-03-01", region: str = "420000") -> Result:
    return law.evaluate(rule, facts, on=date.fromisoformat(on), region=region, explain=True)


def step(result: Result, name: str) -> Step:
    return next(step for step in result.steps if step.name == name)


def test_a_formula_reads_with_numbers_put_in(law: Law) -> None:
    found = step(explain(law, "基础养老金", FORM), "基础养老金")
    assert found.formula == "(8880.00 + 7298.47) ÷ 2 × 30.67 × 1%，四舍五入保留2位小数"
    assert found.symbolic == "四舍五入〔(计发基数 + 指数化工资) ÷ 2 × 缴费年限 × 1%，保留2位小数〕"
    document = "国务院关于完善企业职工基本养老保险制度的决定（国发〔2005〕38号）"
    assert found.cites == (f"{document}第六条第二款 基础养老金 [law/pension/basic/law.md#6-2]",)


def test_the_steps_come_in_the_order_of_computing_and_form_a_tree(law: Law) -> None:
    result = explain(law, "基础养老金", FORM)
    assert [step.name for step in result.steps] == [
        "计发基数",
        "平均缴费工资指数",
        "指数化工资",
        "缴费年限",
        "基础养老金",
    ]
    assert result.tree is not None
    assert [child.name for child in result.tree.children] == ["计发基数", "指数化工资", "缴费年限"]


def test_each_step_says_where_its_value_is_from(law: Law) -> None:
    facts = {"平均缴费工资指数": 1, "缴费年限": 10}
    result = explain(law, "基础养老金", facts, on="2025-01-01")
    base = step(result, "计发基数")
    assert (base.kind, base.cites, base.confidence, base.provisional) == ("参数", ("审批表",), "A-", True)
    assert base.note == "计发基数暂按2024年度标准 9022元/月 预发，新标准公布后重新核定；第一档"
    assert step(result, "平均缴费工资指数").kind == "给定"
    assert step(explain(law, "缴费月数", {"月": []}), "视同缴费月数").note == "没有给定，按缺省值"


def test_the_branch_that_was_taken_is_explained(law: Law) -> None:
    chosen = step(explain(law, "办理年月", {"出生年月": "1966-01", "选择年月": "2020-03"}), "办理年月")
    assert chosen.because == ("选择年月已填", "选择年月 2020-03，晚于 出生年月 + 600个月（2016-01）")
    assert chosen.formula == "2020-03"
    plain = step(explain(law, "办理年月", {"出生年月": "1966-01"}), "办理年月")
    assert plain.because == ("选择年月未填",)
    assert plain.formula == "1966-01 + 60岁0个月"


def test_a_no_says_what_is_missing_and_by_how_much(law: Law) -> None:
    facts = {"出生年月": "1972-01", "退休类别": "男职工", "选择年月": "2030-03", "缴费月数": 183}
    result = explain(law, "符合领取条件", facts, on="2030-03-01")
    assert result.value is False
    assert result.reasons == (
        "出生年月 出生者在 办理年月 的年龄（58岁2个月），小于 应满 60岁，还差22个月",
        "缴费月数 183个月，少于 最低缴费月数 186个月，还差3个月",
    )


def test_a_yes_has_no_reasons(law: Law) -> None:
    assert explain(law, "符合领取条件", {"达到退休年龄": True, "缴费月数": 180}).reasons == ()


def test_forty_years_are_summarised_by_their_first_and_last_row(law: Law) -> None:
    rows = [{"年月": f"{year}-{month:02d}", "缴费基数": 3000} for year in (2019, 2020, 2021) for month in range(1, 13)]
    result = explain(law, "平均缴费工资指数", {"月": rows})
    index = step(result, "月缴费指数（各月）")
    assert index.value == "36个月"
    assert [child.name for child in index.children] == ["月缴费指数（2019-01）", "月缴费指数（2021-12）"]
    assert [child.formula for child in index.children] == ["3000 ÷ 4000", "3000 ÷ 5000"]
    assert len(result.steps) < 10


def test_every_row_can_be_explained(law: Law) -> None:
    rows = [{"年月": "2020-01", "缴费基数": 1000}, {"年月": "2021-08", "缴费基数": 1000}]
    account = law.rows("年末储存额", {"月": rows}, on=date(2022, 1, 1), region="420000")
    assert [step.name for step in account] == ["年末储存额（2020年）", "年末储存额（2021年）", "年末储存额（2022年）"]
    assert account[1].formula == "113.57 × (1 + 5%) + 80.00 × (1 + 5% × 1.083 ÷ 2)，四舍五入保留2位小数"


def test_the_answer_as_json_has_numbers_as_strings(law: Law) -> None:
    answer = explain(law, "基础养老金", FORM, region="990100").as_json()
    assert list(answer)[:7] == ["rule", "value", "unit", "on", "region", "confidence", "steps"]
    assert answer["value"] == "2480.97"
    assert (answer["unit"], answer["on"], answer["region"]) == ("元/月", "2024-03-01", "990100")
    assert list(answer["steps"][-1])[:5] == ["name", "value", "unit", "formula", "cites"]
    assert {step["name"]: step["value"] for step in answer["steps"]}["指数化工资"] == "7298.47"


def test_the_printed_tree_shows_a_step_once(law: Law) -> None:
    text = print_result(explain(law, "基础养老金", FORM), "湖北省")
    assert text.startswith("基础养老金：2480.97元/月\n（2024-03-01，湖北省 420000，可信度 A）")
    assert text.count("= 8880.00 × 0.8219，四舍五入保留2位小数") == 1
