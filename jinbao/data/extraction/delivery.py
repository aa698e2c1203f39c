"""Make the file of an approved request and take it back: what was approved is what is run, or nothing."""

from __future__ import annotations

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from jinbao.data.extraction import files, shown
from jinbao.data.extraction.actions import STEWARDS, _reason, _require_steward, seal, sight_of
from jinbao.data.extraction.declared import policy
from jinbao.data.extraction.models import DataRequest, Delivery, Draft
from jinbao.data.extraction.queries import DECIDERS, State, folder
from jinbao.data.extraction.statement import read_statement
from jinbao.data.extraction.workbench import known_tables, run
from jinbao.data.supply import tables
from jinbao.kernel.errors import Conflict, NotAllowed
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.sm3 import sm3_hex


def deliver(by: Actor, of: DataRequest, *, now: datetime) -> Delivery:
    """Run the approved query and write the file with its marks; raise Conflict where anything differs."""
    _require_steward(by, of)
    draft = _approved(of)
    rows = _run(of, draft)
    code = f"{of.number}-{of.deliveries.count() + 1}"
    mark = files.Mark(code, of.recipient, now, of.purpose[:60], secrets.token_hex(16))
    names = shown.headings(draft.columns, of.masks)
    column = files.marking_column(rows)
    path = folder() / f"{secrets.token_hex(12)}.{of.form}"
    try:
        files.write(path, of.form, mark, names, files.in_order(rows, mark.key, column))
        _sync(path)
        made = _delivered(by, of, mark, names[column] if rows else "", path.name, sm3_hex(path), len(rows), now=now)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    clear_expired(now)
    return made


def _approved(of: DataRequest) -> Draft:
    if of.state not in (State.APPROVED, State.DELIVERED) or of.draft is None:
        raise Conflict("这份申请没有批准", advice="批准后才能交付。")
    if seal(of, of.draft) != of.sealed_sm3:
        raise Conflict("申请在批准后被改动", advice="请报告系统管理员，并重新送审。")
    return of.draft


def _run(of: DataRequest, draft: Draft) -> list[files.Row]:
    versions = {name: tables.version(name) for name in draft.tables}
    if changed := sorted(name for name in versions if versions[name] != draft.tables[name]):
        raise Conflict(
            f"表 {'、'.join(changed)} 在预览之后有新数据",
            advice="请“因新数据重新编写”，再预览、送审：交付的须是审批人看到的。",
        )
    sight = sight_of(of, draft.level, draft.region)
    result = run(read_statement(draft.sql, known_tables()), sight)
    shown.require_shareable(of.outside, shown.described(draft.sql, result, sight), of.masks)
    if len(result.rows) != draft.rows or list(result.names) != [column["name"] for column in draft.columns]:
        raise Conflict("结果与预览时不同", advice="请重新预览、送审。")
    return list(shown.masked_rows(draft.columns, of.masks, result.rows))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@action("extraction.deliver", roles=STEWARDS, persons_only=True)
def _delivered(
    by: Actor, of: DataRequest, mark: files.Mark, marked_by: str, file: str, sm3: str, rows: int, *, now: datetime
) -> Delivery:
    """Hand a file over to whoever asked."""
    of = DataRequest.objects.select_for_update(of=("self",)).select_related("draft").get(pk=of.pk)
    made = Delivery.objects.create(
        code=mark.code, request=of, draft=_approved(of), form=of.form, file=file, sm3=sm3, rows=rows, mark=mark.key,
        marked_by=marked_by, recipient=mark.recipient, made_by=by.username, made_at=now,
        expires_at=now + timedelta(days=policy().link_days),
    )  # fmt: skip
    of.state = State.DELIVERED
    of.save(update_fields=["state"])
    note(target=made, rows=rows, sm3=sm3, form=of.form, recipient=of.recipient)
    return made


@action("extraction.reopen", roles=STEWARDS, persons_only=True)
def reopen(by: Actor, of: DataRequest, *, now: datetime) -> DataRequest:
    """Write an approved query anew because its tables have new data; the approval lapses."""
    _require_steward(by, of)
    of = DataRequest.objects.select_for_update().get(pk=of.pk)
    if of.state != State.APPROVED:
        raise Conflict("只有待交付的申请可以重新编写", advice="请看申请的现状。")
    of.state, of.said, of.decided_by, of.decided_at = State.ASKED, "数据已更新，重新编写", "", None
    of.save()
    note(target=of)
    return of


@action("extraction.revoke", roles=DECIDERS, persons_only=True)
def revoke(by: Actor, of: DataRequest, reason: str, *, now: datetime) -> DataRequest:
    """Take every file of a request back: nobody can fetch them any more."""
    if not (by.covers(of.region) or by.stewards(of.region)):
        raise NotAllowed("没有这份申请，或您无权办理", advice="由该地区的复核或数据管理人员收回。")
    of = DataRequest.objects.select_for_update().get(pk=of.pk)
    if of.state != State.DELIVERED:
        raise Conflict("只能收回已交付的申请", advice="请看申请的现状。")
    of.state, of.said = State.REVOKED, _reason(reason)
    of.save()
    for one in of.deliveries.filter(revoked_at=None):
        _remove(one)
    fetched = sum(one.downloads.count() for one in of.deliveries.all())
    of.deliveries.filter(revoked_at=None).update(revoked_at=now, file="")
    note(target=of, reason=of.said, fetched=fetched)
    return of


def clear_expired(now: datetime) -> int:
    """Remove the files whose time is over; return how many."""
    ended = Delivery.objects.filter(expires_at__lte=now).exclude(file="")
    for one in ended:
        _remove(one)
    return ended.update(file="")


def _remove(one: Delivery) -> None:
    if one.file:
        (folder() / one.file).unlink(missing_ok=True)
