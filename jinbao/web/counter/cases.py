"""The work of an officer: the queue, one case with everything it needs to be decided, and the verbs of its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jinbao.cases import actions, bulk, queries
from jinbao.cases.clues import suggested
from jinbao.cases.effects import preview as preview_of
from jinbao.cases.evidence import evidence_of
from jinbao.cases.forms import FormRefused
from jinbao.cases.machine import OPEN, RECALLERS, TRANSITIONS, Transition, verbs_from
from jinbao.cases.materials import content_type
from jinbao.cases.models import Case
from jinbao.cases.services import load_services, service_of
from jinbao.insurance.contributions.career import career
from jinbao.insurance.registry import queries as registry
from jinbao.insurance.registry.families import Seen
from jinbao.kernel.errors import NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web import sharing
from jinbao.web.acting import OFFICERS, form_key, only, version_of
from jinbao.web.careers import by_year
from jinbao.web.caseforms import fields_of
from jinbao.web.dates import now, today
from jinbao.web.trace import provisional_of, trees_of

DECIDERS = (Role.CLERK, Role.REVIEWER)
ACTORS = (*DECIDERS, *RECALLERS)
VERBS = ("accept", "ask_correction", "examine", "advise_refusal", "report", "approve", "refuse", "send_back", "recall")


@require_safe
@only(*OFFICERS)
def queue(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the work queue, the most urgent first; what is filtered stands in the address."""
    asked = request.GET
    filters = queries.Filters(
        state=asked.get("state", ""),
        item=asked.get("item", ""),
        light=asked.get("light", ""),
        mine=asked.get("mine") == "1",
        text=asked.get("q", "")[:64],
        closed=asked.get("closed") == "1",
    )
    number = asked.get("page", "1")
    page = queries.queue(by, filters, today=today(), page=int(number) if number.isascii() and number.isdigit() else 1)
    shown = {
        "page": page,
        "yours": {line.case.pk for line in page.lines if _verbs(line.case, by)},
        "previous": page.number - 1 if page.number > 1 else None,
        "next": page.number + 1 if page.number < page.pages else None,
        "filters": filters,
        "many": _work_on_many(by, filters.item),
        "services": load_services().values(),
        "states": Case.State.choices,
        "counts": [(light, count) for light, count in queries.counts(by, today=today()).items() if count],
        "today": today(),
    }
    return render(request, "counter/queue.html", shown)


def _work_on_many(by: Actor, item: str) -> str:
    """Return where the clues of the chosen item are worked on together; "" for who may not, or an item of no clues."""
    services = load_services()
    if not bulk.verbs_of(by) or (item in services and not services[item].is_clue):
        return ""
    return reverse("counter-clues") + (f"?{urlencode({'item': item})}" if item in services else "")


def _verbs(case: Case, by: Actor) -> list[Transition]:
    """Return what an officer's role may decide in the state of a case, the ordinary way first."""
    way = [step.verb for step in service_of(case.item).steps]
    lines = [line for line in verbs_from(case.state, case.kind, by.role) if line.verb in VERBS]
    return sorted(lines, key=lambda line: line.verb not in way)


