"""Participation, contributions and benefits by month: counted from the rows, kept for pages, rebuilt for late data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from jinbao.insurance.benefits.models import Award
from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.insurance.registry.models import Scheme
from jinbao.kernel.months import Month
from jinbao.oversight.models import MonthlyFigures
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region
from jinbao.trust.models import AuditEvent, Role
from jinbao.trust.scope import within

Cell = tuple[str, str, Month]
"""Region, scheme, month."""
Figures = dict[str, int]
"""The figures of one cell by name; money in fen."""


@dataclass(frozen=True)
class Point:
    """One month of a region (with everything below it) and scheme; money in fen."""

    month: Month
    contributors: int
    employers: int
    base_fen: int
    due_fen: int
    received_fen: int
    pensioners: int
    benefits_fen: int

    @property
    def collection_rate(self) -> tuple[int, int]:
        """Received and due, to be shown as a rate (征缴率)."""
        return self.received_fen, self.due_fen


def refresh(by: Actor, until: Month) -> int:
    """Count every month anew up to a month, if rows were added or changed since; return how many cells were written.

    Late and corrected rows may belong to any month of the past, so none is left out.
    """
    counted = _last_count()
    if counted and counted["rows"] == _mark() and Month.parse(counted["last"]) >= until:
        return 0
    months = (
        Contribution.objects.order_by("month").values_list("month", flat=True).first(),
        Award.objects.order_by("start").values_list("start", flat=True).first(),
    )
    first = min((month for month in months if month), default=until)
    return rebuild(by, first, until)


def rebuild(
    by: Actor, first: Month, last: Month, *, progress: Callable[[str], None] | None = None, key: str | None = None
) -> int:
    """Count the months from first to last anew, in every region; return how many cells were written.

    The counting holds no lock: rows that are added meanwhile change the mark, and the next refresh counts again.
    """
    mark = _mark()
    return _keep(by, first, last, _count(first, last, progress), mark, key=key)


@action("oversight.rebuild_statistics", roles=(Role.ADMIN, Role.FINANCE))
def _keep(
    by: Actor, first: Month, last: Month, cells: dict[Cell, Figures], mark: Figures, *, key: str | None = None
) -> int:
    """Replace the kept figures of some months by new ones."""
    MonthlyFigures.objects.filter(month__range=(first, last)).delete()
    MonthlyFigures.objects.bulk_create(
        [
            MonthlyFigures(region=region, scheme=scheme, month=month, **figures)
            for (region, scheme, month), figures in cells.items()
        ],
        batch_size=500,
    )
    note(target=f"{first}–{last}", cells=len(cells), first=str(first), last=str(last), rows=mark)
    return len(cells)


def wrong_cells() -> Iterator[Cell]:
    """Compare the kept figures with a new count; nothing while rows were added since they were counted."""
    counted = _last_count()
    if counted is None or counted["rows"] != _mark():
        return
    first, last = Month.parse(counted["first"]), Month.parse(counted["last"])
    kept = {
        (row.region, row.scheme, row.month): {name: getattr(row, name) for name in _NOTHING}
        for row in MonthlyFigures.objects.filter(month__range=(first, last))
    }
    now = _count(first, last)
    yield from sorted(cell for cell in kept.keys() | now.keys() if kept.get(cell) != now.get(cell))


def _last_count() -> dict[str, Any] | None:
    """Return what the last count noted in the audit chain: its months, and the rows as they were."""
    events = AuditEvent.objects.filter(action="oversight.rebuild_statistics", detail__has_key="rows")
    return events.order_by("-seq").values_list("detail", flat=True).first()


def _mark() -> Figures:
    """Return numbers that change whenever a row is added, counted, ended or superseded."""
    ends = Sum("end", output_field=IntegerField())
    declarations = Declaration.objects.aggregate(declarations=Max("pk"), received=Count("received_on"))
    rows = Contribution.objects.aggregate(rows=Max("pk"))
    awards = Award.objects.aggregate(awards=Max("pk"), ended=Count("end"), ends=ends)
    return {name: int(value or 0) for name, value in (declarations | rows | awards).items()}


def _count(first: Month, last: Month, progress: Callable[[str], None] | None = None) -> dict[Cell, Figures]:
    cells: dict[Cell, Figures] = {}
    for name, rows in (("paid in", _paid_in(first, last)), ("owed", _owed(first, last))):
        if progress:
            progress(name)
        for cell, figures in rows:
            cells.setdefault(cell, dict(_NOTHING)).update(figures)
    return cells


_NOTHING = dict.fromkeys(
    ("contributors", "employers", "base_fen", "due_fen", "received_fen", "pensioners", "benefits_fen"), 0
)


def contributing(region: str, scheme: str, month: Month) -> QuerySet[Contribution]:
    """Return the rows behind contributors, employers, base and due of a month."""
    return Contribution.objects.filter(within("declaration__region", region), scheme=scheme, month=month, live=True)


def receiving(region: str, month: Month) -> QuerySet[Award]:
    """Return the awards behind pensioners and benefits of a month."""
    current = Q(end__isnull=True) | Q(end__gt=month)
    return Award.objects.filter(current, within("region", region), start__lte=month)


def _paid_in(first: Month, last: Month) -> Iterable[tuple[Cell, Figures]]:
    due = F("employer_fen") + F("individual_fen")
    rows = (
        Contribution.objects.filter(live=True, month__range=(first, last))
        .values("scheme", "month", region=F("declaration__region"))
        .annotate(
            contributors=Count("person", distinct=True),
            employers=Count("employer", distinct=True),
            base_fen=Sum("base_fen"),
            due_fen=Sum(due),
            received_fen=Coalesce(Sum(due, filter=Q(declaration__received_on__isnull=False)), 0),
        )
        .order_by()
    )
    for row in rows:
        values: dict[str, Any] = dict(row)
        figures = {name: int(values[name]) for name in _NOTHING if name in values}
        yield (row["region"], row["scheme"], row["month"]), figures


def _owed(first: Month, last: Month) -> Iterable[tuple[Cell, Figures]]:
    """Sum starts and ends of awards once, then roll them over the months: one query for any number of months."""
    changes: dict[str, dict[int, list[int]]] = {}
    for region, start, end, fen in Award.objects.values_list("region", "start", "end", "monthly_fen"):
        months = changes.setdefault(region, {})
        _change(months, start, 1, fen)
        if end is not None:
            _change(months, end, -1, -fen)
    for region, months in changes.items():
        people = money = 0
        ordered = sorted(months.items())
        for ordinal in range(min(months, default=0), last.ordinal + 1):
            while ordered and ordered[0][0] <= ordinal:
                _, (more, fen) = ordered.pop(0)
                people, money = people + more, money + fen
            if ordinal >= first.ordinal:
                yield (
                    (region, Scheme.PENSION.value, Month.from_ordinal(ordinal)),
                    {"pensioners": people, "benefits_fen": money},
                )


def _change(months: dict[int, list[int]], month: Month, people: int, fen: int) -> None:
    entry = months.setdefault(month.ordinal, [0, 0])
    entry[0] += people
    entry[1] += fen


def series(by: Actor, region: str, scheme: str, first: Month, last: Month) -> list[Point]:
    """Return one point a month for a region and all below it; raises NotAllowed outside the actor's region."""
    require_region(by, region)
    sums: dict[str, Any] = {name: Sum(name) for name in _NOTHING}
    rows = (
        MonthlyFigures.objects.filter(within("region", region), scheme=scheme, month__range=(first, last))
        .values("month")
        .annotate(**{f"sum_{name}": total for name, total in sums.items()})
        .order_by("month")
    )
    return [_point(dict(row)) for row in rows]


def _point(row: dict[str, Any]) -> Point:
    return Point(row["month"], **{name: row[f"sum_{name}"] for name in _NOTHING})


def latest(by: Actor, region: str, scheme: str) -> Point | None:
    """Return the newest month that has figures."""
    require_region(by, region)
    newest = MonthlyFigures.objects.filter(within("region", region), scheme=scheme, contributors__gt=0).order_by(
        "-month"
    )
    row = newest.first()
    return series(by, region, scheme, row.month, row.month)[0] if row and row.month else None
