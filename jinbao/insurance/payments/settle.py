"""Settle a batch by the bank's receipt: line by line, in small transactions, as often as it is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.insurance.payments.models import Payment, PaymentBatch
from jinbao.insurance.payments.outcome import close, locked, require_status, write_outcome
from jinbao.insurance.payments.roles import SETTLERS
from jinbao.insurance.registry import batches
from jinbao.insurance.registry.names import difference
from jinbao.insurance.registry.refused import RefusedLine, as_text, keep, place_of
from jinbao.kernel.errors import Conflict
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.ledger.actions import post
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region

LINES_AT_ONCE = 500
PAID, RETURNED = "0", "1"
Row = dict[str, Any]


@dataclass
class Settlement:
    """What a receipt did."""

    paid: int = 0
    returned: int = 0
    repeated: int = 0
    """Lines that say what is known already."""
    refused: list[RefusedLine] = field(default_factory=list)
    """Lines that disagree with the batch; they wait in `registry.RefusedRow`."""
    rejected: int = 0
    """Lines that are not well formed; `intake.rejected_workbook` has them."""
    missing: int = 0
    """Payments of the batch for which no receipt has come yet."""

    @property
    def complete(self) -> bool:
        """Whether every payment has its receipt and no line is in doubt."""
        return not (self.refused or self.rejected or self.missing)


def settle(
    by: Actor,
    batch: PaymentBatch,
    receipt: Path | BinaryIO | Batch,
    *,
    now: datetime,
    file_name: str = "回盘.csv",
    key: str | None = None,
) -> Settlement:
    """Settle a batch that was sent, by a receipt file or an accepted batch of 银行回盘.

    Paid lines take effect in the ledger, returned ones are voided there and keep their reason. Lines that disagree with
    the batch (unknown number, other amount, account or holder, a result against an earlier one) are refused and listed
    without losing the good ones. The same receipt again changes nothing; a killed run is run again; a second file may
    bring what the first left out. Raises Conflict for a batch that was not sent.
    """
    require_region(by, batch.region)
    batch = PaymentBatch.objects.get(pk=batch.pk)
    require_status(batch, PaymentBatch.Status.SENT, PaymentBatch.Status.SETTLED)
    source = receipt if isinstance(receipt, Batch) else _take_in(by, batch, receipt, file_name, now)
    batches.ready(source, "bank_receipt")
    found = Settlement(rejected=source.rejected)
    for rows in _chunks(batches.rows(source)):
        part = settle_lines(by, batch, source, rows, now=now)
        found.paid, found.returned = found.paid + part.paid, found.returned + part.returned
        found.repeated, found.refused = found.repeated + part.repeated, found.refused + part.refused
    found.missing = finish(by, batch, source, now=now)
    return found


def _take_in(by: Actor, batch: PaymentBatch, file: Path | BinaryIO, file_name: str, now: datetime) -> Batch:
    name = file.name if isinstance(file, Path) else file_name
    source = intake.receive(by, file, name, "bank_receipt", sender=by.username, region=batch.region, now=now)
    if source.status == Batch.Status.CHECKED and source.accepted:
        return intake.accept(by, source, partial=True, now=now)
    if not source.accepted:
        raise Conflict("回盘文件没有一行通过校验", advice="请下载退回的行，与银行核对后重新上传。")
    return source


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, LINES_AT_ONCE)):
        yield chunk


@action("payments.settle", roles=SETTLERS)
def settle_lines(by: Actor, batch: PaymentBatch, source: Batch, rows: Sequence[Row], *, now: datetime) -> Settlement:
    """Settle some lines of a receipt."""
    locked(by, batch)
    wanted = {row["payment_id"] for row in rows}
    known = {row.pk: row for row in Payment.objects.select_for_update().filter(batch=batch, pk__in=wanted)}
    part = Settlement()
    settled: dict[tuple[str, date], list[Payment]] = defaultdict(list)
    for row in rows:
        payment = known.get(row["payment_id"])
        why = _disagreement(payment, row)
        if payment is None or why is not None:
            part.refused.append(_refused(source, row, why or ("unknown", "批次中没有这个发放编号")))
        elif payment.status != Payment.Status.PENDING:
            part.repeated += 1
        else:
            _mark(payment, row)
            settled[row["result"], row["paid_on"]].append(payment)
    for (result, on), payments in settled.items():
        write_outcome(payments, paid=result == PAID, on=on, now=now)
    part.paid = sum(len(found) for (result, _), found in settled.items() if result == PAID)
    part.returned = sum(len(found) for (result, _), found in settled.items() if result == RETURNED)
    keep(source, part.refused)
    note(
        target=batch,
        receipt=source,
        paid=part.paid,
        returned=part.returned,
        repeated=part.repeated,
        refused=len(part.refused),
    )
    return part


def _disagreement(payment: Payment | None, row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Say how a line contradicts the payment that it names."""
    if payment is None:
        return "unknown", "批次中没有这个发放编号"
    if row["amount_fen"] != payment.amount_fen:
        return "amount", f"金额 {format_fen(row['amount_fen'])} 元，批次中为 {format_fen(payment.amount_fen)} 元"
    if row["account_number"] != payment.account_number:
        return "account", "账号与批次中的不同"
    if difference(row["holder"], payment.holder):
        return "holder", "户名与批次中的不同"
    return _contradiction(payment, row["result"])


