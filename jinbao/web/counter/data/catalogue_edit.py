"""The form of a resource: its parts and a line for each information item; what is wrong comes back with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jinbao.data.catalogue import actions, queries
from jinbao.data.catalogue.description import LABELS, MOST_ITEMS, Description, Item, Problem, problems_of
from jinbao.data.catalogue.models import Resource
from jinbao.data.catalogue.standard import SENSITIVITIES, standard
from jinbao.trust.actors import Actor
from jinbao.web.acting import form_key, only, version_of
from jinbao.web.dates import now

PARTS = (
    "name", "provider", "provider_code", "category", "summary", "format", "kind", "share_type", "share_terms",
    "share_mode", "open_type", "open_terms", "update_cycle", "grade", "owner", "related",
)  # fmt: skip
NEEDED = ("name", "provider", "category")
_BLANK_ITEMS = 5


@require_http_methods(["GET", "POST"])
@only(*actions.EDITORS)
def new(request: HttpRequest, by: Actor) -> HttpResponse:
    """Register a resource."""
    start = Description(region=by.region, name="", provider="", kind="table")
    if request.method == "GET":
        return _form(request, start, None, [])
    described = _read(request, start)
    problems = problems_of(described)
    if problems:
        return _form(request, described, None, problems)
    resource = actions.register(by, described, now=now(), key=form_key(request, "register"))
    return _to(resource)


@require_http_methods(["GET", "POST"])
@only(*actions.EDITORS)
def edit(request: HttpRequest, by: Actor, front: str, number: str) -> HttpResponse:
    """Describe a resource anew."""
    resource = queries.see(by, f"{front}/{number}")
    before = actions.described_of(resource)
    if request.method == "GET":
        return _form(request, before, resource, [])
    described = _read(request, before)
    problems = problems_of(described)
    if problems:
        return _form(request, described, resource, problems)
    key = form_key(request, "change", resource.pk)
    return _to(actions.change(by, resource, described, version=version_of(request), now=now(), key=key))


def _to(resource: Resource) -> HttpResponse:
    front, _, number = resource.code.partition("/")
    return redirect("counter-resource", front=front, number=number)


def _read(request: HttpRequest, before: Description) -> Description:
    """Read the form; a line whose name is emptied is an item taken away, what the form does not show stays."""
    parts = {part: request.POST.get(part, "").strip() for part in PARTS}
    if before.code:
        parts["category"] = before.category
    known = {item.name: item for item in before.items}
    names = request.POST.getlist("item-name")[: MOST_ITEMS + 1]
    items = []
    for at, name in enumerate(names):
        if name.strip():
            old = known.get(_listed(request, "item-was", at)) or Item(name=name.strip())
            items.append(_item(request, at, replace(old, name=name.strip())))
    return replace(before, **parts, items=tuple(items))


def _item(request: HttpRequest, at: int, item: Item) -> Item:
    return replace(
        item,
        english=_listed(request, "item-english", at),
        type=_listed(request, "item-type", at) or "C",
        length=_listed(request, "item-length", at),
        sensitivity=_listed(request, "item-sensitivity", at) or "内部",
        key=str(at) in request.POST.getlist("item-key"),
        required=str(at) in request.POST.getlist("item-required"),
    )


def _listed(request: HttpRequest, name: str, at: int) -> str:
    values = request.POST.getlist(name)
    return values[at].strip() if at < len(values) else ""


def _form(
    request: HttpRequest, described: Description, resource: Resource | None, problems: list[Problem]
) -> HttpResponse:
    known = standard()
    choices: dict[str, list[tuple[str, str]]] = {
        "share_type": list(known.share_types.items()),
        "share_mode": list(known.share_modes.items()),
        "open_type": [(one, one) for one in known.open_types],
        "update_cycle": [(one, one) for one in known.cycles],
        "grade": list(known.grades.items()),
        "kind": [(str(value), str(label)) for value, label in Resource.Kind.choices],
    }
    wrong = {problem.part: problem.message for problem in problems if not problem.item}
    fields: list[dict[str, Any]] = [
        {
            "name": part,
            "label": LABELS[part],
            "value": getattr(described, part),
            "choices": choices.get(part),
            "long": part in ("summary", "share_terms", "open_terms"),
            "required": part in NEEDED,
            "fixed": part == "category" and bool(described.code),
            "error": wrong.get(part, ""),
        }
        for part in PARTS
    ]
    shown = {
        "resource": resource,
        "fields": fields,
        "problems": problems,
        "items": [*described.items, *([Item(name="")] * _BLANK_ITEMS)],
        "types": known.types.items(),
        "sensitivities": SENSITIVITIES,
    }
    return render(request, "counter/data/resource_form.html", shown, status=400 if problems else 200)
