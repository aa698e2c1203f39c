"""Invariants of this room: clues agree with the newest run, and its rows are there."""

from __future__ import annotations

from collections.abc import Iterator

from jinbao.data.scenes import engines, results
from jinbao.data.scenes.declared import faults, scenes
from jinbao.data.scenes.models import Finding
from jinbao.data.scenes.queries import newest
from jinbao.kernel.checks import Check, Row
from jinbao.kernel.errors import NotFound


def _readable() -> Iterator[Row]:
    for fault in faults():
        yield Row(
            fault.place or f"policy/scenes/{fault.name}", f"{fault.error.message}；{fault.error.advice}".rstrip("；")
        )


def _whole() -> Iterator[Row]:
    for scene in scenes():
        run = newest(scene.name)
        if run is None:
            continue
        try:
            found = results.read(run)
        except NotFound:
            yield Row(f"scenes.Run:{run.pk}", f"结果文件不在；jinbao data scenes run {scene.name}")
            continue
        same_shape = found.column_names == [column.name for column in scene.columns]
        if found.num_rows != run.rows or (same_shape and engines.digest(found) != run.digest):
            yield Row(f"scenes.Run:{run.pk}", "结果文件与记录的行数或摘要不符")


def _agree() -> Iterator[Row]:
    for scene in scenes():
        run = newest(scene.name)
        if run is None or not scene.is_clue:
            continue
        found = Finding.objects.filter(scene=scene.name, gone=False, last_run=run).count()
        if found != run.rows or Finding.objects.filter(scene=scene.name, gone=False).count() != run.rows:
            yield Row(f"scenes.Run:{run.pk}", f"结果 {run.rows} 行，线索 {found} 条")


CHECKS: tuple[Check, ...] = (
    Check("scenes.readable", "每个场景的声明都读得懂；读不懂的停用，不影响其他场景", _readable),
    Check("scenes.whole", "每个场景最近一次运行的结果文件在，行数和摘要与记录相符", _whole),
    Check("scenes.agree", "未消失的线索就是最近一次运行的各行", _agree),
)
