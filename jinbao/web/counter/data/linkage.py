"""One person, one number: how linkage stands, pairs for somebody to decide, a person with rows and history."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.data.linkage import actions, queries
from jinbao.data.linkage.declared import policy
from jinbao.data.linkage.models import Doubt
from jinbao.data.linkage.numbers import person_no, serial_of
from jinbao.trust.actors import Actor
from jinbao.trust.masking import mask_id, mask_phone
from jinbao.trust.models import Role
from jinbao.web.acting import OFFICERS, form_key, only
from jinbao.web.dates import now
from jinbao.web.paging import page_of

STEWARDS = (Role.STEWARD,)
READERS = (*OFFICERS, *STEWARDS)


@require_safe
@only(*READERS)
def overview(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the newest run, what waits, what became of people; and the way to a person."""
    if asked := request.GET.get("number", "").strip():
        return redirect("counter-linkage-person", number=person_no(serial_of(asked)))
    steward = by.role in STEWARDS
    shown: dict[str, Any] = {"steward": steward}
    if steward:
        shown |= {
            "runs": list(queries.runs(by)[:10]),
            "reviewed": queries.reviewed(by),
            "changes": [_change(one) for one in queries.changes(by)[:20]],
        }
    return render(request, "counter/data/linkage.html", shown)


@require_POST
@only(*STEWARDS)
def run(request: HttpRequest, by: Actor) -> HttpResponse:
    """Link what arrived since the last run."""
    actions.run(by, now=now(), full=request.POST.get("full") == "yes")
    return redirect("counter-linkage")


@require_safe
@only(*STEWARDS)
def doubts(request: HttpRequest, by: Actor) -> HttpResponse:
    """List the pairs that wait, those most like one person first."""
    page = page_of(queries.doubts(by), request)
    lines = [{"doubt": one, "bits": one.weight / 100, "names": _names(one)} for one in page.rows]
    return render(request, "counter/data/linkage_doubts.html", {"page": page, "lines": lines})


@require_safe
@only(*STEWARDS)
def doubt(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one pair side by side, with the evidence of each comparison."""
    found = queries.doubt(by, pk)
    limits = policy().thresholds
    shown = {"doubt": found, "lines": _evidence(found), "bits": found.weight / 100, "limits": limits,
             "open": found.decision is None or found.decision.verdict == "unsure"}  # fmt: skip
    return render(request, "counter/data/linkage_doubt.html", shown)


@require_POST
@only(*STEWARDS)
def decide(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Take what the steward says of a pair, and go on with the next."""
    found = queries.doubt(by, pk)
    said, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    actions.decide(by, found, said, reason, now=now(), key=form_key(request, "doubt", pk))
    following = queries.doubts(by).first()
    return redirect("counter-linkage-doubt", pk=following.pk) if following else redirect("counter-linkage-doubts")


@require_safe
@only(*READERS)
def person(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Show one person: the best values, every row, the history."""
    found = queries.person(by, serial_of(number))
    best = found.best | {
        "id_number": mask_id(found.best["id_number"] or ""),
        "phone": mask_phone(found.best["phone"] or ""),
    }
    rows = [
        row
        | {
            "key": row["_row"],
            "number": _masked("number", row.get("number", "")),
            "phone": mask_phone(row.get("phone") or ""),
        }
        for row in found.rows
    ]
    shown = {"person": found, "best": best, "rows": rows, "history": [_change(one) for one in found.history],
             "steward": by.role in STEWARDS}  # fmt: skip
    return render(request, "counter/data/linkage_person.html", shown)


@require_POST
@only(*STEWARDS)
def merge(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Make this person and another one."""
    one, other = serial_of(number), serial_of(request.POST.get("other", ""))
    change = actions.merge(
        by, one, other, request.POST.get("reason", ""), now=now(), key=form_key(request, "merge", number)
    )
    return redirect("counter-linkage-person", number=person_no(int(change.after[0][2])))


@require_POST
@only(*STEWARDS)
def split(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Take the ticked rows out of this person."""
    rows = [(dataset, row) for dataset, _, row in (text.partition("/") for text in request.POST.getlist("row"))]
    actions.split(
        by, serial_of(number), rows, request.POST.get("reason", ""), now=now(), key=form_key(request, "split", number)
    )
    return redirect("counter-linkage-person", number=number)


@require_POST
@only(*STEWARDS)
def undo(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Take a merge or split back."""
    change = queries.change(by, pk)
    actions.undo(by, change, request.POST.get("reason", ""), now=now(), key=form_key(request, "undo", pk))
    return redirect("counter-linkage-person", number=person_no(int(change.before[0][2])))


def _change(change: Any) -> dict[str, Any]:
    """Return a change with the numbers before and after it, for a line of a list."""
    sides = {side: sorted({person_no(int(s)) for _d, _r, s in getattr(change, side)}) for side in ("before", "after")}
    return {"change": change, "undone": hasattr(change, "undone_by"), **sides}


def _names(doubt: Doubt) -> tuple[str, str]:
    name = next(one for one in doubt.evidence if one["comparison"] == "name")
    return name["left"] or "—", name["right"] or "—"


def _evidence(doubt: Doubt) -> list[dict[str, Any]]:
    """Return a line per comparison in words; numbers and phones are masked, but it is said where they differ."""
    lines = []
    for one in doubt.evidence:
        comparison = policy().comparison(one["comparison"])
        level = next((level for level in comparison.levels if level.name == one["level"]), None)
        left, right = str(one["left"] or ""), str(one["right"] or "")
        numbered = comparison.name in ("number", "phone")
        lines.append(
            {
                "title": comparison.title,
                "level": level.title if level else one["level"],
                "why": level.about if level else "",
                "bits": one["weight"] / 100,
                "left": _masked(comparison.name, left),
                "right": _masked(comparison.name, right),
                "where": _differing(left, right) if numbered else "",
            }
        )
    return lines


def _masked(field: str, text: str) -> str:
    if field == "sex":
        return {"1": _("男"), "2": _("女")}.get(text, "")
    return {"number": mask_id, "phone": mask_phone}.get(field, str)(text)


def _differing(left: str, right: str) -> str:
    """Say in which places two numbers of one length differ, where they are few."""
    first, second = left.rstrip("?")[:17], right.rstrip("?")[:17]
    places = [str(n) for n, (a, b) in enumerate(zip(first, second, strict=False), 1) if a != b]
    if not left or not right or len(first) != len(second) or not 0 < len(places) <= 4:
        return ""
    return _("第 %(places)s 位不同") % {"places": "、".join(places)}
