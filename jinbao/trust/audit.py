"""The audit chain: each event carries the SM3 of itself and of the event before it, and a head remembers the end.

Decision record: docs/decisions/0003-audit-chain.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Model

from jinbao.kernel.errors import Conflict
from jinbao.trust.actors import Actor
from jinbao.trust.canonical import canonical, instant, plain, reference
from jinbao.trust.models import AuditEvent, AuditHead
from jinbao.trust.sm3 import sm3_hex

START = "0" * 64
"""What the first event carries as the hash before it."""


class Entry(NamedTuple):
    """An event before it has its place in the chain."""

    by: Actor
    action: str
    target: str
    detail: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class BrokenLink:
    """The first event that does not fit, and why."""

    seq: int
    why: str

    def __str__(self) -> str:
        return f"第 {self.seq} 条：{self.why}"


_collected: ContextVar[list[Entry] | None] = ContextVar("collected_events", default=None)
_origin: ContextVar[dict[str, str] | None] = ContextVar("request_origin", default=None)


@contextmanager
def from_origin(**origin: str) -> Iterator[None]:
    """Add where a request came from (address, terminal, request number) to every event written inside."""
    token = _origin.set({name: value for name, value in origin.items() if value})
    try:
        yield
    finally:
        _origin.reset(token)


@contextmanager
def collecting() -> Iterator[bool]:
    """Gather the events of an action, and write those of the outermost one together at its end.

    Yields whether this is the outermost. The head is thus locked last and only briefly, so that actions do not wait for
    each other while they work. An action that fails takes its events, and those nested in it, with it.
    """
    outer = _collected.get()
    mine: list[Entry] = []
    token = _collected.set(mine)
    try:
        yield outer is None
    finally:
        _collected.reset(token)
    if outer is None:
        write(mine)
    else:
        outer.extend(mine)


def is_acting() -> bool:
    """Tell whether an action is under way."""
    return _collected.get() is not None


def append(by: Actor, action: str, target: Model | str, detail: dict[str, Any], at: datetime) -> None:
    """Record one event: within an action together with the action's own, otherwise at once.

    `detail` must have an exact JSON form (no floats: TypeError).
    """
    name = reference(target) if isinstance(target, Model) else target
    origin = _origin.get()
    entry = Entry(by, action, plain(name), plain(detail | {"origin": origin} if origin else detail), at)
    collected = _collected.get()
    if collected is None:
        write([entry])
    else:
        collected.append(entry)


def write(entries: Iterable[Entry]) -> None:
    """Add events to the end of the chain in one transaction; whoever else is about to waits for the head.

    Raises Conflict when the chain does not end where its head says.
    """
    entries = list(entries)
    if not entries:
        return
    try:
        with transaction.atomic():
            head = AuditHead.objects.select_for_update().get_or_create(id=1)[0]
            events = list(_chained(entries, head.seq, head.hash))
            AuditEvent.objects.bulk_create(events, batch_size=500)
            AuditHead.objects.filter(id=1).update(seq=events[-1].seq, hash=events[-1].hash)
    except IntegrityError as error:
        advice = "请运行 jinbao audit verify 查明，在此之前不能办理业务。"
        raise Conflict("审计链的末尾与登记的不一致，可能被改动过", advice=advice) from error


def _chained(entries: Iterable[Entry], seq: int, previous: str) -> Iterator[AuditEvent]:
    for seq_of_this, entry in enumerate(entries, seq + 1):
        event = AuditEvent(
            seq=seq_of_this,
            at=entry.at,
            actor=entry.by.username,
            role=entry.by.role,
            action=entry.action,
            target=entry.target,
            detail=entry.detail,
            previous_hash=previous,
        )
        event.hash = previous = hash_of(event)
        yield event


def hash_of(event: AuditEvent) -> str:
    """Return the SM3 over the canonical JSON of everything in an event but its own hash."""
    content = {
        "seq": event.seq,
        "at": instant(event.at),
        "actor": event.actor,
        "role": str(event.role),
        "action": event.action,
        "target": event.target,
        "detail": event.detail,
        "previous_hash": event.previous_hash,
    }
    return sm3_hex(canonical(content))


def head() -> tuple[int, str]:
    """Return number and hash of the last event: the anchor to note outside of this system."""
    row = AuditHead.objects.filter(id=1).first()
    return (row.seq, row.hash) if row else (0, START)


def verify(*anchors: tuple[int, str]) -> BrokenLink | None:
    """Walk the chain in bounded memory and return the first broken link, or None when it is whole.

    Finds any edit, deletion (also at the end), insertion and reordering of events. Somebody who rewrites all events and
    the head leaves a chain that is whole in itself: anchors, each a (seq, hash) noted elsewhere earlier, find that too.
    Events may be added meanwhile.
    """
    seq, last = head()
    return _walk(seq, last, _by_number(anchors)) or _beyond_the_end(seq)


Noted = Mapping[int, set[str]]
"""What the hash of an event was noted to be; two notes that differ cannot both be right."""


def _by_number(anchors: Iterable[tuple[int, str]]) -> Noted:
    noted: dict[int, set[str]] = {}
    for seq, end in anchors:
        noted.setdefault(seq, set()).add(end)
    return noted


def _walk(end: int, last: str, noted: Noted) -> BrokenLink | None:
    expected, previous = 1, START
    try:
        for event in AuditEvent.objects.filter(seq__lte=end).order_by("seq").iterator(chunk_size=1000):
            if why := _fault(event, expected, previous, noted):
                return BrokenLink(expected, why)
            expected, previous = expected + 1, event.hash
    except ValueError as error:
        return BrokenLink(expected, f"无法读取（{error}）")
    if expected <= end:
        return BrokenLink(expected, f"链在此中断，应有 {end} 条")
    if (farthest := max(noted, default=0)) > end:
        return BrokenLink(end + 1, f"链只有 {end} 条，早先登记的末尾是第 {farthest} 条")
    return None if previous == last else BrokenLink(end, "末条的摘要与登记的末尾不一致")


def _fault(event: AuditEvent, expected: int, previous: str, noted: Noted) -> str:
    """Say what is wrong with an event, or nothing."""
    if event.seq != expected:
        return f"缺失（其后是第 {event.seq} 条）"
    if event.previous_hash != previous:
        return "与前一条衔接不上（前一条或本条被改动、调换）"
    if event.hash != _hash_or_nothing(event):
        return "内容与摘要不符（被修改）"
    if noted.get(event.seq, {event.hash}) != {event.hash}:
        return "与早先登记的摘要不一致（整条链被重写）"
    return ""


def _hash_or_nothing(event: AuditEvent) -> str:
    """Return the hash, or nothing for content that this system could not have written."""
    try:
        return hash_of(event)
    except (TypeError, ValueError, AttributeError):
        return ""


def _beyond_the_end(end: int) -> BrokenLink | None:
    """Find events that no head accounts for; those added since the head was read are accounted for by the head now."""
    first, latest = (
        AuditEvent.objects.order_by(order).values_list("seq", flat=True).first() for order in ("seq", "-seq")
    )
    if first is not None and first != 1:
        return BrokenLink(1, f"缺失，或链外有编号 {first}")
    if latest is not None and (not isinstance(latest, int) or latest > max(end, head()[0])):
        return BrokenLink(end + 1, "登记的末尾之后还有记录")
    return None
