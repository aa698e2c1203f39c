"""A dataset as it lies in the lake, judged by all of its rules."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db.models import Max, Sum
from django.utils.timezone import localtime

from jinbao.data.datasets import Dataset
from jinbao.data.lake import lake
from jinbao.data.models import Batch
from jinbao.data.scoring.compile import BY_TABLE, Setting
from jinbao.data.scoring.declared import ScoredRule
from jinbao.data.scoring.derive import rules_of
from jinbao.data.scoring.engine import Counted, judge
from jinbao.data.scoring.spark import OnSpark
from jinbao.data.supply import layers, tables
from jinbao.data.supply.arrivals import CYCLE_DAYS
from jinbao.kernel import duck

MEMORY = "4GB"


def judged(dataset: Dataset, failures: Path, *, now: datetime, session: Any = None) -> list[Counted]:
    """Judge a dataset by its rules in their order; origins of failing rows go to `failures` if there are any.

    With a Spark session the cluster reads the tables; it reaches the lake under the same path.
    """
    rules = rules_of(dataset)
    setting = _setting(dataset, rules, now)
    found = {one.rule.name: one for one in (_by_table(rule, dataset) for rule in rules if rule.kind in BY_TABLE)}
    others = [rule for rule in rules if rule.kind not in BY_TABLE]
    needed = {dataset.name, *(rule.table for rule in others if rule.table)}
    spill = lake() / ".spill"
    for folder in (spill, failures.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with (
        duck.connect(folders=[*tables.folders(), failures.parent, spill], memory=MEMORY, spill=spill) as connection,
        TemporaryDirectory(dir=spill, prefix="scoring-") as passing,
    ):
        if session is None:
            tables.attach(connection, needed)
            scan = None
        else:
            tables.attach_to_spark(session, needed)
            scan = OnSpark(session, connection, Path(passing))
        found |= {one.rule.name: one for one in judge(connection, others, setting, failures, scan)}
    return [found[rule.name] for rule in rules]


def _setting(dataset: Dataset, rules: tuple[ScoredRule, ...], now: datetime) -> Setting:
    today = localtime(now).date()
    newest: dict[str, Any] = Batch.objects.filter(pk__in=_standing(dataset)).aggregate(last=Max("received_at"))
    empty = frozenset(rule.table for rule in rules if rule.table and not tables.rows(rule.table))
    return Setting(dataset, today, _least(dataset, today), newest["last"], empty)


def _least(dataset: Dataset, today: date) -> date | None:
    """Return the day from which data counts as timely: a cycle and the days of grace ago."""
    days = CYCLE_DAYS.get(dataset.cycle)
    return today - timedelta(days=days + dataset.grace_days) if days else None


def _standing(dataset: Dataset) -> tuple[int, ...]:
    now = layers.current("standard", dataset.name)
    return now.made_from if now else ()


def _by_table(rule: ScoredRule, dataset: Dataset) -> Counted:
    if rule.kind == "accessible":
        return Counted(rule, 1, 1, 0 if tables.version(dataset.name) else 1)
    return _gate(rule, dataset)


def _gate(rule: ScoredRule, dataset: Dataset) -> Counted:
    """Count the rows that the standing deliveries brought, and those that the gate sent back and nobody corrected."""
    deliveries = Batch.objects.filter(pk__in=_standing(dataset))
    firsts = deliveries.filter(corrects__isnull=True)
    received = firsts.aggregate(n=Sum("received"))["n"] or 0
    rejected = firsts.aggregate(n=Sum("rejected"))["n"] or 0
    corrected = deliveries.filter(corrects__isnull=False).aggregate(n=Sum("accepted"))["n"] or 0
    sample = [[pk, None, f"退回 {n} 行"] for pk, n in firsts.filter(rejected__gt=0).values_list("pk", "rejected")[:20]]
    failed = max(0, rejected - corrected)
    return Counted(rule, received, received, failed, sample if failed else [])
