"""One person, one number: how linkage stands, pairs for somebody to decide, a person with rows and history."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from jinbao.data.datasets import load_dataset
from jinbao.data.linkage import actions, queries
from jinbao.data.linkage.declared import policy
from jinbao.data.linkage.models import Change, Doubt, Proposal
from jinbao.data.linkage.numbers import person_no, serial_of
from jinbao.data.linkage.proposals import look
from jinbao.data.linkage.queries import Filters
from jinbao.data.linkage.sources import sources
from jinbao.data.linkage.stakes import stakes_of
from jinbao.trust.actors import Actor
from jinbao.trust.masking import mask_id, mask_phone
from jinbao.trust.models import Role
from jinbao.web.acting import OFFICERS, form_key, only
from jinbao.web.dates import now, today
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
    if by.role in actions.CONFIRMERS:
        shown["proposed"] = queries.proposals(by).filter(state="waiting").count()
    if steward:
        shown |= {
            "runs": list(queries.runs(by)[:10]),
            "reviewed": queries.reviewed(by),
            "changes": [change_line(one) for one in queries.changes(by)[:20]],
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
    """List the pairs of a queue, those most like one person first, and how many there are."""
    filters = _filters(request)
    found = queries.doubts(by, filters)
    page = page_of(found, request)
    lines = [
        {"doubt": one, "bits": one.weight / 100, "names": _names(one), "titles": _titles(one)} for one in page.rows
    ]
    shown = {
        "page": page,
        "lines": lines,
        "filters": filters,
        "count": found.count(),
        "query": _query(filters),
        "queues": QUEUES,
        "datasets": {one.dataset: one.title for one in sources()},
        "levels": _levels(),
    }
    return render(request, "counter/data/linkage_doubts.html", shown)


@require_safe
@only(*STEWARDS)
def doubt(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one pair side by side, with the evidence of each comparison, and the pairs before and after it."""
    found, filters = queries.doubt(by, pk), _filters(request)
    before, after = queries.around(by, found, filters)
    whose = look((), ((found.left_dataset, found.left_row), (found.right_dataset, found.right_row)))
    people = [whose.get(key) for key in ((found.left_dataset, found.left_row), (found.right_dataset, found.right_row))]
    proposal = next((one for one in found.proposals.all() if one.state == "waiting"), None)
    waits = proposal is None and (found.decision is None or found.decision.verdict == "unsure")
    shown = {
        "doubt": found,
        "lines": evidence_lines(found.evidence),
        "bits": found.weight / 100,
        "limits": policy().thresholds,
        "over": waits and found.weight >= policy().thresholds.link * 100,
        "titles": _titles(found),
        "numbers": [person_no(one[0]) if one else "" for one in people],
        "stakes": stakes_of([one[0] for one in people if one], today()) if waits else [],
        "open": waits,
        "joined": found.decision is not None and found.decision.changes.exists(),
        "proposal": proposal,
        "before": before,
        "after": after,
        "left": queries.doubts(by, filters).count(),
        "query": _query(filters),
    }
    return render(request, "counter/data/linkage_doubt.html", shown)


