"""What a partner agency sees: what it may apply for, its applications, grants, keys, calls; and how to call."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jinbao.cases import queries as cases
from jinbao.data.exchange import actions, collect, openapi, place, queries
from jinbao.data.exchange.models import Key
from jinbao.trust.actors import Actor
from jinbao.trust.crypto import public_of
from jinbao.trust.models import Role
from jinbao.web import confirming, sharing
from jinbao.web.acting import only
from jinbao.web.dates import now, today

LATEST = 20


@require_safe
@only(Role.PARTNER)
def overview(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show everything of one's own agency; one that is not registered is told what to do."""
    collect.bring_up_to_date(by, now())
    partner = queries.partners(by).first()
    shown = {
        "partner": partner,
        "resources": queries.shareable(),
        "lines": cases.mine(by, today=today()),
        "granted": [sharing.granted(each) for each in queries.usage(by, list(queries.grants(by)[:LATEST]), today())],
        "titles": {each.name: each.title for each in queries.shareable()},
        "day": today(),
        "keys": queries.keys(by, partner) if partner else [],
        "kinds": Key.Kind.choices,
        "calls": queries.calls(by)[:LATEST],
        "platform": public_of(place.answer_key()).hex(),
        "now": now(),
    }
    return render(request, "portal/sharing.html", shown)


@require_POST
@only(Role.PARTNER)
def key(request: HttpRequest, by: Actor) -> HttpResponse:
    """Add a key; a secret is shown on the page that follows and never again."""
    partner, form = queries.partner(by, by.subject), request.POST
    kind, sandbox = form.get("kind", ""), form.get("sandbox") == "yes"
    if kind == Key.Kind.SM2:
        made, secret = actions.add_public_key(by, partner, form.get("public", ""), now=now(), sandbox=sandbox), ""
    else:
        made, secret = actions.make_secret(by, partner, kind, now=now(), sandbox=sandbox)
    return render(request, "parts/exchange_secret.html", {"made": made, "secret": secret, "back": "sharing"})


@require_http_methods(["GET", "HEAD", "POST"])
@only(Role.PARTNER)
def withdraw(request: HttpRequest, by: Actor, key_id: str) -> HttpResponse:
    """Ask whether an own key shall stop; answered with a reason, take it out of use at once."""
    found = queries.key(by, key_id)
    if why := confirming.reason(request):
        actions.withdraw_key(by, found, why, now=now())
        return redirect("sharing")
    return confirming.ask(request, confirming.of_key(by, found, reverse("sharing")))


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Tell programmers of partners how to call."""
    shown = {"schema": openapi.schema(), "operations": openapi.operations(), "refusals": openapi.ALL}
    return render(request, "portal/sharing_docs.html", shown)


@require_safe
def document(request: HttpRequest) -> HttpResponse:
    """Give the OpenAPI document."""
    return JsonResponse(openapi.schema(), json_dumps_params={"ensure_ascii": False})
