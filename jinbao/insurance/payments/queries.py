"""Reads of payments that other rooms and pages use; each shows only what its actor may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from jinbao.insurance.benefits.models import Award
from jinbao.insurance.payments.models import Clawback, Payment, PaymentBatch, Recovery, UnpaidItem
from jinbao.insurance.payments.recover import standing_of
from jinbao.insurance.payments.standing import Standing
from jinbao.insurance.registry.families import Who
from jinbao.insurance.registry.queries import Happening, family, see
from jinbao.kernel.errors import NotFound
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.trust.scope import scope

__all__ = [
    "Record",
    "batch",
    "batches",
    "clawback",
    "clawbacks",
    "clawbacks_of",
    "history",
    "payments",
    "payments_of",
    "record",
    "recoveries",
    "returned",
    "standing",
    "unpaid",
]


def batches(by: Actor, month: Month | None = None) -> QuerySet[PaymentBatch]:
    """Return payment batches with `paid`, `returned`, `pending` (numbers) and `problems`, the newest first."""
    seen = scope(PaymentBatch.objects.all(), by, region_field="region")
    if month is not None:
        seen = seen.filter(month=month)
    status = Payment.Status
    numbered = seen.annotate(
        paid=Count("payments", filter=Q(payments__status=status.PAID), distinct=True),
        returned=Count("payments", filter=Q(payments__status=status.RETURNED), distinct=True),
        pending=Count("payments", filter=Q(payments__status=status.PENDING), distinct=True),
        problems=Count("unpaid_items", distinct=True),
    )
    return numbered.order_by("-month", "-number", "region")


def batch(by: Actor, pk: int) -> PaymentBatch:
    """Return one batch like `batches`. Raises NotFound also for what may not be seen."""
    found = batches(by).filter(pk=pk).first()
    if found is None:
        raise NotFound("没有这个支付批次，或您无权查看", advice="请从列表中重新打开。")
    return found


def payments(by: Actor, of: PaymentBatch, status: str = "") -> QuerySet[Payment]:
    """Return the payments of a batch with their people, in the order of the bank file."""
    found = Payment.objects.filter(batch=batch(by, of.pk))
    if status:
        found = found.filter(status=status)
    return found.select_related("person", "award", "reissues").order_by("pk")


def unpaid(by: Actor, of: PaymentBatch) -> QuerySet[UnpaidItem]:
    """Return what a draft found owed (or overpaid, negative) and could not settle, with the reasons."""
    items = UnpaidItem.objects.filter(batch=batch(by, of.pk))
    return items.select_related("person", "award").order_by("code", "person__name", "for_month")


def payments_of(by: Actor, person: Who) -> QuerySet[Payment]:
    """Return the payments of a person, the newest month first; voided ones only for officers."""
    ids = family(by, person)
    mine = Payment.objects.filter(person__in=[] if by.role == Role.EMPLOYER else ids)
    if by.role == Role.INSURED:
        mine = mine.exclude(status=Payment.Status.VOIDED)
    return mine.select_related("batch", "award").order_by("-for_month", "-pk")


def returned(by: Actor) -> QuerySet[Payment]:
    """Return payments that came back and are not paid again, the oldest first."""
    again = Payment.objects.exclude(status=Payment.Status.VOIDED).filter(reissues__isnull=False).values("reissues")
    waiting = Payment.objects.filter(status=Payment.Status.RETURNED).exclude(pk__in=again)
    return scope(waiting, by, region_field="batch__region").select_related("person", "batch").order_by("settled_on")


def clawbacks(by: Actor) -> QuerySet[Clawback]:
    """Return claims with `open_fen`, those still open first."""
    seen = scope(Clawback.objects.all(), by, region_field="award__region", person_field="person__id_number")
    numbered = seen.annotate(open_fen=F("amount_fen") - F("recovered_fen"))
    return numbered.select_related("person", "award").order_by("cancelled_at", "-open_fen", "-pk")


def clawback(by: Actor, pk: int) -> Clawback:
    """Return one claim like `clawbacks`. Raises NotFound also for what may not be seen."""
    found = clawbacks(by).filter(pk=pk).first()
    if found is None:
        raise NotFound("没有这项追回，或您无权查看", advice="请从列表中重新打开。")
    return found


def clawbacks_of(by: Actor, person: Who) -> QuerySet[Clawback]:
    """Return the claims against a person, the newest first."""
    ids = family(by, person)
    mine = Clawback.objects.filter(person__in=[] if by.role == Role.EMPLOYER else ids)
    return mine.select_related("award").order_by("-pk")


def recoveries(by: Actor, claim: Clawback) -> QuerySet[Recovery]:
    """Return what came back of a claim, in order."""
    if by.role == Role.EMPLOYER or not family(by, claim.person):
        return Recovery.objects.none()
    return Recovery.objects.filter(clawback=claim).select_related("payment").order_by("pk")


def standing(by: Actor, award: Award) -> Standing:
    """Return what is owed and paid of an award's entitlement, by month. Raises NotFound for what may not be seen."""
    if by.role == Role.EMPLOYER or not family(by, award.person):
        raise NotFound("没有这项待遇，或您无权查看", advice="请从列表中重新打开。")
    return standing_of(award)


@dataclass(frozen=True)
class Record:
    """Everything known of what was paid to a person, read once: the newest first, voided payments left to officers."""

    payments: list[Payment]
    clawbacks: list[Clawback]
    history: list[Happening]


def record(by: Actor, person: Who) -> Record:
    """Return everything known of what was paid to a person, with two queries for somebody already seen."""
    seen = see(by, person)
    paid, claims = list(payments_of(by, seen)), list(clawbacks_of(by, seen))
    return Record(paid, claims, _told(paid, claims))


def history(by: Actor, person: Who) -> list[Happening]:
    """Tell a person's payments year by year, and every return and claim one by one."""
    return record(by, person).history


def _told(paid: list[Payment], claims: list[Clawback]) -> list[Happening]:
    lines = [_year_line(year, rows) for year, rows in _by_year(paid).items()]
    for row in paid:
        if row.status == Payment.Status.RETURNED:
            text = f"{row.for_month} 待遇 {format_fen(row.amount_fen)} 元被银行退回：{row.return_reason}"
            day = row.settled_on or row.for_month.last_day
            lines.append(Happening(day, "退回", text, f"payments.Payment:{row.pk}"))
    for claim in claims:
        text = f"{claim.from_month} 至 {claim.to_month} 多发 {format_fen(claim.amount_fen)} 元应退回：{claim.reason}"
        lines.append(Happening(claim.made_at.date(), "追回", text, f"payments.Clawback:{claim.pk}"))
    return sorted(lines, key=lambda line: (line.on, line.source))


def _by_year(paid: Iterable[Payment]) -> dict[int, list[Payment]]:
    """Group what the bank has paid by the year for which it is owed, the newest payment first."""
    found: dict[int, list[Payment]] = defaultdict(list)
    for row in paid:
        if row.status == Payment.Status.PAID:
            found[row.for_month.year].append(row)
    return found


def _year_line(year: int, rows: list[Payment]) -> Happening:
    """Tell what was paid for a year; the day is that of the last month when the year still runs."""
    last, total = rows[0], sum(row.amount_fen for row in rows)
    text = f"{year} 年发放待遇 {len(rows)} 笔，共 {format_fen(total)} 元"
    return Happening(last.for_month.last_day, "发放", text, f"payments.Payment:{last.pk}")
