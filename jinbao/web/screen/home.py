"""The dashboard: participation, contributions, benefits and fund balance over time, with the same figures as tables."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jinbao.insurance.registry.models import Scheme
from jinbao.kernel.errors import NotFound
from jinbao.kernel.months import Month
from jinbao.web.dates import now, today
from jinbao.web.screen.figures import dashboard

REGION = "990100"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the dashboard of a fund, by default the pension fund."""
    fund = request.GET.get("fund", Scheme.PENSION)
    if fund not in Scheme.values:
        raise NotFound(_("没有这个基金"), advice=_("请从列表中选择险种。"))
    shown = dashboard(REGION, fund, Month.of(today()))
    return render(
        request,
        "screen/dashboard.html",
        {"dashboard": shown, "funds": Scheme.choices, "fund": fund, "made_at": now(), "series": shown.for_charts()},
    )
