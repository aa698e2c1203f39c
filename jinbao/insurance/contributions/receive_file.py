"""Receive a bank's list of paid contributions (缴费到账), row by row."""

from __future__ import annotations

from datetime import date
from typing import Any

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.insurance.contributions.counting import Open, open_amounts
from jinbao.insurance.contributions.models import Declaration, LateFee, Receipt
from jinbao.insurance.contributions.receive import receive_late_fee, receive_payment
from jinbao.insurance.registry import batches
from jinbao.insurance.registry.models import Employer, RefusedRow
from jinbao.insurance.registry.refused import RefusedLine, as_text, keep, place_of
from jinbao.insurance.registry.rights import MONEY
from jinbao.kernel.errors import Conflict, NotFound
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.trust import clock
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region

Row = dict[str, Any]


def receive_file(by: Actor, batch: Batch, *, today: date, key: str | None = None) -> list[Receipt]:
    """Receive every row of an accepted batch of 缴费到账; each row is one transaction, a killed run is run again.

    A row pays the open declarations of its employer and month in the order in which they were made. A row that pays
    more than is open, or for nothing that is declared, waits in `registry.RefusedRow` with the reason.
    """
    require_region(by, batch.region)
    if batches.ready(batch, "contribution_payment"):
        refused = set(RefusedRow.objects.filter(batch_id=batch.pk).values_list("line", flat=True))
        for row in batches.rows(batch):
            if row["row"] not in refused:
                _receive_or_refuse(by, batch, row)
        intake.recorded(by, batch, now=clock.now())
        batch.refresh_from_db()
    references = [row["bank_reference"] for row in batches.rows(batch)]
    return list(Receipt.objects.filter(bank_reference__in=references).order_by("pk"))


def _receive_or_refuse(by: Actor, batch: Batch, row: Row) -> None:
    try:
        receive_row(by, batch, row["row"], row)
    except (Conflict, NotFound) as error:
        keep(batch, [RefusedLine(row["row"], place_of(row), error.code, error.message, as_text(batch, row))])


@action("contributions.receive_row", roles=MONEY)
def receive_row(by: Actor, batch: Batch, line: int, row: Row) -> list[Receipt]:
    """Receive one row: one bank transfer for one employer, month and scheme."""
    on, reference, scheme = row["received_on"], row["bank_reference"], row["scheme"]
    declarations = _declarations(row)
    ids = [declaration.pk for declaration in declarations]
    known = list(Receipt.objects.filter(bank_reference=reference, scheme=scheme, declaration__in=ids))
    if known:
        note(target=batch, line=line, repeated=True)
        return known
    receipts: list[Receipt] = []
    left = (row["employer_fen"], row["individual_fen"])
    for declaration in declarations:
        part = _share(declaration, scheme, left)
        if any(part):
            amounts = {scheme: part}
            receipts += receive_payment(by, declaration, on=on, bank_reference=reference, amounts=amounts)
            left = (left[0] - part[0], left[1] - part[1])
    if any(left):
        over = format_fen(sum(left))
        raise Conflict(f"到账金额比应缴余额多 {over} 元", advice="请核对费款所属期和险种，多缴部分联系单位退回或申报。")
    _late_fees(by, row, ids)
    note(target=batch, line=line, receipts=len(receipts), bank_reference=reference)
    return receipts


def _declarations(row: Row) -> list[Declaration]:
    employer = Employer.objects.filter(uscc=row["employer_uscc"]).first()
    month: Month = row["month"]
    found = list(Declaration.objects.filter(employer=employer, month=month).order_by("pk")) if employer else []
    if not found:
        raise NotFound(f"该单位没有 {month} 的缴费申报", advice="请核对统一社会信用代码和费款所属期。")
    return found


def _share(declaration: Declaration, scheme: str, left: tuple[int, int]) -> tuple[int, int]:
    """Return how much of what arrived this declaration takes."""
    open_part = next(
        (part for part in open_amounts(declaration) if part.scheme == scheme and part.total_fen > 0), Open(scheme, 0, 0)
    )
    return min(left[0], max(open_part.employer_fen, 0)), min(left[1], max(open_part.individual_fen, 0))


def _late_fees(by: Actor, row: Row, declaration_ids: list[int]) -> None:
    """Take the fee that a row pays for the charged fees, the oldest first; it must pay them exactly."""
    paid = row.get("late_fee_fen") or 0
    if not paid:
        return
    waiting = LateFee.objects.filter(
        declaration__in=declaration_ids, receipt__scheme=row["scheme"], received_on__isnull=True
    ).select_related("declaration", "receipt")
    for fee in waiting.order_by("pk"):
        if fee.amount_fen <= paid:
            receive_late_fee(by, fee, on=row["received_on"], bank_reference=row["bank_reference"])
            paid -= fee.amount_fen
    if paid:
        over = format_fen(paid)
        raise Conflict(f"滞纳金比应收的多 {over} 元", advice="滞纳金按到账日期计算，请核对到账日期和欠缴天数。")
