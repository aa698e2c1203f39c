"""Careers: what was paid in for somebody, month by month, for one person or for many at once.

Only what is paid counts: the last row of each superseding chain whose declaration counts (`Declaration.received_on`).
A month with two employers is one month whose bases are added up and capped at the ceiling of the month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from jinbao.insurance.contributions.models import Contribution
from jinbao.insurance.law import ceiling_fen
from jinbao.insurance.registry.families import Families, Seen, Who, identities_of, root_of
from jinbao.insurance.registry.models import Person, Scheme
from jinbao.kernel.months import Month

_FIELDS = ("person_id", "month", "employer_id", "base_fen", "employer_fen", "individual_fen", "account_fen")


class CareerMonth(NamedTuple):
    """One month of a career, in fen."""

    month: Month
    base_fen: int
    """Sum of the bases with every employer, at most the ceiling."""
    employer_fen: int
    individual_fen: int
    account_fen: int
    employers: int = 1
    """With how many employers."""


class _Row(NamedTuple):
    person: int
    month: int
    employer: int
    base_fen: int
    employer_fen: int
    individual_fen: int
    account_fen: int


def counted(rows: QuerySet[Contribution]) -> tuple[QuerySet[Contribution], QuerySet[Contribution]]:
    """Split rows into live ones that count and superseded ones that count still, because their successor is unpaid."""
    paid = rows.filter(declaration__received_on__isnull=False)
    successor = Contribution.objects.filter(supersedes=OuterRef("pk"), declaration__received_on__isnull=False)
    return paid.filter(live=True), paid.filter(~Exists(successor), live=False)


def career(person: Who, until: Month | None = None, scheme: str = Scheme.PENSION) -> list[CareerMonth]:
    """Return the months of a person, merged identities included, in order; `until` is the last month."""
    family = person.identities if isinstance(person, Seen) else identities_of(root_of(person))
    return family_career(family, until, scheme)


def family_career(
    family: Sequence[Person], until: Month | None = None, scheme: str = Scheme.PENSION
) -> list[CareerMonth]:
    """Return the months of a person whose identities are read already, the kept one first."""
    ids = [row.pk for row in family]
    rows = list(_rows(ids, until, scheme, dict.fromkeys(ids, ids[0])))
    return list(_months(rows, family[0].region))


def careers(
    people: Iterable[Person], until: Month | None = None, scheme: str = Scheme.PENSION, families: Families | None = None
) -> dict[int, list[CareerMonth]]:
    """Return the careers of many people with one query, by the key of the kept identity."""
    families = families or Families()
    regions = {person.pk: person.region for person in people}
    spread = families.spread(regions)
    found: dict[int, list[_Row]] = defaultdict(list)
    for row in _rows(sorted(spread), until, scheme, spread):
        found[spread[row.person]].append(row)
    return {pk: list(_months(found.get(pk, []), region)) for pk, region in regions.items()}


def _rows(ids: list[int], until: Month | None, scheme: str, spread: dict[int, int]) -> Iterator[_Row]:
    """Read what counts; of two identities with the same month and employer, only the kept one's row."""
    rows = Contribution.objects.filter(person__in=ids, scheme=scheme, base_fen__gt=0)
    if until is not None:
        rows = rows.filter(month__lte=until)
    taken: dict[tuple[int, int, int], int] = {}
    live, superseded = (part.values_list(*_FIELDS).order_by() for part in counted(rows))
    read = [
        _Row(person, month.yyyymm, employer or 0, *amounts)
        for person, month, employer, *amounts in live.union(superseded, all=True)
    ]
    if len(ids) > 1:
        read.sort(key=lambda row: (row.person != spread[row.person], row.person))
    for row in read:
        key = (spread[row.person], row.month, row.employer)
        if taken.setdefault(key, row.person) == row.person:
            yield row


def _months(rows: list[_Row], region: str) -> Iterator[CareerMonth]:
    ordered = sorted(rows, key=lambda row: row.month)
    for yyyymm, group in groupby(ordered, key=lambda row: row.month):
        first, *more = group
        month = Month.from_yyyymm(yyyymm)
        if not more:
            yield CareerMonth(month, first.base_fen, first.employer_fen, first.individual_fen, first.account_fen)
            continue
        both = [first, *more]
        yield CareerMonth(
            month,
            min(sum(row.base_fen for row in both), ceiling_fen(month, region)),
            sum(row.employer_fen for row in both),
            sum(row.individual_fen for row in both),
            sum(row.account_fen for row in both),
            len(both),
        )
