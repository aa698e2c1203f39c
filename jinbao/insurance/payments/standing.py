"""Where each entitlement stands: owed, paid, and what of the difference is to be paid now.

`owed` comes from benefits. `paid` counts what was drafted and is not voided: a returned payment is paid again by its
reissue, not as back-pay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Sum

from jinbao.insurance.benefits.models import Award
from jinbao.insurance.benefits.owed import Entitlement, entitlements_of, totals
from jinbao.insurance.payments.models import Clawback, Payment
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.models import BankAccount
from jinbao.kernel.months import Month


@dataclass(slots=True)
class Standing:
    """One entitlement with what was paid of it, by month and in fen."""

    entitlement: Entitlement
    drafted: dict[Month, int] = field(default_factory=dict)
    """Regular and back payments that are not voided."""
    out: dict[Month, int] = field(default_factory=dict)
    """What the bank has paid and not given back."""
    regular: set[Month] = field(default_factory=set)
    """Months with a regular payment."""
    clawbacks: list[Clawback] = field(default_factory=list)
    claimed: dict[Month, int] = field(default_factory=dict)
    """What is claimed back, whether it has come back yet or not: it is not paid any more."""
    account: BankAccount | None = None

    def to_pay(self, until: Month) -> list[tuple[Month, Award, str, int]]:
        """Return month, award, kind and amount of what is owed and not drafted."""
        found = []
        for month, award in self.entitlement.owed(until):
            missing = award.monthly_fen - self.drafted.get(month, 0) + self.claimed.get(month, 0)
            if missing > 0:
                regular = month == until and month not in self.regular and month not in self.drafted
                kind = Payment.Kind.REGULAR if regular else Payment.Kind.BACK
                found.append((month, award, str(kind), missing))
        return found

    def overpaid(self) -> dict[Month, int]:
        """Return what the bank has paid beyond what is owed and what is claimed back already, by month."""
        if not self.out:
            return {}
        owed = totals(self.entitlement.owed(max(self.out)))
        over = {month: fen - self.claimed.get(month, 0) - owed.get(month, 0) for month, fen in sorted(self.out.items())}
        return {month: fen for month, fen in over.items() if fen > 0}


def standings(person_ids: Iterable[int], benefits: Iterable[str], families: Families | None = None) -> list[Standing]:
    """Return where the entitlements of people stand, with a fixed number of queries."""
    families = families or Families()
    wanted = set(benefits)
    found = [Standing(one) for one in entitlements_of(person_ids, families) if one.benefit in wanted]
    by_award = {award.pk: one for one in found for award in one.entitlement.awards}
    _read_payments(by_award)
    _read_clawbacks(by_award)
    accounts = _accounts(found, families)
    for one in found:
        one.account = accounts.get(one.entitlement.person.pk)
    return found


def _read_clawbacks(by_award: dict[int, Standing]) -> None:
    for row in Clawback.objects.filter(award__in=list(by_award), cancelled_at__isnull=True):
        one = by_award[row.award_id]
        one.clawbacks.append(row)
        for text, fen in row.months.items():
            month = Month.parse(text)
            one.claimed[month] = one.claimed.get(month, 0) + fen


def _read_payments(by_award: dict[int, Standing]) -> None:
    rows = Payment.objects.filter(award__in=list(by_award)).exclude(status=Payment.Status.VOIDED)
    sums = rows.values("award_id", "for_month", "kind", "status").annotate(fen=Sum("gross_fen")).order_by()
    for row in sums:
        one, month = by_award[row["award_id"]], row["for_month"]
        if row["kind"] != Payment.Kind.REISSUE:
            one.drafted[month] = one.drafted.get(month, 0) + int(row["fen"])
        if row["kind"] == Payment.Kind.REGULAR:
            one.regular.add(month)
        if row["status"] == Payment.Status.PAID:
            one.out[month] = one.out.get(month, 0) + int(row["fen"])


def _accounts(found: list[Standing], families: Families) -> dict[int, BankAccount]:
    """Return the account of each kept identity: its own, else the newest of another identity."""
    spread = families.spread(one.entitlement.person.pk for one in found)
    by_root: dict[int, list[BankAccount]] = defaultdict(list)
    for account in BankAccount.objects.filter(person__in=sorted(spread), until__isnull=True):
        by_root[spread[account.person_id]].append(account)
    return {
        root: min(accounts, key=lambda account: (account.person_id != root, -account.pk))
        for root, accounts in by_root.items()
    }
