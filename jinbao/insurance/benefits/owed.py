"""Which month is owed how much: the awards of one person and benefit, less what is suspended, up to death.

A recalculation ends one award and begins another, so what is owed for a month belongs to the person and benefit, not to
a single award: an entitlement is all awards of one person (merged identities included) for one benefit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from jinbao.insurance.benefits.models import Award, Suspension
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.models import Person
from jinbao.kernel.months import Month

NEVER = 10**9
"""The ordinal of a month that does not come."""


@dataclass(slots=True)
class Entitlement:
    """What one person has a right to under one benefit."""

    person: Person
    benefit: str
    awards: list[Award] = field(default_factory=list)
    suspensions: list[Suspension] = field(default_factory=list)
    died_on: date | None = None
    double: bool = False
    """True when two identities of the person have an award at the same time; only the kept one's is owed."""

    @property
    def first(self) -> Month:
        """The first month that this system owes."""
        return min(max(award.start, award.paid_before or award.start) for award in self.awards)

    @property
    def current(self) -> Award:
        """The award that ends last."""
        return max(self.awards, key=lambda award: (award.end is None, award.start, award.pk))

    def award_of(self, month: Month) -> Award | None:
        """Return the award under which a month is owed; None when it is not owed (yet)."""
        if self.died_on is not None and month > Month.of(self.died_on):
            return None
        for award in self.awards:
            covers = award.start <= month and (award.end is None or month < award.end)
            here = award.paid_before is None or month >= award.paid_before
            if covers and here:
                return None if self._suspended(month) else award
        return None

    def owed(self, until: Month) -> Iterator[tuple[Month, Award]]:
        """Go through the months owed, up to and including `until`, each with its award."""
        for ordinal in range(self.first.ordinal, until.ordinal + 1):
            month = Month.from_ordinal(ordinal)
            award = self.award_of(month)
            if award is not None:
                yield month, award

    def _suspended(self, month: Month) -> bool:
        """A month is not paid while its suspension runs, and never when it was lifted without arrears."""
        for row in self.suspensions:
            if row.start <= month and (row.end is None or month < row.end) and (row.end is None or not row.arrears):
                return True
        return False


def entitlements(awards: Iterable[Award], families: Families | None = None) -> list[Entitlement]:
    """Group awards of whole people into entitlements, with their suspensions, using two more queries.

    The awards must be all awards of each person that appears (`person` selected).
    """
    families = families or Families()
    found: dict[tuple[int, str], Entitlement] = {}
    by_award: dict[int, Entitlement] = {}
    rows = sorted(awards, key=lambda award: (families.root(award.person_id) != award.person_id, award.pk))
    roots = _roots(rows, families)
    for award in rows:
        root = roots[families.root(award.person_id)]
        one = found.setdefault((root.pk, award.benefit), Entitlement(root, award.benefit))
        one.double = one.double or _overlaps(award, one.awards)
        one.awards.append(award)
        by_award[award.pk] = one
        one.died_on = _earliest(one.died_on, root.died_on, award.person.died_on)
    for row in Suspension.objects.filter(award__in=list(by_award)):
        by_award[row.award_id].suspensions.append(row)
    return list(found.values())


def _roots(awards: list[Award], families: Families) -> dict[int, Person]:
    known = {award.person_id: award.person for award in awards}
    missing = {families.root(pk) for pk in known} - known.keys()
    return known | {person.pk: person for person in Person.objects.filter(pk__in=missing)}


def _overlaps(award: Award, others: Iterable[Award]) -> bool:
    """Tell whether another identity has an award in the same months."""
    return any(
        other.person_id != award.person_id
        and award.start.ordinal < (other.end.ordinal if other.end else NEVER)
        and other.start.ordinal < (award.end.ordinal if award.end else NEVER)
        for other in others
    )


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def entitlements_of(person_ids: Iterable[int], families: Families | None = None) -> list[Entitlement]:
    """Return the entitlements of people, with all identities of each."""
    families = families or Families()
    members = sorted(families.spread(person_ids))
    return entitlements(Award.objects.filter(person__in=members).select_related("person"), families)


def totals(rows: Iterable[tuple[Month, Award]]) -> dict[Month, int]:
    """Add up what is owed by month, in fen."""
    sums: dict[Month, int] = defaultdict(int)
    for month, award in rows:
        sums[month] += award.monthly_fen
    return dict(sums)
