"""The audit chain: any edit, deletion or reordering shows, and the first broken link is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.kernel.errors import Conflict
from jinbao.trust import audit
from jinbao.trust.actors import Actor
from jinbao.trust.append_only import (
    AppendOnlyViolation,
    guarded_tables,
    guards_lifted,
    install_guards,
    missing_guards,
)
from jinbao.trust.models import AuditEvent, AuditHead, Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 15, 9, 30, 0, 123456, tzinfo=UTC)
LENGTH = 12
COLUMNS = ["at", "actor", "role", "action", "target", "detail", "hash", "previous_hash"]


def entry(number: int) -> audit.Entry:
    by = Actor(1, f"jingban{number % 3}", "经办", Role.CLERK, "990100")
    detail = {"number": number, "说明": f"第{number}件"}
    return audit.Entry(by, "test.do", f"trust.User:{number}", detail, NOW + timedelta(seconds=number))


@pytest.fixture
def chain(db: None) -> Iterator[None]:
    """Twelve events, with the triggers lifted so that they can be tampered with."""
    audit.write(entry(number) for number in range(1, LENGTH + 1))
    with guards_lifted(connection):
        yield


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def broken_after(tamper: Callable[[], None]) -> int | None:
    """Return the first broken link after something was done, and undo it."""
    with transaction.atomic():
        tamper()
        broken = audit.verify()
        transaction.set_rollback(True)
    return broken.seq if broken else None


def edit(seq: int, column: str) -> None:
    """Change one column of one event to another value of its type."""
    event = AuditEvent.objects.get(seq=seq)
    value: Any = "f" * 64 if "hash" in column else f"{getattr(event, column)}x"
    if column == "at":
        value = connection.ops.adapt_datetimefield_value(event.at + timedelta(microseconds=1))
    if column == "detail":
        value = json.dumps(event.detail | {"number": 0})
    sql(f"UPDATE trust_auditevent SET {column} = %s WHERE seq = %s", value, seq)


def swap_contents(first: int, second: int) -> None:
    """Let two events change places, hashes and all."""
    for old, new in ((first, -1), (second, first), (-1, second)):
        sql("UPDATE trust_auditevent SET seq = %s WHERE seq = %s", new, old)


def rewrite(seq: int, *, head: bool) -> None:
    """Change an event and make every hash after it fit again."""
    edit(seq, "detail")
    previous = AuditEvent.objects.get(seq=seq).previous_hash
    for event in AuditEvent.objects.filter(seq__gte=seq):
        event.previous_hash = previous
        previous = audit.hash_of(event)
        values = (event.previous_hash, previous, event.seq)
        sql("UPDATE trust_auditevent SET previous_hash = %s, hash = %s WHERE seq = %s", *values)
    if head:
        sql("UPDATE trust_audithead SET hash = %s", previous)


def test_it_works(chain: None) -> None:
    assert audit.verify() is None
    assert audit.head()[0] == LENGTH


def test_an_empty_chain_is_whole(db: None) -> None:
    assert audit.verify() is None
    assert audit.head() == (0, audit.START)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seq=st.integers(1, LENGTH), column=st.sampled_from(COLUMNS))
def test_any_edit_is_found_where_it_was_made(chain: None, seq: int, column: str) -> None:
    assert broken_after(lambda: edit(seq, column)) == seq


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(gone=st.sets(st.integers(1, LENGTH), min_size=1))
def test_any_deletion_is_found_at_the_first_that_is_missing(chain: None, gone: set[int]) -> None:
    statement = f"DELETE FROM trust_auditevent WHERE seq IN ({', '.join(map(str, gone))})"
    assert broken_after(lambda: sql(statement)) == min(gone)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(pair=st.sets(st.integers(1, LENGTH), min_size=2, max_size=2))
def test_any_reordering_is_found_at_the_first_that_moved(chain: None, pair: set[int]) -> None:
    first, second = sorted(pair)
    assert broken_after(lambda: swap_contents(first, second)) == first


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(first=st.integers(1, LENGTH))
def test_closing_a_gap_by_renumbering_is_found(chain: None, first: int) -> None:
    def close_gap() -> None:
        sql("DELETE FROM trust_auditevent WHERE seq = %s", first)
        for seq in range(first + 1, LENGTH + 1):
            sql("UPDATE trust_auditevent SET seq = %s WHERE seq = %s", seq - 1, seq)

    assert broken_after(close_gap) == first


@pytest.mark.parametrize("seq", [1, 5, LENGTH])
def test_an_edit_whose_own_hash_was_made_to_fit_is_found_at_the_next(chain: None, seq: int) -> None:
    def edit_and_fit() -> None:
        edit(seq, "actor")
        sql("UPDATE trust_auditevent SET hash = %s WHERE seq = %s", audit.hash_of(AuditEvent.objects.get(seq=seq)), seq)

    assert broken_after(edit_and_fit) == min(seq + 1, LENGTH)


@pytest.mark.parametrize("seq", [1, 5, LENGTH])
def test_rewriting_the_rest_of_the_chain_is_found_at_its_end(chain: None, seq: int) -> None:
    assert broken_after(lambda: rewrite(seq, head=False)) == LENGTH


@pytest.mark.parametrize("seq", [1, 5, LENGTH])
def test_rewriting_chain_and_head_is_found_by_a_hash_noted_elsewhere(chain: None, seq: int) -> None:
    anchor = audit.head()
    rewrite(seq, head=True)
    assert audit.verify() is None
    broken = audit.verify(anchor)
    assert broken is not None
    assert "重写" in broken.why


def test_a_chain_shorter_than_what_was_noted_elsewhere_is_found(chain: None) -> None:
    broken = audit.verify((LENGTH + 5, "a" * 64))
    assert broken == audit.BrokenLink(LENGTH + 1, f"链只有 {LENGTH} 条，早先登记的末尾是第 {LENGTH + 5} 条")


@pytest.mark.parametrize("seq", [0, -3, LENGTH + 1, LENGTH + 9])
def test_an_event_put_in_from_outside_is_found(chain: None, seq: int) -> None:
    def insert() -> None:
        sql(
            "INSERT INTO trust_auditevent (seq, at, actor, role, action, target, detail, previous_hash, hash)"
            " SELECT %s, at, actor, role, action, target, detail, previous_hash, hash"
            " FROM trust_auditevent WHERE seq = 1",
            seq,
        )

    assert broken_after(insert) == (1 if seq < 1 else LENGTH + 1)


def test_a_lost_head_is_found_and_nothing_more_is_written(chain: None) -> None:
    assert broken_after(lambda: sql("DELETE FROM trust_audithead")) == 1
    sql("DELETE FROM trust_audithead")
    with pytest.raises(Conflict, match="审计链"):
        audit.write([entry(1)])


def test_events_added_meanwhile_do_not_disturb(chain: None, monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = audit.head, []

    def head() -> tuple[int, str]:
        calls.append(1)
        result = original()
        if len(calls) == 1:
            audit.write([entry(99)])
        return result

    monkeypatch.setattr(audit, "head", head)
    assert audit.verify() is None
    assert AuditHead.objects.get().seq == LENGTH + 1


def test_an_event_survives_the_database_unchanged(db: None) -> None:
    local = NOW.astimezone(tz=None)
    by = Actor(1, "经办", "经办", Role.CLERK, "990100")
    audit.append(by, "test.do", "x", {"b": [1, None, True, "é\u2028𠮷"], "a": {"大": 10**20}}, local)
    audit.append(by, "test.do", "x", {}, NOW.replace(microsecond=0))
    assert audit.verify() is None


def test_where_a_request_came_from_is_recorded(db: None) -> None:
    with audit.from_origin(address="10.0.0.7", terminal=""):
        audit.append(Actor.system(), "test.do", "x", {}, NOW)
    audit.append(Actor.system(), "test.do", "y", {}, NOW)
    assert [event.detail for event in AuditEvent.objects.all()] == [{"origin": {"address": "10.0.0.7"}}, {}]


def test_a_time_without_a_zone_is_refused(db: None) -> None:
    with pytest.raises(ValueError, match="time zone"):
        audit.append(Actor.system(), "test.do", "x", {}, NOW.replace(tzinfo=None))
    assert not AuditEvent.objects.exists()


def test_nobody_changes_an_event(db: None) -> None:
    audit.write([entry(1)])
    event = AuditEvent.objects.get()
    with pytest.raises(AppendOnlyViolation):
        event.save()
    with pytest.raises(AppendOnlyViolation):
        AuditEvent.objects.update(actor="x")
    for statement in ("UPDATE trust_auditevent SET actor = 'x'", "DELETE FROM trust_auditevent"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            sql(statement)
    assert audit.verify() is None


def test_every_append_only_table_is_guarded(db: None) -> None:
    assert {"trust_auditevent", "ledger_transfer"} <= set(guarded_tables())
    assert missing_guards(connection) == []
    with guards_lifted(connection):
        assert "trust_auditevent_no_update" in missing_guards(connection)
    install_guards(connection)
    assert missing_guards(connection) == []
