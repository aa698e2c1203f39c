"""Invariants of payments: each is a query that must return no row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce

from jinbao.insurance.benefits.models import Award
from jinbao.insurance.payments.models import Clawback, Payment, PaymentBatch, Recovery
from jinbao.insurance.payments.standing import standings
from jinbao.kernel.checks import Check, Row
from jinbao.kernel.months import Month
from jinbao.ledger.models import Transfer

LIVE = ~Q(status=Payment.Status.VOIDED)


def batch_does_not_add_up() -> Iterator[Row]:
    """A batch's totals are the sums of its payments that are not voided."""
    sums = PaymentBatch.objects.annotate(
        gross=Coalesce(Sum("payments__gross_fen", filter=~Q(payments__status="voided")), 0),
        offset=Coalesce(Sum("payments__offset_fen", filter=~Q(payments__status="voided")), 0),
        amount=Coalesce(Sum("payments__amount_fen", filter=~Q(payments__status="voided")), 0),
    )
    for row in sums.exclude(gross=F("gross_fen"), offset=F("offset_fen"), amount=F("amount_fen")):
        yield Row(f"payments.PaymentBatch:{row.pk}", f"合计 {row.amount_fen} 分，明细 {row.amount} 分")


def status_does_not_fit_the_batch() -> Iterator[Row]:
    """A settled batch waits for nothing, a voided one holds only voided payments, an unsent one nothing settled."""
    final = [Payment.Status.PAID, Payment.Status.RETURNED]
    early = Payment.objects.filter(status__in=final, batch__status__in=["draft", "approved", "voided"])
    waiting = Payment.objects.filter(status=Payment.Status.PENDING, batch__status__in=["settled", "voided"])
    for row in early.union(waiting, all=True).order_by("pk"):
        yield Row(f"payments.Payment:{row.pk}", f"支付状态“{row.get_status_display()}”与批次状态不符")


def reserved_is_not_in_the_ledger() -> Iterator[Row]:
    """Every payment is reserved in the ledger with its amounts, and posted or voided as the bank said."""
    reserved = Transfer.objects.filter(
        event="benefit_reserved", kind="pending", source_type="payments.Payment", source_id=OuterRef("name")
    )
    total = reserved.order_by().values("source_id").annotate(fen=Sum("amount_fen")).values("fen")
    named = Payment.objects.annotate(name=Cast("pk", CharField()))
    for row in named.annotate(fen=Coalesce(Subquery(total), 0)).exclude(fen=F("gross_fen")):
        yield Row(f"payments.Payment:{row.pk}", f"应付 {row.gross_fen} 分，账上占用 {row.fen} 分")
    yield from _resolved_otherwise(named, reserved)


def _resolved_otherwise(named: QuerySet[Any], reserved: QuerySet[Transfer]) -> Iterator[Row]:
    """Compare what the bank said with what became of the reservation."""
    open_ones, posted = reserved.filter(resolution__isnull=True), reserved.filter(resolution__kind="post")
    given_back = Transfer.objects.filter(event="benefit_returned", key=OuterRef("key"))
    faults = (
        (named.filter(Exists(open_ones)).exclude(status=Payment.Status.PENDING), "已有结果，账上仍在占用"),
        (named.filter(status=Payment.Status.PAID).exclude(Exists(posted)), "已发，账上没有入账"),
        (
            named.filter(Exists(posted.filter(~Exists(given_back)))).exclude(status=Payment.Status.PAID),
            "没有发出，账上却已入账",
        ),
    )
    for rows, what in faults:
        for row in rows:
            yield Row(f"payments.Payment:{row.pk}", what)


def paid_after_death() -> Iterator[Row]:
    """What was paid for months after the month of death is being claimed back."""
    paid = Payment.objects.filter(status=Payment.Status.PAID, person__died_on__isnull=False)
    claimed = Clawback.objects.filter(
        person=OuterRef("person"),
        from_month__lte=OuterRef("for_month"),
        to_month__gte=OuterRef("for_month"),
        cancelled_at__isnull=True,
    )
    for row in paid.filter(~Exists(claimed)).select_related("person"):
        if row.person.died_on is not None and row.for_month > Month.of(row.person.died_on):
            yield Row(
                f"payments.Payment:{row.pk}", f"参保人已于 {row.person.died_on} 死亡，{row.for_month} 的待遇没有追回"
            )


def recovered_does_not_add_up() -> Iterator[Row]:
    """What is recovered of a claim is the sum of its recoveries; what a payment keeps back too."""
    sums = Clawback.objects.annotate(
        got=Coalesce(Sum("recoveries__amount_fen", filter=~Q(recoveries__status="voided")), 0)
    )
    for row in sums.exclude(got=F("recovered_fen")):
        yield Row(f"payments.Clawback:{row.pk}", f"已追回 {row.recovered_fen} 分，明细 {row.got} 分")
    for claim in Clawback.objects.all():
        if sum(claim.months.values()) != claim.amount_fen:
            yield Row(
                f"payments.Clawback:{claim.pk}",
                f"应追回 {claim.amount_fen} 分，各月合计 {sum(claim.months.values())} 分",
            )
    kept = Payment.objects.annotate(kept=Coalesce(Sum("recoveries__amount_fen"), 0))
    for payment in kept.exclude(kept=F("offset_fen")):
        yield Row(f"payments.Payment:{payment.pk}", f"抵扣 {payment.offset_fen} 分，明细 {payment.kept} 分")
    wrong = Recovery.objects.filter(
        Q(status=Recovery.Status.RESERVED) & ~Q(payment__status=Payment.Status.PENDING)
        | Q(status=Recovery.Status.VOIDED, payment__status=Payment.Status.PAID)
    )
    for recovery in wrong:
        yield Row(f"payments.Recovery:{recovery.pk}", "抵扣的状态与支付的状态不符")


def drafted_more_than_owed() -> Iterator[Row]:
    """No month is drafted beyond what is owed, unless what was paid too much is known and claimed or to be claimed."""
    people = Award.objects.values_list("person_id", "benefit").distinct().order_by("person_id")
    pairs = list(people)
    for start in range(0, len(pairs), 500):
        part = pairs[start : start + 500]
        for one in standings({pk for pk, _ in part}, {benefit for _, benefit in part}):
            for month, fen in one.drafted.items():
                award = one.entitlement.award_of(month)
                most = max([award.monthly_fen if award else 0, *(a.monthly_fen for a in one.entitlement.awards)])
                if fen - one.claimed.get(month, 0) > most:
                    where = f"registry.Person:{one.entitlement.person.pk}"
                    yield Row(where, f"{month} 生成支付 {fen} 分，多于任何一次核定的 {most} 分")


def paid_twice() -> Iterator[Row]:
    """Of a returned payment and its reissues at most one is out."""
    for row in Payment.objects.filter(LIVE, reissues__isnull=False).exclude(reissues__status="returned"):
        yield Row(f"payments.Payment:{row.pk}", "重发的不是被退回的支付")


CHECKS = (
    Check("payments.totals", "批次合计等于明细之和", batch_does_not_add_up),
    Check("payments.status", "支付的状态与批次一致", status_does_not_fit_the_batch),
    Check("payments.ledger", "每笔支付在账上占用，并按回盘入账或作废", reserved_is_not_in_the_ledger),
    Check("payments.death", "死亡次月起发放的待遇都在追回", paid_after_death),
    Check("payments.recovered", "追回数等于明细之和", recovered_does_not_add_up),
    Check("payments.once", "一个月不会发两次", drafted_more_than_owed),
    Check("payments.reissue", "只重发被退回的支付", paid_twice),
)
