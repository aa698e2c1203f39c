"""One employer at the counter: what is registered, who is enrolled, what was declared."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from jinbao.insurance.contributions import queries as contributions
from jinbao.insurance.registry import queries as registry
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.web.acting import OFFICERS, only
from jinbao.web.dates import today
from jinbao.web.paging import page_of

LATEST = 24
"""How many declarations the page lists."""


@require_safe
@only(*OFFICERS)
def detail(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one employer and who is enrolled through it in a month."""
    employer = get_object_or_404(registry.employers(by), pk=pk)
    month = Month.parse(request.GET["month"]) if request.GET.get("month") else Month.of(today())
    shown = {
        "employer": employer,
        "month": month,
        "declarations": list(contributions.declarations(by, employer)[:LATEST]),
        "page": page_of(registry.employees(by, employer, month), request),
    }
    return render(request, "counter/employer.html", shown)
