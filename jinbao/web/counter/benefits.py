"""One determination at the counter: which law was applied to which facts, and how it came out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.insurance.benefits import queries as benefits
from jinbao.trust.actors import Actor
from jinbao.web.acting import OFFICERS, only
from jinbao.web.trace import trees_of


@require_safe
@only(*OFFICERS)
def determination(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one determination with its explanation."""
    found = benefits.determination(by, pk)
    return render(request, "counter/determination.html", {"determination": found, "trees": trees_of(found.trace)})
