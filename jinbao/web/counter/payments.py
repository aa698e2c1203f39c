"""Payment batches: draft, approval by another person, the file for the bank, its receipt, what came back."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.insurance.payments import actions, queries
from jinbao.insurance.payments.models import Payment
from jinbao.insurance.payments.roles import APPROVERS, PREPARERS, SETTLERS
from jinbao.insurance.registry.models import Scheme
from jinbao.kernel.errors import FormatError
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.web.acting import OFFICERS, form_key, only
from jinbao.web.dates import now, today
from jinbao.web.paging import page_of


@require_safe
@only(*OFFICERS)
def listing(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the batches, what came back and waits, and the form to draft a month."""
    shown = {
        "page": page_of(queries.batches(by), request),
        "returned": list(queries.returned(by)[:20]),
        "month": Month.of(today()),
        "may_draft": by.role in PREPARERS,
    }
    return render(request, "counter/payments.html", shown)


@require_POST
@only(*PREPARERS)
def draft(request: HttpRequest, by: Actor) -> HttpResponse:
    """Draft the payments of a month."""
    month = Month.parse(request.POST.get("month", ""))
    batch = actions.draft(by, month, by.region, Scheme.PENSION.value, now=now(), key=form_key(request, "draft"))
    return redirect("counter-payment-batch", pk=batch.pk)


@require_safe
@only(*OFFICERS)
def detail(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one batch: its totals, its payments, what could not be paid, and what may be done now."""
    batch = queries.batch(by, pk)
    status = request.GET.get("status", "") if request.GET.get("status", "") in Payment.Status.values else ""
    state = batch.Status
    shown = {
        "batch": batch,
        "page": page_of(queries.payments(by, batch, status), request),
        "status": status,
        "statuses": Payment.Status.choices,
        "unpaid": list(queries.unpaid(by, batch)[:50]),
        "may_approve": batch.status == state.DRAFT and by.role in APPROVERS,
        "drafted_it": batch.drafted_by == by.username,
        "may_void": batch.status in (state.DRAFT, state.APPROVED) and by.role in (*APPROVERS, *PREPARERS),
        "may_send": batch.status in (state.APPROVED, state.SENT, state.SETTLED) and by.role in SETTLERS,
        "may_settle": batch.status == state.SENT and by.role in SETTLERS,
    }
    return render(request, "counter/payment_batch.html", shown)


@require_POST
@only(*APPROVERS)
def approve(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Approve a batch that somebody else drafted."""
    actions.approve(by, queries.batch(by, pk), now=now(), key=form_key(request, "approve", pk))
    return redirect("counter-payment-batch", pk=pk)


@require_POST
@only(*dict.fromkeys((*APPROVERS, *PREPARERS)))
def void(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Void a batch that has not gone to the bank."""
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise FormatError(_("作废须写明原因"), advice=_("请填写原因后再提交。"))
    actions.void(by, queries.batch(by, pk), reason[:128], now=now(), key=form_key(request, "void", pk))
    return redirect("counter-payment-batch", pk=pk)


@require_POST
@only(*SETTLERS)
def bank_file(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the file for the bank; from then on the batch has gone to it."""
    path = actions.bank_file(by, queries.batch(by, pk), now=now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


@require_POST
@only(*SETTLERS)
def settle(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Take in the bank's receipt: what was paid is posted, what came back waits with its reason."""
    batch = queries.batch(by, pk)
    file = request.FILES.get("file")
    if file is None or not file.name:
        raise FormatError(_("没有选择文件"), advice=_("请选择银行回盘文件后再上传。"))
    done = actions.settle(by, batch, cast("BinaryIO", file), now=now(), file_name=file.name)
    counted = {"paid": done.paid, "returned": done.returned, "missing": done.missing, "refused": len(done.refused)}
    text = _("已发 %(paid)d 笔，退回 %(returned)d 笔，尚未回盘 %(missing)d 笔，不符 %(refused)d 笔") % counted
    messages.add_message(request, messages.WARNING if done.refused or done.rejected else messages.SUCCESS, text)
    return redirect("counter-payment-batch", pk=pk)
