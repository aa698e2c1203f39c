"""The state of the data platform on one screen, for the wall of the control room and for a steward's phone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.acting import only
from jinbao.web.dates import now
from jinbao.web.screen.panels import panels
from jinbao.web.screen.state import PlatformState


@require_safe
@only(Role.STEWARD)
def index(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show every panel; the script asks for the same page again and puts in what changed."""
    made_at = now()
    shown = panels(PlatformState(by, made_at))
    charts = {panel.name: panel.chart.as_json() for panel in shown if panel.chart}
    return render(
        request,
        "screen/platform.html",
        {"panels": shown, "charts": charts, "region": by.region, "made_at": made_at},
    )
