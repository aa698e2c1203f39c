"""Verbs of data requests: ask, try a query, submit, decide, deliver, fetch, revoke; and who may see how much."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from time import perf_counter
from typing import Any

from django.conf import settings
from django.utils.timezone import localtime

from jinbao.data.extraction import shown
from jinbao.data.extraction.declared import LEVELS, above, lower, policy
from jinbao.data.extraction.files import FORMS
from jinbao.data.extraction.models import Clearance, DataRequest, Download, Draft
from jinbao.data.extraction.queries import DECIDERS, State, clearance, delivery_for, level_for
from jinbao.data.extraction.statement import SqlError, read_statement
from jinbao.data.extraction.workbench import Result, Sight, known_tables, run
from jinbao.data.supply import tables
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed
from jinbao.kernel.workdays import add_workdays
from jinbao.trust.actions import action, note
from jinbao.trust.actors import OFFICERS, Actor, require_other_person
from jinbao.trust.canonical import canonical
from jinbao.trust.models import Grant, Role
from jinbao.trust.sm3 import sm3_hex

PREVIEW = 50
STEWARDS = (Role.STEWARD,)
CLEARERS = (Role.REVIEWER, Role.AUDITOR)


@dataclass(frozen=True)
class Asked:
    """What an officer writes in the form."""

    purpose: str
    basis: str
    people: str
    period: str
    columns: str
    level: str
    recipient: str
    needed_until: date
    outside: bool = False
    """Whether the recipient is another unit."""


@action("extraction.ask", roles=OFFICERS, persons_only=True)
def ask(by: Actor, asked: Asked, *, now: datetime, key: str | None = None) -> DataRequest:
    """Ask for data: purpose, legal basis, people, period, columns, recipient, until when."""
    on = localtime(now).date()
    longest = {"purpose": 500, "basis": 500, "people": 500, "period": 100, "columns": 500, "recipient": 100}
    for name, most in longest.items():
        text = getattr(asked, name).strip()
        if not text or len(text) > most:
            label = LABELS[name]
            raise FormatError(f"请填写{label}" if not text else f"{label}超过 {most} 字", advice="每一项都须填写。")
    if asked.level not in LEVELS:
        raise FormatError("没有这种敏感级别", advice=f"可选：{'、'.join(LEVELS)}。")
    if asked.needed_until < on:
        raise FormatError("需用日期已经过去", advice="请填写今天或以后的日期。")
    made: DataRequest = DataRequest.objects.create(
        number=_next_number(by.region, on), region=by.region, asked_by=by.username, asked_at=now,
        due=add_workdays(on, policy().due_workdays), level=asked.level, needed_until=asked.needed_until,
        outside=asked.outside, **{name: getattr(asked, name).strip() for name in longest},
    )  # fmt: skip
    note(target=made, level=made.level, recipient=made.recipient, outside=made.outside)
    return made


LABELS = {
    "purpose": "用途",
    "basis": "法律依据",
    "people": "对象范围",
    "period": "期间",
    "columns": "需要的列",
    "recipient": "接收单位或人员",
    "needed_until": "需用日期",
    "level": "最高敏感级别",
}


def _next_number(region: str, on: date) -> str:
    """Return the next number of a region in a year; two at once meet at the unique number, and the second is told."""
    front = f"TQ{region}-{on.year}-"
    last = DataRequest.objects.select_for_update().filter(number__startswith=front).order_by("-pk").first()
    return f"{front}{int(last.number.rpartition('-')[2]) + 1 if last else 1:05d}"


@action("extraction.clear", roles=CLEARERS, persons_only=True)
def clear(by: Actor, username: str, level: str, until: date, reason: str, *, now: datetime) -> Clearance:
    """Say up to which level a steward of the region may see columns, until a day."""
    if level not in LEVELS or not reason.strip():
        raise FormatError("请选择敏感级别并写明理由", advice=f"级别：{'、'.join(LEVELS)}。")
    if until < localtime(now).date():
        raise FormatError("截止日期已经过去", advice="请填写今天或以后的日期。")
    require_other_person(by, username)
    grant = Grant.objects.filter(user__username=username, role=Role.STEWARD).first()
    if grant is None or not by.covers(grant.region):
        raise NotAllowed("本地区没有这名数据管理人员", advice="请填写数据管理人员的用户名。")
    made: Clearance = Clearance.objects.create(
        username=username, region=grant.region, level=level, until=until, reason=reason.strip()[:200],
        by=by.username, at=now,
    )  # fmt: skip
    note(target=made, level=level, until=until, whom=username)
    return made


@dataclass(frozen=True)
class Preview:
    """What a steward sees of a query that ran: its version, and at most fifty masked rows."""

    draft: Draft
    names: list[str]
    rows: list[tuple[Any, ...]]


def preview(by: Actor, of: DataRequest, sql: str, *, now: datetime) -> Preview:
    """Run a query in the workbench, keep it as the next version and show masked rows; an error is recorded too."""
    _require_steward(by, of)
    if of.state != State.ASKED:
        raise Conflict("这份申请已经送审或办结", advice="须由审批人退回后才能改写。")
    sight = sight_of(of, level_for(by, of, localtime(now).date()), by.region)
    started = perf_counter()
    try:
        statement = read_statement(sql, known_tables())
        versions = {name: tables.version(name) for name in statement.tables}
        result = run(statement, sight)
    except SqlError as error:
        _failed(by, of, sql[: policy().characters], str(error.message)[:300], now=now)
        raise
    columns = shown.described(sql, result, sight)
    millis = int((perf_counter() - started) * 1000)
    draft = _tried(by, of, sql, sight.level, versions, columns, len(result.rows), millis, now=now)
    return Preview(draft, list(result.names), _masked(columns, result))


def _masked(columns: list[dict[str, str]], result: Result) -> list[tuple[Any, ...]]:
    return list(shown.masked_rows(columns, shown.default_masks(columns), result.rows[:PREVIEW]))


def sight_of(of: DataRequest, level: str, region: str) -> Sight:
    """Return the eyes with which the lake is read for a request; its codes hold for this request only."""
    salt = hmac.digest(settings.SECRET_KEY.encode(), f"extraction:{of.number}".encode(), sha256).hex()
    return Sight(level, region, salt)


def _require_steward(by: Actor, of: DataRequest) -> None:
    if not by.stewards(of.region):
        raise NotAllowed("没有这份申请，或您无权办理", advice="由该地区的数据管理人员办理。")


@action("extraction.try", roles=STEWARDS, persons_only=True)
def _tried(
    by: Actor, of: DataRequest, sql: str, level: str, versions: dict[str, str], columns: list[dict[str, str]],
    rows: int, millis: int, *, now: datetime,
) -> Draft:  # fmt: skip
    """Keep a query that ran in the workbench as the next version."""
    of = DataRequest.objects.select_for_update().get(pk=of.pk)
    made: Draft = Draft.objects.create(
        request=of, version=of.drafts.count() + 1, sql=sql, level=level, region=by.region, tables=versions,
        columns=columns, rows=rows, millis=millis, by=by.username, at=now,
    )  # fmt: skip
    note(
        target=of, version=made.version, sql_sm3=sm3_hex(sql.encode()), rows=rows, tables=sorted(versions), level=level
    )
    return made


@action("extraction.try_failed", roles=STEWARDS, persons_only=True)
def _failed(by: Actor, of: DataRequest, sql: str, why: str, *, now: datetime) -> None:
    """Record a query that the workbench refused or stopped."""
    note(target=of, sql=sql[:1000], why=why)


@action("extraction.submit", roles=STEWARDS, persons_only=True)
def submit(
    by: Actor, of: DataRequest, version: int, masks: Mapping[str, str], form: str, *, now: datetime
) -> DataRequest:
    """Put a version that was previewed before somebody else, with the masks of its columns and the form of the file."""
    _require_steward(by, of)
    of = DataRequest.objects.select_for_update().get(pk=of.pk)
    if of.state != State.ASKED:
        raise Conflict("这份申请已经送审或办结", advice="请看申请的现状。")
    draft = of.drafts.filter(version=version).first()
    if draft is None:
        raise FormatError("没有这一版查询", advice="请先运行查询，再送审。")
    if (
        form not in FORMS
        or set(masks) != {c["name"] for c in draft.columns}
        or not set(masks.values()) <= set(shown.MASKS)
    ):
        raise FormatError(
            "请为每一列选择原值、脱敏或不给，并选择文件格式", advice=f"格式：{'、'.join(FORMS.values())}。"
        )
    if not shown.headings(draft.columns, dict(masks)):
        raise FormatError("没有留下任何列", advice="至少给出一列。")
    shown.require_shareable(of.outside, draft.columns, dict(masks))
    of.draft, of.masks, of.form, of.state = draft, dict(masks), form, State.SUBMITTED
    of.submitted_by, of.decided_by, of.decided_at, of.said = by.username, "", None, ""
    of.sealed_sm3 = seal(of, draft)
    of.save()
    note(target=of, version=version, seal=of.sealed_sm3, form=form, plain=[n for n, m in masks.items() if m == "plain"])
    return of


def seal(of: DataRequest, draft: Draft) -> str:
    """Hash everything that decides what the file will hold and to whom it goes."""
    said = {
        "number": of.number, "sql": draft.sql, "tables": draft.tables, "level": draft.level, "region": draft.region,
        "rows": draft.rows, "masks": of.masks, "form": of.form, "recipient": of.recipient,
    }  # fmt: skip
    if of.outside:
        said["outside"] = True
    return sm3_hex(canonical(said))


@action("extraction.approve", roles=DECIDERS, persons_only=True)
def approve(by: Actor, of: DataRequest, sealed: str, *, now: datetime) -> DataRequest:
    """Approve exactly what was shown; neither who asked nor who wrote the query may."""
    of, draft = _to_decide(by, of)
    if sealed != of.sealed_sm3 or seal(of, draft) != of.sealed_sm3:
        raise Conflict("内容与您看到的不同", advice="请重新打开申请，核对后再批准。")
    _still_cleared(of, draft, now)
    of.state, of.decided_by, of.decided_at = State.APPROVED, by.username, now
    of.save()
    note(target=of, seal=of.sealed_sm3, version=draft.version)
    return of


@action("extraction.return", roles=DECIDERS, persons_only=True)
def send_back(by: Actor, of: DataRequest, reason: str, *, now: datetime) -> DataRequest:
    """Give a submitted query back to be written anew, with the reason."""
    of, _ = _to_decide(by, of)
    of.state, of.said = State.ASKED, _reason(reason)
    of.save()
    note(target=of, reason=of.said)
    return of


def _to_decide(by: Actor, of: DataRequest) -> tuple[DataRequest, Draft]:
    if not (by.covers(of.region) or by.stewards(of.region)):
        raise NotAllowed("没有这份申请，或您无权办理", advice="由该地区的复核或数据管理人员审批。")
    of = DataRequest.objects.select_for_update(of=("self",)).select_related("draft").get(pk=of.pk)
    if of.state != State.SUBMITTED or of.draft is None:
        raise Conflict("这份申请不在待审批", advice="请看申请的现状。")
    require_other_person(by, {of.asked_by, of.submitted_by, of.draft.by})
    return of, of.draft


def _still_cleared(of: DataRequest, draft: Draft, now: datetime) -> None:
    now_allowed = lower(clearance(draft.by, localtime(now).date()), of.level)
    if above(draft.level, now_allowed):
        raise Conflict("编写人的敏感级别授权已到期", advice="请退回，由有授权的人员重新编写。")


@action("extraction.decline", roles=STEWARDS, persons_only=True)
def decline(by: Actor, of: DataRequest, reason: str, *, now: datetime) -> DataRequest:
    """Refuse a request, with the reason."""
    _require_steward(by, of)
    return _close(of, State.DECLINED, _reason(reason))


@action("extraction.withdraw", roles=OFFICERS, persons_only=True)
def withdraw(by: Actor, of: DataRequest, *, now: datetime) -> DataRequest:
    """Take back one's own request before it is delivered."""
    if of.asked_by != by.username:
        raise NotAllowed("没有这份申请，或您无权办理", advice="只能撤回自己的申请。")
    return _close(of, State.WITHDRAWN, "")


def _close(of: DataRequest, state: DataRequest.State, reason: str) -> DataRequest:
    of = DataRequest.objects.select_for_update().get(pk=of.pk)
    if of.state not in (State.ASKED, State.SUBMITTED, State.APPROVED):
        raise Conflict("这份申请已经办结", advice="请看申请的现状。")
    of.state, of.said = state, reason
    of.save()
    note(target=of, reason=reason)
    return of


def _reason(reason: str) -> str:
    if not reason.strip():
        raise FormatError("请写明原因", advice="原因会告诉申请人，并留存。")
    return reason.strip()[:200]


@action("extraction.fetch", roles=OFFICERS, persons_only=True)
def fetch(by: Actor, code: str, *, now: datetime) -> Download:
    """Take a delivered file; every time counts and is recorded."""
    found, _ = delivery_for(by, code, now)
    DataRequest.objects.select_for_update().get(pk=found.request_id)
    delivery_for(by, code, now)
    made: Download = Download.objects.create(delivery=found, by=by.username, at=now)
    note(target=found, time=found.downloads.count(), sm3=found.sm3)
    return made
