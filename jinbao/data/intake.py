"""Intake: a file arrives, is checked in one pass, and waits until somebody accepts its good rows.

`receive` reads and checks without holding the database; the batch appears in one short transaction at the end. The same
bytes from the same sender are the same batch, however often they are sent.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.utils import timezone

from jinbao.data.datasets import Dataset, load_dataset
from jinbao.data.lake import Arrival, arriving, clear_leftovers, lake, original_of
from jinbao.data.landing import Landing, write_report
from jinbao.data.models import Batch
from jinbao.data.preview import accepted_batches, accepted_rows, preview, rejected_rows, walk_back
from jinbao.data.quality import ExtraCheck, Fault, Gate
from jinbao.data.quality_rules import Setting
from jinbao.data.rejected_workbook import batch_number_in, rejected_workbook
from jinbao.data.sources import LARGEST_FILE, Refused, Tell, open_source
from jinbao.kernel.errors import Conflict, NotAllowed, Place
from jinbao.kernel.regions import RegionTree
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, may_see, require_sight
from jinbao.trust.models import Role
from jinbao.trust.sm3 import sm3

__all__ = [
    "ExtraCheck",
    "Fault",
    "accept",
    "accepted_batches",
    "accepted_rows",
    "discard",
    "preview",
    "receive",
    "recheck",
    "recorded",
    "rejected_rows",
    "rejected_workbook",
    "walk_back",
]

SENDERS = (Role.EMPLOYER, Role.CLERK, Role.REVIEWER, Role.FINANCE)
"""Who may hand in files: employers for themselves, officers for their region."""
HANDLERS = (*SENDERS, Role.STEWARD)
"""Who may handle a batch: the senders, and stewards for what units of their region supply."""

_PIECE = 1 << 20


def receive(
    by: Actor,
    file: Path | BinaryIO,
    file_name: str,
    dataset: str,
    *,
    sender: str,
    region: str,
    now: datetime,
    key: str | None = None,
    progress: Tell | None = None,
    extra_checks: Iterable[ExtraCheck] = (),
    corrects: Batch | None = None,
) -> Batch:
    """Take in a file: keep it as it came, check every row, and return the batch (status 已校验).

    `progress` is told how much of how much is done; `extra_checks` see the rows that passed everything else.
    A file that was returned for correction is linked to the batch it corrects.
    Raises Refused (a FormatError with file, sheet, row and column) for a file that is no such table; nothing of it is
    kept then. Raises NotFound for an unknown dataset or region, NotAllowed for one that is not the actor's.
    """
    declared = load_dataset(dataset)
    RegionTree.read().lineage(region)
    _require_right(by, declared, sender, region)
    clear_leftovers()
    name = PurePath(file_name.replace("\\", "/")).name[-255:] or "未命名"
    with arriving() as arrival:
        original, digest = _keep_original(file, name, arrival)
        earlier = Batch.objects.filter(dataset=dataset, file_sm3=digest, sender=sender).first()
        if earlier and earlier.status != Batch.Status.DISCARDED:
            return earlier
        gate = Gate(Setting(declared, timezone.localtime(now).date(), sender), extra_checks)
        checked = _check(original, name, arrival, gate, progress or _silent)
        if earlier:
            return _rechecked(by, earlier, checked, now=now)
        before = corrects or _corrected(by, original, name, dataset, sender)
        head = _Head(dataset, name, digest, sender, region)
        try:
            return _register(by, head, checked, corrects=before, now=now, key=key)
        except IntegrityError:  # somebody sent the same bytes at the same moment and was first
            return Batch.objects.get(dataset=dataset, file_sm3=digest, sender=sender)


def recheck(
    by: Actor,
    batch: Batch,
    *,
    now: datetime,
    progress: Tell | None = None,
    extra_checks: Iterable[ExtraCheck] = (),
) -> Batch:
    """Check the kept file again, after the registry or the rules have changed; only before it is accepted."""
    _require_sight(by, batch)
    clear_leftovers()
    with arriving() as arrival:
        kept = original_of(batch)
        original = arrival.folder / kept.name
        os.link(kept, original)
        setting = Setting(load_dataset(batch.dataset), timezone.localtime(now).date(), batch.sender)
        checked = _check(original, batch.file_name, arrival, Gate(setting, extra_checks), progress or _silent)
        return _rechecked(by, batch, checked, now=now)


@action("data.accept", roles=HANDLERS)
def accept(by: Actor, batch: Batch, *, partial: bool, now: datetime, key: str | None = None) -> Batch:
    """Accept the good rows of a batch. With rejected rows this needs `partial`, the user's own word for it."""
    current = _locked(by, batch)
    if current.status == Batch.Status.ACCEPTED:
        return current
    _require_status(current, Batch.Status.CHECKED)
    if current.rejected and not partial:
        raise Conflict(
            f"{current}有 {current.rejected} 行未通过校验",
            advice="请下载退回的行，改正后重新上传；或者明确选择只接收通过的行。",
        )
    if not current.accepted:
        raise Conflict(f"{current}没有一行通过校验，无可接收", advice="请下载退回的行，改正后重新上传。")
    note(target=current, accepted=current.accepted, rejected=current.rejected, partial=bool(current.rejected))
    return _set_status(current, Batch.Status.ACCEPTED)


