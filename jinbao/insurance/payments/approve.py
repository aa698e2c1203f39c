"""The second person: approve or void a batch, take single payments out of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from jinbao.insurance.payments.draft import total
from jinbao.insurance.payments.models import Payment, PaymentBatch
from jinbao.insurance.payments.offsets import undo
from jinbao.insurance.payments.outcome import close, locked, require_status
from jinbao.insurance.payments.roles import APPROVERS, PREPARERS, day_of
from jinbao.kernel.errors import Conflict
from jinbao.kernel.months import Month
from jinbao.ledger.actions import resolve_many
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_other_person

Status = PaymentBatch.Status


@action("payments.approve", roles=APPROVERS, persons_only=True)
def approve(by: Actor, batch: PaymentBatch, *, now: datetime, key: str | None = None) -> PaymentBatch:
    """Approve a drafted batch; whoever drafted it cannot. One without an amount for the bank is settled thereby.

    Raises NotAllowed for the drafter, Conflict when it is no draft any more or when somebody in it has died since.
    """
    batch = locked(by, batch)
    require_other_person(by, batch.drafted_by)
    if batch.status != Status.VOIDED and batch.approved_by == by.username:
        note(target=batch, repeated=True)
        return batch
    require_status(batch, Status.DRAFT)
    for payment in _dead(batch)[:1]:
        raise Conflict(
            f"{payment.person.name}已于 {payment.person.died_on} 死亡，批次中还有其 {payment.for_month} 的待遇",
            advice="请先把这一笔移出批次，再复核。",
        )
    batch.status, batch.approved_by, batch.approved_at = Status.APPROVED, by.username, now
    batch.save(update_fields=["status", "approved_by", "approved_at"])
    if not batch.amount_fen:
        close(batch, now)
    note(target=batch, payments=batch.count, amount_fen=batch.amount_fen, drafted_by=batch.drafted_by)
    return batch


def _dead(batch: PaymentBatch) -> list[Payment]:
    rows = Payment.objects.filter(batch=batch, status=Payment.Status.PENDING, person__died_on__isnull=False)
    found = rows.select_related("person").order_by("pk")
    return [row for row in found if row.person.died_on and row.for_month > Month.of(row.person.died_on)]


@action("payments.void", roles=APPROVERS + PREPARERS)
def void(by: Actor, batch: PaymentBatch, reason: str, *, now: datetime, key: str | None = None) -> PaymentBatch:
    """Void a batch that has not gone to the bank: nothing of it is paid, and all of it is owed again."""
    batch = locked(by, batch)
    if batch.status == Status.VOIDED:
        note(target=batch, repeated=True)
        return batch
    require_status(batch, Status.DRAFT, Status.APPROVED)
    pending = list(Payment.objects.filter(batch=batch, status=Payment.Status.PENDING).values_list("pk", flat=True))
    void_payments(pending, reason, now)
    batch.status = Status.VOIDED
    batch.save(update_fields=["status"])
    total(batch)
    note(target=batch, reason=reason, payments=len(pending))
    return batch


@action("payments.withdraw", roles=APPROVERS + PREPARERS)
def withdraw(by: Actor, payment: Payment, reason: str, *, now: datetime, key: str | None = None) -> Payment:
    """Take one payment out of a batch that has not gone to the bank; the batch must be approved (again) after that."""
    batch = locked(by, payment.batch)
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    require_status(batch, Status.DRAFT, Status.APPROVED)
    if payment.status == Payment.Status.PENDING:
        void_payments([payment.pk], reason, now)
        payment.refresh_from_db()
    batch.status, batch.approved_by, batch.approved_at = Status.DRAFT, "", None
    batch.save(update_fields=["status", "approved_by", "approved_at"])
    total(batch)
    note(target=payment, batch=batch, reason=reason)
    return payment


def void_payments(payment_ids: Iterable[int], reason: str, now: datetime) -> None:
    """Void payments that wait, give back what they kept back, and free the money in the ledger."""
    ids = list(payment_ids)
    undo(ids, day_of(now))
    resolve_many((f"payment:{pk}" for pk in ids), "void", on=day_of(now), now=now)
    for start in range(0, len(ids), 500):
        rows = Payment.objects.filter(pk__in=ids[start : start + 500])
        rows.update(status=Payment.Status.VOIDED, return_reason=reason[:128], settled_on=day_of(now))