@require_safe
@only(*OFFICERS)
def detail(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Show one case: form, documents, history of the person, what approval will do, steps, and what may be done now."""
    return _page(request, by, number, {})


def _page(
    request: HttpRequest,
    by: Actor,
    number: str,
    errors: Mapping[str, str],
    lessened: Mapping[str, str] | None = None,
    typed: Sequence[sharing.RowLine] = (),
) -> HttpResponse:
    """Show a case; `errors` say what is wrong in what was just sent, `lessened` is what was chosen to be granted."""
    found = queries.detail(by, number, today=today())
    verbs = _verbs(found.case, by)
    shown: dict[str, Any] = {
        "detail": found,
        "item": found.service,
        "lines": found.form,
        "verbs": verbs,
        "evidence": evidence_of(by, found.case),
        "wrong": errors,
        "remark_needed": bool(verbs) and all(line.remark_needed for line in verbs),
        "planned": _planned(found),
        "may_take": found.case.state in OPEN and by.role in DECIDERS and not found.case.held_by,
        "may_release": bool(found.case.held_by) and (found.case.held_by == by.username or by.role == Role.REVIEWER),
        "today": today(),
    }
    if any(line.verb == "report" for line in verbs):
        shown["fields"] = fields_of(
            by, found.service, request.POST.dict() or found.case.form or suggested(found.case), errors
        )
        shown["remark"] = request.POST.get("remark", "")
    if found.case.state in OPEN and (found.case.clue_id is None or found.case.form):
        preview = preview_of(by, found.case, today())
        shown |= {"preview": preview, "trees": trees_of(preview.explanation)}
        shown |= {"provisional": provisional_of(preview.explanation)}
    if sharing.is_for(found.service):
        may = found.case.state == Case.State.ACCEPTED and by.role == Role.CLERK
        shown |= {"sharing": sharing.decision(found.case, lessened or {}, typed), "may_lessen": may}
        shown["lines"] = sharing.lines_in_words(found.case.form, found.form)
    return render(request, "counter/case.html", shown | _subject(by, found.case), status=400 if errors else 200)


def _planned(found: queries.Detail) -> list[str]:
    """Name the steps that are still to come on the ordinary way."""
    done = {step.verb for step in found.steps}
    return [step.label for step in found.service.steps if step.verb not in done] if found.case.state in OPEN else []


def _subject(by: Actor, case: Case) -> dict[str, Any]:
    """Gather what the rooms know of the person a case is about."""
    seen = _seen(by, case.person_id_number) if case.person_id_number else None
    if seen is None:
        return {}
    others = queries.history_of(by, seen, case.person_id_number, today=today())
    return {
        "person": seen.person,
        "enrolments": registry.enrolments(by, seen),
        "years": by_year(career(seen)),
        "other_cases": [line for line in others if line.case.pk != case.pk],
    }


def _seen(by: Actor, number: str) -> Seen | None:
    try:
        return registry.see_by_number(by, number)
    except NotFound:
        return None


@require_POST
@only(*ACTORS)
def act(request: HttpRequest, by: Actor, number: str, verb: str) -> HttpResponse:
    """Run one verb on a case, as it was when the officer saw it."""
    if verb not in VERBS:
        raise NotFound(
            f"没有“{verb[:20]}”这一步", advice=f"可办理：{'、'.join(TRANSITIONS[name].label for name in VERBS)}。"
        )
    found = queries.case(by, number)
    run = getattr(actions, "examine" if verb == "advise_refusal" else verb)
    more: dict[str, Any] = {"refusal": True} if verb == "advise_refusal" else {}
    if verb == "report":
        more = {"found": request.POST.dict()}
    key = form_key(request, number, verb)
    remark = request.POST.get("remark", "")
    try:
        run(by, found, version=version_of(request), now=now(), remark=remark, key=key, **more)
    except FormRefused as refused:
        return _page(request, by, number, refused.errors)
    return redirect("counter-case", number=number)


@require_POST
@only(Role.CLERK)
def lessen(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Set down that less is granted than was asked for."""
    found = queries.case(by, number)
    if not sharing.is_for(service_of(found.item)):
        raise NotFound("该事项不能部分办理", advice="请予以办理，或写明理由不予办理。")
    sent, key = sharing.lessened(found, request.POST), form_key(request, number, "lessen")
    remark = request.POST.get("remark", "")
    chosen = sent.form | {"remark": remark}
    if sent.errors:
        return _page(request, by, number, sent.errors, chosen, sent.rows)
    try:
        actions.lessen(by, found, sent.form, version=version_of(request), now=now(), remark=remark, key=key)
    except FormRefused as refused:
        return _page(request, by, number, refused.errors, chosen, sent.rows)
    return redirect("counter-case", number=number)


@require_POST
@only(*DECIDERS)
def hold(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Take a case in hand, or give it back."""
    found = queries.case(by, number)
    verb = actions.release if request.POST.get("hold") == "release" else actions.take
    verb(by, found, now=now(), key=form_key(request, number, "hold"))
    return redirect("counter-case", number=number)


@require_safe
@only(*OFFICERS)
def material(request: HttpRequest, by: Actor, number: str, pk: int) -> HttpResponseBase:
    """Give a document of a case."""
    found, content = queries.material(by, number, pk)
    return FileResponse(
        content, filename=found.file_name, content_type=content_type(found.file_name), as_attachment=True
    )
