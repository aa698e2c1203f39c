"""Verbs of scenes: run one, run those that are due, hand clues over, settle one, export a result."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.utils.timezone import localdate

from jinbao.data.scenes import engines, queries, results
from jinbao.data.scenes.declared import Scene, scenes
from jinbao.data.scenes.declared import scene as load_scene
from jinbao.data.scenes.exporting import workbook
from jinbao.data.scenes.models import Finding, Run
from jinbao.data.supply import tables
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed, NotFound
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Grant, Role

RUNNERS = (Role.STEWARD, Role.CLERK, Role.REVIEWER, Role.AUDITOR, Role.FINANCE)
DISPATCHERS = (Role.STEWARD, Role.REVIEWER, Role.AUDITOR)
"""Who hands clues over."""
CHECKERS = (Role.CLERK, Role.REVIEWER, Role.AUDITOR)
"""To whom clues are handed over."""
MOST_AT_ONCE = 200


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


def run_due(by: Actor, *, now: datetime) -> Iterator[Run]:
    """Run every scene that is due; one that somebody else is running is left to them."""
    for scene in scenes():
        if is_due(scene, now):
            try:
                yield run(by, scene.name, now=now)
            except Conflict:
                continue


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
        _find(made, keys, [region or home for region in regions])
    note(target=made, scene=scene.name, rows=made.rows, values=made.values, **counts)
    return made


def _known(scene: Scene) -> set[str]:
    """Return the keys of the standing run before; none where its rows are lost or of another shape."""
    before = queries.newest(scene.name)
    with suppress(NotFound, KeyError):
        return set(results.keys(scene, results.read(before))) if before else set()
    return set()


def _find(made: Run, keys: Sequence[str], regions: Sequence[str]) -> None:
    """Bring the clues up to date: new ones, those that are gone, settled ones that came back after they had gone."""
    known = {one.key: one for one in Finding.objects.filter(scene=made.scene)}
    fresh, changed = [], []
    for key, region in zip(keys, regions, strict=True):
        one = known.pop(key, None)
        if one is None:
            fresh.append(Finding(scene=made.scene, key=key, region=region, first_run=made, last_run=made))
            continue
        if one.gone and one.state == Finding.State.SETTLED:
            _reopen(one)
        one.last_run, one.gone, one.region = made, False, region
        changed.append(one)
    for one in known.values():
        one.gone = True
    Finding.objects.bulk_create(fresh, batch_size=500)
    fields = ["last_run", "gone", "region", "state", "assignee", "outcome", "settled_at", "settled_by"]
    Finding.objects.bulk_update([*changed, *known.values()], fields, batch_size=500)


def _reopen(one: Finding) -> None:
    one.state, one.assignee, one.outcome, one.settled_by, one.settled_at = Finding.State.NEW, "", "", "", None


@action("scenes.hand_over", roles=DISPATCHERS, persons_only=True)
def hand_over(
    by: Actor, name: str, numbers: Sequence[int], assignee: str, *, now: datetime, key: str | None = None
) -> list[Finding]:
    """Hand chosen clues over to an officer of their region, who says in the end whether they are true."""
    if not numbers or len(numbers) > MOST_AT_ONCE:
        raise FormatError("没有选择线索", advice=f"请勾选要分派的线索，一次最多 {MOST_AT_ONCE} 条。")
    found = list(queries.findings(by, name).filter(pk__in=numbers).select_for_update(of=("self",)))
    if len(found) != len(set(numbers)):
        raise Conflict("有线索不存在或不在您的范围内", advice="请刷新页面后重新选择。")
    if busy := [one for one in found if one.state != Finding.State.NEW]:
        raise Conflict(f"有 {len(busy)} 条线索已经分派", advice="请刷新页面后重新选择。")
    for region in sorted({one.region for one in found}):
        _require_checker(assignee, region)
    for one in found:
        one.state, one.assignee, one.handed_by, one.handed_at = Finding.State.HANDED, assignee, by.username, now
    Finding.objects.bulk_update(found, ["state", "assignee", "handed_by", "handed_at"])
    note(target=found[0], scene=name, clues=len(found), assignee=assignee)
    return found


def _require_checker(username: str, region: str) -> None:
    for grant in Grant.objects.filter(user__username=username, user__is_active=True, role__in=CHECKERS):
        officer = Actor(grant.user_id, username, username, Role(grant.role), grant.region)
        if officer.covers(region):
            return
    raise FormatError(f"“{username[:40]}”不能核查地区 {region} 的线索", advice="请选择该地区的经办、复核或稽核人员。")


@action("scenes.settle", roles=CHECKERS, persons_only=True)
def settle(by: Actor, finding: Finding, outcome: str, remark: str, *, now: datetime, key: str | None = None) -> Finding:
    """Say what came of a clue that was handed over to oneself."""
    finding = Finding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
    if finding.state != Finding.State.HANDED:
        raise Conflict("这条线索不在核查中", advice="请刷新页面。")
    if finding.assignee != by.username:
        raise NotAllowed("这条线索分派给了别人", advice="由被分派的人员填写核查结果。")
    if outcome not in Finding.Outcome.values:
        raise FormatError("没有选择核查结果", advice="请选择属实、不属实或无法核实。")
    if not remark.strip():
        raise FormatError("没有写核查情况", advice="请写明怎样核实的、作了什么处理，例如受理编号。")
    finding.state, finding.outcome, finding.remark = Finding.State.SETTLED, outcome, remark.strip()[:500]
    finding.settled_by, finding.settled_at = by.username, now
    finding.save(update_fields=["state", "outcome", "remark", "settled_by", "settled_at"])
    note(target=finding, scene=finding.scene, outcome=outcome)
    return finding


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
