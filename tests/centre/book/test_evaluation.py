"""Both rule sets side by side, each deduction explained."""

from __future__ import annotations

from decimal import Decimal

from jinbao.centre import actions, queries
from jinbao.centre.disclosure.standards import standard
from jinbao.centre.evaluation import evaluate
from jinbao.centre.models import YearBook
from jinbao.trust.actors import Actor
from tests.centre.book.conftest import NOW


def test_both_rule_sets_score_every_indicator_and_say_why(finance: Actor, filled: YearBook) -> None:
    late = next(line for line in queries.lines(filled, "指标") if line.values["三级指标"] == "故障处理时间")
    actions.record_results(finance, filled, {late.pk: {"实际值": "5"}}, now=NOW)
    found = evaluate(queries.figures(filled), standard())
    assert found[0].name == "整体支出"
    one = next(e for e in found if e.name == late.values["项目名称"])
    row = next(r for r in one.rows if r.name == "故障处理时间")
    assert [mark.score for mark in row.marks] == [Decimal("7.50"), Decimal("8.00")]
    assert "扣 2.5" in row.marks[0].why
    assert "× 4 ÷ 5" in row.marks[1].why
    national, wuhan = one.sums
    assert {national.full, wuhan.full} == {Decimal(100), Decimal(110)} or {Decimal(90), Decimal(100)}
    assert bool(national.grade) != bool(wuhan.grade)


def test_a_result_that_is_missing_is_said(finance: Actor, filled: YearBook) -> None:
    line = queries.lines(filled, "指标")[0]
    actions.record_results(finance, filled, {line.pk: {"实际值": ""}}, now=NOW)
    marks = [m.why for e in evaluate(queries.figures(filled), standard()) for r in e.rows for m in r.marks]
    assert "没有填实际值" in marks
