"""Keep back from payments what was paid without right: reserved in the draft, done or undone with the payment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F

from jinbao.insurance.payments.models import Clawback, Payment, Recovery


@dataclass(slots=True)
class Reserved:
    """An amount of a clawback that a payment, not yet stored, keeps back."""

    clawback: Clawback
    payment: Payment
    amount_fen: int


def keep_back(clawbacks: Iterable[Clawback], payments: Sequence[Payment]) -> list[Reserved]:
    """Lower payments by what is to be recovered, the oldest clawback first, back-pay before regular benefits.

    Never more than is open, never below zero, and never more than the agreed instalment from one month's benefit.
    """
    made: list[Reserved] = []
    ordered = sorted(payments, key=lambda payment: (payment.kind == Payment.Kind.REGULAR, payment.for_month))
    for clawback in sorted(clawbacks, key=lambda row: row.pk):
        open_fen = clawback.amount_fen - clawback.recovered_fen
        for payment in ordered:
            limit = clawback.instalment_fen if payment.kind == Payment.Kind.REGULAR else None
            part = min(open_fen, payment.amount_fen, open_fen if limit is None else limit)
            if part > 0:
                payment.offset_fen += part
                payment.amount_fen -= part
                open_fen -= part
                clawback.recovered_fen += part
                made.append(Reserved(clawback, payment, part))
    return made


def reserve(reserved: Iterable[Reserved], on: date) -> None:
    """Store what stored payments keep back."""
    rows = list(reserved)
    Recovery.objects.bulk_create(
        [
            Recovery(
                clawback=row.clawback,
                payment=row.payment,
                amount_fen=row.amount_fen,
                status=Recovery.Status.RESERVED,
                on=on,
            )
            for row in rows
        ],
        batch_size=100,
    )
    for row in rows:
        Clawback.objects.filter(pk=row.clawback.pk).update(recovered_fen=F("recovered_fen") + row.amount_fen)


def done(payment_ids: Iterable[int], on: date) -> None:
    """Let what paid payments kept back count as recovered."""
    waiting = Recovery.objects.filter(payment__in=list(payment_ids), status=Recovery.Status.RESERVED)
    waiting.update(status=Recovery.Status.DONE, on=on)


def undo(payment_ids: Iterable[int], on: date) -> None:
    """Give back what payments that do not happen would have kept back."""
    waiting = Recovery.objects.filter(payment__in=list(payment_ids), status=Recovery.Status.RESERVED)
    for row in waiting:
        Clawback.objects.filter(pk=row.clawback_id).update(recovered_fen=F("recovered_fen") - row.amount_fen)
    waiting.update(status=Recovery.Status.VOIDED, on=on)
