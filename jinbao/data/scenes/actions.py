"""Verbs of scenes: run one, run those that are due, hand clues over to cases, settle one, export a result."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet
from django.utils.timezone import localdate

from jinbao.data.scenes import engines, queries, results
from jinbao.data.scenes.declared import Scene, scenes
from jinbao.data.scenes.declared import scene as load_scene
from jinbao.data.scenes.exporting import workbook
from jinbao.data.scenes.models import Finding, Run
from jinbao.data.supply import tables
from jinbao.kernel.errors import Conflict, FormatError, JinbaoError, NotFound
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

RUNNERS = (Role.STEWARD, Role.CLERK, Role.REVIEWER, Role.AUDITOR, Role.FINANCE)
DISPATCHERS = (Role.STEWARD, Role.AUDITOR)
"""Who hands clues over: not the reviewers, who decide in the end."""
DECIDERS = (Role.REVIEWER,)


def run(by: Actor, name: str, said: Mapping[str, str] | None = None, *, now: datetime) -> Run:
    """Answer a scene from the tables as they are.

    With the declared values, and by a steward or the schedule, the clues are brought up to date; else it is a trial.

    Raises NotAllowed, FormatError for a value out of range, Conflict while it is being run.
    """
    scene = load_scene(name)
    queries.require_reader(by, scene)
    if scene.kind == "档案":
        raise Conflict("一人一档须逐人查阅", advice="请在“一人一档”页面写明用途后查阅。")
    today = localdate(now)
    values, usual = scene.values(said or {}, today), scene.values({}, today)
    with results.locked(name):
        tables.refresh(table for table in scene.tables if table in set(tables.datasets()))
        started, inputs = time.monotonic(), engines.versions(scene)
        found = engines.on_duckdb(scene, values)
        told = {
            "values": {key: str(value) for key, value in values.items()}, "inputs": inputs,
            "sql_sha256": hashlib.sha256(scene.sql.encode()).hexdigest(), "file": results.write(name, found),
            "rows": found.num_rows, "digest": engines.digest(found),
            "standing": values == usual and (by.is_system or by.role == Role.STEWARD),
            "milliseconds": round((time.monotonic() - started) * 1000),
        }  # fmt: skip
        made = _record(by, scene, found, told, now=now)
        results.sweep(name)
    return made


def is_due(scene: Scene, now: datetime) -> bool:
    """Tell whether a scheduled scene is old enough to be run, and reads a table (or SQL) that changed since."""
    if scene.period is None:
        return False
    last = queries.newest(scene.name)
    if last is None:
        return True
    changed = last.inputs != engines.versions(scene)
    changed |= last.sql_sha256 != hashlib.sha256(scene.sql.encode()).hexdigest()
    return changed and now - last.at >= scene.period


def due(now: datetime) -> list[Scene]:
    """Return the scenes that are due."""
    return [scene for scene in scenes() if is_due(scene, now)]


def run_each(by: Actor, asked: Iterable[Scene], *, now: datetime) -> Iterator[tuple[Scene, Run | JinbaoError]]:
    """Run scenes one after the other; one that cannot be answered, or that somebody else is running, stops no other."""
    for scene in asked:
        try:
            yield scene, run(by, scene.name, now=now)
        except JinbaoError as error:
            yield scene, error


@action("scenes.run", roles=RUNNERS)
def _record(by: Actor, scene: Scene, found: pa.Table, told: Mapping[str, Any], *, now: datetime) -> Run:
    """Keep what a scene found, and what changed since the run before."""
    counts = {"new": 0, "gone": 0, "stayed": 0}
    keys = results.keys(scene, found)
    if told["standing"]:
        known = _known(scene)
        counts = {
            "new": len(set(keys) - known), "gone": len(known - set(keys)), "stayed": len(known & set(keys)),
        }  # fmt: skip
    regions = queries.regions_of(found)
    home = queries.home_of(regions) or by.region
    made: Run = Run.objects.create(scene=scene.name, region=home, by=by.username, at=now, **told, **counts)
    if made.standing and scene.is_clue:
        _find(scene, made, found, [region or home for region in regions])
    note(target=made, scene=scene.name, rows=made.rows, values=made.values, **counts)
    return made


def _known(scene: Scene) -> set[str]:
    """Return the keys of the standing run before; none where its rows are lost or of another shape."""
    before = queries.newest(scene.name)
    with suppress(NotFound, KeyError):
        return set(results.keys(scene, results.read(before))) if before else set()
    return set()


def _find(scene: Scene, made: Run, found: pa.Table, regions: Sequence[str]) -> None:
    """Bring the clues up to date: new ones, those that are gone, settled ones that come up again."""
    known = {one.key: one for one in _locked(scene=made.scene)}
    fresh, seen, again = [], [], []
    evidence = results.evidence(scene, found)
    for key, digest, region in zip(results.keys(scene, found), evidence, regions, strict=True):
        one = known.pop(key, None)
        if one is None:
            fresh.append(
                Finding(scene=made.scene, key=key, region=region, evidence=digest, first_run=made, last_run=made)
            )
            continue
        if _comes_again(scene, one, digest, made.at):
            again.append(_as_new(one))
        one.last_run, one.gone, one.region, one.evidence = made, False, region, digest
        seen.append(one)
    Finding.objects.bulk_create(fresh, batch_size=500)
    Finding.objects.bulk_update(seen, ["last_run", "gone", "region", "evidence"], batch_size=500)
    Finding.objects.bulk_update(again, _WORK, batch_size=500)
    lost = [one.pk for one in known.values() if not one.gone]
    for at in range(0, len(lost), 500):
        Finding.objects.filter(pk__in=lost[at : at + 500]).update(gone=True)


def _locked(**which: Any) -> QuerySet[Finding]:
    """Return clues locked in the one order in which everybody locks them."""
    return Finding.objects.filter(**which).select_for_update().order_by("pk")


def _comes_again(scene: Scene, one: Finding, evidence: str, now: datetime) -> bool:
    """Tell whether a settled clue that is found is to be handed over anew.

    One that was untrue only on other evidence. Another one when it had gone in between, and when its time is over.
    """
    if one.state != Finding.State.SETTLED or one.settled_at is None:
        return False
    if one.outcome == Finding.Outcome.FALSE:
        return evidence != one.judged
    stands = scene.case.stands_days
    return one.gone or (stands is not None and now - one.settled_at >= timedelta(days=stands))


_WORK = ["state", "case", "judged", "handed_by", "handed_at", "outcome", "remark", "settled_by", "settled_at"]
"""What a clue that waits has none of."""


def _as_new(one: Finding) -> Finding:
    one.state, one.handed_at, one.settled_at = Finding.State.NEW, None, None
    one.case = one.judged = one.handed_by = one.outcome = one.remark = one.settled_by = ""
    return one


@action("scenes.hand_over", roles=DISPATCHERS)
def hand_over(by: Actor, cases: Mapping[int, str], *, now: datetime) -> list[Finding]:
    """Mark clues as handed over, each as the case with a number; for the room that opens the cases.

    Raises Conflict where one is not waiting any more.
    """
    found = list(_locked(pk__in=list(cases)))
    if len(found) != len(cases) or any(one.state != Finding.State.NEW or one.gone for one in found):
        raise Conflict("有线索已经交办或不再存在", advice="请刷新页面后重新选择。")
    for one in found:
        one.state, one.case, one.judged = Finding.State.HANDED, cases[one.pk], one.evidence
        one.handed_by, one.handed_at = by.username, now
    Finding.objects.bulk_update(found, ["state", "case", "judged", "handed_by", "handed_at"], batch_size=500)
    note(target=found[0] if found else None, clues=len(found))
    return found


@action("scenes.settle", roles=DECIDERS)
def settle(by: Actor, finding: Finding, case: str, outcome: str, remark: str, *, now: datetime) -> Finding:
    """Say what the decision of its case made of a clue; raise Conflict unless it is in the hands of that case."""
    found = _in_hands_of(case, finding)
    found.state, found.outcome, found.remark = Finding.State.SETTLED, Finding.Outcome(outcome), remark[:500]
    found.settled_by, found.settled_at = by.username, now
    found.save(update_fields=["state", "outcome", "remark", "settled_by", "settled_at"])
    note(target=found, scene=found.scene, outcome=outcome, case=case)
    return found


@action("scenes.take_back", roles=DISPATCHERS)
def take_back(by: Actor, finding: Finding, case: str) -> Finding:
    """Let a clue wait again whose case was recalled; raise Conflict unless it is in the hands of that case."""
    found = _as_new(_in_hands_of(case, finding))
    found.save(update_fields=_WORK)
    note(target=found, scene=found.scene, case=case)
    return found


def _in_hands_of(case: str, finding: Finding) -> Finding:
    found = _locked(pk=finding.pk).get()
    if found.state != Finding.State.HANDED or found.case != case:
        raise Conflict(f"这条线索不由办件 {case} 核查", advice="请刷新页面。")
    return found


@action("scenes.export", roles=RUNNERS)
def export(by: Actor, made: Run, purpose: str, *, now: datetime, key: str | None = None) -> bytes:
    """Return the rows that the actor may see as a workbook; who took them, for what, is recorded.

    Officers get whole numbers, stewards masked ones.
    """
    if not purpose.strip():
        raise FormatError("没有写用途", advice="请写明导出的用途，例如核查任务的编号。")
    found = queries.shown(by, made)
    note(target=made, scene=made.scene, rows=len(found), purpose=purpose.strip()[:200], masked=not by.is_officer)
    return workbook(load_scene(made.scene), made, found, by, purpose.strip()[:200], whole=by.is_officer)
