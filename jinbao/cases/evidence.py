"""What an officer sees of a clue: the row that was handed over, where it comes from, and what the newest run says."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinbao.cases.models import Case
from jinbao.cases.sight import visible
from jinbao.data.datasets import load_dataset
from jinbao.data.scenes import queries
from jinbao.data.scenes.cells import text_of
from jinbao.data.scenes.declared import Column, Scene
from jinbao.data.scenes.declared import scene as load_scene
from jinbao.data.scenes.models import Finding, Run
from jinbao.kernel.errors import JinbaoError
from jinbao.trust.actors import Actor

MOST_EARLIER = 20


@dataclass(frozen=True)
class Cell:
    """One column of the row: as it was handed over, and as the newest run has it where that differs."""

    label: str
    then: str
    now: str
    changed: bool
    makes_it: bool
    """Whether it is one of the columns that make the clue."""


@dataclass(frozen=True)
class Evidence:
    """Everything a page shows of the clue of a case; identity numbers and names are masked."""

    clue: Finding
    told: Mapping[str, Any]
    """The scene's title, question, basis and next step as they were when the clue was handed over."""
    scene: Scene | None
    """The scene as it is declared now; None where it is gone or cannot be read."""
    found_at: datetime
    tables: tuple[str, ...]
    cells: tuple[Cell, ...]
    person_no: str
    earlier: tuple[Case, ...]
    """Other cases about the same clue, the newest first."""


def evidence_of(by: Actor, case: Case) -> Evidence | None:
    """Return the evidence of a case about a clue; None of an application."""
    if case.clue_id is None:
        return None
    told, clue = case.evidence, Finding.objects.select_related("last_run").get(pk=case.clue_id)
    run = Run.objects.filter(pk=told["run"]).first()
    others = visible(by).filter(clue=clue).exclude(pk=case.pk).order_by("-pk").defer("evidence")
    scene = None
    with suppress(JinbaoError):
        scene = load_scene(told["scene"])
    return Evidence(
        clue,
        told,
        scene,
        datetime.fromisoformat(told["at"]),
        tuple(_title(name) for name in sorted(run.inputs)) if run else (),
        _cells(scene, told["row"], queries.row_of(clue)),
        str(told["row"].get("person_no") or ""),
        tuple(others[:MOST_EARLIER]),
    )


def _title(table: str) -> str:
    with suppress(JinbaoError):
        return load_dataset(table).title
    return "一人一号" if table.startswith("person") else table


def _cells(scene: Scene | None, then: Mapping[str, Any], now: Mapping[str, Any] | None) -> tuple[Cell, ...]:
    """Put the row beside the newest one; columns that are not declared any more are shown under their names."""
    found = []
    for name, value in then.items():
        column = (scene.column(name) if scene else None) or Column(name, name, sensitivity="个人信息")
        before = text_of(column, value)
        after = before if now is None or name not in now else text_of(column, now[name])
        makes_it = bool(scene and scene.case and name in scene.case.evidence)
        found.append(Cell(column.label, before, after, before != after, makes_it))
    return tuple(found)
