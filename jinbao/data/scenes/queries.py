"""Reads of scenes: what each found last, the rows somebody may see, the clues and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.db.models import Count, Max, QuerySet

from jinbao.data.scenes import results
from jinbao.data.scenes.declared import Scene, scenes
from jinbao.data.scenes.declared import scene as load_scene
from jinbao.data.scenes.models import Finding, Run
from jinbao.kernel.errors import JinbaoError, NotAllowed, NotFound
from jinbao.kernel.regions import RegionTree
from jinbao.trust.actors import Actor

NOBODY = NotAllowed("您的身份不能查看这个场景", advice="场景说明里写着谁可以查看。")


@dataclass(frozen=True)
class Standing:
    """A scene with its newest run and how many of its clues wait."""

    scene: Scene
    run: Run | None
    new: int = 0
    handed: int = 0
    settled: int = 0


def require_reader(by: Actor, scene: Scene) -> None:
    """Raise NotAllowed unless the scene names the actor's role."""
    if not by.is_system and by.role not in scene.who:
        raise NotAllowed(NOBODY.message, advice=NOBODY.advice)


def sees(by: Actor, region: str) -> bool:
    """Tell whether somebody may see what belongs to a region: its officers and its stewards."""
    return by.covers(region) or by.stewards(region)


def readable(by: Actor, name: str) -> Scene:
    """Return a scene that the actor may read; raise NotFound or NotAllowed."""
    scene = load_scene(name)
    require_reader(by, scene)
    return scene


def newest(name: str) -> Run | None:
    """Return the newest run with the declared values."""
    return Run.objects.filter(scene=name, standing=True).order_by("-pk").first()


def overview(by: Actor) -> list[Standing]:
    """Return the scenes that the actor may read, with their newest runs and open clues."""
    state = Finding.State
    counted: Counter[tuple[str, str]] = Counter()
    open_ = _of_regions(by, Finding.objects.filter(gone=False))
    for name, its, n in open_.values_list("scene", "state").annotate(n=Count("pk")).order_by("scene"):
        counted[name, its] = n
    last = {run.scene: run for run in Run.objects.filter(pk__in=_newest_runs())}
    return [
        Standing(
            one,
            last.get(one.name),
            counted[one.name, state.NEW],
            counted[one.name, state.HANDED],
            counted[one.name, state.SETTLED],
        )
        for one in scenes()
        if by.is_system or by.role in one.who
    ]


def _newest_runs() -> list[int]:
    found = Run.objects.filter(standing=True).values("scene").annotate(newest=Max("pk")).order_by("scene")
    return [row["newest"] for row in found]


def run_of(by: Actor, name: str, pk: int | None = None) -> Run | None:
    """Return a run of a scene, by default the newest standing one; trials are their owner's. Raises NotFound."""
    readable(by, name)
    if pk is None:
        return newest(name)
    found = Run.objects.filter(pk=pk, scene=name).first()
    if found is None or not (found.standing or found.by == by.username):
        raise NotFound("没有这次运行", advice="请从场景页面重新打开。")
    return found


def shown(by: Actor, run: Run) -> list[dict[str, Any]]:
    """Return the rows of a run that belong to the actor's region."""
    readable(by, run.scene)
    table = results.read(run)
    regions = regions_of(table)
    mine = {region: sees(by, region or run.region) for region in set(regions)}
    return [row for row, region in zip(results.dicts(table), regions, strict=True) if mine[region]]


def regions_of(table: pa.Table) -> list[str]:
    """Return the region of each row; "" where it names none that is known."""
    if "region" not in table.column_names:
        return [""] * int(table.num_rows)
    known = set(RegionTree.read().codes)
    return [region if region in known else "" for region in table.column("region").to_pylist()]


def home_of(regions: Iterable[str]) -> str:
    """Return the smallest region that holds all of them: rows that name none belong there. "" for none."""
    tree, named = RegionTree.read(), sorted({region for region in regions if region})
    if not named:
        return ""
    return next((code for code in tree.lineage(named[0]) if all(tree.contains(code, one) for one in named)), "")


def findings(by: Actor, name: str = "") -> QuerySet[Finding]:
    """Return the clues of the actor's region, of one scene or of all that the actor may read."""
    if name:
        readable(by, name)
    wanted = [name] if name else [one.scene.name for one in overview(by)]
    return _of_regions(by, Finding.objects.filter(scene__in=wanted)).order_by("pk")


def waiting(by: Actor, run: Run) -> QuerySet[Finding]:
    """Return the clues of a standing run that the actor may hand over: they wait, and the run found them."""
    return findings(by, run.scene).filter(state=Finding.State.NEW, gone=False, last_run=run)


def keys_in(by: Actor, name: str, state: str) -> set[str]:
    """Return the keys of the clues of a scene that are in a state."""
    return set(findings(by, name).filter(state=state).values_list("key", flat=True))


def row_of(clue: Finding) -> dict[str, Any] | None:
    """Return the row in which a clue was last found; None where it is gone or the result was removed."""
    if clue.gone:
        return None
    with suppress(JinbaoError, KeyError, ValueError):
        table = results.read(clue.last_run)
        at = results.keys(load_scene(clue.scene), table).index(clue.key)
        return results.dicts(table.slice(at, 1))[0]
    return None


def by_key(by: Actor, run: Run, keys: Iterable[str]) -> dict[str, Finding]:
    """Return the clues of some rows of a run, by their key."""
    return {one.key: one for one in findings(by, run.scene).filter(key__in=list(keys))}


def _of_regions(by: Actor, found: QuerySet[Finding]) -> QuerySet[Finding]:
    return found.filter(region__in=[code for code in RegionTree.read().codes if sees(by, code)])
