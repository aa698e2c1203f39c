"""Cost by month: who is paid in which month of the horizon under each law, from counts by the pair of first months.

A month is shown only if between it and the next shown one nobody, or ten people and more, begin, gain, lose or change;
so no difference of two shown months tells of fewer than ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jinbao.kernel.months import Month
from jinbao.oversight.simulation.suppression import LEAST


@dataclass(frozen=True)
class Starts:
    """Everybody who begins in the same two months of the horizon (0 is the first; `months` means not within it)."""

    before: int
    after: int
    people: int
    differing: tuple[int, ...]
    """Of them, whose amounts differ, by calendar year of the horizon."""
    fen_before: tuple[int, ...]
    fen_after: tuple[int, ...]
    """What they are paid a month, by calendar year."""


@dataclass(frozen=True)
class MonthFigures:
    """One month: people paid and what it costs under each law, in fen."""

    before: int
    after: int
    fen_before: int
    fen_after: int
    gained: int
    lost: int
    changed: int
    changed_at_first: int
    """Before any yearly adjustment, whose rates are told."""

    @property
    def small(self) -> bool:
        """Whether one of its figures rests on fewer than ten people."""
        changed = self.changed, self.changed_at_first
        return any(0 < n < LEAST for n in (self.before, self.after, self.gained, self.lost, *changed))


def figures_of(starts: Sequence[Starts], month: int, year: int) -> MonthFigures:
    """Add up one month of the horizon, in one of its calendar years (0 is the first)."""
    paid = [each for each in starts if each.before <= month]
    paid_after = [each for each in starts if each.after <= month]
    gained = sum(each.people for each in paid_after if each.before > month)
    lost = sum(each.people for each in paid if each.after > month)
    changed, at_first = (
        gained + lost + sum(each.differing[at] for each in paid if each.after <= month) for at in (year, 0)
    )
    return MonthFigures(
        sum(each.people for each in paid),
        sum(each.people for each in paid_after),
        sum(each.fen_before[year] for each in paid),
        sum(each.fen_after[year] for each in paid_after),
        gained,
        lost,
        changed,
        at_first,
    )


def by_month(starts: Sequence[Starts], first: Month, months: int) -> list[dict[str, int | str | None]]:
    """Return every month of the horizon; the figures of a month that must not be shown are None."""
    found: list[dict[str, int | str | None]] = []
    later: int | None = None
    for month in reversed(range(months)):
        year = (first + month).year - first.year
        figures = figures_of(starts, month, year)
        shown = not figures.small and (later is None or _apart(starts, month, later, year))
        later = month if shown else later
        found.append(_as_json(first + month, figures if shown else None))
    return found[::-1]


def _apart(starts: Sequence[Starts], earlier: int, later: int, year: int) -> bool:
    """Tell whether nobody or enough people change between two months, under each law and in the difference of both.

    A yearly adjustment in between changes everybody by a rate that is told; who begins is what must not follow. Amounts
    that differ in the year of the earlier month differ in the later one as well, or follow from it by the rates.
    """
    counts = [0, 0, 0, 0]
    for each in starts:
        begins = earlier < each.before <= later
        begins_after = earlier < each.after <= later
        counts[0] += each.people if begins else 0
        counts[1] += each.people if begins_after else 0
        if begins or begins_after:
            together = (each.before <= earlier) == (each.after <= earlier) and (each.before <= later) == (
                each.after <= later
            )
            counts[2] += each.differing[year] if together else each.people
            counts[3] += each.differing[0] if together else each.people
    return not any(0 < count < LEAST for count in counts)


def _as_json(month: Month, figures: MonthFigures | None) -> dict[str, int | str | None]:
    names = ("before", "after", "fen_before", "fen_after")
    values: dict[str, int | str | None] = {name: getattr(figures, name) if figures else None for name in names}
    change = figures.fen_after - figures.fen_before if figures else None
    return {"month": str(month), **values, "fen_change": change}
