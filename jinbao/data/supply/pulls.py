"""Asking the sources: each run passes the same gate as an uploaded file, is logged, and can be repeated safely.

A run that was killed leaves no half of anything: the batch appears in one transaction, the watermark is written after
it, and the rows between are read again and replaced by key.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from jinbao.data import intake
from jinbao.data.lake import lake
from jinbao.data.models import Batch
from jinbao.data.supply import actions, database, folder, interface
from jinbao.data.supply.models import Pull
from jinbao.data.supply.rows import Fetched, SourceError
from jinbao.data.supply.sources import RETRY_MINUTES, DatabaseTable, Folder, Interface, SupplySource
from jinbao.kernel.errors import Conflict, JinbaoError, NotAllowed
from jinbao.trust import clock
from jinbao.trust.actors import Actor
from jinbao.trust.sm3 import sm3_hex


def pull(by: Actor, source: SupplySource, *, now: datetime) -> list[Pull]:
    """Fetch what a source has now and return the runs (of a folder: one per file).

    What goes wrong is in the run, not raised. Raises NotAllowed for a source of another region, Conflict while another
    process is fetching from it.
    """
    if not by.stewards(source.unit.region):
        raise NotAllowed(f"{by.name}无权从“{source.title}”取数", advice="请由该地区的数据管理人员办理。")
    with _alone(source):
        _close_killed(source, now)
        if isinstance(source.way, Folder):
            return _from_folder(by, source, source.way, now)
        return [_from_system(by, source, source.way, now)]


def is_due(source: SupplySource, now: datetime) -> bool:
    """Tell whether a source should be asked now: by its schedule, after a failure sooner."""
    return due_after(source, Pull.objects.filter(source=source.name).order_by("-pk").first(), now)


def due_after(source: SupplySource, last: Pull | None, now: datetime) -> bool:
    """Tell the same from the source's last run."""
    if not source.enabled or last is None:
        return source.enabled
    due = source.schedule.next_after(last.started_at)
    if last.status == Pull.Status.FAILED:
        due = min(due, last.started_at + timedelta(minutes=RETRY_MINUTES))
    return now >= due


@contextmanager
def _alone(source: SupplySource) -> Iterator[None]:
    """Hold the source's lock; raise Conflict where somebody else has it. A process that dies lets go of it."""
    place = lake() / ".pulls"
    place.mkdir(parents=True, exist_ok=True)
    with (place / f"{source.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"正在从“{source.title}”取数", advice="请等这一次取完再看结果。") from None
        yield


def _close_killed(source: SupplySource, now: datetime) -> None:
    """Close what a killed process left open; we hold the lock, so nobody is running."""
    text = "上一次取数的进程中断了；已收到的不会重复，本次接着取。"
    Pull.objects.filter(source=source.name, status=Pull.Status.RUNNING).update(
        status=Pull.Status.FAILED, finished_at=now, error=text
    )


def _begin(source: SupplySource, now: datetime, file_name: str = "") -> Pull:
    return Pull.objects.create(
        source=source.name, dataset=source.dataset.name, region=source.unit.region, started_at=now,
        file_name=file_name[-255:], watermark=last_watermark(source),
    )  # fmt: skip


def last_watermark(source: SupplySource) -> str:
    """Return how far the source has been read; "" from the beginning."""
    done = Pull.objects.filter(source=source.name, status__in=(Pull.Status.DONE, Pull.Status.NOTHING))
    last = done.exclude(watermark="").order_by("-pk").first()
    return last.watermark if last else ""


def _from_system(by: Actor, source: SupplySource, way: DatabaseTable | Interface, now: datetime) -> Pull:
    run = _begin(source, now)
    with tempfile.TemporaryDirectory(dir=lake() / ".pulls") as place:
        path = Path(place) / f"{source.name}-{now:%Y%m%d%H%M%S}.csv"
        try:
            got = _fetch(source, way, run.watermark, path, now)
            batch = _take_in(by, source, _redelivered(path, source), now) if got.rows else None
        except JinbaoError as error:
            return _end(run, Pull.Status.FAILED, error=str(error))
    run.watermark = got.watermark
    is_new = batch is not None and not Pull.objects.filter(batch=batch).exists()
    return _end(run, Pull.Status.DONE if is_new else Pull.Status.NOTHING, rows=got.rows, batch=batch)


def _fetch(source: SupplySource, way: DatabaseTable | Interface, since: str, into: Path, now: datetime) -> Fetched:
    if isinstance(way, DatabaseTable):
        return database.fetch(source, way, since, into, now)
    return interface.fetch(source, way, since, into, now)


def _from_folder(by: Actor, source: SupplySource, way: Folder, now: datetime) -> list[Pull]:
    runs: list[Pull] = []
    try:
        runs.extend(_from_file(by, source, file, now) for file in folder.waiting(way, now))
    except JinbaoError as error:
        runs.append(_end(_begin(source, now), Pull.Status.FAILED, error=str(error)))
    return runs or [_end(_begin(source, now), Pull.Status.NOTHING)]


def _from_file(by: Actor, source: SupplySource, file: Path, now: datetime) -> Pull:
    run = _begin(source, now, folder.name_of(file)[:255])
    try:
        batch = _take_in(by, source, file, now)
    except OSError as error:
        return _end(run, Pull.Status.FAILED, error=f"读不了文件：{error.strerror}。怎么办：请检查文件和它的权限。")
    except JinbaoError as error:
        return _end(run, Pull.Status.FAILED, error=_refused(file, str(error)))
    is_new = not Pull.objects.filter(batch=batch).exists()
    try:
        folder.put_aside(file, folder.PROCESSED)
    except SourceError as error:
        return _end(run, Pull.Status.FAILED, rows=batch.received, batch=batch, error=str(error))
    return _end(run, Pull.Status.DONE if is_new else Pull.Status.NOTHING, rows=batch.received, batch=batch)


def _refused(file: Path, reason: str) -> str:
    """Put a refused file aside and return what to say in the run."""
    try:
        folder.put_aside(file, folder.REFUSED, reason)
    except SourceError as error:
        return f"{reason}\n{error}"
    return reason


def _take_in(by: Actor, source: SupplySource, path: Path, now: datetime) -> Batch:
    batch = intake.receive(
        by, path, folder.name_of(path), source.dataset.name, sender=source.unit.code, region=source.unit.region, now=now
    )
    takes = source.accept == "always" or (source.accept == "clean" and not batch.rejected)
    if batch.status == Batch.Status.CHECKED and batch.accepted and takes:
        batch = actions.accept(by, batch, now=now)
    return batch


def _redelivered(path: Path, source: SupplySource) -> Path:
    """Make content that was delivered once, replaced, and is now there again a delivery of its own.

    The same bytes are the same batch; an empty line in the end, which nobody reads, makes them others.
    """
    theirs = Batch.objects.filter(dataset=source.dataset.name, sender=source.unit.code)
    last = theirs.order_by("-pk").first()
    while True:
        same = theirs.filter(file_sm3=sm3_hex(path)).first()
        if same is None or same == last or same.status in (Batch.Status.CHECKED, Batch.Status.DISCARDED):
            return path
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")


def _end(run: Pull, status: Pull.Status, *, rows: int = 0, batch: Batch | None = None, error: str = "") -> Pull:
    run.status, run.rows, run.batch, run.error = status, rows, batch, error[:500]
    run.finished_at = max(clock.now(), run.started_at)
    run.save()
    return run
