"""When may I retire: a calculator that anybody can bookmark; nothing that is typed is kept."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.kernel.months import Month, age_in_months
from jinbao.kernel.regions import NATION
from jinbao.rules import Law, load_law
from jinbao.rules.errors import EvaluationError
from jinbao.web.dates import today
from jinbao.web.factforms import read_form
from jinbao.web.trace import tree_of

FACTS = ("出生年月", "退休类别", "选择退休年月")
WINDOW = ("最早退休年月", "法定退休年月", "最晚退休年月")
MORE = ("延迟月数", "最低缴费月数", "退休时间符合规定", "退休方式", "退休年龄", "待遇起始年月")


@require_safe
def calculate(request: HttpRequest) -> HttpResponse:
    """Show the form, and below it the window 最早/法定/最晚, the minimum months and how each came about."""
    law = load_law()
    form = read_form(law.glossary, FACTS, request.GET.dict(), required=("出生年月", "退休类别"))
    shown: dict[str, Any] = {"form": form}
    if form.ready:
        shown |= _answer(law, form.facts)
    return render(request, "portal/retirement.html", shown, status=400 if form.wrong else 200)


def _answer(law: Law, facts: dict[str, Any]) -> dict[str, Any]:
    """Evaluate each rule by itself: where one does not apply, such as the elastic window, the others still do."""
    answers: dict[str, Any] = {}
    refusals: list[EvaluationError] = []
    for rule in (*WINDOW, *MORE):
        try:
            answers[rule] = law.evaluate(rule, facts, on=today(), region=NATION, explain=True)
        except EvaluationError as error:
            if error.message not in [refusal.message for refusal in refusals]:
                refusals.append(error)
    birth = Month.parse(facts["出生年月"])
    window = [
        {"name": rule, "month": answers[rule].value, "age": age_in_months(birth, answers[rule].value)}
        for rule in WINDOW
        if rule in answers
    ]
    trees = [tree_of(answers[rule].as_json()) for rule in (*WINDOW, "最低缴费月数") if rule in answers]
    return {"answers": answers, "window": window, "trees": trees, "refusals": refusals}