@action("data.discard", roles=HANDLERS)
def discard(by: Actor, batch: Batch, *, now: datetime, reason: str = "", key: str | None = None) -> Batch:
    """Discard a batch that is not yet in the books. Its files stay; sending the file again checks it anew."""
    current = _locked(by, batch)
    if current.status == Batch.Status.DISCARDED:
        return current
    _require_status(current, Batch.Status.CHECKED, Batch.Status.ACCEPTED)
    note(target=current, reason=reason)
    return _set_status(current, Batch.Status.DISCARDED)


@action("data.recorded", roles=SENDERS)
def recorded(by: Actor, batch: Batch, *, now: datetime, key: str | None = None) -> Batch:
    """Mark an accepted batch as entered in the books; called by the room that entered it, in its transaction."""
    current = _locked(by, batch)
    if current.status == Batch.Status.RECORDED:
        return current
    _require_status(current, Batch.Status.ACCEPTED)
    note(target=current, accepted=current.accepted)
    return _set_status(current, Batch.Status.RECORDED)


@dataclass(frozen=True)
class _Head:
    """What identifies a batch."""

    dataset: str
    file_name: str
    file_sm3: str
    sender: str
    region: str


class _Checked:
    """The outcome of the check, still in the arrival's folder. No dataclass: a repeated request must not compare it."""

    def __init__(self, arrival: Arrival, gate: Gate, landing: Landing) -> None:
        self.arrival = arrival
        self.received, self.accepted, self.rejected = gate.received, landing.accepted, landing.rejected
        self.rules = [report.as_json() for report in gate.reports.values()]


def _require_right(by: Actor, dataset: Dataset, sender: str, region: str) -> None:
    if by.role == Role.EMPLOYER:
        if not by.subject or sender != by.subject:
            raise NotAllowed("只能报送本单位的文件", advice="请以本单位的经办账号登录。")
    elif not (by.covers(region) or (dataset.supplied and by.stewards(region))):
        raise NotAllowed(f"{by.name}无权接收地区 {region} 的文件", advice="请由该地区的经办人员办理。")


def _keep_original(file: Path | BinaryIO, file_name: str, arrival: Arrival) -> tuple[Path, str]:
    """Copy the file into the arrival's folder and return it with its SM3."""
    suffix = Path(file_name).suffix.lower()
    original = arrival.folder / f"original{suffix if re.fullmatch(r'[.][a-z0-9]{1,8}', suffix) else ''}"
    digest, size = sm3(), 0
    source = _opened(file) if isinstance(file, Path) else file
    try:
        with original.open("wb") as target:
            while piece := source.read(_PIECE):
                size += len(piece)
                if size > LARGEST_FILE:
                    message = f"文件超过 {LARGEST_FILE >> 20} MB"
                    raise Refused(message, at=Place(file_name), advice="请分成几个文件上传。")
                digest.update(piece)
                target.write(piece)
    finally:
        if isinstance(file, Path):
            source.close()
    return original, digest.hexdigest()


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        why = "是一个目录" if file.is_dir() else "没有这个文件" if not file.exists() else error.strerror or str(error)
        raise Refused(f"读不了文件：{why}", at=Place(str(file)), advice="请核对文件名和读取权限。") from None


