"""Draft a month's payments: what is owed and not drafted, what was returned, less what is kept back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, Sum

from jinbao.insurance.benefits.models import Award
from jinbao.insurance.payments.models import Payment, PaymentBatch, Recovery, UnpaidItem
from jinbao.insurance.payments.offsets import Reserved, keep_back, reserve
from jinbao.insurance.payments.roles import PREPARERS, benefits_of, day_of
from jinbao.insurance.payments.standing import Standing, standings
from jinbao.insurance.registry.families import Families
from jinbao.kernel.errors import Conflict
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.ledger.actions import Event, post_many
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region
from jinbao.trust.scope import within

PEOPLE_AT_ONCE = 500


@dataclass
class Draft:
    """What a draft finds for a group of people."""

    payments: list[Payment] = field(default_factory=list)
    unpaid: list[UnpaidItem] = field(default_factory=list)
    reserved: list[Reserved] = field(default_factory=list)


@action("payments.draft", roles=PREPARERS)
def draft(by: Actor, month: Month, region: str, fund: str, *, now: datetime, key: str | None = None) -> PaymentBatch:
    """Draft the payments of a month for a region and fund, and reserve them in the ledger.

    Pays the month itself, months owed and not paid (补发), and returned payments to people whose account has changed
    since (退回重发); keeps back what is to be recovered. Who cannot be paid is listed in `unpaid_items` with the reason
    and found again by the next draft. Drafting again makes a further batch with whatever is new, never anything twice.
    Raises Conflict when there is nothing (more) to pay in the month, or when somebody drafts the same at this moment.
    """
    require_region(by, region)
    batch = _open(by, month, region, fund, now)
    families = Families()
    for people in _people(batch, benefits_of(fund)):
        _write(batch, _gather(batch, standings(people, benefits_of(fund), families)), now)
    _total(batch)
    if not batch.count and (batch.number > 1 or not batch.unpaid_items.exists()):
        raise Conflict(f"{month} 没有应发待遇", advice="当月待遇可能已经生成，请查看已有批次。")
    note(
        target=batch,
        month=month,
        payments=batch.count,
        gross_fen=batch.gross_fen,
        offset_fen=batch.offset_fen,
        amount_fen=batch.amount_fen,
        unpaid=batch.unpaid_items.count(),
    )
    return batch


def _open(by: Actor, month: Month, region: str, fund: str, now: datetime) -> PaymentBatch:
    same = PaymentBatch.objects.filter(region=region, fund=fund, month=month)
    number = (same.aggregate(last=Max("number"))["last"] or 0) + 1
    try:
        with transaction.atomic():
            return PaymentBatch.objects.create(
                region=region, fund=fund, month=month, number=number, drafted_by=by.username, drafted_at=now
            )
    except IntegrityError as error:
        raise Conflict(f"{month} 的支付批次正由他人生成", advice="请稍后刷新查看。") from error


def _people(batch: PaymentBatch, benefits: Iterable[str]) -> Iterator[list[int]]:
    awards = Award.objects.filter(within("region", batch.region), benefit__in=benefits, start__lte=batch.month)
    ids = list(awards.values_list("person_id", flat=True).distinct().order_by("person_id"))
    return (ids[start : start + PEOPLE_AT_ONCE] for start in range(0, len(ids), PEOPLE_AT_ONCE))


def _gather(batch: PaymentBatch, found: list[Standing]) -> Draft:
    made = Draft()
    returned = _returned([award.pk for one in found for award in one.entitlement.awards])
    for one in found:
        wanted = [_payment(batch, one, award, kind, month, fen) for month, award, kind, fen in one.to_pay(batch.month)]
        again = [row for award in one.entitlement.awards for row in returned.get(award.pk, [])]
        wanted += [_reissue(batch, one, row) for row in again]
        made.unpaid += _overpaid(batch, one)
        reason = _why_not(one)
        if reason is not None:
            made.unpaid += [_unpaid(batch, payment, *reason) for payment in wanted]
            continue
        good = [payment for payment in wanted if not _same_account(payment)]
        made.unpaid += [
            _unpaid(batch, payment, "returned", f"退回原因“{_reason(payment)}”，账户未变更")
            for payment in wanted
            if _same_account(payment)
        ]
        made.reserved += keep_back(one.clawbacks, good)
        made.payments += good
    return made


def _why_not(one: Standing) -> tuple[str, str] | None:
    """Return code and reason when nothing can be paid to somebody."""
    if one.entitlement.died_on is not None:
        return "dead", f"已于 {one.entitlement.died_on} 死亡，未发的待遇由继承人申领"
    if one.entitlement.double:
        return "double", "合并的两个身份同时领取待遇，请先终止其一"
    if one.account is None:
        return "no-account", "没有待遇发放账户，请登记银行账户"
    return None


def _payment(batch: PaymentBatch, one: Standing, award: Award, kind: str, month: Month, fen: int) -> Payment:
    account = one.account
    return Payment(
        batch=batch,
        person=award.person,
        award=award,
        kind=kind,
        for_month=month,
        gross_fen=fen,
        amount_fen=fen,
        bank=account.bank if account else "",
        account_number=account.number if account else "",
        holder=account.holder if account else "",
    )


def _returned(award_ids: list[int]) -> dict[int, list[Payment]]:
    """Return the payments that came back and are not paid again, by award, with what of them was kept back for good."""
    again = Payment.objects.filter(reissues=OuterRef("pk")).exclude(status=Payment.Status.VOIDED)
    kept = Recovery.objects.filter(payment=OuterRef("pk"), status=Recovery.Status.DONE).order_by().values("payment")
    rows = Payment.objects.filter(~Exists(again), award__in=award_ids, status=Payment.Status.RETURNED)
    found: dict[int, list[Payment]] = {}
    for row in rows.annotate(kept_fen=kept.annotate(fen=Sum("amount_fen")).values("fen")).select_related("award"):
        found.setdefault(row.award_id, []).append(row)
    return found


def _reissue(batch: PaymentBatch, one: Standing, returned: Payment) -> Payment:
    fen = returned.gross_fen - (getattr(returned, "kept_fen", None) or 0)
    payment = _payment(batch, one, returned.award, Payment.Kind.REISSUE, returned.for_month, fen)
    payment.person = returned.person
    payment.reissues = returned
    return payment


def _same_account(payment: Payment) -> bool:
    """Tell whether a reissue would go where it came back from."""
    before = payment.reissues
    return before is not None and before.account_number == payment.account_number and not before.retry


def _reason(payment: Payment) -> str:
    return payment.reissues.return_reason if payment.reissues else ""


def _unpaid(batch: PaymentBatch, payment: Payment, code: str, reason: str) -> UnpaidItem:
    return UnpaidItem(
        batch=batch,
        person=payment.person,
        award=payment.award,
        for_month=payment.for_month,
        amount_fen=payment.gross_fen,
        code=code,
        reason=reason,
    )


def _overpaid(batch: PaymentBatch, one: Standing) -> list[UnpaidItem]:
    """List what was paid beyond what is owed and is not being recovered: somebody must decide."""
    award = one.entitlement.current
    return [
        UnpaidItem(
            batch=batch,
            person=award.person,
            award=award,
            for_month=month,
            amount_fen=-fen,
            code="overpaid",
            reason=f"已多发 {format_fen(fen)} 元，请核实后办理追回",
        )
        for month, fen in one.overpaid().items()
    ]


def _write(batch: PaymentBatch, made: Draft, now: datetime) -> None:
    """Store a group's payments, what is kept back, what cannot be paid, and reserve the money."""
    Payment.objects.bulk_create(made.payments, batch_size=50)
    UnpaidItem.objects.bulk_create(made.unpaid, batch_size=50)
    reserve(made.reserved, day_of(now))
    post_many((_event(batch, payment, now) for payment in made.payments), now=now)


def _event(batch: PaymentBatch, payment: Payment, now: datetime) -> Event:
    return Event(
        event="benefit_reserved",
        key=f"payment:{payment.pk}",
        fund=batch.fund,
        region=batch.region,
        month=Month.of(day_of(now)),
        on=day_of(now),
        amounts={"待遇": payment.amount_fen, "抵扣": payment.offset_fen},
        source=("payments.Payment", payment.pk),
    )


def _total(batch: PaymentBatch) -> None:
    """Write the batch's totals from its payments that are not voided."""
    live = Payment.objects.filter(batch=batch).exclude(status=Payment.Status.VOIDED)
    sums = live.aggregate(gross=Sum("gross_fen"), offset=Sum("offset_fen"), amount=Sum("amount_fen"))
    batch.count = live.count()
    batch.gross_fen, batch.offset_fen, batch.amount_fen = (
        int(sums[name] or 0) for name in ("gross", "offset", "amount")
    )
    batch.save(update_fields=["count", "gross_fen", "offset_fen", "amount_fen"])


total = _total
