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
    differing: int
    """Of them, whose amounts differ."""
    fen_before: int
    fen_after: int


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

    @property
    def small(self) -> bool:
        """Whether one of its figures rests on fewer than ten people."""
        return any(0 < n < LEAST for n in (self.before, self.after, self.gained, self.lost, self.changed))


def figures_of(starts: Sequence[Starts], month: int) -> MonthFigures:
    """Add up one month of the horizon."""
    paid = [each for each in starts if each.before <= month]
    paid_after = [each for each in starts if each.after <= month]
    gained = sum(each.people for each in paid_after if each.before > month)
    lost = sum(each.people for each in paid if each.after > month)
    changed = gained + lost + sum(each.differing for each in paid if each.after <= month)
    return MonthFigures(
        sum(each.people for each in paid),
        sum(each.people for each in paid_after),
        sum(each.fen_before for each in paid),
        sum(each.fen_after for each in paid_after),
        gained,
        lost,
        changed,
    )


def by_month(starts: Sequence[Starts], first: Month, months: int) -> list[dict[str, int | str | None]]:
    """Return every month of the horizon; the figures of a month that must not be shown are None."""
    found: list[dict[str, int | str | None]] = []
    later: int | None = None
    for month in reversed(range(months)):
        figures = figures_of(starts, month)
        shown = not figures.small and (later is None or _apart(starts, month, later))
        later = month if shown else later
        found.append(_as_json(first + month, figures if shown else None))
    return found[::-1]


def _apart(starts: Sequence[Starts], earlier: int, later: int) -> bool:
    """Tell whether nobody or enough people change between two months, under each law and in the difference of both."""
    counts = [0, 0, 0]
    for each in starts:
        begins = earlier < each.before <= later
        begins_after = earlier < each.after <= later
        counts[0] += each.people if begins else 0
        counts[1] += each.people if begins_after else 0
        if begins or begins_after:
            together = (each.before <= earlier) == (each.after <= earlier) and (each.before <= later) == (
                each.after <= later
            )
            counts[2] += each.differing if together else each.people
    return not any(0 < count < LEAST for count in counts)


def _as_json(month: Month, figures: MonthFigures | None) -> dict[str, int | str | None]:
    names = ("before", "after", "fen_before", "fen_after")
    values: dict[str, int | str | None] = {name: getattr(figures, name) if figures else None for name in names}
    change = figures.fen_after - figures.fen_before if figures else None
    return {"month": str(month), **values, "fen_change": change}
