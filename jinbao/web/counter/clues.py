"""Many clues at once at the counter: choose them by filter, give them one report or decision, see how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jinbao.cases import bulk
from jinbao.cases.bulk import Choice
from jinbao.cases.forms import FormRefused
from jinbao.cases.machine import RECALLERS, TRANSITIONS
from jinbao.cases.services import Service, service_of
from jinbao.data.scenes.models import Finding
from jinbao.kernel.errors import FormatError, NotFound
from jinbao.kernel.regions import RegionTree
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.acting import only
from jinbao.web.caseforms import fields_of
from jinbao.web.counter import progress
from jinbao.web.counter.progress import Progress
from jinbao.web.dates import now, today
from jinbao.web.paging import SIZE, page_of

WHO = (Role.CLERK, Role.REVIEWER, *RECALLERS)
FILTERS = ("item", "region", "q", "mine", "reported", "column", "sign", "value")


@require_safe
@only(*WHO)
def index(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the cases of one item that wait for the reader's role, a page at a time, with what can be done with all."""
    return _page(request, by, request.GET, {})


def _page(request: HttpRequest, by: Actor, sent: QueryDict, errors: Mapping[str, str], fault: str = "") -> HttpResponse:
    items = bulk.items_of(by)
    first = next((service.code for service, count in items if count), items[0][0].code)
    choice = replace(_choice(sent, sent.get("item") or first), numbers=(), seen=None)
    verbs = bulk.verbs_of(by)
    shown: dict[str, Any] = {
        "items": items,
        "choice": choice,
        "service": service_of(choice.item),
        "verbs": verbs,
        "columns": bulk.columns_of(choice.item),
        "signs": tuple(bulk.SIGNS),
        "outcomes": Finding.Outcome.choices if by.role == Role.REVIEWER else (),
        "regions": _regions(by),
        "remark": sent.get("remark", ""),
        "ticked": frozenset(sent.getlist("case")),
        "seen": now().isoformat(),
        "wrong": errors,
        "fault": fault,
    }
    try:
        rows = bulk.chosen(by, choice, verbs[0].verb, today())
        shown |= _lists(request, by, rows)
    except FormatError as error:
        shown |= {"fault": f"{error.message}。{error.advice}", "free": 0, "all": 0}
    if verbs[0].verb == "report":
        shown["fields"] = fields_of(by, shown["service"], sent.dict(), errors)
        shown["prefilled"] = [each.label for each in shown["service"].fields if each.from_row]
    return render(request, "counter/clues.html", shown, status=400 if errors or shown["fault"] else 200)


def _lists(request: HttpRequest, by: Actor, rows: Any) -> dict[str, Any]:
    """Return a page of the chosen cases and their counts."""
    free = bulk.free(by, rows)
    count, every = free.count(), rows.count()
    return {
        "page": page_of(free, request),
        "pages": -(-count // SIZE),
        "free": count,
        "all": every,
        "held": every - count,
        "found": bulk.findings_of(by, free) if by.role == Role.REVIEWER else (),
    }


def _regions(by: Actor) -> list[tuple[str, str]]:
    tree = RegionTree.read()
    return [(code, tree.name(code)) for code in tree.codes if by.region and tree.contains(by.region, code)]


def _choice(sent: QueryDict, item: str) -> Choice:
    if not service_of(item).is_clue:
        raise NotFound(_("不是线索的核查事项"), advice=_("请从列表中选择。"))
    """Read what was chosen; where a form does not say when it was shown, it was now."""
    numbers = tuple(sent.getlist("case")) if sent.get("which") == "ticked" else ()
    texts = {name: sent.get(name, "")[:64] for name in ("region", "column", "value")}
    return Choice(
        item, text=sent.get("q", "")[:64], mine=sent.get("mine") == "1", finding=sent.get("reported", "")[:8],
        sign=sent.get("sign", "="), numbers=numbers, seen=_seen(sent.get("seen", "")), **texts,
    )  # fmt: skip


def _seen(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return now()
    return found if found.tzinfo else now()


@require_http_methods(["GET", "HEAD", "POST"])
@only(*WHO)
def act(request: HttpRequest, by: Actor, verb: str) -> HttpResponse:
    """Do a slice of the work and show how far it is; the page goes on by itself, without a script by its button."""
    if request.method != "POST":
        return redirect(f"{reverse('counter-clues')}?{request.GET.urlencode()}")
    sent = request.POST
    choice = _choice(sent, sent.get("item", ""))
    if verb not in [line.verb for line in bulk.verbs_of(by)]:
        raise NotFound(_("没有这一步"), advice=_("请从线索批量办理页面操作。"))
    service = service_of(choice.item)
    found = {each.name: sent.get(each.name, "") for each in service.fields}
    so_far, remark = progress.read(sent), sent.get("remark", "")
    unticked = sent.get("which") == "ticked" and not choice.numbers
    try:
        if so_far is None:
            rows = bulk.free(by, bulk.chosen(by, choice, verb, today()))
            so_far = Progress(0 if unticked else rows.count())
        bulk.check(choice, verb, found, remark, so_far.total, today=today())
        made = bulk.act(
            by, choice, verb, now=now(), remark=bulk.remark_of(remark, so_far.total), found=found, after=so_far.after,
            goes_on=progress.in_time(),
        )  # fmt: skip
    except FormRefused as refused:
        return _page(request, by, sent, refused.errors)
    except FormatError as error:
        return _page(request, by, sent, {}, f"{error.message}。{error.advice}")
    heading = f"{_(service.name)} · {_(TRANSITIONS[verb].label)}"
    so_far = so_far.and_then(made.done, made.faults, made.last)
    back = f"{reverse('counter-clues')}?item={service.code}"
    kept = [*_kept(sent, service), ("seen", choice.seen.isoformat() if choice.seen else "")]
    return progress.show(request, heading, so_far, finished=made.finished, sent=kept, back=back)


def _kept(sent: QueryDict, service: Service) -> list[tuple[str, str]]:
    """Return what the next slice needs again."""
    names = (*FILTERS, "which", "remark", *(each.name for each in service.fields))
    return [(name, sent.get(name, "")) for name in names] + [("case", number) for number in sent.getlist("case")]
