"""From which day rows count for benefits: once their declaration is paid, and those of the rows they supersede.

A declaration under which nothing is to be paid (a correction downwards, or one that changes no amount) counts on the
day it is made, if what it corrects counts already; else it follows when that is paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from jinbao.insurance.contributions.models import Contribution, Declaration, Receipt


@dataclass(frozen=True, slots=True)
class Open:
    """What of one scheme of a declaration is still to be paid; negative: to be refunded."""

    scheme: str
    employer_fen: int
    individual_fen: int

    @property
    def total_fen(self) -> int:
        """Both parts together."""
        return self.employer_fen + self.individual_fen


def due_by_scheme(declaration: Declaration) -> dict[str, tuple[int, int]]:
    """Return what a declaration makes due, by scheme: its rows less those that they supersede."""
    rows = Contribution.objects.filter(declaration=declaration).values("scheme")
    sums = rows.annotate(
        employer=Sum(F("employer_fen") - Coalesce(F("supersedes__employer_fen"), 0)),
        individual=Sum(F("individual_fen") - Coalesce(F("supersedes__individual_fen"), 0)),
    ).order_by("scheme")
    return {row["scheme"]: (int(row["employer"]), int(row["individual"])) for row in sums}


def open_amounts(declaration: Declaration) -> list[Open]:
    """Return what is still open of each scheme, schemes without anything open left out."""
    due = due_by_scheme(declaration)
    received = Receipt.objects.filter(declaration=declaration).values("scheme")
    for row in received.annotate(employer=Sum("employer_fen"), individual=Sum("individual_fen")):
        employer, individual = due.get(row["scheme"], (0, 0))
        due[row["scheme"]] = (employer - int(row["employer"]), individual - int(row["individual"]))
    return [Open(scheme, *parts) for scheme, parts in due.items() if any(parts)]


def uncounted_predecessors(declaration: Declaration) -> bool:
    """Tell whether a declaration corrects rows that do not count yet."""
    rows = Contribution.objects.filter(declaration=declaration, supersedes__isnull=False)
    return rows.filter(supersedes__declaration__received_on__isnull=True).exists()


def count(declaration: Declaration, on: date) -> None:
    """Let a declaration's rows count from a day, and whatever waited only for it."""
    Declaration.objects.filter(pk=declaration.pk, received_on__isnull=True).update(received_on=on)
    declaration.received_on = declaration.received_on or on
    waiting = Declaration.objects.filter(rows__supersedes__declaration=declaration, received_on__isnull=True).distinct()
    for successor in waiting:
        count_if_settled(successor, on)


def count_if_settled(declaration: Declaration, on: date) -> None:
    """Let a declaration count if nothing more is to be paid for it and what it corrects counts."""
    to_be_paid = any(part.total_fen > 0 for part in open_amounts(declaration))
    if not to_be_paid and not uncounted_predecessors(declaration):
        count(declaration, on)
