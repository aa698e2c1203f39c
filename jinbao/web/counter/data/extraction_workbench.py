"""The steward's workbench of one request: write SQL, run it, see masked rows, choose masks, submit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from jinbao.data.extraction import actions, queries, saved, shown
from jinbao.data.extraction.declared import policy
from jinbao.data.extraction.files import FORMS, as_text
from jinbao.data.extraction.models import DataRequest
from jinbao.data.extraction.statement import SqlError
from jinbao.data.extraction.workbench import catalogue
from jinbao.kernel.errors import FormatError
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.acting import only
from jinbao.web.dates import now, today


@require_http_methods(["GET", "POST"])
@only(Role.STEWARD)
def workbench(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Show the editor with tables, versions and the newest result; run what is posted."""
    found = queries.request(by, number)
    drafts = list(found.drafts.order_by("-version"))
    pick = saved.picked(by, request.GET["saved"]) if "saved" in request.GET and request.method == "GET" else None
    given = {name[2:]: str(value) for name, value in request.GET.items() if name.startswith("p-")}
    sql = request.POST.get("sql") or _chosen(request, drafts)
    preview, problem, wrong = None, None, None
    if pick and (given or not saved.blanks(pick.sql)):
        try:
            sql = saved.text_of(pick, given)
        except FormatError as error:
            wrong = error
    if request.method == "POST":
        try:
            preview = actions.preview(by, found, sql.replace("\r\n", "\n"), now=now())
        except SqlError as error:
            problem = error
        drafts = list(found.drafts.order_by("-version"))
    said: dict[str, Any] = {
        "found": found,
        "sql": sql,
        "drafts": drafts,
        "preview": preview,
        "rows": [[as_text(value) for value in row] for row in preview.rows] if preview else [],
        "columns": _columns(preview),
        "problem": problem,
        "pick": pick,
        "blanks": [(blank, given.get(blank.name, "")) for blank in saved.blanks(pick.sql)] if pick else [],
        "wrong": wrong,
        "saved": saved.saved(by),
        "kinds": list(saved.KINDS),
        "tables": _tables(by, found),
        "level": queries.level_for(by, found, today()),
        "limits": policy(),
        "masks": shown.MASKS,
        "forms": FORMS,
    }
    return render(request, "counter/data/extraction_workbench.html", said, status=400 if problem or wrong else 200)


def _chosen(request: HttpRequest, drafts: list[Any]) -> str:
    """Return the SQL of the version that the address asks for, else of the newest."""
    asked = request.GET.get("version", "")
    chosen = next((draft for draft in drafts if str(draft.version) == asked), drafts[0] if drafts else None)
    return str(chosen.sql) if chosen else ""


def _columns(preview: actions.Preview | None) -> list[dict[str, str]]:
    if preview is None:
        return []
    masks = shown.default_masks(preview.draft.columns, outside=preview.draft.request.outside)
    return [column | {"mask": masks[column["name"]]} for column in preview.draft.columns]


def _tables(by: Actor, of: DataRequest) -> list[dict[str, Any]]:
    """Return every table with its columns, and how each is shown at the level of this work."""
    sight = actions.sight_of(of, queries.level_for(by, of, today()), by.region)
    how = {"plain": "", "code": "代号", "none": "不可见"}
    return [
        {"name": name, "columns": [{"of": column, "how": how[column.shown(sight)]} for column in columns]}
        for name, columns in catalogue().items()
    ]


@require_POST
@only(Role.STEWARD)
def save(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Keep the text of the editor under a name, for this request and the next like it."""
    found, form = queries.request(by, number), request.POST
    made = saved.save(by, form.get("save-name", ""), form.get("save-about", ""), form.get("sql", ""), now=now())
    messages.success(request, _("已存为“%(name)s”。") % {"name": made})
    return redirect(f"{reverse('counter-extraction-workbench', args=[found.number])}?saved={made.pk}")


@require_POST
@only(Role.STEWARD)
def submit(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Put a version before somebody else."""
    found = queries.request(by, number)
    version = request.POST.get("version", "")
    names, masks = request.POST.getlist("column"), request.POST.getlist("mask")
    chosen = dict(zip(names, masks, strict=False))
    actions.submit(
        by, found, int(version) if version.isdecimal() else 0, chosen, request.POST.get("form", ""), now=now()
    )
    return redirect("counter-extraction-request", number=number)