def _check(original: Path, name: str, arrival: Arrival, gate: Gate, tell: Tell) -> _Checked:
    """Run the gate over the file and leave its three results in the arrival's folder."""
    source = open_source(original, name, gate.dataset)
    landing = Landing(arrival.folder, gate.dataset)
    try:
        for chunk in source.chunks(tell):
            landing.add(gate.judge(chunk))
        landing.finish(gate.late)
    except BaseException:
        landing.abandon()
        raise
    if not gate.received:
        raise Refused("表头下面没有数据", at=Place(name), advice="请在表头下填写至少一行后重新上传。")
    report = {"about": source.about, "notices": source.notices.sentences()}
    write_report(arrival.folder, {**report, "labels": source.labels, "sheets": source.sheets})
    return _Checked(arrival, gate, landing)


def _corrected(by: Actor, original: Path, name: str, dataset: str, sender: str) -> Batch | None:
    """Return the batch whose returned rows this file corrects, if it says so and belongs to the same sender."""
    number = batch_number_in(original, name)
    found = Batch.objects.filter(pk=number, dataset=dataset, sender=sender).first() if number else None
    return found if found and may_see(by, region=found.region, employer=found.sender) else None


@action("data.receive", roles=HANDLERS)
def _register(
    by: Actor, head: _Head, checked: _Checked, *, corrects: Batch | None, now: datetime, key: str | None = None
) -> Batch:
    """Take in a checked file as a new batch."""
    batch = Batch.objects.create(
        dataset=head.dataset,
        file_name=head.file_name,
        file_sm3=head.file_sm3,
        sender=head.sender,
        region=head.region,
        received_by=by.username,
        received_at=now,
        received=checked.received,
        accepted=checked.accepted,
        rejected=checked.rejected,
        rules=checked.rules,
        folder="",
        corrects=corrects,
    )
    batch.folder = checked.arrival.settle(head.dataset, head.file_sm3, now)
    batch.save(update_fields=["folder"])
    _note_counts(batch, checked)
    return batch


@action("data.recheck", roles=HANDLERS)
def _rechecked(by: Actor, batch: Batch, checked: _Checked, *, now: datetime) -> Batch:
    """Replace the outcome of an earlier check by a new one of the same file."""
    current = _locked(by, batch)
    _require_status(current, Batch.Status.CHECKED, Batch.Status.DISCARDED)
    replaced = current.folder
    current.folder = checked.arrival.settle(current.dataset, current.file_sm3, now, replaces=replaced)
    current.status = Batch.Status.CHECKED
    current.received, current.accepted, current.rejected = checked.received, checked.accepted, checked.rejected
    current.rules = checked.rules
    current.save(update_fields=["folder", "status", "received", "accepted", "rejected", "rules"])
    transaction.on_commit(lambda: shutil.rmtree(lake() / replaced, ignore_errors=True))
    _note_counts(current, checked)
    return current


def _note_counts(batch: Batch, checked: _Checked) -> None:
    note(
        target=batch,
        file=batch.file_name,
        sm3=batch.file_sm3,
        received=checked.received,
        accepted=checked.accepted,
        rejected=checked.rejected,
    )


def _locked(by: Actor, batch: Batch) -> Batch:
    current = Batch.objects.select_for_update().get(pk=batch.pk)
    _require_sight(by, current)
    return current


def _require_sight(by: Actor, batch: Batch) -> None:
    """Raise NotAllowed unless the batch is the actor's business, or its data the actor's to look after."""
    if load_dataset(batch.dataset).supplied and by.stewards(batch.region):
        return
    require_sight(by, region=batch.region, employer=batch.sender)


def _require_status(batch: Batch, *allowed: Batch.Status) -> None:
    if batch.status not in allowed:
        raise Conflict(f"{batch}{batch.get_status_display()}，不能再做这一步", advice="请刷新页面查看批次的当前状态。")


def _set_status(batch: Batch, status: Batch.Status) -> Batch:
    batch.status = status
    batch.save(update_fields=["status"])
    return batch


def _silent(done: int, total: int) -> None:
    """Show no progress."""
