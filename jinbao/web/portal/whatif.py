"""政策试算: a calculator under the law in force and under assumptions, side by side, explained step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.kernel.errors import JinbaoError
from jinbao.rules import Law, load_law
from jinbao.rules.errors import EvaluationError, MissingFact, NotInForce
from jinbao.rules.overlay import Supposed
from jinbao.rules.whatif import WhatIf, what_if, wishes_of
from jinbao.web.calculators import Question, calculator_of, calculators, places, read_question
from jinbao.web.dates import today
from jinbao.web.levers import Lever, lever_of

MOST_LINES = 20


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the form of a calculator with its parameters, and below it both answers and where they part."""
    law = load_law()
    known = calculators(law)
    each = calculator_of(law, request.GET.get("calculator", "contribution"))
    data = request.GET.dict()
    question = read_question(law, each, data, today())
    levers = _levers(law, question, data)
    lines = [line.strip() for line in data.get("more", "").splitlines() if line.strip()][:MOST_LINES]
    shown: dict[str, Any] = {
        "calculators": known.values(),
        "each": each,
        "question": question,
        "form": question.form,
        "places": places(law, each),
        "levers": [lever for lever in levers if not lever.table],
        "tables": [lever for lever in levers if lever.table],
        "more": "\n".join(lines),
    }
    if question.ready:
        shown |= _answer(law, question, levers, lines)
    wrong = question.form.wrong or question.on_error or "error" in shown
    return render(request, "portal/whatif.html", shown, status=400 if wrong else 200)


def _answer(law: Law, question: Question, levers: list[Lever], lines: list[str]) -> dict[str, Any]:
    """Compute both answers, or say what is wrong; without an assumption there is nothing to compare yet."""
    try:
        wishes = [Supposed(lever.name, lever.value) for lever in levers if lever.value] + wishes_of(lines)
        if not wishes:
            return {"nothing_supposed": True}
        answer: WhatIf = what_if(
            law, question.each.main, question.facts, wishes, on=question.on, region=question.region
        )
    except (MissingFact, NotInForce) as error:
        return {"refusal": error}
    except JinbaoError as error:
        return {"error": error}
    sides = [side if not isinstance(side, EvaluationError) else None for side in (answer.actual, answer.supposed)]
    failures = [side.message for side in (answer.actual, answer.supposed) if isinstance(side, EvaluationError)]
    return {"answer": answer, "actual": sides[0], "supposed": sides[1], "failures": failures}


def _levers(law: Law, question: Question, data: Mapping[str, str]) -> list[Lever]:
    """List the parameters that may enter the main rule in the region, with their values on the day."""
    each = question.each
    names = law.needs(each.main, region=question.region, given=(*each.typed, *each.fixed))
    parameters = [name for name in names if name in law.book.parameters and name not in each.typed]
    return [lever_of(law, name, question.on, question.region, data) for name in parameters]
