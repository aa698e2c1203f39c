"""What of the law is coded, clause by clause: generated from policy/law, for whoever checks it."""

from __future__ import annotations

from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.rules import Law, load_law
from jinbao.rules.coverage import STATES, Coverage, coverage_of


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show every clause with its state, rules, sources, confidence, last change and cases; ?state= keeps one state."""
    found = _coverage(load_law())
    state = request.GET.get("state", "")
    kept = [each for each in found.clauses if state not in STATES or each.state == state]
    shown = {"coverage": found, "clauses": kept, "state": state if state in STATES else ""}
    return render(request, "portal/coverage.html", shown)


@lru_cache(maxsize=2)
def _coverage(law: Law) -> Coverage:
    """Survey a law once."""
    return coverage_of(law)
