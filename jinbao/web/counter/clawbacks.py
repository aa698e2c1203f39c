"""Money to be paid back at the counter: what is open, taking it in, and taking a claim back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.insurance.payments import actions, queries
from jinbao.insurance.payments.roles import DECIDERS, SETTLERS
from jinbao.kernel.errors import FormatError
from jinbao.kernel.money import yuan_to_fen
from jinbao.trust.actors import Actor
from jinbao.web.acting import OFFICERS, form_key, only
from jinbao.web.counter.awards import day_of, written
from jinbao.web.dates import now, today
from jinbao.web.paging import page_of


@require_safe
@only(*OFFICERS)
def listing(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the claims of the region, those still open first."""
    return render(request, "counter/clawbacks.html", {"page": page_of(queries.clawbacks(by), request)})


@require_safe
@only(*OFFICERS)
def detail(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one claim, what came back of it, and what may be done now."""
    claim = queries.clawback(by, pk)
    is_open = claim.cancelled_at is None and claim.amount_fen > claim.recovered_fen
    shown = {
        "claim": claim,
        "open_fen": claim.amount_fen - claim.recovered_fen,
        "recoveries": list(queries.recoveries(by, claim)),
        "may_recover": is_open and by.role in SETTLERS,
        "may_cancel": is_open and not claim.recovered_fen and by.role in DECIDERS,
        "today": today(),
    }
    return render(request, "counter/clawback.html", shown)


@require_POST
@only(*SETTLERS)
def recover(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Take in what somebody has paid back."""
    claim = queries.clawback(by, pk)
    fen = yuan_to_fen(request.POST.get("amount", ""))
    on, reference = day_of(request.POST.get("on", "")), written(request, "bank_reference", 64)
    if on > today():
        raise FormatError(_("到账日期 %(day)s 晚于今天") % {"day": on}, advice=_("请核对银行回单。"))
    key = form_key(request, "recover", pk)
    actions.recover(by, claim, fen, on=on, bank_reference=reference, now=now(), key=key)
    return redirect("counter-clawback", pk=pk)


@require_POST
@only(*DECIDERS)
def cancel(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Take back a claim that was made in error."""
    claim, key = queries.clawback(by, pk), form_key(request, "cancel", pk)
    actions.cancel_clawback(by, claim, written(request, "reason"), now=now(), key=key)
    return redirect("counter-clawback", pk=pk)
