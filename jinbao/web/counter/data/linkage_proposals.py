"""What was proposed to do to people of consequence: the list, one proposal with its evidence, confirm, reject."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.data.linkage import actions, queries
from jinbao.data.linkage.evidence import between, sides_of
from jinbao.data.linkage.numbers import person_no
from jinbao.data.linkage.proposals import changed_since
from jinbao.data.linkage.stakes import stakes_of
from jinbao.trust.actors import Actor
from jinbao.trust.masking import mask_id
from jinbao.web.acting import form_key, only
from jinbao.web.counter.data.linkage import evidence_lines, rows_shown
from jinbao.web.dates import now, today
from jinbao.web.paging import page_of


@require_safe
@only(*actions.CONFIRMERS)
def proposals(request: HttpRequest, by: Actor) -> HttpResponse:
    """List proposals, those that wait first."""
    page = page_of(queries.proposals(by), request)
    lines = [{"proposal": one, "numbers": [person_no(serial) for serial in one.serials]} for one in page.rows]
    return render(request, "counter/data/linkage_proposals.html", {"page": page, "lines": lines, "by": by.username})


@require_safe
@only(*actions.CONFIRMERS)
def proposal(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one proposal: why two persons are needed, the evidence, and what has changed since it was made."""
    found = queries.proposal(by, pk)
    waits = found.state == "waiting"
    one, other = sides_of(found) if waits else ((), ())
    evidence = between(one, other) if one and other else None
    shown = {
        "proposal": found,
        "numbers": [person_no(serial) for serial in found.serials],
        "waits": waits,
        "mine": found.by == by.username,
        "changed": changed_since(found) if waits else [],
        "since": [text for text in stakes_of(found.serials, today()) if text not in found.stakes] if waits else [],
        "lines": evidence_lines(evidence["lines"]) if evidence else [],
        "bits": evidence["weight"] / 100 if evidence else None,
        "sides": [rows_shown(queries.rows_said(by, side)) for side in (one, other) if side],
        "changes": [mask_id(found.what[name]) for name in ("old", "new") if name in found.what],
    }
    return render(request, "counter/data/linkage_proposal.html", shown)


@require_POST
@only(*actions.CONFIRMERS)
def confirm(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Confirm what another person proposed, and do it."""
    found = queries.proposal(by, pk)
    actions.confirm(by, found, now=now(), key=form_key(request, "confirm", pk))
    messages.success(request, _("已确认并办理"))
    return redirect("counter-linkage-proposals")


@require_POST
@only(*actions.CONFIRMERS)
def reject(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Give a proposal back with the reason."""
    found = queries.proposal(by, pk)
    actions.reject(by, found, request.POST.get("reason", ""), now=now(), key=form_key(request, "reject", pk))
    messages.success(request, _("已退回"))
    return redirect("counter-linkage-proposals")
