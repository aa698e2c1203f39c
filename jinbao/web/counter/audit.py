"""Who did what: the audit trail of the officers of a region, and the proof that it is whole."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import make_aware
from django.views.decorators.http import require_POST, require_safe

from jinbao.kernel.errors import FormatError
from jinbao.kernel.regions import NATION
from jinbao.trust import audit
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent, Grant, Role
from jinbao.trust.scope import within
from jinbao.web.acting import only
from jinbao.web.paging import page_of

READERS = (Role.AUDITOR, Role.ADMIN)


@require_safe
@only(*READERS)
def index(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the latest events, filtered by person, action, target and day."""
    return _page(request, by)


@require_POST
@only(*READERS)
def verify(request: HttpRequest, by: Actor) -> HttpResponse:
    """Walk the whole chain and show the first broken link, or how many events are whole."""
    broken = audit.verify()
    return _page(request, by, {"verified": True, "broken": broken, "head": audit.head()})


def _page(request: HttpRequest, by: Actor, more: dict[str, object] | None = None) -> HttpResponse:
    filters = {name: request.GET.get(name, "").strip() for name in ("actor", "action", "target", "on")}
    events = _filtered(events_of(by), filters)
    shown = {"page": page_of(events, request), "filters": filters}
    return render(request, "counter/audit.html", shown | (more or {}))


def events_of(by: Actor) -> QuerySet[AuditEvent]:
    """Return the events an auditor may see: those of users with a role in the region; of everybody at the nation."""
    events = AuditEvent.objects.order_by("-seq")
    if by.region == NATION:
        return events
    here = Grant.objects.filter(within("region", by.region)).exclude(region="")
    return events.filter(actor__in=here.values("user__username"))


def _filtered(events: QuerySet[AuditEvent], filters: dict[str, str]) -> QuerySet[AuditEvent]:
    wanted = Q()
    for name in ("actor", "action", "target"):
        if filters[name]:
            wanted &= Q(**{f"{name}__startswith": filters[name]})
    if filters["on"]:
        wanted &= _on(filters["on"])
    return events.filter(wanted)


def _on(text: str) -> Q:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FormatError(f"“{text[:20]}”不是日期", advice="请写成 2026-01-31。") from None
    return Q(at__range=(make_aware(datetime.combine(day, time.min)), make_aware(datetime.combine(day, time.max))))
