"""Money that arrives for declarations, money that goes back, late fees, offsets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from jinbao.insurance.contributions.counting import Open, count_if_settled, open_amounts
from jinbao.insurance.contributions.models import Declaration, LateFee, Receipt
from jinbao.insurance.contributions.record import EMPLOYER, INDIVIDUAL
from jinbao.insurance.law import late_fee
from jinbao.insurance.registry.rights import MONEY
from jinbao.kernel.errors import Conflict
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.ledger.actions import Event, post_many
from jinbao.trust import clock
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region

Amounts = Mapping[str, tuple[int, int]]
"""Employer's and individual's part in fen, by scheme."""


@action("contributions.receive_payment", roles=MONEY)
def receive_payment(
    by: Actor,
    declaration: Declaration,
    *,
    on: date,
    bank_reference: str,
    amounts: Amounts | None = None,
    key: str | None = None,
) -> list[Receipt]:
    """Receive what a bank transfer pays for a declaration; without amounts, everything that is open.

    Rows count for benefits once all of it is paid. What is paid after the due day bears 滞纳金, which is charged here
    and received by `receive_late_fee`. The same transfer twice is one; a different amount under its number, or more
    than is open, raises Conflict. For a declaration downwards the amounts are negative: `refund` says it better.
    """
    require_region(by, declaration.region)
    declaration = Declaration.objects.select_for_update().get(pk=declaration.pk)
    known = list(Receipt.objects.filter(declaration=declaration, bank_reference=bank_reference).order_by("scheme"))
    if known:
        _require_same(known, amounts)
        note(target=declaration, repeated=True)
        return known
    parts = _parts(declaration, amounts)
    receipts = Receipt.objects.bulk_create([_receipt(declaration, part, on, bank_reference) for part in parts])
    post_many(_movements(receipts), now=clock.now())
    fees = [fee for receipt in receipts if (fee := _charge(declaration, receipt)) is not None]
    count_if_settled(declaration, on)
    note(
        target=declaration,
        received_fen=sum(part.total_fen for part in parts),
        late_fee_fen=sum(fee.amount_fen for fee in fees),
        bank_reference=bank_reference,
        in_full=declaration.received_on is not None,
    )
    return receipts


def refund(
    by: Actor, declaration: Declaration, *, on: date, bank_reference: str, key: str | None = None
) -> list[Receipt]:
    """Refund what a correction downwards leaves open. Raises Conflict when nothing is to be refunded."""
    if not any(part.total_fen < 0 for part in open_amounts(declaration)):
        raise Conflict("没有应退的缴费", advice="只有更正调减的申报可以退费。")
    return receive_payment(by, declaration, on=on, bank_reference=bank_reference, key=key)


def _parts(declaration: Declaration, amounts: Amounts | None) -> list[Open]:
    """Return what is paid of each scheme; never more than is open."""
    left = {part.scheme: part for part in open_amounts(declaration)}
    if amounts is None:
        parts = list(left.values())
    else:
        parts = [Open(scheme, *pair) for scheme, pair in sorted(amounts.items()) if any(pair)]
    if not parts:
        raise Conflict(f"{declaration} 没有应缴余额", advice="请核对费款所属期，可能已经缴清。")
    for part in parts:
        _require_open(part, left.get(part.scheme, Open(part.scheme, 0, 0)))
    return parts


def _require_open(part: Open, left: Open) -> None:
    for name, paid, open_fen in (
        (EMPLOYER, part.employer_fen, left.employer_fen),
        (INDIVIDUAL, part.individual_fen, left.individual_fen),
    ):
        beyond = paid > open_fen if open_fen >= 0 else paid < open_fen
        if beyond or paid * open_fen < 0:
            raise Conflict(
                f"{name}到账 {format_fen(paid)} 元，超过应缴余额 {format_fen(open_fen)} 元",
                advice="请核对费款所属期和险种；多缴的部分退回或另行申报。",
            )


def _require_same(known: Sequence[Receipt], amounts: Amounts | None) -> None:
    before = {row.scheme: (row.employer_fen, row.individual_fen) for row in known}
    if amounts is not None and before != {scheme: tuple(pair) for scheme, pair in amounts.items() if any(pair)}:
        raise Conflict(f"银行流水 {known[0].bank_reference} 已登记，金额不同", advice="请核对银行流水号和金额。")


def _receipt(declaration: Declaration, part: Open, on: date, bank_reference: str) -> Receipt:
    return Receipt(
        declaration=declaration,
        scheme=part.scheme,
        employer_fen=part.employer_fen,
        individual_fen=part.individual_fen,
        on=on,
        bank_reference=bank_reference,
    )


def _movements(receipts: Iterable[Receipt]) -> Iterator[Event]:
    """Say what receipts move in the ledger: money in, or money back."""
    for receipt in receipts:
        for event, sign in (("contribution_received", 1), ("contribution_refunded", -1)):
            amounts = {EMPLOYER: max(sign * receipt.employer_fen, 0), INDIVIDUAL: max(sign * receipt.individual_fen, 0)}
            if any(amounts.values()):
                yield _event(event, receipt, amounts, receipt.on, source=receipt)


def _event(event: str, receipt: Receipt, amounts: Mapping[str, int], on: date, *, source: Receipt | LateFee) -> Event:
    return Event(
        event=event,
        key=f"{source._meta.model_name}:{source.pk}",
        fund=receipt.scheme,
        region=receipt.declaration.region,
        month=Month.of(on),
        on=on,
        amounts=amounts,
        source=(source._meta.label, source.pk),
    )


def _charge(declaration: Declaration, receipt: Receipt) -> LateFee | None:
    """Charge 滞纳金 on a receipt that came after the due day."""
    paid = receipt.employer_fen + receipt.individual_fen
    fee = late_fee(paid, declaration.due_on, receipt.on, declaration.region)
    if not fee.amount_fen:
        return None
    return LateFee.objects.create(
        declaration=declaration, receipt=receipt, days=fee.days, amount_fen=fee.amount_fen, charged_on=receipt.on
    )


@action("contributions.receive_late_fee", roles=MONEY)
def receive_late_fee(by: Actor, late_fee: LateFee, *, on: date, bank_reference: str, key: str | None = None) -> LateFee:
    """Receive a charged 滞纳金 in full. Receiving it again under the same number changes nothing; else Conflict."""
    require_region(by, late_fee.declaration.region)
    late_fee = LateFee.objects.select_for_update().get(pk=late_fee.pk)
    if late_fee.received_on is not None:
        if late_fee.bank_reference != bank_reference:
            raise Conflict(f"滞纳金已于 {late_fee.received_on} 到账", advice="请核对银行流水号。")
        note(target=late_fee, repeated=True)
        return late_fee
    late_fee.received_on, late_fee.bank_reference = on, bank_reference
    late_fee.save(update_fields=["received_on", "bank_reference"])
    event = _event("late_fee_received", late_fee.receipt, {"滞纳金": late_fee.amount_fen}, on, source=late_fee)
    post_many([event], now=clock.now())
    note(target=late_fee, amount_fen=late_fee.amount_fen, bank_reference=bank_reference)
    return late_fee


@action("contributions.offset", roles=MONEY)
def offset(by: Actor, refund: Declaration, against: Declaration, *, on: date, key: str | None = None) -> list[Receipt]:
    """Set off what is to be refunded against what the same declarant still owes; no money moves.

    The smaller of both is set off, part by part and scheme by scheme; the receivables in the ledger are net already.
    Raises Conflict when the declarants differ or there is nothing to set off.
    """
    require_region(by, refund.region)
    ids = sorted([refund.pk, against.pk])
    locked = {row.pk: row for row in Declaration.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    refund, against = locked[refund.pk], locked[against.pk]
    if (refund.employer_id, refund.person_id) != (against.employer_id, against.person_id):
        raise Conflict("只能冲抵同一缴费人的应缴", advice="请选择同一单位的申报。")
    owed = {part.scheme: part for part in open_amounts(against)}
    made = [
        receipt
        for back in open_amounts(refund)
        if back.scheme in owed
        for receipt in _set_off(refund, against, back, owed[back.scheme], on)
    ]
    if not made:
        raise Conflict("没有可以冲抵的金额", advice="请核对应退与应缴的险种和余额。")
    count_if_settled(against, on)
    count_if_settled(refund, on)
    note(target=refund, against=against, receipts=len(made))
    return made


def _set_off(refund: Declaration, against: Declaration, back: Open, owed: Open, on: date) -> list[Receipt]:
    employer = max(min(-back.employer_fen, owed.employer_fen), 0)
    individual = max(min(-back.individual_fen, owed.individual_fen), 0)
    if not employer + individual:
        return []
    reference = f"冲抵{refund.pk}-{against.pk}"
    common = {"kind": Receipt.Kind.OFFSET, "scheme": back.scheme, "on": on, "bank_reference": reference}
    return [
        Receipt.objects.create(declaration=against, employer_fen=employer, individual_fen=individual, **common),
        Receipt.objects.create(declaration=refund, employer_fen=-employer, individual_fen=-individual, **common),
    ]
