"""Applications of the public: the form of an item, and the way of one's own cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, cast

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jinbao.cases import actions, queries
from jinbao.cases.forms import MATERIALS, FormRefused
from jinbao.cases.materials import Upload, content_type
from jinbao.cases.services import Service, application_of, service_of
from jinbao.data.datasets import load_dataset
from jinbao.insurance.registry import queries as registry
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web import sharing
from jinbao.web.acting import form_key, only, version_of
from jinbao.web.caseforms import CaseField, fields_of
from jinbao.web.dates import now, today

APPLICANTS = (Role.INSURED, Role.EMPLOYER, Role.PARTNER, Role.CLERK)
PUBLIC = (Role.INSURED, Role.EMPLOYER, Role.PARTNER)


@require_http_methods(["GET", "POST"])
@only(*APPLICANTS)
def apply(request: HttpRequest, by: Actor, item: str) -> HttpResponse:
    """Show the form of an item, filled in as far as it is known; sent, it becomes a case."""
    service = application_of(item)
    if request.method == "GET":
        return _form(request, by, service, known(by, service) | request.GET.dict())
    uploads = uploads_of(request, service)
    try:
        case = actions.open_case(by, item, request.POST.dict(), uploads, now=now(), key=form_key(request, item))
    except FormRefused as refused:
        return _form(request, by, service, request.POST.dict(), refused.errors)
    return redirect(case_address(by), number=case.number)


def case_address(by: Actor) -> str:
    """Name the page on which an actor follows a case."""
    return "my-case" if by.role in PUBLIC else "counter-case"


def _form(
    request: HttpRequest,
    by: Actor,
    service: Service,
    values: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    fields = fields_of(by, service, values, errors or {})
    shown = {"item": service, "wrong": errors or {}, "materials_error": (errors or {}).get(MATERIALS, "")}
    return render(request, "portal/apply.html", shown | {"fields": fields}, status=400 if errors else 200)


def known(by: Actor, service: Service) -> dict[str, str]:
    """Return what the registry knows already, so that nobody types it again (自动带出)."""
    names = {each.name for each in service.fields}
    if by.role == Role.EMPLOYER:
        return {"employer_uscc": by.subject} if "employer_uscc" in names else {}
    if by.role == Role.PARTNER:
        return {"partner_code": by.subject} if "partner_code" in names else {}
    if by.role != Role.INSURED:
        return {}
    seen = registry.see_by_number(by, by.subject)
    person, account = seen.person, registry.current_account(seen)
    values = {"id_number": person.id_number, "name": person.name, "phone": person.phone}
    values |= {"account_holder": person.name, "holder": person.name}
    if account and service.code != "bank_account_change":
        values |= {"bank": account.bank, "account_number": account.number}
    return {name: value for name, value in values.items() if name in names and value}


def uploads_of(request: HttpRequest, service: Service) -> list[Upload]:
    """Gather the documents that came with a form."""
    return [
        Upload(need.name, file.name or "", cast("BinaryIO", file))
        for need in service.materials
        for file in request.FILES.getlist(f"material:{need.name}")
    ]


@require_safe
@only(*PUBLIC)
def mine(request: HttpRequest, by: Actor) -> HttpResponse:
    """List one's own cases."""
    return render(request, "portal/my_cases.html", {"lines": queries.mine(by, today=today())})


@require_safe
@only(*PUBLIC)
def case(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Show how far one's own case has come, and what one may do now."""
    return _case(request, by, number)


def _case(
    request: HttpRequest,
    by: Actor,
    number: str,
    sent: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    detail = queries.detail(by, number, today=today())
    verbs = {line.verb for line in detail.verbs}
    values = sent if sent is not None else detail.case.form
    fields: Sequence[CaseField] = fields_of(by, detail.service, values, errors or {}) if "resubmit" in verbs else ()
    shown = {"detail": detail, "verbs": verbs, "fields": fields, "item": detail.service, "wrong": errors or {}}
    shown["materials_error"] = (errors or {}).get(MATERIALS, "")
    shown["form_lines"] = detail.form
    if sharing.is_for(detail.service):
        shown["form_lines"] = sharing.lines_in_words(detail.case.form, detail.form)
        shown["less_lines"] = sharing.less_in_words(detail.case)
    if fields and sharing.is_for(detail.service):
        shown |= sharing.context(load_dataset(detail.case.form["resource"]), values, fields)
    return render(request, "portal/my_case.html", shown, status=400 if errors else 200)


@require_POST
@only(*PUBLIC)
def resubmit(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Hand in the corrected form."""
    found = queries.case(by, number)
    service = service_of(found.item)
    sent, uploads = request.POST.dict(), uploads_of(request, service)
    if sharing.is_for(service):
        chosen = sharing.chosen(load_dataset(found.form["resource"]), request.POST)
        sent = chosen.form
        if chosen.errors:
            return _case(request, by, number, sent, chosen.errors)
    remark, key = request.POST.get("remark", ""), form_key(request, number)
    try:
        actions.resubmit(by, found, sent, uploads, version=version_of(request), now=now(), remark=remark, key=key)
    except FormRefused as refused:
        return _case(request, by, number, sent, refused.errors)
    return redirect("my-case", number=number)


@require_POST
@only(*PUBLIC)
def withdraw(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Take an application back."""
    found = queries.case(by, number)
    actions.withdraw(by, found, version=version_of(request), now=now(), key=form_key(request, number))
    return redirect("my-case", number=number)


@require_safe
@only(*PUBLIC)
def material(request: HttpRequest, by: Actor, number: str, pk: int) -> HttpResponseBase:
    """Give a document of one's own case."""
    found, content = queries.material(by, number, pk)
    return FileResponse(
        content, filename=found.file_name, content_type=content_type(found.file_name), as_attachment=True
    )
