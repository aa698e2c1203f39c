"""The catalogue for stewards: search with counts, one resource with everything known of it, publish, withdraw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.data.catalogue import actions, queries
from jinbao.data.catalogue.declared import sync as follow
from jinbao.data.catalogue.description import missing_of
from jinbao.data.catalogue.models import Profile, Resource
from jinbao.data.catalogue.observing import OBSERVERS
from jinbao.data.catalogue.observing import observe as look
from jinbao.trust.actors import Actor
from jinbao.web.acting import form_key, only, version_of
from jinbao.web.counter.data.home import READERS
from jinbao.web.dates import now
from jinbao.web.resources import searched

_PROFILES = 12


@require_safe
@only(*READERS)
def listing(request: HttpRequest, by: Actor) -> HttpResponse:
    """Search the catalogue; each filter says how many there are."""
    shown = searched(request, by) | {"may_edit": by.role in actions.EDITORS}
    return render(request, "counter/data/catalogue.html", shown)


@require_safe
@only(*READERS)
def detail(request: HttpRequest, by: Actor, front: str, number: str) -> HttpResponse:
    """Show one resource: its items, its profile over time, its changes, and what may be done now."""
    resource = queries.see(by, f"{front}/{number}")
    described = actions.described_of(resource)
    profiles = list(queries.profiles(by, resource)[:_PROFILES])
    open_ = resource.status == Resource.Status.DRAFT
    shown = {
        "resource": resource,
        "described": described,
        "items": described.items,
        "profile": profiles[0] if profiles else None,
        "trend": _trend(profiles),
        "schema_changes": list(queries.changes(by, resource)[:50]),
        "versions": list(queries.versions(by, resource)[:30]),
        "missing": missing_of(described) if open_ else [],
        "may_edit": by.role in actions.EDITORS and not resource.dataset,
        "may_publish": open_ and by.role in actions.PUBLISHERS,
        "wrote_it": resource.changed_by == by.username,
        "may_withdraw": resource.status != Resource.Status.WITHDRAWN and by.role in actions.PUBLISHERS,
        "may_observe": bool(resource.dataset) and by.role in OBSERVERS,
    }
    return render(request, "counter/data/resource.html", shown)


def _trend(profiles: list[Profile]) -> list[dict[str, Any]]:
    """Return rows and empty cells of each arrival, the newest first, with the share of the largest for a bar."""
    most = max((profile.rows for profile in profiles), default=0) or 1
    return [
        {
            "at": profile.at,
            "rows": profile.rows,
            "percent": profile.rows * 100 // most,
            "empty": sum(profile.rows - column["filled"] for column in profile.columns),
        }
        for profile in profiles
    ]


def _then(request: HttpRequest, by: Actor, code: str, done: Callable[[Resource, str | None], object]) -> HttpResponse:
    resource = queries.see(by, code)
    done(resource, form_key(request, resource.pk))
    front, _slash, number = code.partition("/")
    return redirect("counter-resource", front=front, number=number)


@require_POST
@only(*actions.PUBLISHERS)
def publish(request: HttpRequest, by: Actor, front: str, number: str) -> HttpResponse:
    """Publish what another person described."""

    def done(resource: Resource, key: str | None) -> None:
        actions.publish(by, resource, version=version_of(request), now=now(), key=key)

    return _then(request, by, f"{front}/{number}", done)


@require_POST
@only(*actions.PUBLISHERS)
def withdraw(request: HttpRequest, by: Actor, front: str, number: str) -> HttpResponse:
    """Withdraw a resource for a reason."""
    reason = request.POST.get("reason", "")

    def done(resource: Resource, key: str | None) -> None:
        actions.withdraw(by, resource, reason, version=version_of(request), now=now(), key=key)

    return _then(request, by, f"{front}/{number}", done)


@require_POST
@only(*OBSERVERS)
def observe(request: HttpRequest, by: Actor, front: str, number: str) -> HttpResponse:
    """Look at the standard table as it is now."""

    def done(resource: Resource, _key: str | None) -> None:
        look(by, resource.dataset, now=now())

    return _then(request, by, f"{front}/{number}", done)


@require_POST
@only(*actions.EDITORS)
def sync(request: HttpRequest, by: Actor) -> HttpResponse:
    """Bring the catalogue in line with the declared datasets."""
    kept = follow(by, by.region, now=now())
    counted = {"made": len(kept.made), "changed": len(kept.changed), "same": kept.unchanged}
    messages.success(request, _("新增 %(made)d，更新 %(changed)d，未变 %(same)d") % counted)
    return redirect("counter-catalogue")


@require_safe
@only(*READERS)
def arrivals(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show how columns changed from arrival to arrival, and the latest profiles."""
    latest = Profile.objects.filter(resource__in=queries.resources(by).values("pk")).select_related("resource")
    shown = {"changes": list(queries.schema_changes(by)[:100]), "profiles": list(latest.order_by("-pk")[:50])}
    return render(request, "counter/data/arrivals.html", shown)
