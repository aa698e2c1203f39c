"""The counter's door: each role begins where its work is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.acting import COUNTER, only

BEGINS = {
    Role.CLERK: "counter-queue",
    Role.REVIEWER: "counter-queue",
    Role.AUDITOR: "counter-audit",
    Role.FINANCE: "counter-payments",
    Role.ADMIN: "counter-audit",
    Role.STEWARD: "counter-data",
}


@require_safe
@only(*COUNTER)
def index(request: HttpRequest, by: Actor) -> HttpResponse:
    """Send an officer to the page where the role's work begins."""
    return redirect(BEGINS[by.role])
