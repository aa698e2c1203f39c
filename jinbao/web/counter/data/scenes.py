"""Scenes at the counter: what each found, its rows and pictures, handing clues over as cases, export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jinbao.cases import actions as cases
from jinbao.cases.clues import clerks, waiting_in
from jinbao.cases.services import clue_service
from jinbao.data.scenes import actions, person_file, queries, results
from jinbao.data.scenes.cells import text_of
from jinbao.data.scenes.declared import Scene, faults
from jinbao.data.scenes.models import Finding, Run
from jinbao.kernel.errors import NotFound
from jinbao.trust.actors import Actor
from jinbao.web.acting import form_key, only
from jinbao.web.counter import progress
from jinbao.web.counter.data.home import READERS
from jinbao.web.counter.data.scenes_charts import picture
from jinbao.web.dates import now, today
from jinbao.web.paging import page_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Line:
    """One row of the result as shown, with what became of it where it is a clue."""

    cells: list[str]
    finding: Finding | None


@require_safe
@only(*READERS)
def index(request: HttpRequest, by: Actor) -> HttpResponse:
    """List the scenes with their last runs, and what became of their clues."""
    shown = {"scenes": queries.overview(by), "faults": faults(), "may_open": by.is_officer}
    return render(request, "counter/data/scenes.html", shown)


@require_safe
@only(*READERS)
def scene(request: HttpRequest, by: Actor, name: str) -> HttpResponse:
    """Show the question, its parameters and the rows of a run that belong to the reader's region.

    What is wrong with a scene that cannot be read stands on the list.
    """
    if name in [fault.name for fault in faults()]:
        return redirect("counter-scenes")
    asked = queries.readable(by, name)
    if asked.kind == "档案":
        return redirect("counter-person-file")
    text = request.GET.get("run", "")
    run = queries.run_of(by, name, int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None)
    rows, lost = _rows(by, run)
    seen = len(rows)
    state = request.GET.get("state", "")
    if asked.is_clue and state in Finding.State.values:
        wanted = queries.keys_in(by, name, state)
        rows = [row for row in rows if results.key_of(asked, row) in wanted]
    page = page_of(cast("Any", rows), request)
    shown = {
        "scene": asked,
        "run": run,
        "lost": lost,
        "seen": seen,
        "state": state,
        "states": Finding.State.choices,
        "page": page,
        "lines": _lines(by, asked, run, page.rows) if run else [],
        "parameters": _parameters(asked, run),
        "picture": picture(asked, rows),
        "may_run": by.role in actions.RUNNERS,
        "may_open": by.is_officer,
        **_handing_over(by, asked, run),
    }
    return render(request, "counter/data/scene.html", shown)


def _handing_over(by: Actor, asked: Scene, run: Run | None) -> dict[str, Any]:
    """Say how many clues of the newest answer wait for this reader to hand them over, and to whom."""
    if asked.case is None or by.role not in actions.DISPATCHERS or run is None or run != queries.newest(asked.name):
        return {"waiting": 0}
    waiting = queries.waiting(by, run).count()
    item = clue_service(asked.case.item, asked.case.at)
    return {"waiting": waiting, "item": item, "officers": clerks(by) if waiting else []}


def _rows(by: Actor, run: Run | None) -> tuple[list[dict[str, Any]], bool]:
    """Return the rows, and whether they were removed."""
    try:
        return (queries.shown(by, run) if run else []), False
    except NotFound:
        return [], True


def _lines(by: Actor, asked: Scene, run: Run, rows: Any) -> list[Line]:
    keys = [results.key_of(asked, row) for row in rows]
    found = queries.by_key(by, run, keys) if asked.is_clue and run.standing else {}
    return [
        Line([text_of(column, row.get(column.name)) for column in asked.columns], found.get(key))
        for key, row in zip(keys, rows, strict=True)
    ]


def _parameters(asked: Scene, run: Run | None) -> list[tuple[Any, str]]:
    usual = {name: str(value) for name, value in asked.values({}, today()).items()}
    said = run.values if run and not run.standing else usual
    return [(one, said.get(one.name, usual[one.name])) for one in asked.parameters]


@require_POST
@only(*actions.RUNNERS)
def run(request: HttpRequest, by: Actor, name: str) -> HttpResponse:
    """Answer the scene with the values of the form."""
    asked = queries.readable(by, name)
    said = {one.name: request.POST.get(one.name, "") for one in asked.parameters}
    made = actions.run(by, name, said, now=now())
    response = redirect("counter-scene", name=name)
    if not made.standing:
        response["Location"] += f"?run={made.pk}"
    return response


@require_POST
@only(*actions.DISPATCHERS)
def hand_over(request: HttpRequest, by: Actor, name: str) -> HttpResponse:
    """Hand the ticked clues over as cases, or every clue that waits."""
    asked, officer = queries.readable(by, name), request.POST.get("officer", "")
    if request.POST.get("which") == "all":
        return _hand_all(request, by, asked, officer)
    numbers = [int(text) for text in request.POST.getlist("clue") if text.isascii() and text.isdigit()]
    key = form_key(request, "scene", name)
    opened = len(cases.hand_over(by, name, numbers, now=now(), officer=officer, key=key))
    return _handed(name, request, opened)


def _hand_all(request: HttpRequest, by: Actor, asked: Scene, officer: str) -> HttpResponse:
    """Hand over as many as there is time for, and show how far it is while others wait."""
    so_far = progress.read(request.POST) or progress.Progress(waiting_in(by, asked.name))
    goes_on = progress.in_time()
    for group in cases.hand_over_all(by, asked.name, now=now(), officer=officer):
        so_far = so_far.and_then(len(group))
        if not goes_on(so_far.done) and so_far.done < so_far.total:
            kept = [("which", "all"), ("officer", officer)]
            heading, back = f"{_(asked.title)} · {_('交办')}", reverse("counter-scene", args=[asked.name])
            return progress.show(request, heading, so_far, finished=False, sent=kept, back=back)
    return _handed(asked.name, request, so_far.done)


def _handed(name: str, request: HttpRequest, opened: int) -> HttpResponse:
    messages.success(request, _("已交办 %(n)d 条线索，每条一个办件") % {"n": opened})
    return redirect("counter-scene", name=name)


@require_POST
@only(*actions.RUNNERS)
def export(request: HttpRequest, by: Actor, name: str, pk: int) -> HttpResponse:
    """Give the rows as a workbook."""
    found = queries.run_of(by, name, pk)
    if found is None:
        raise NotFound(_("没有这次运行"), advice=_("请从场景页面重新打开。"))
    content = actions.export(by, found, request.POST.get("purpose", ""), now=now())
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}-{pk}.xlsx"'
    return response


@require_http_methods(["GET", "POST"])
@only(*person_file.READERS)
def person(request: HttpRequest, by: Actor) -> HttpResponse:
    """Ask for a number and a purpose; show everything the lake knows of the person."""
    found = None
    if request.method == "POST":
        asked, purpose = request.POST.get("asked", ""), request.POST.get("purpose", "")
        found = person_file.person_file(by, asked, purpose, now=now())
    return render(request, "counter/data/scene_person.html", {"found": found})
