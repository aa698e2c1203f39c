"""What arrived and what is late, as queries for pages and commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from jinbao.data.datasets import Dataset, all_datasets
from jinbao.data.models import Batch
from jinbao.data.queries import batches
from jinbao.data.supply import pulls, tables
from jinbao.data.supply.models import Pull
from jinbao.data.supply.sources import SupplySource, all_sources
from jinbao.data.units import Unit, unit
from jinbao.trust.actors import Actor
from jinbao.trust.scope import within

CYCLE_DAYS = {"实时": 1, "每日": 1, "每周": 7, "每月": 31, "每季度": 92, "每半年": 184, "每年": 366}
"""Days of a cycle; 不定期 is never late."""


@dataclass(frozen=True)
class Arrival:
    """One dataset: what has come, what lies in its table, and whether the next delivery is overdue."""

    dataset: Dataset
    unit: Unit
    batches: int
    waiting: int
    """Batches that were checked and neither accepted nor discarded."""
    last: datetime | None
    rows: int
    due: datetime | None
    is_late: bool
    newest: int | None = None
    """The number of the newest batch, whatever became of it."""


@dataclass(frozen=True)
class Landed:
    """The rows that came on one day: taken, sent back, and waiting for somebody to say yes."""

    on: date
    accepted: int = 0
    rejected: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class SourceState:
    """A declared source with its last run."""

    source: SupplySource
    last: Pull | None
    due: bool


def arrivals(by: Actor, now: datetime) -> list[Arrival]:
    """Return what has arrived of every dataset that units supply; those overdue first, then by unit."""
    counted = batches(by).order_by().values("dataset")
    found: dict[str, dict[str, Any]] = {
        row["dataset"]: dict(row)
        for row in counted.annotate(
            n=Count("pk"),
            newest=Max("pk"),
            waiting=Count("pk", filter=Q(status=Batch.Status.CHECKED)),
            last=Max("received_at", filter=Q(status__in=(Batch.Status.ACCEPTED, Batch.Status.RECORDED))),
        )
    }
    made = [_arrival(dataset, found.get(dataset.name, {}), now) for dataset in all_datasets() if dataset.supplied]
    return sorted((one for one in made if _looks_after(by, one.unit)), key=lambda one: (not one.is_late, one.unit.code))


def landed(by: Actor, since: date, until: date) -> list[Landed]:
    """Count the rows of every day from `since` to `until`, days without any too; what was discarded does not count."""
    kept = batches(by).exclude(status=Batch.Status.DISCARDED).annotate(on=TruncDate("received_at"))
    found = kept.filter(on__gte=since, on__lte=until).order_by("on").values("on")
    waits = Q(status=Batch.Status.CHECKED)
    counted = {
        row["on"]: Landed(row["on"], row["taken"] or 0, row["returned"] or 0, row["waits"] or 0)
        for row in found.annotate(
            taken=Sum("accepted", filter=~waits), returned=Sum("rejected"), waits=Sum("accepted", filter=waits)
        )
    }
    days = (since + timedelta(days=n) for n in range((until - since).days + 1))
    return [counted.get(day, Landed(day)) for day in days]


def sources(by: Actor, now: datetime) -> list[SourceState]:
    """Return the sources of the actor's region, each with its last run."""
    mine = [one for one in all_sources() if _looks_after(by, one.unit)]
    newest = Pull.objects.values("source").annotate(last=Max("pk")).values("last")
    last = {run.source: run for run in Pull.objects.filter(pk__in=newest).select_related("batch")}
    return [SourceState(one, last.get(one.name), pulls.due_after(one, last.get(one.name), now)) for one in mine]


def runs(by: Actor, *, source: str = "", failed: bool = False) -> QuerySet[Pull]:
    """Return the run log of the actor's region, newest first."""
    if not by.region or not by.stewards(by.region):
        return Pull.objects.none()
    found = Pull.objects.filter(within("region", by.region)).select_related("batch").order_by("-pk")
    found = found.filter(source=source) if source else found
    return found.filter(status=Pull.Status.FAILED) if failed else found


def waiting(by: Actor) -> QuerySet[Batch]:
    """Return the deliveries of units that wait for a steward's decision, oldest first."""
    return batches(by, status=Batch.Status.CHECKED).order_by("pk")


def _looks_after(by: Actor, of: Unit) -> bool:
    return by.stewards(of.region)


def _arrival(dataset: Dataset, row: dict[str, Any], now: datetime) -> Arrival:
    came: datetime | None = row.get("last")
    days = CYCLE_DAYS.get(dataset.cycle)
    due = came + timedelta(days=days + dataset.grace_days) if came and days else None
    is_late = bool(days) and (due is None or now > due)
    return Arrival(
        dataset, unit(dataset.owner), row.get("n", 0), row.get("waiting", 0), came,
        tables.rows(dataset.name), due, is_late, row.get("newest"),
    )  # fmt: skip
