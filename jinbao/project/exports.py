"""Our own books as deliveries to the platform: plain queries, one per dataset, each row as text for a file.

The platform sees the books only through these files, which pass the same gate as everybody else's.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db.models import Count, Max, Min, OuterRef, Q, Subquery

from jinbao.data.datasets import load_dataset
from jinbao.insurance.benefits.models import Award, Suspension
from jinbao.insurance.contributions.models import Contribution
from jinbao.insurance.payments.models import Payment
from jinbao.insurance.registry.models import BankAccount, Employer, Enrolment, Person, Scheme
from jinbao.kernel.errors import NotFound
from jinbao.kernel.money import fen_to_yuan
from jinbao.kernel.months import Month
from jinbao.ledger.queries import trial_balance

Row = tuple[Any, ...]
RECENT_MONTHS = 12
"""How many months of contributions, payments and fund totals a delivery goes back."""
_PAYMENT_STATUS = {"pending": "1", "paid": "2", "returned": "3", "voided": "4"}
_BATCH = 5000


def insured_persons(month: Month, region: str) -> Iterator[Row]:
    """Every person of the registry with what the books know: status, employer, months paid."""
    paid = _paid_months(month)
    working = _current_employers(month)
    receiving = set(Award.objects.filter(start__lte=month).filter(_lasts(month)).values_list("person", flat=True))
    for person in Person.objects.filter(merged_into=None).order_by("pk").iterator(_BATCH):
        months, first, last = paid.get(person.pk, (0, None, None))
        status = _status(person, last, month, receiving=person.pk in receiving)
        yield (
            person.pk, person.id_number, person.name, person.sex, person.born_on, person.region, status,
            working.get(person.pk), months, person.deemed_months, first, last, person.died_on, month,
        )  # fmt: skip


def insured_employers(month: Month, region: str) -> Iterator[Row]:
    """Every employer with its people of the month and the last month it declared."""
    heads = dict(
        Enrolment.objects.filter(scheme=Scheme.PENSION, start__lte=month, employer__isnull=False)
        .filter(_lasts(month))
        .values_list("employer")
        .annotate(Count("person", distinct=True))
    )
    last = dict(
        Contribution.objects.filter(employer__isnull=False, live=True, month__lte=month)
        .filter(month__gt=month - RECENT_MONTHS)
        .values_list("employer")
        .annotate(Max("month"))
    )
    for one in Employer.objects.order_by("pk").iterator(_BATCH):
        yield (
            one.uscc, one.name, one.region, one.industry_class, one.registered_on, one.closed_on,
            heads.get(one.pk, 0), last.get(one.pk), month,
        )  # fmt: skip


def contribution_months(month: Month, region: str) -> Iterator[Row]:
    """One row for each person, employer and month of the last year: schemes, base, what is due, whether it arrived."""
    rows = (
        Contribution.objects.filter(live=True, month__gt=month - RECENT_MONTHS, month__lte=month)
        .values_list(
            "person__pk", "person__id_number", "person__name", "employer__uscc", "month", "scheme",
            "base_fen", "employer_fen", "individual_fen", "declaration__received_on",
        )
        .order_by("month", "person__pk", "employer__uscc", "scheme")
    )  # fmt: skip
    found: dict[Row, list[Any]] = {}
    for *who, scheme, base, employer_fen, individual_fen, received in rows.iterator(_BATCH):
        sums = found.setdefault(tuple(who), [[], 0, 0, True])
        sums[0].append(scheme)
        sums[1] = max(sums[1], base)
        sums[2] += employer_fen + individual_fen
        sums[3] = sums[3] and received is not None
    for who_, (schemes, base, due, received) in found.items():
        yield (*who_, "+".join(schemes), _yuan(base), _yuan(due), "1" if received else "0")


def pensions_in_payment(month: Month, region: str) -> Iterator[Row]:
    """Every award that is owed in the month, with the account it is paid to."""
    stopped = set(Suspension.objects.filter(start__lte=month).filter(_lasts(month)).values_list("award", flat=True))
    account = BankAccount.objects.filter(person=OuterRef("person"), until=None).values("number")[:1]
    awards = Award.objects.filter(start__lte=month).filter(_lasts(month)).select_related("person")
    for award in awards.annotate(account=Subquery(account)).order_by("pk").iterator(_BATCH):
        person = award.person
        yield (
            award.pk, person.pk, person.id_number, person.name, person.sex, person.born_on, award.region, award.benefit,
            award.start, _yuan(award.monthly_fen), "1" if award.pk in stopped else "0",
            award.account, month,
        )  # fmt: skip


def pension_payments(month: Month, region: str) -> Iterator[Row]:
    """Every payment for the last months."""
    rows = Payment.objects.filter(for_month__gt=month - RECENT_MONTHS, for_month__lte=month).order_by("pk")
    fields = (
        "pk", "award", "person", "person__id_number", "person__name", "for_month", "amount_fen", "status", "settled_on",
    )  # fmt: skip
    for *who, fen, status, settled in rows.values_list(*fields).iterator(_BATCH):
        yield (*who, _yuan(fen), _PAYMENT_STATUS[status], settled)


def fund_months(month: Month, region: str) -> Iterator[Row]:
    """Income, expense and balance of each fund for the last months, from the ledger."""
    for scheme in Scheme:
        for back in range(RECENT_MONTHS):
            at = month - back
            rows = trial_balance(region, scheme.value, at)
            income = sum(row.credit_fen - row.debit_fen for row in rows if row.kind == "收入")
            expense = sum(row.debit_fen - row.credit_fen for row in rows if row.kind == "支出")
            cash = sum(row.closing_fen for row in rows if row.code in ("A10", "A20", "A30"))
            if income or expense or cash:
                yield (region, scheme.value, at, _yuan(income), _yuan(expense), _yuan(cash))


EXPORTS: dict[str, Callable[[Month, str], Iterator[Row]]] = {
    "insured_person": insured_persons,
    "insured_employer": insured_employers,
    "contribution_month": contribution_months,
    "pension_in_payment": pensions_in_payment,
    "pension_payment": pension_payments,
    "fund_month": fund_months,
}
"""Dataset → its rows, in the order of the dataset's columns."""


