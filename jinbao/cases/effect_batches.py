"""What approvals do with files: accept the batch the applicant handed in, record it, say beforehand what that makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from jinbao.cases.clock import local_day, noon_of
from jinbao.cases.models import Case
from jinbao.cases.outcome import Change, Preview
from jinbao.cases.rehearsal import rehearse
from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.insurance.contributions import actions as contributions
from jinbao.insurance.contributions.models import Declaration
from jinbao.insurance.registry.models import RefusedRow
from jinbao.kernel.errors import Conflict, NotFound
from jinbao.kernel.money import format_fen
from jinbao.trust.actors import Actor

REHEARSED_ROWS = 1000
"""Larger files are previewed by their counts: computing every row takes too long for a page."""
NOTHING = "无"
MOST_LINES = 24
Run = Callable[[Actor, Case, datetime], dict[str, Any]]


def batch_of(case: Case) -> Batch:
    """Return the file of a case. Raises NotFound, or Conflict for one that was discarded or is in the books."""
    batch = Batch.objects.filter(pk=case.form.get("batch") or 0).first()
    if batch is None:
        raise NotFound("办件的文件批次不存在", advice="请要求申请人重新上传文件。")
    if batch.status not in {Batch.Status.CHECKED, Batch.Status.ACCEPTED}:
        raise Conflict(f"{batch}{batch.get_status_display()}", advice="请要求申请人补正并重新上传文件。")
    return batch


def accepted(by: Actor, case: Case, now: datetime) -> Batch:
    """Accept the good rows of the file as far as the applicant agreed, and return the batch."""
    return intake.accept(by, batch_of(case), partial=bool(case.form.get("partial")), now=now)


def require_some_recorded(batch: Batch, recorded: int) -> None:
    """Raise Conflict when every row of a file was refused: such a case is to be corrected, not approved."""
    if recorded:
        return
    first = RefusedRow.objects.filter(batch_id=batch.pk).order_by("line").first()
    why = f"，例如{first}" if first else ""
    raise Conflict(f"{batch}没有一行可以入账{why}", advice="请退回并要求申请人补正。")


def record_declaration(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Record what the employer declared (缴费申报)."""
    batch = accepted(by, case, now)
    made = contributions.record(by, batch, today=local_day(now))
    require_some_recorded(batch, len(made))
    return references(batch, made)


def references(batch: Batch, made: list[Declaration]) -> dict[str, Any]:
    """Refer to what was recorded of a file."""
    refused = RefusedRow.objects.filter(batch_id=batch.pk).count()
    return {"batch": batch.pk, "declarations": [one.pk for one in made], "refused_rows": refused}


def preview_declaration(case: Case, today: date) -> Preview:
    """Say what the file would make due."""
    return preview_recording(case, "缴费申报文件", record_declaration, today)


def preview_recording(case: Case, what: str, run: Run, today: date) -> Preview:
    """Say what recording a file makes due: exactly for small files, by its counts for large ones."""
    batch = batch_of(case)
    changes = [file_line(batch, what)]
    if batch.accepted > REHEARSED_ROWS:
        changes.append(Change("逐行结果", NOTHING, f"文件超过 {REHEARSED_ROWS} 行，办结时逐行核定"))
        return Preview(tuple(changes), _rejected_problem(case, batch), basis=_identity(batch))
    declared, refused = rehearse(case.region, lambda system: _told(run(system, case, noon_of(today))))
    changes += declared
    if refused:
        reasons = "；".join(f"{reason}（{count} 行）" for reason, count in refused.most_common(5))
        changes.append(Change("无法入账的行", NOTHING, f"{refused.total()} 行退回单位更正：{reasons}"))
    return Preview(tuple(changes), _rejected_problem(case, batch), basis=_identity(batch))


def _told(made: dict[str, Any]) -> tuple[list[Change], Counter[str]]:
    """Read what a rehearsal made before it is undone."""
    rows = Declaration.objects.filter(pk__in=made.get("declarations", ())).order_by("month", "kind")
    refused = RefusedRow.objects.filter(batch_id=made["batch"]) if "batch" in made else RefusedRow.objects.none()
    enrolled = [Change("登记参保", NOTHING, f"{made['enrolled']} 人")] if "enrolled" in made else []
    return enrolled + declaration_lines(rows), Counter(refused.values_list("reason", flat=True))


def declaration_lines(rows: Any) -> list[Change]:
    """Write one line for each month and kind of what becomes due."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        entry = sums.setdefault((str(row.month), row.get_kind_display()), [0, 0])
        entry[0] += row.rows.count()
        entry[1] += row.due_fen
    lines = [
        Change(f"{month} {kind}", NOTHING, f"{count} 行，应缴 {format_fen(due)} 元")
        for (month, kind), (count, due) in sums.items()
    ]
    total = sum(due for _, due in sums.values())
    shown = lines[:MOST_LINES]
    return [*shown, Change("合计", NOTHING, f"应缴 {format_fen(total)} 元")] if len(lines) > 1 else shown


def file_line(batch: Batch, what: str) -> Change:
    """Write what of a file would be taken."""
    rejected = f"，{batch.rejected} 行未通过校验、不在本次办理" if batch.rejected else ""
    return Change(what, NOTHING, f"{batch.file_name}：{batch.accepted} 行{rejected}")


def _rejected_problem(case: Case, batch: Batch) -> tuple[str, ...]:
    """Name rejected rows as a problem where the applicant did not agree to leave them out."""
    left_out = bool(case.form.get("partial")) or batch.status == Batch.Status.ACCEPTED
    return () if not batch.rejected or left_out else (f"文件有 {batch.rejected} 行未通过校验",)


def _identity(batch: Batch) -> tuple[tuple[str, str], ...]:
    return (("sm3", batch.file_sm3), ("rows", f"{batch.received}/{batch.accepted}/{batch.rejected}"))
