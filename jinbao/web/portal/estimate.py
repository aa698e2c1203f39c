"""What pension may I expect: a form made from what the rule needs, and the explained computation as a tree."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.kernel.errors import NotFound
from jinbao.kernel.regions import RegionTree
from jinbao.rules import Law, load_law
from jinbao.rules.errors import EvaluationError
from jinbao.web.calculators import asked_facts, calculator_of
from jinbao.web.dates import today
from jinbao.web.factforms import FactForm, read_form
from jinbao.web.trace import trees_of

SLUG = "pension"
"""The calculator in policy/calculators.yaml whose form this is."""
RULE = "基本养老金"
ENTITLED = "可否领取基本养老金"
PARTS = ("基础养老金", "个人账户养老金", "过渡性养老金", "增发养老金")
MORE = ("退休年月", "退休年龄", "计发月数", "累计缴费月数", "最低缴费月数", "尚缺缴费月数")
FROM_CAREER = ("累计缴费月数", "建账前缴费月数", "平均缴费工资指数", "个人账户储存额")
"""Rules over the months of a career; a visitor knows their results from the yearly statement and types them instead."""
REQUIRED = ("出生年月", "退休类别", *FROM_CAREER)
HOME = "990100"


@require_safe
def calculate(request: HttpRequest) -> HttpResponse:
    """Show the form, and below it the amount, its parts, how each came about, or what is missing."""
    law = load_law()
    region = _region(law, request.GET.get("region", HOME))
    asked = any(name in request.GET for name in ("go", *FROM_CAREER))
    form = read_form(law.glossary, inputs(law, region), request.GET.dict(), REQUIRED, asked=asked)
    shown: dict[str, Any] = {"form": form, "region": region, "regions": regions(law)}
    if form.ready:
        shown |= _answer(law, region, form)
    return render(request, "portal/estimate.html", shown, status=400 if form.wrong else 200)


def inputs(law: Law, region: str) -> list[str]:
    """Name what a visitor types for a region: facts of the person and, instead of a career, what it comes to."""
    return asked_facts(law, calculator_of(law, SLUG), region)


def regions(law: Law) -> list[tuple[str, str]]:
    """List the places for which the pension of today can be computed."""
    tree = RegionTree.read()
    return [(code, tree.name(code)) for code in tree.codes if code in (HOME, "420000", "510000")]


def _region(law: Law, code: str) -> str:
    if code not in dict(regions(law)):
        raise NotFound(f"没有代码为“{code[:12]}”的测算地区", advice="请从页面上的地区中选择。")
    return code


def _answer(law: Law, region: str, form: FactForm) -> dict[str, Any]:
    try:
        asked = (RULE, ENTITLED, *PARTS, *MORE)
        answers = law.evaluate_many(asked, form.facts, on=today(), region=region, explain=True)
    except EvaluationError as error:
        return {"refusal": error}
    total = answers[RULE]
    return {
        "answers": answers,
        "total": total,
        "entitled": answers[ENTITLED],
        "parts": [answers[name] for name in PARTS],
        "trees": trees_of(total.as_json()),
        "on": today(),
    }