def write(dataset: str, folder: Path, month: Month, region: str) -> Path:
    """Write a dataset of the books as CSV and return the file; raise NotFound for what is no export."""
    if dataset not in EXPORTS:
        raise NotFound(f"账册没有名为 {dataset} 的导出", advice=f"可导出：{'、'.join(EXPORTS)}。")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"人社-{dataset}-{month}.csv"
    write_rows(path, dataset, EXPORTS[dataset](month, region))
    return path


def write_rows(path: Path, dataset: str, rows: Iterable[Row]) -> None:
    """Write rows under the headings of their dataset."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.label for column in load_dataset(dataset).columns])
        writer.writerows(rows)


def _lasts(month: Month) -> Q:
    return Q(end=None) | Q(end__gt=month)


def _paid_months(month: Month) -> dict[int, tuple[int, Month | None, Month | None]]:
    rows = Contribution.objects.filter(scheme=Scheme.PENSION, live=True, month__lte=month).values_list("person")
    counted = rows.annotate(Count("month", distinct=True), Min("month"), Max("month")).order_by()
    return {person: (months, first, last) for person, months, first, last in counted}


def _current_employers(month: Month) -> dict[int, str]:
    rows = Enrolment.objects.filter(scheme=Scheme.PENSION, start__lte=month, employer__isnull=False)
    return dict(rows.filter(_lasts(month)).order_by("-start").values_list("person", "employer__uscc"))


def _status(person: Person, last: Month | None, month: Month, *, receiving: bool) -> str:
    if person.died_on:
        return "4"
    if receiving:
        return "3"
    if last is None:
        return "5"
    return "1" if last >= month - 2 else "2"


def _yuan(fen: int) -> str:
    return f"{fen_to_yuan(fen):.2f}"
