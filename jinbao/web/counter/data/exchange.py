"""Sharing and exchange at the counter: partners and their keys, grants and their use, the log of calls."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jinbao.cases import queries as cases
from jinbao.data.exchange import actions, collect, place, queries
from jinbao.data.exchange.models import Key
from jinbao.data.exchange.refusals import ALL
from jinbao.kernel.errors import FormatError
from jinbao.trust.actors import Actor
from jinbao.trust.crypto import public_of
from jinbao.trust.models import Role
from jinbao.web import confirming, sharing
from jinbao.web.acting import OFFICERS, only
from jinbao.web.dates import now, today
from jinbao.web.paging import page_of

READERS = (*OFFICERS, Role.STEWARD)
REVOKERS = (Role.STEWARD, Role.REVIEWER)
LATEST = 50


@require_safe
@only(*READERS)
def index(request: HttpRequest, by: Actor) -> HttpResponse:
    """List the partners, the grants with today's use, and how many applications wait."""
    grants = list(queries.grants(by).filter(revoked_at__isnull=True)[:LATEST])
    shown = {
        "partners": queries.partners(by),
        "granted": [sharing.granted(each) for each in queries.usage(by, grants, today())],
        "day": today(),
        "waiting": cases.waiting(by, "data_sharing") if by.is_officer else None,
        "may_manage": by.role == Role.STEWARD,
        "region": by.region,
    }
    return render(request, "counter/data/exchange.html", shown)


@require_POST
@only(Role.STEWARD)
def register(request: HttpRequest, by: Actor) -> HttpResponse:
    """Register a unit as a partner."""
    form = request.POST
    made = actions.register_partner(
        by,
        form.get("code", "").strip(),
        form.get("name", ""),
        region=by.region,
        now=now(),
        contact=form.get("contact", ""),
        phone=form.get("phone", ""),
    )
    return redirect("counter-exchange-partner", code=made.code)


@require_safe
@only(*READERS)
def partner(request: HttpRequest, by: Actor, code: str) -> HttpResponse:
    """Show a partner with its keys and grants."""
    found = queries.partner(by, code)
    grants = list(queries.grants(by).filter(partner=found)[:LATEST])
    shown = {
        "partner": found,
        "keys": queries.keys(by, found),
        "granted": [sharing.granted(each) for each in queries.usage(by, grants, today())],
        "day": today(),
        "kinds": Key.Kind.choices,
        "platform": public_of(place.answer_key()).hex(),
        "may_manage": by.role == Role.STEWARD,
        "now": now(),
    }
    return render(request, "counter/data/exchange_partner.html", shown)


@require_POST
@only(Role.STEWARD)
def change(request: HttpRequest, by: Actor, code: str) -> HttpResponse:
    """Let a stopped partner go on, or say where rows are pushed to."""
    found, form = queries.partner(by, code), request.POST
    if "push_url" in form:
        actions.set_push_url(by, found, form["push_url"].strip())
    else:
        actions.set_active(by, found, active=True, why=form.get("why", ""))
    return redirect("counter-exchange-partner", code=code)


@require_POST
@only(Role.STEWARD)
def key(request: HttpRequest, by: Actor, code: str) -> HttpResponse:
    """Add a key for a partner; a secret is shown on the page that follows and never again."""
    made, secret = keep_key(by, request, code)
    shown = {"made": made, "secret": secret, "back": "counter-exchange-partner", "code": code}
    return render(request, "parts/exchange_secret.html", shown)


def keep_key(by: Actor, request: HttpRequest, code: str) -> tuple[Key, str]:
    """Keep the key that a form asks for and return it, with the secret if there is one."""
    found, form = queries.partner(by, code), request.POST
    kind, sandbox = form.get("kind", ""), form.get("sandbox") == "yes"
    if kind == Key.Kind.SM2:
        return actions.add_public_key(by, found, form.get("public", ""), now=now(), sandbox=sandbox), ""
    return actions.make_secret(by, found, kind, now=now(), sandbox=sandbox)


@require_http_methods(["GET", "HEAD", "POST"])
@only(Role.STEWARD)
def withdraw(request: HttpRequest, by: Actor, key_id: str) -> HttpResponse:
    """Ask whether a key shall stop; answered with a reason, take it out of use at once."""
    found = queries.key(by, key_id)
    back = reverse("counter-exchange-partner", args=[found.partner.code])
    if why := confirming.reason(request):
        actions.withdraw_key(by, found, why, now=now())
        return redirect(back)
    return confirming.ask(request, confirming.of_key(by, found, back))


@require_http_methods(["GET", "HEAD", "POST"])
@only(Role.STEWARD)
def stop(request: HttpRequest, by: Actor, code: str) -> HttpResponse:
    """Ask whether a partner shall stop; answered with a reason, stop it at once."""
    found, back = queries.partner(by, code), reverse("counter-exchange-partner", args=[code])
    if why := confirming.reason(request):
        actions.set_active(by, found, active=False, why=why)
        return redirect(back)
    return confirming.ask(request, confirming.of_partner(by, found, back))


@require_safe
@only(*READERS)
def grant(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Show the terms of a grant, its use and its deliveries."""
    found = queries.grant(by, number)
    usage = queries.usage(by, [found], today())[0]
    shown = {
        "grant": found,
        "granted": sharing.granted(usage),
        "usage": usage,
        "day": today(),
        "deliveries": queries.deliveries(by, found)[:LATEST],
        "ended": found.revoked_at is not None,
        "may_revoke": by.role in REVOKERS,
        "may_manage": by.role == Role.STEWARD,
        "seen_case": by.is_officer,
    }
    return render(request, "counter/data/exchange_grant.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@only(*REVOKERS)
def revoke(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Ask whether a grant shall end; answered with a reason, end it at once."""
    found, back = queries.grant(by, number), reverse("counter-exchange-grant", args=[number])
    if why := confirming.reason(request):
        actions.revoke(by, found, why, now=now())
        messages.success(request, _("授权已收回，下一次调用起不再提供。"))
        return redirect(back)
    return confirming.ask(request, confirming.of_grant(by, found, back))


@require_POST
@only(Role.STEWARD)
def quota(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Change how much may be asked."""
    texts = (request.POST.get("quota", ""), request.POST.get("rate", ""))
    if not all(text.isascii() and text.isdigit() and len(text) < 11 for text in texts):
        raise FormatError(_("额度应为正整数"), advice=_("请核对每日额度和每秒次数。"))
    actions.set_quota(by, queries.grant(by, number), quota_per_day=int(texts[0]), rate_per_second=int(texts[1]))
    return redirect("counter-exchange-grant", number=number)


@require_safe
@only(*READERS)
def calls(request: HttpRequest, by: Actor) -> HttpResponse:
    """Search the log of calls; what the workers wrote meanwhile is taken in first."""
    collected = collect.bring_up_to_date(by, now())
    asked = {name: request.GET.get(name, "").strip() for name in ("request_id", "code", "day", "status")}
    try:
        day = date.fromisoformat(asked["day"]) if asked["day"] else None
    except ValueError:
        raise FormatError(_("日期有误"), advice=_("请写成 2026-03-20 的形式。")) from None
    found = queries.search(by, request_id=asked["request_id"], code=asked["code"], day=day, status=asked["status"])
    statuses = [("ok", _("已提供")), ("refused", _("未提供")), *((each.code, each.message) for each in ALL)]
    shown = {"page": page_of(found, request), "asked": asked, "statuses": statuses, "damaged": collected.damaged}
    return render(request, "counter/data/exchange_calls.html", shown)