@require_POST
@only(*STEWARDS)
def decide(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Take what the steward says of a pair, say what came of it, and go on with the next of the same queue."""
    found, filters = queries.doubt(by, pk), _filters(request)
    _before, after = queries.around(by, found, filters)
    said, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    made = actions.decide(by, found, said, reason, now=now(), key=form_key(request, "doubt", pk))
    if isinstance(made, Proposal):
        messages.success(request, _("已提议合并，待另一人确认（提议 %(pk)s）") % {"pk": made.pk})
    else:
        text = _("上一对已裁定：%(verdict)s。选“已裁定的”可以收回。") % {"verdict": _(made.get_verdict_display())}
        messages.success(request, text)
    following = after or queries.doubts(by, filters).exclude(pk=pk).first()
    where = reverse("counter-linkage-doubt", args=[following.pk]) if following else reverse("counter-linkage-doubts")
    return redirect(where + _query(filters))


@require_POST
@only(*STEWARDS)
def reopen(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Take back what was said of a pair."""
    found = queries.doubt(by, pk)
    actions.reopen(by, found, request.POST.get("reason", ""), now=now(), key=form_key(request, "reopen", pk))
    return redirect("counter-linkage-doubt", pk=pk)


@require_safe
@only(*READERS)
def person(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Show one person: the best values, every row, the history."""
    found = queries.person(by, serial_of(number))
    best = found.best | {
        "id_number": mask_id(found.best["id_number"] or ""),
        "phone": mask_phone(found.best["phone"] or ""),
    }
    rows = rows_shown(found.rows)
    steward = by.role in STEWARDS
    shown = {
        "person": found,
        "best": best,
        "rows": rows,
        "history": [change_line(one) for one in found.history],
        "steward": steward,
        "stakes": stakes_of([found.serial], today()) if steward else [],
        "waiting": _proposed_of(by, found.serial),
    }
    return render(request, "counter/data/linkage_person.html", shown)


@require_POST
@only(*STEWARDS)
def merge(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Make this person and another one, or propose it."""
    one, other = serial_of(number), serial_of(request.POST.get("other", ""))
    made = actions.merge(
        by, one, other, request.POST.get("reason", ""), now=now(), key=form_key(request, "merge", number)
    )
    return _after(request, made)


@require_POST
@only(*STEWARDS)
def split(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Take the ticked rows out of this person, or propose it."""
    rows = [(dataset, row) for dataset, _, row in (text.partition("/") for text in request.POST.getlist("row"))]
    made = actions.split(
        by, serial_of(number), rows, request.POST.get("reason", ""), now=now(), key=form_key(request, "split", number)
    )
    return _after(request, made)


@require_POST
@only(*STEWARDS)
def undo(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Take a merge or split back, or propose it."""
    change = queries.change(by, pk)
    made = actions.undo(by, change, request.POST.get("reason", ""), now=now(), key=form_key(request, "undo", pk))
    return _after(request, made)


def _after(request: HttpRequest, made: Change | Proposal) -> HttpResponse:
    """Go to the person that a change leaves, or to the proposal that another must confirm."""
    if isinstance(made, Proposal):
        messages.success(request, _("已提议，待另一人确认"))
        return redirect("counter-linkage-proposal", pk=made.pk)
    return redirect("counter-linkage-person", number=person_no(int(made.after[0][2])))


def _proposed_of(by: Actor, serial: int) -> list[Proposal]:
    """Return what is proposed of a person, for those who may see it."""
    if by.role not in actions.CONFIRMERS:
        return []
    return [one for one in queries.proposals(by).filter(state="waiting") if serial in one.serials]


def rows_shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of people for a table: the dataset by its title, numbers masked."""
    return [
        row
        | {
            "key": row["_row"],
            "title": load_dataset(row["dataset"]).title,
            "number": _masked("number", row.get("number", "")),
            "phone": mask_phone(row.get("phone") or ""),
        }
        for row in rows
    ]


def change_line(change: Any) -> dict[str, Any]:
    """Return a change with the numbers before and after it, for a line of a list."""
    sides = {side: sorted({person_no(int(s)) for _d, _r, s in getattr(change, side)}) for side in ("before", "after")}
    proposal = getattr(change, "proposal", None)
    return {"change": change, "undone": hasattr(change, "undone_by"), "proposal": proposal, **sides}


def _names(doubt: Doubt) -> tuple[str, str]:
    name = next(one for one in doubt.evidence if one["comparison"] == "name")
    return name["left"] or "—", name["right"] or "—"


def _titles(doubt: Doubt) -> tuple[str, str]:
    return load_dataset(doubt.left_dataset).title, load_dataset(doubt.right_dataset).title


QUEUES = {
    queries.WAITING: gettext_noop("待审核"),
    queries.UNSURE: gettext_noop("不能确定的"),
    queries.DECIDED: gettext_noop("已裁定的"),
}
CHOSEN = ("queue", "dataset", "level")


def _filters(request: HttpRequest) -> Filters:
    """Read which pairs are asked for; nonsense asks for nothing special."""
    queue, dataset, level = (request.GET.get(name, "") for name in CHOSEN)
    known = {one.dataset for one in sources()}
    return Filters(
        queue if queue in QUEUES else queries.WAITING, dataset if dataset in known else "",
        level if level in _levels() else "",
    )  # fmt: skip


def _query(filters: Filters) -> str:
    said = {name: value for name in CHOSEN if (value := getattr(filters, name)) and value != queries.WAITING}
    return f"?{urlencode(said)}" if said else ""


def _levels() -> dict[str, str]:
    """Return the levels by which pairs can be chosen, with their titles."""
    return {
        f"{one.name}:{level.name}": f"{one.title}：{level.title}"
        for one in policy().comparisons
        for level in one.levels
    }


def evidence_lines(evidence: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line per comparison in words; numbers and phones are masked, but it is said where they differ."""
    lines = []
    for one in evidence:
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
