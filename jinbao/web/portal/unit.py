"""What an employer's agent sees: the employer, what it declared and paid, and who is enrolled through it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.insurance.contributions import queries as contributions
from jinbao.insurance.registry import queries as registry
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.acting import only
from jinbao.web.dates import today
from jinbao.web.paging import page_of

LATEST = 24
"""How many declarations the page lists."""


@require_safe
@only(Role.EMPLOYER)
def overview(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the employer with its latest declarations and its employees of a month."""
    employer = registry.employer(by, by.subject)
    month = Month.parse(request.GET["month"]) if request.GET.get("month") else Month.of(today())
    shown = {
        "employer": employer,
        "month": month,
        "declarations": list(contributions.declarations(by, employer)[:LATEST]),
        "page": page_of(registry.employees(by, employer, month), request),
    }
    return render(request, "portal/unit.html", shown)
