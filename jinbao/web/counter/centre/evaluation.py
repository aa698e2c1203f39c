"""绩效自评: results of every indicator, and the scores by every rule set side by side with the reason for each."""

from __future__ import annotations

from collections import defaultdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.centre import actions, queries
from jinbao.centre.disclosure.standards import standard
from jinbao.centre.evaluation import evaluate
from jinbao.centre.roles import READERS, WRITERS
from jinbao.centre.rows import RESULT_COLUMNS
from jinbao.kernel.errors import FormatError
from jinbao.trust.actors import Actor
from jinbao.web.acting import only
from jinbao.web.counter.centre.frame import frame
from jinbao.web.dates import now


@require_safe
@only(*READERS)
def page(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show every project's indicators with their results and scores."""
    book = queries.book(by, pk)
    found = evaluate(queries.figures(book), standard())
    about = {line.key: line.values.get("内容", "") for line in queries.lines(book, "单位")}
    shown = {
        **frame(by, book, "evaluation"),
        "evaluations": found,
        "sets": standard().scoring.sets,
        "chosen": about.get("计分规则") or standard().scoring.sets[0].name,
    }
    return render(request, "counter/centre/evaluation.html", shown)


@require_POST
@only(*WRITERS)
def record(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Record results; a wrong one is told and left, the others are kept."""
    book = queries.book(by, pk)
    changed, wrong = 0, []
    for line, cells in _typed(request).items():
        try:
            changed += actions.record_results(by, book, {line: cells}, now=now())
        except FormatError as error:
            wrong.append(f"{error.at.column if error.at else ''}：{error.message} {error.advice}")
    if changed:
        messages.success(request, _("已登记 %(n)d 个指标") % {"n": changed})
    for said in wrong:
        messages.error(request, said)
    return redirect("counter-centre-evaluation", pk=pk)


def _typed(request: HttpRequest) -> dict[int, dict[str, str]]:
    """Read inputs named `<line>-<column>`."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for name, value in request.POST.items():
        line, _dash, column = name.partition("-")
        if line.isascii() and line.isdigit() and len(line) < 12 and column in RESULT_COLUMNS:
            found[int(line)][column] = str(value).strip()
    return dict(found)
