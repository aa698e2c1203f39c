"""Data requests: the list, the form, one request with what may be done now, the file, the levels of stewards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jinbao.data.extraction import actions, delivery, queries
from jinbao.data.extraction.declared import LEVELS, policy
from jinbao.data.extraction.files import FORMS
from jinbao.data.extraction.models import DataRequest
from jinbao.data.extraction.shown import MASKS
from jinbao.kernel.errors import FormatError, JinbaoError, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.acting import OFFICERS, form_key, only
from jinbao.web.counter.data.home import READERS
from jinbao.web.dates import now, today
from jinbao.web.paging import page_of

State = DataRequest.State


@require_safe
@only(*READERS)
def listing(request: HttpRequest, by: Actor) -> HttpResponse:
    """List the requests that the actor may see, with filters and what each year brought."""
    wanted = {name: request.GET.get(name, "").strip() for name in ("state", "year", "words")}
    shown = {
        "page": page_of(queries.requests(by, **wanted), request),
        "wanted": wanted,
        "states": State.choices,
        "years": queries.statistics(by, today()),
        "may_ask": by.role in OFFICERS,
        "may_see_levels": by.role in queries.OVERSEERS,
        "today": today(),
        "open": (State.ASKED, State.SUBMITTED, State.APPROVED),
    }
    return render(request, "counter/data/extraction_list.html", shown)


@require_http_methods(["GET", "POST"])
@only(*OFFICERS)
def new(request: HttpRequest, by: Actor) -> HttpResponse:
    """Take a new request; what was wrong is said above the form, and nothing that was written is lost."""
    problem: JinbaoError | None = None
    if request.method == "POST":
        try:
            made = actions.ask(by, _asked(request), now=now(), key=form_key(request, "ask"))
            return redirect("counter-extraction-request", number=made.number)
        except FormatError as error:
            problem = error
    fields = [
        {"name": name, "label": label, "value": request.POST.get(name, ""), "long": name in _LONG}
        for name, label in actions.LABELS.items()
    ]
    shown = {"fields": fields, "levels": LEVELS, "problem": problem, "due": policy().due_workdays}
    shown["outside"] = request.POST.get("outside") == "yes"
    return render(request, "counter/data/extraction_new.html", shown, status=400 if problem else 200)


_LONG = ("purpose", "basis", "people", "columns")


def _asked(request: HttpRequest) -> actions.Asked:
    said: dict[str, Any] = {name: request.POST.get(name, "") for name in actions.LABELS}
    outside = request.POST.get("outside") == "yes"
    return actions.Asked(**said | {"needed_until": _day(said["needed_until"]), "outside": outside})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FormatError(_("日期没有填写或不是日期"), advice=_("请按 2026-01-31 的样子填写日期。")) from None


@require_safe
@only(*READERS)
def detail(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Show one request: what is asked, the submitted query with its masks, the files, and what may be done now."""
    found = queries.request(by, number)
    draft = found.draft if found.state != State.ASKED else None
    columns = [column | {"mask": MASKS[found.masks[column["name"]]]} for column in draft.columns] if draft else []
    shown = {
        "found": found,
        "draft": draft,
        "columns": columns,
        "form": FORMS.get(found.form, ""),
        "deliveries": queries.deliveries(found),
        "may": _may(by, found),
        "most": policy().most_downloads,
        "now": now(),
        "late": found.state in (State.ASKED, State.SUBMITTED, State.APPROVED) and today() > found.due,
    }
    return render(request, "counter/data/extraction_request.html", shown)


def _may(by: Actor, of: DataRequest) -> dict[str, bool]:
    """Say which verbs the page offers; the verbs themselves decide."""
    mine, steward = of.asked_by == by.username, by.role == Role.STEWARD
    decides = by.role in queries.DECIDERS
    pending = of.state in (State.ASKED, State.SUBMITTED, State.APPROVED)
    wrote = by.username in (of.asked_by, of.submitted_by, of.draft.by if of.draft else "")
    return {
        "write": steward and of.state == State.ASKED,
        "approve": decides and of.state == State.SUBMITTED and not wrote,
        "deliver": steward and of.state in (State.APPROVED, State.DELIVERED),
        "reopen": steward and of.state == State.APPROVED,
        "decline": steward and pending,
        "withdraw": mine and pending,
        "revoke": decides and of.state == State.DELIVERED,
        "fetch": mine and of.state == State.DELIVERED,
    }


@require_POST
@only(*READERS)
def act(request: HttpRequest, by: Actor, number: str, verb: str) -> HttpResponse:
    """Do one of the verbs on a request."""
    found = queries.request(by, number)
    if verb not in _VERBS:
        raise NotFound(_("没有这项操作"), advice=_("请从申请页面办理。"))
    _VERBS[verb](request, by, found)
    messages.success(request, _("已办理。"))
    return redirect("counter-extraction-request", number=number)


_Verb = Callable[[HttpRequest, Actor, DataRequest], object]
_VERBS: dict[str, _Verb] = {
    "approve": lambda request, by, of: actions.approve(by, of, request.POST.get("seal", ""), now=now()),
    "return": lambda request, by, of: actions.send_back(by, of, request.POST.get("reason", ""), now=now()),
    "decline": lambda request, by, of: actions.decline(by, of, request.POST.get("reason", ""), now=now()),
    "withdraw": lambda _request, by, of: actions.withdraw(by, of, now=now()),
    "deliver": lambda _request, by, of: delivery.deliver(by, of, now=now()),
    "reopen": lambda _request, by, of: delivery.reopen(by, of, now=now()),
    "revoke": lambda request, by, of: delivery.revoke(by, of, request.POST.get("reason", ""), now=now()),
}


@require_POST
@only(*OFFICERS)
def download(request: HttpRequest, by: Actor, code: str) -> HttpResponseBase:
    """Give whoever asked the file; it counts."""
    found, path = queries.delivery_for(by, code, now())
    file = path.open("rb")
    actions.fetch(by, code, now=now())
    return FileResponse(file, as_attachment=True, filename=f"{found.code}.{found.form}")


@require_http_methods(["GET", "POST"])
@only(*queries.OVERSEERS)
def levels(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show up to which level each steward may see, and give another."""
    if request.method == "POST":
        said = {name: request.POST.get(name, "").strip() for name in ("username", "level", "until", "reason")}
        actions.clear(by, said["username"], said["level"], _day(said["until"]), said["reason"], now=now())
        return redirect("counter-extraction-levels")
    shown = {
        "page": page_of(queries.clearances(by), request),
        "levels": LEVELS,
        "default": policy().default_level,
        "may_give": by.role in actions.CLEARERS,
    }
    return render(request, "counter/data/extraction_levels.html", shown)
