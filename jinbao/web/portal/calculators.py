"""The calculators that policy/calculators.yaml declares: a list, a page each, and the answer as a sheet to print."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jinbao.rules import Law, load_law
from jinbao.rules.paper import NoFont, Sheet, pdf_of
from jinbao.rules.sentences import sentences
from jinbao.web.calculators import (
    Answer,
    Question,
    answer_of,
    calculator_of,
    calculators,
    places,
    read_question,
    uncertain,
    with_missing,
)
from jinbao.web.dates import today
from jinbao.web.trace import tree_of


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the calculators."""
    listed = [
        {"each": each, "url": reverse(each.page) if each.page else reverse("calculator", args=[each.slug])}
        for each in calculators(load_law()).values()
    ]
    return render(request, "portal/calculators.html", {"calculators": listed})


@require_safe
def calculate(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form, and below it the answer, its parts, how each came about, or what is missing."""
    law = load_law()
    each = calculator_of(law, slug)
    if each.page:
        return redirect(f"{reverse(each.page)}?{request.GET.urlencode()}")
    question, answer = _asked(law, request, slug)
    shown = {"each": each, "question": question, "form": question.form, "places": places(law, each)}
    if answer is not None:
        question = with_missing(question, answer)
        shown |= {"question": question, "form": question.form, **_shown(answer)}
    wrong = question.form.wrong or question.on_error
    return render(request, "portal/calculator.html", shown, status=400 if wrong else 200)


@require_safe
def paper(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the answer as PDF; back to the page where there is nothing to print, or no font to print it with."""
    law = load_law()
    question, answer = _asked(law, request, slug)
    page = f"{_address(question)}?{question.query}"
    if answer is None or answer.main is None:
        return redirect(page)
    try:
        content = pdf_of(sheet_of(law, answer))
    except NoFont:
        return redirect(f"{page}&print=1")
    name = f"{slug}-{question.on}.pdf"
    return HttpResponse(content, "application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def _address(question: Question) -> str:
    """Return the address of the page that answers a question."""
    each = question.each
    return reverse(each.page) if each.page else reverse("calculator", args=[each.slug])


def _asked(law: Law, request: HttpRequest, slug: str) -> tuple[Question, Answer | None]:
    question = read_question(law, calculator_of(law, slug), request.GET.dict(), today())
    return question, answer_of(law, question) if question.ready else None


def _shown(answer: Answer) -> dict[str, Any]:
    main = answer.main
    if main is None:
        return {"answer": answer}
    trees = [tree_of(result.as_json()) for result in (main, *_beside(answer))]
    return {
        "answer": answer,
        "trees": [tree for tree in trees if tree is not None],
        "uncertain": uncertain(answer.every),
        "said": sentences(main),
    }


def _beside(answer: Answer) -> list[Any]:
    """The further results that are no step of the main one: they need a tree of their own."""
    main = answer.main
    inside = {step.name for step in main.steps} if main else set()
    return [result for result in answer.every if result is not main and result.rule not in inside]


def sheet_of(law: Law, answer: Answer) -> Sheet:
    """Make the sheet of an answer; the main result comes first, what stands in the way before everything."""
    question = answer.question
    gate = answer.gate
    notes = (
        [f"不符合条件：{'；'.join(gate.reasons)}。以下金额是假如达到条件时的数额。"]
        if gate and not answer.entitled
        else []
    )
    name = law.book.regions.name(question.region)
    return Sheet(question.each.title, tuple(answer.every), name, question.facts, (*notes, *answer.notes))
