"""What becomes of payments: paid, returned, or never sent; and the lock on their batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from jinbao.insurance.payments.models import Payment, PaymentBatch
from jinbao.insurance.payments.offsets import done, undo
from jinbao.insurance.payments.roles import day_of
from jinbao.kernel.errors import Conflict
from jinbao.ledger.actions import resolve_many
from jinbao.trust.actors import Actor, require_region


def locked(by: Actor, batch: PaymentBatch) -> PaymentBatch:
    """Read a batch anew and keep it from others until the end of the transaction."""
    require_region(by, batch.region)
    return PaymentBatch.objects.select_for_update().get(pk=batch.pk)


def require_status(batch: PaymentBatch, *allowed: str) -> None:
    """Raise Conflict unless a batch is in one of these states."""
    if batch.status not in allowed:
        raise Conflict(f"{batch}{batch.get_status_display()}，不能再做这一步", advice="请刷新后查看批次的状态。")


def write_outcome(payments: Sequence[Payment], *, paid: bool, on: date, now: datetime) -> None:
    """Write the outcome of payments of one day: status, what they keep back, the ledger."""
    Payment.objects.bulk_update(payments, ["status", "settled_on", "return_reason"], batch_size=100)
    ids = [payment.pk for payment in payments]
    (done if paid else undo)(ids, on)
    resolve_many((f"payment:{pk}" for pk in ids), "post" if paid else "void", on=on, now=now)


def close(batch: PaymentBatch, now: datetime, receipt_sm3: str = "") -> int:
    """Settle a batch once no payment waits for the bank; returns how many still wait.

    Payments of which everything is kept back never go to the bank; they are paid when the rest is.
    """
    waiting = Payment.objects.filter(batch=batch, status=Payment.Status.PENDING)
    missing = waiting.filter(amount_fen__gt=0).count()
    if not missing and batch.status != PaymentBatch.Status.SETTLED:
        kept_back = list(waiting)
        for payment in kept_back:
            payment.status, payment.settled_on = Payment.Status.PAID, day_of(now)
        write_outcome(kept_back, paid=True, on=day_of(now), now=now)
        batch.status, batch.settled_at, batch.receipt_file_sm3 = PaymentBatch.Status.SETTLED, now, receipt_sm3
        batch.save(update_fields=["status", "settled_at", "receipt_file_sm3"])
    return missing
