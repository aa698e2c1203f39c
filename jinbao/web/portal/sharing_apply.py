"""Apply for data: pick the resource, tick its fields, choose rows, see a sample of the answer, send it in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jinbao.cases import actions
from jinbao.cases.forms import MATERIALS, FormRefused
from jinbao.cases.services import Service, service_of
from jinbao.cases.sharing_form import ITEM, partner_of, read_terms
from jinbao.data.datasets import Dataset
from jinbao.data.exchange import queries
from jinbao.data.exchange.sample import sample
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web import sharing
from jinbao.web.acting import form_key, only
from jinbao.web.caseforms import fields_of
from jinbao.web.dates import now, today
from jinbao.web.portal.items import case_address, known, uploads_of
from jinbao.web.sharing import Chosen

LINE, PREVIEW = "line", "preview"
"""What the buttons beside 提交申请 ask for."""
_CHOSEN = ("partner_code", "resource", "fields", "rows", "use_mode")
"""On what a sample depends."""


@require_http_methods(["GET", "POST"])
@only(Role.PARTNER, Role.CLERK)
def apply(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the form for a resource, or which resources there are; sent, it becomes a case."""
    service = service_of(ITEM)
    asked = request.GET.get("resource", "") if request.method == "GET" else request.POST.get("resource", "")
    dataset = next((each for each in queries.shareable() if each.name == asked), None)
    if dataset is None:
        shown = {"item": service, "resources": queries.shareable(), "unknown": asked}
        return render(request, "portal/sharing_pick.html", shown, status=404 if asked else 200)
    if request.method == "GET":
        form = {"valid_from": str(today())} | known(by, service) | request.GET.dict()
        return _page(request, by, service, dataset, Chosen(form, sharing.row_lines(dataset, ""), {}), {})
    return _sent(request, by, service, dataset, sharing.chosen(dataset, request.POST))


def _sent(request: HttpRequest, by: Actor, service: Service, dataset: Dataset, chosen: Chosen) -> HttpResponse:
    step = request.POST.get("step", "")
    if step == LINE:
        more = Chosen(chosen.form, sharing.with_empty(chosen.rows), {})
        return _page(request, by, service, dataset, more, chosen.errors)
    if step == PREVIEW:
        return _preview(request, by, service, dataset, chosen)
    errors = _faults(by, service, chosen)
    if not errors:
        try:
            uploads = uploads_of(request, service)
            case = actions.open_case(by, ITEM, chosen.form, uploads, now=now(), key=form_key(request, ITEM))
        except FormRefused as refused:
            errors = refused.errors
        else:
            return redirect(case_address(by), number=case.number)
    return _page(request, by, service, dataset, chosen, errors)


def _faults(by: Actor, service: Service, chosen: Chosen) -> dict[str, str]:
    """Say everything that is wrong at once: with the conditions as typed, and with the rest of the form."""
    if not chosen.errors:
        return {}
    try:
        actions.check(by, service.code, chosen.form, now=now())
    except FormRefused as refused:
        return refused.errors | chosen.errors
    return chosen.errors


def _preview(request: HttpRequest, by: Actor, service: Service, dataset: Dataset, chosen: Chosen) -> HttpResponse:
    """Show generated rows as they would be answered; what else is still missing does not matter yet."""
    neutral = dict.fromkeys(("purpose", "basis"), "—") | dict.fromkeys(("valid_from", "valid_to"), str(today()))
    neutral |= {"quota_per_day": "1", "rate_per_second": "1", "partner_code": "", "use_mode": "api"}
    asked = {name: chosen.form[name] for name in _CHOSEN if chosen.form.get(name)}
    terms, errors = read_terms({"fields": "", "rows": "", **neutral, **asked})
    errors |= chosen.errors
    more: dict[str, Any] = {}
    if terms is not None and not errors:
        found = sample(partner_of(asked["partner_code"]), terms)
        answer: dict[str, Any] = {"request_id": "…", "rows": found.rows[:1], "version": "sandbox-1"}
        if not set(found.delivery) - {"match"}:
            answer = {"request_id": "…", "matched": [True, False, True], "version": "sandbox-1"}
        shown = json.dumps(answer, ensure_ascii=False, indent=2)
        more = {"sample": sharing.sample_table(dataset, found), "answer": shown}
    return _page(request, by, service, dataset, chosen, errors, more)


def _page(
    request: HttpRequest,
    by: Actor,
    service: Service,
    dataset: Dataset,
    chosen: Chosen,
    errors: Mapping[str, str],
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    fields = fields_of(by, service, chosen.form, errors)
    shown = {
        "item": service,
        "fields": fields,
        "wrong": errors,
        "materials_error": errors.get(MATERIALS, ""),
        "partner_name": queries.name_of(by, chosen.form.get("partner_code", "")),
        **sharing.context(dataset, chosen.form, fields, chosen.rows),
        **(more or {}),
    }
    return render(request, "portal/sharing_apply.html", shown, status=400 if errors else 200)
