"""The registry at the counter: search with masked numbers, one person's whole record, unmasking with a reason."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from jinbao.insurance.benefits import queries as benefits
from jinbao.insurance.contributions import queries as contributions
from jinbao.insurance.contributions.career import career
from jinbao.insurance.payments import queries as payments
from jinbao.insurance.registry import queries as registry
from jinbao.insurance.registry.families import Seen
from jinbao.insurance.registry.rights import OFFICERS as WRITERS
from jinbao.trust import masking
from jinbao.trust.actors import Actor
from jinbao.web.acting import OFFICERS, only
from jinbao.web.careers import by_year
from jinbao.web.dates import now

PAYMENTS = 24
"""How many payments a person's page lists."""


@require_safe
@only(*OFFICERS)
def search(request: HttpRequest, by: Actor) -> HttpResponse:
    """Find people and employers by the beginning of a number or name."""
    text = request.GET.get("q", "").strip()[:64]
    shown = {
        "q": text,
        "persons": registry.search(by, text),
        "employers": registry.search_employers(by, text),
        "most": registry.MOST_FOUND,
    }
    return render(request, "counter/search.html", shown)


@require_safe
@only(*OFFICERS)
def detail(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one person: identity, enrolments, contributions, benefits and what happened when."""
    return render(request, "counter/person.html", record(by, registry.see_by_pk(by, pk)))


@require_POST
@only(*OFFICERS)
def unmask(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show the whole identity number or phone once, for a stated reason that is recorded."""
    seen = registry.see_by_pk(by, pk)
    kind = request.POST.get("kind", "")
    value = masking.unmask(by, kind, seen.asked, request.POST.get("reason", ""), now=now())
    return render(request, "counter/person.html", record(by, seen) | {"revealed": {kind: value}})


def record(by: Actor, seen: Seen) -> dict[str, Any]:
    """Gather what the rooms know of a person; each room reads once."""
    known, granted, paid = registry.record(by, seen), benefits.record(by, seen), payments.record(by, seen)
    told = [*known.history, *contributions.history(by, seen), *granted.history, *paid.history]
    return {
        "person": seen.asked,
        "identities": known.identities,
        "enrolments": known.enrolments,
        "account": known.account,
        "awards": granted.awards,
        "payments": paid.payments[:PAYMENTS],
        "clawbacks": paid.clawbacks,
        "may_report_death": seen.person.died_on is None and by.role in WRITERS,
        "years": by_year(career(seen)),
        "history": sorted(told, key=lambda line: (line.on, line.source)),
    }
