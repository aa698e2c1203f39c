"""Reads of quality that pages, commands and other rooms use. Stewards see what their region's units supply."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from jinbao.data.catalogue.profiling import PERSONAL, masked
from jinbao.data.datasets import Column, load_dataset
from jinbao.data.lake import lake
from jinbao.data.scoring.models import RuleResult, Run, Score, Ticket, TicketEvent
from jinbao.data.scoring.newest import latest_runs
from jinbao.data.supply import tables
from jinbao.kernel import duck
from jinbao.kernel.errors import NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.trust.scope import within

__all__ = [
    "failing_rows",
    "latest_runs",
    "newest",
    "result",
    "results",
    "run_of",
    "runs",
    "score_of",
    "scores",
    "shown",
    "ticket",
    "ticket_counts",
    "tickets",
]


PERSONAL_TYPES = ("公民身份号码", "证件号码", "姓名", "电话", "银行账号")


def shown(points: int | None) -> str:
    """Write points as a score of 100 with two decimals; empty for none."""
    return "" if points is None else f"{points // 100}.{points % 100:02d}"


def runs(by: Actor) -> QuerySet[Run]:
    """Return the runs over datasets of the actor's region."""
    if not by.region or not by.stewards(by.region):
        return Run.objects.none()
    return Run.objects.filter(within("region", by.region))


def run_of(by: Actor, dataset: str) -> Run:
    """Return the newest run over a dataset; raise NotFound where there is none or it may not be seen."""
    found = runs(by).filter(dataset=dataset).order_by("-pk").first()
    if found is None:
        raise NotFound(f"数据集 {dataset[:64]} 还没有质量检查，或您无权查看", advice="请先运行 jinbao data score。")
    return found


def results(run: Run, *, outcome: str = "", dimension: str = "", text: str = "") -> QuerySet[RuleResult]:
    """Return what the rules of a run found, those with the most failing rows first; filtered."""
    wanted = {"outcome": outcome, "dimension": dimension, "rule__icontains": text}
    return run.results.filter(**{name: value for name, value in wanted.items() if value}).order_by(
        "-failed", "position"
    )


def result(by: Actor, pk: int) -> RuleResult:
    """Return what one rule found in one run; raise NotFound also for what may not be seen."""
    found = RuleResult.objects.filter(pk=pk, run__in=runs(by).values("pk")).select_related("run").first()
    if found is None:
        raise NotFound("没有这条规则的检查结果，或您无权查看", advice="请从数据质量页重新打开。")
    return found


def failing_rows(of: RuleResult, start: int, size: int) -> list[dict[str, Any]]:
    """Return some of the failing rows as they are now, personal data masked; what is no longer there says so.

    Empty where the run is too old for its rows to be kept.
    """
    file = lake() / of.run.failures if of.run.failures else None
    if file is None or not file.is_file():
        return []
    with duck.connect(folders=[*tables.folders(), file.parent], threads=2, memory="1GB") as connection:
        return _joined(connection, of, file, start, size)


def _joined(connection: Any, of: RuleResult, file: Path, start: int, size: int) -> list[dict[str, Any]]:
    dataset = of.run.dataset
    declared = load_dataset(dataset)
    names = [name for name in dict.fromkeys(of.columns) if any(column.name == name for column in declared.columns)]
    tables.attach(connection, [dataset])
    cells = "".join(f", CAST(t.{duck.quoted(name)} AS VARCHAR)" for name in names)
    sql = (
        f"WITH f AS (SELECT _batch, _line, _row FROM read_parquet({duck.literal(str(file))})"  # noqa: S608  # quoted
        f" WHERE rule = ? ORDER BY _batch, _line LIMIT {int(size)} OFFSET {int(start)})"
        f" SELECT f._batch, f._line, f._row, t._row IS NOT NULL{cells} FROM f LEFT JOIN {duck.quoted(dataset)} t"
        " ON t._row = f._row AND t._batch = f._batch AND t._line = f._line ORDER BY f._batch, f._line"
    )
    rows = connection.execute(sql, [of.rule]).fetchall()
    return [
        {
            "batch": batch,
            "line": line,
            "is_there": is_there,
            "cells": [
                (declared.column(name).label, "" if value is None else _masked(str(value), declared.column(name)))
                for name, value in zip(names, values, strict=True)
            ],
        }
        for batch, line, _row, is_there, *values in rows
    ]


def _masked(value: str, column: Column) -> str:
    """Mask what tells who somebody is whatever its declared sensitivity, the rest as far as that allows."""
    is_personal = column.type in PERSONAL_TYPES and column.sensitivity not in PERSONAL
    return masked(value, replace(column, sensitivity="敏感个人信息") if is_personal else column)


def score_of(by: Actor, kind: str, code: str) -> Score | None:
    """Return the newest score of a dataset, unit or region, if the actor may see it and there is one."""
    return scores(by).filter(kind=kind, code=code).order_by("-on").first()


def scores(by: Actor) -> QuerySet[Score]:
    """Return every score of the actor's region."""
    if not by.region or not by.stewards(by.region):
        return Score.objects.none()
    return Score.objects.filter(within("region", by.region))


def newest(found: QuerySet[Score], each: int) -> list[Score]:
    """Return the newest scores of each dataset, unit and region, the newest first, however long they are kept."""
    place = Window(RowNumber(), partition_by=[F("kind"), F("code"), F("region")], order_by=F("on").desc())
    return list(found.annotate(place=place).filter(place__lte=each).order_by("-on", "pk"))


def tickets(by: Actor, *, state: str = "open", today: date | None = None, unit: str = "") -> QuerySet[Ticket]:
    """Return tickets, those due first: a steward sees the region's, a partner agency those that it must put right.

    `state` is open, overdue (needs `today`), closed or all.
    """
    if by.role == Role.PARTNER and by.subject:
        found = Ticket.objects.filter(unit=by.subject)
    elif by.region and by.stewards(by.region):
        found = Ticket.objects.filter(within("region", by.region))
    else:
        return Ticket.objects.none()
    if state in ("open", "overdue"):
        found = found.filter(closed_at__isnull=True)
    if state == "overdue":
        found = found.filter(due_on__lt=today)
    if state == "closed":
        found = found.filter(closed_at__isnull=False)
    return (found.filter(unit=unit) if unit else found).order_by("due_on", "pk")


def ticket_counts(by: Actor, today: date) -> tuple[int, int]:
    """Count the open tickets that `tickets` returns, and those of them that are overdue."""
    counted = tickets(by).aggregate(open=Count("pk"), overdue=Count("pk", filter=Q(due_on__lt=today)))
    return counted["open"], counted["overdue"]


def ticket(by: Actor, pk: int) -> tuple[Ticket, list[TicketEvent]]:
    """Return a ticket with its history, newest first; raise NotFound also for what may not be seen."""
    found = tickets(by, state="all").filter(pk=pk).select_related("last_run").first()
    if found is None:
        raise NotFound("没有这张问题单，或您无权查看", advice="请从问题单列表重新打开。")
    return found, list(found.events.order_by("-pk")[:100])
