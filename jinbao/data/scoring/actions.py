"""Verbs of quality: look at a dataset, remind of tickets, write down what a provider says of one.

No verb closes a ticket: a run does, when the data says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from jinbao.data.datasets import Dataset, all_datasets, load_dataset
from jinbao.data.lake import lake
from jinbao.data.scoring import tickets
from jinbao.data.scoring.declared import weights
from jinbao.data.scoring.engine import Counted
from jinbao.data.scoring.judging import judged
from jinbao.data.scoring.models import RuleResult, Run, Score, Ticket, TicketEvent
from jinbao.data.scoring.newest import latest_runs
from jinbao.data.scoring.points import Points, of_datasets, of_rules
from jinbao.data.supply import tables
from jinbao.data.units import Unit, unit, units
from jinbao.kernel.errors import FormatError, NotAllowed
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

STEWARDS = (Role.STEWARD,)
KEPT_FILES = 3
"""Runs of a dataset whose failing rows stay in the lake."""


def run_all(
    by: Actor, *, now: datetime, session: Any = None, tell: Callable[[Run], object] = lambda _: None
) -> list[Run]:
    """Look at every dataset of the actor's region that units supply or that has a table."""
    done = []
    for dataset in scored_datasets():
        if by.stewards(unit(dataset.owner).region):
            done.append(run(by, dataset.name, now=now, session=session))
            tell(done[-1])
    return done


def scored_datasets() -> list[Dataset]:
    """Return the datasets that are scored: those that units supply, and the others that have a table."""
    names = {one for of in units() for one in of.names}
    there = set(tables.datasets())
    return [one for one in all_datasets() if one.owner in names and (one.supplied or one.name in there)]


@action("scoring.run", roles=STEWARDS)
def run(by: Actor, dataset: str, *, now: datetime, session: Any = None) -> Run:
    """Judge the whole table of a dataset, with a Spark session on its cluster; scores, trend and tickets follow."""
    declared = load_dataset(dataset)
    provider = unit(declared.owner)
    _require_steward(by, provider.region)
    file = lake() / "scoring" / dataset / f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}.parquet"
    counted = judged(declared, file, now=now, session=session)
    found = of_rules(counted, weights())
    made: Run = Run.objects.create(
        dataset=dataset, unit=provider.code, region=provider.region, at=now, by=by.username,
        table_version=tables.version(dataset)[:255], rows=tables.rows(dataset),
        points=found.points if found else None, dimensions=dict(found.dimensions) if found else {},
        failures=file.relative_to(lake()).as_posix() if file.is_file() else "",
    )  # fmt: skip
    RuleResult.objects.bulk_create((_result(made, at, one) for at, one in enumerate(counted)), batch_size=500)
    _score(made, found, provider)
    changed = tickets.follow(made, counted, by=by, now=now)
    transaction.on_commit(lambda: _forget_files(dataset))
    note(target=made, rows=made.rows, points=made.points, tickets=changed)
    return made


def _result(made: Run, at: int, one: Counted) -> RuleResult:
    rule = one.rule
    return RuleResult(
        run=made, position=at, rule=rule.name, kind=rule.kind, dimension=rule.counts_in, severity=rule.severity,
        weight=rule.weight, columns=list(rule.used), outcome=one.outcome,
        seen=one.seen, checked=one.checked, failed=one.failed, sample=one.sample,
    )  # fmt: skip


def _score(made: Run, found: Points | None, provider: Unit) -> None:
    """Keep today's score of the dataset, and make those of its unit and its region from the newest of each dataset."""
    if found is None:
        return
    _keep(Score.Kind.DATASET, made.dataset, made, found, 1)
    newest = {run.dataset: run for run in latest_runs(Run.objects.filter(region=made.region))}
    mine = [one for one in newest.values() if one.unit == provider.code]
    every = list(newest.values())
    for kind, code, runs in ((Score.Kind.UNIT, provider.code, mine), (Score.Kind.REGION, made.region, every)):
        scored = [(one.dataset, Points(one.points, one.dimensions)) for one in runs if one.points is not None]
        total = of_datasets(scored, weights())
        if total is not None:
            _keep(kind, code, made, total, len(scored))


def _keep(kind: str, code: str, made: Run, found: Points, datasets: int) -> None:
    told = {"points": found.points, "dimensions": dict(found.dimensions), "datasets": datasets}
    Score.objects.update_or_create(
        kind=kind, code=code, region=made.region, on=localtime(made.at).date(), defaults=told
    )


def _forget_files(dataset: str) -> None:
    """Remove the failing rows of older runs, and files of runs that were undone."""
    kept = set(Run.objects.filter(dataset=dataset).order_by("-pk").values_list("failures", flat=True)[:KEPT_FILES])
    for file in (lake() / "scoring" / dataset).glob("*.parquet"):
        if file.relative_to(lake()).as_posix() not in kept:
            file.unlink(missing_ok=True)


@action("scoring.remind", roles=STEWARDS)
def remind(by: Actor, *, now: datetime) -> list[TicketEvent]:
    """Remind the providers of tickets that are due soon or overdue, each once a day."""
    made = tickets.remind(by, now=now)
    note(reminded=len(made))
    return made


@action("scoring.note", roles=STEWARDS, persons_only=True)
def add_note(by: Actor, ticket: Ticket, text: str, *, now: datetime, key: str | None = None) -> TicketEvent:
    """Write down what the provider says of a ticket; that does not close it."""
    _require_steward(by, ticket.region)
    if not text.strip():
        raise FormatError("没有写说明", advice="请写明提供单位的答复，例如原因和预计改正的日期。")
    if len(text.strip()) > 500:
        raise FormatError("说明太长", advice="请控制在 500 字以内。")
    return TicketEvent.objects.create(ticket=ticket, kind="note", at=now, by=by.username, text=text.strip())


def _require_steward(by: Actor, region: str) -> None:
    if not by.stewards(region):
        raise NotAllowed(f"{by.name}不管理地区 {region} 的数据", advice="请由该地区的数据管理人员办理。")
