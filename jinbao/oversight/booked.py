"""Each fact against its own entries in the ledger: every line, account, amount, fund, region and day.

Totals that agree prove little: two wrong rows may cancel. What `policy/ledger/postings.yaml` says a fact is booked as
is laid beside what the ledger holds. Both are read in one order and walked through in step, so that memory stays
bounded however many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from django.db.models import Case, CharField, F, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Cast, Coalesce

from jinbao.insurance.contributions.models import Contribution, Declaration, LateFee, Receipt
from jinbao.insurance.payments.models import Payment
from jinbao.kernel.checks import Row
from jinbao.kernel.months import Month
from jinbao.ledger.chart import load_chart
from jinbao.ledger.models import Transfer
from jinbao.ledger.queries import EFFECTIVE, account_name

EMPLOYER, INDIVIDUAL, LATE, BENEFIT = "单位缴费", "个人缴费", "滞纳金", "待遇"
"""Amount names of policy/ledger/postings.yaml."""


class Key(NamedTuple):
    """One line of the books of one fact."""

    fact: str
    """Id of the fact as text; empty where a whole month is compared."""
    fund: str
    region: str
    month: int
    on: str
    event: str
    debit: str
    credit: str


Amount = tuple[Key, int]


def due_is_booked() -> Iterator[Row]:
    """Compare what each declaration makes due, scheme by scheme, with its 缴费应收 in the ledger."""
    rows = (
        Contribution.objects.exclude(declaration__kind=Declaration.Kind.MIGRATED)
        .annotate(fact=Cast("declaration_id", CharField()))
        .values_list("fact", "scheme", "declaration__region", "declaration__declared_on")
        .annotate(
            employer=Sum(F("employer_fen") - Coalesce(F("supersedes__employer_fen"), 0)),
            individual=Sum(F("individual_fen") - Coalesce(F("supersedes__individual_fen"), 0)),
        )
        .order_by("fact", "scheme", "declaration__region", "declaration__declared_on")
    )
    expected = (
        line
        for fact, fund, region, on, employer, individual in rows.iterator()
        for line in _lines(_day(fact, fund, region, on, "contribution_due"), _parts(employer, individual))
    )
    return _differences("contributions.Declaration", expected, _booked("contribution_due"))


def receipts_are_booked() -> Iterator[Row]:
    """Compare each receipt of money and each refund with its entries."""
    rows = (
        Receipt.objects.filter(kind=Receipt.Kind.MONEY)
        .annotate(fact=Cast("pk", CharField()))
        .values_list("fact", "scheme", "declaration__region", "on", "employer_fen", "individual_fen")
        .order_by("fact")
    )
    events = (("contribution_received", 1), ("contribution_refunded", -1))
    expected = (
        line
        for fact, fund, region, on, employer, individual in rows.iterator()
        for event, sign in events
        for line in _lines(
            _day(fact, fund, region, on, event), _parts(max(sign * employer, 0), max(sign * individual, 0))
        )
    )
    return _differences("contributions.Receipt", expected, _booked(*(event for event, _ in events)))


def late_fees_are_booked() -> Iterator[Row]:
    """Compare each late fee that was received with its entry."""
    rows = (
        LateFee.objects.filter(received_on__isnull=False)
        .annotate(fact=Cast("pk", CharField()))
        .values_list("fact", "receipt__scheme", "declaration__region", "received_on", "amount_fen")
        .order_by("fact")
    )
    expected = (
        line
        for fact, fund, region, on, fen in rows.iterator()
        for line in _lines(_day(fact, fund, region, on, "late_fee_received"), {LATE: fen})
    )
    return _differences("contributions.LateFee", expected, _booked("late_fee_received"))


def history_is_booked() -> Iterator[Row]:
    """Compare the rows that a former system handed over with what was booked for them, by region, fund and month."""
    event = "history_migrated"
    migrated = Contribution.objects.filter(declaration__kind=Declaration.Kind.MIGRATED, supersedes__isnull=True)
    rows = (
        migrated.values_list("scheme", "declaration__region", "month")
        .annotate(employer=Sum("employer_fen"), individual=Sum("individual_fen"))
        .order_by("scheme", "declaration__region", "month")
    )
    expected = (
        line
        for fund, region, month, employer, individual in rows.iterator()
        for line in _lines(_month("", fund, region, month, event), _parts(employer, individual))
    )
    incomes = {line.credit for line in load_chart().posting(event).lines if line.amount in {EMPLOYER, INDIVIDUAL}}
    months: Counter[Key] = Counter()
    for key, fen in _booked(event):
        if {key.debit, key.credit} & incomes:
            months[key._replace(fact="", on="")] += fen
    return _differences("转入的历史缴费", expected, iter(sorted(months.items())))


def benefits_are_booked() -> Iterator[Row]:
    """Compare each payment that went out with the expenditure posted for it, less what the bank gave back."""
    spent = {line.debit for line in load_chart().posting("benefit_reserved").lines if line.amount == BENEFIT}
    own = Transfer.objects.filter(EFFECTIVE, source_type="payments.Payment", source_id=OuterRef("name"))
    posted = own.filter(event="benefit_reserved", debit__code__in=spent)
    returned = own.filter(event="benefit_returned")
    rows = Payment.objects.annotate(name=Cast("pk", CharField())).annotate(
        posted=Coalesce(_sum_of(posted), 0) - Coalesce(_sum_of(returned), 0),
        paid=Case(When(status=Payment.Status.PAID, then=F("amount_fen")), default=0),
    )
    for row in rows.exclude(posted=F("paid")).iterator():
        yield Row(f"payments.Payment:{row.pk}", f"已付 {row.paid} 分，账上支出 {row.posted} 分")


def _sum_of(rows: QuerySet[Transfer]) -> Subquery:
    return Subquery(rows.order_by().values("source_id").annotate(fen=Sum("amount_fen")).values("fen"))


def _booked(*events: str) -> Iterator[Amount]:
    """Sum the entries of events by fact, day and accounts."""
    fields = ("source_id", "debit__fund", "debit__region", "month", "on", "event", "debit__code", "credit__code")
    rows = Transfer.objects.filter(EFFECTIVE, event__in=events).values_list(*fields)
    for row in rows.annotate(fen=Sum("amount_fen")).order_by(*fields).iterator():
        fact, fund, region, month, on, event, debit, credit, fen = row
        yield Key(fact, fund, region, month.yyyymm, on.isoformat(), event, debit, credit), int(fen)


def _day(fact: str, fund: str, region: str, on: date | None, event: str) -> Key:
    """Give a fact of a day the month in which it is booked."""
    assert on is not None, "only what happened is booked"  # noqa: S101  # the query asks for it
    return Key(fact, fund, region, Month.of(on).yyyymm, on.isoformat(), event, "", "")


def _month(fact: str, fund: str, region: str, month: Month, event: str) -> Key:
    return Key(fact, fund, region, month.yyyymm, "", event, "", "")


def _parts(employer: int, individual: int) -> dict[str, int]:
    return {EMPLOYER: int(employer), INDIVIDUAL: int(individual)}


def _lines(key: Key, amounts: Mapping[str, int]) -> list[Amount]:
    """Say how a fact is booked: one line for each line of the posting rule, negative amounts the other way round."""
    lines: list[Amount] = []
    for line in load_chart().posting(key.event).lines:
        fen = amounts.get(line.amount, 0)
        debit, credit = (line.debit, line.credit) if fen > 0 else (line.credit, line.debit)
        if fen:
            lines.append((key._replace(debit=debit, credit=credit), abs(fen)))
    return sorted(lines)


def _differences(what: str, expected: Iterable[Amount], booked: Iterable[Amount]) -> Iterator[Row]:
    """Walk through both sides in step and name each line whose amounts are not the same."""
    both: Iterator[tuple[Key, int, int]] = merge(_sided(expected, 0), _sided(booked, 1))
    for key, group in groupby(both, key=lambda entry: entry[0]):
        sides = [0, 0]
        for _, side, fen in group:
            sides[side] += fen
        if sides[0] != sides[1]:
            yield _difference(what, key, *sides)


def _sided(amounts: Iterable[Amount], side: int) -> Iterator[tuple[Key, int, int]]:
    for key, fen in amounts:
        yield key, side, fen


def _difference(what: str, key: Key, expected: int, booked: int) -> Row:
    day = key.on or str(Month.from_yyyymm(key.month))
    debit, credit = account_name(key.debit, key.fund), account_name(key.credit, key.fund)
    line = f"{key.region} 基金 {key.fund} {day} 借 {debit} 贷 {credit}"
    return Row(f"{what}:{key.fact}" if key.fact else what, f"{line}：应为 {expected} 分，账上 {booked} 分")