def _contradiction(payment: Payment, result: str) -> tuple[str, str] | None:
    said = Payment.Status.PAID if result == PAID else Payment.Status.RETURNED
    if payment.status in {Payment.Status.PENDING, said}:
        return None
    return "contradicts", f"这一笔已登记为“{payment.get_status_display()}”，与本次结果相反"


def _refused(source: Batch, row: Row, why: tuple[str, str]) -> RefusedLine:
    return RefusedLine(row["row"], place_of(row), *why, as_text(source, row))


def _mark(payment: Payment, row: Mapping[str, Any]) -> None:
    paid = row["result"] == PAID
    payment.status = Payment.Status.PAID if paid else Payment.Status.RETURNED
    payment.settled_on = row["paid_on"]
    payment.return_reason = "" if paid else (row.get("reason") or "未注明")[:128]


@action("payments.finish_settlement", roles=SETTLERS)
def finish(by: Actor, batch: PaymentBatch, source: Batch, *, now: datetime) -> int:
    """Close a batch when no payment waits any more; returns how many still wait."""
    missing = close(locked(by, batch), now, source.file_sm3)
    intake.recorded(by, source, now=now)
    note(target=batch, receipt=source, missing=missing)
    return missing


@action("payments.give_back", roles=SETTLERS)
def give_back(by: Actor, payment: Payment, reason: str, *, on: date, now: datetime, key: str | None = None) -> Payment:
    """Record that the bank gave back a payment after it had said that it was paid (隔日退回)."""
    batch = locked(by, payment.batch)
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    if payment.status == Payment.Status.RETURNED:
        note(target=payment, repeated=True)
        return payment
    if payment.status != Payment.Status.PAID or not payment.amount_fen:
        raise Conflict(f"这一笔{payment.get_status_display()}，不能登记退回", advice="请核对发放编号。")
    payment.status, payment.settled_on, payment.return_reason = Payment.Status.RETURNED, on, reason[:128]
    payment.save(update_fields=["status", "settled_on", "return_reason"])
    post(
        "benefit_returned",
        key=f"payment:{payment.pk}",
        fund=batch.fund,
        region=batch.region,
        month=Month.of(on),
        on=on,
        amounts={"待遇": payment.amount_fen},
        source=("payments.Payment", payment.pk),
        now=now,
    )
    note(target=payment, reason=reason, amount_fen=payment.amount_fen)
    return payment


@action("payments.retry", roles=SETTLERS)
def retry(by: Actor, payment: Payment, reason: str, *, key: str | None = None) -> Payment:
    """Let the next draft pay a returned payment to the same account again, because the obstacle is gone."""
    require_region(by, payment.batch.region)
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    if payment.status != Payment.Status.RETURNED:
        raise Conflict(f"这一笔{payment.get_status_display()}，不需要重发", advice="只有退回的可以重发。")
    payment.retry = True
    payment.save(update_fields=["retry"])
    note(target=payment, reason=reason)
    return payment
