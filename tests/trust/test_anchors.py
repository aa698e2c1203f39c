"""Ends of the chain are noted outside of the database; a chain that was rewritten with its head is found by them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from jinbao.kernel.errors import FormatError
from jinbao.trust import anchors, audit
from jinbao.trust.actors import Actor
from jinbao.trust.append_only import guards_lifted

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def act(*names: str) -> None:
    for name in names:
        audit.append(Actor.system(), "test.do", name, {}, NOW)


def sql(*statements: str) -> None:
    with guards_lifted(connection), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def cut_to(seq: int) -> None:
    """Cut the tail and mend the head, as somebody with the database's password could."""
    sql(
        f"DELETE FROM trust_auditevent WHERE seq > {seq}",
        f"UPDATE trust_audithead SET seq = {seq}, hash = (SELECT hash FROM trust_auditevent WHERE seq = {seq})",
    )


def test_it_works() -> None:
    act("a", "b")
    assert anchors.verify() is None
    act("c")
    assert anchors.verify() is None
    assert [seq for seq, _ in anchors.noted()] == [2, 3]


def test_the_same_end_is_noted_once() -> None:
    act("a")
    assert anchors.verify() is None
    assert anchors.verify() is None
    assert len(anchors.noted()) == 1


def test_an_empty_chain_notes_nothing() -> None:
    assert anchors.verify() is None
    assert anchors.noted() == []


def test_a_tail_that_was_cut_with_its_head_is_found() -> None:
    act("a", "b", "c")
    assert anchors.verify() is None
    cut_to(1)
    assert audit.verify() is None  # whole in itself
    broken = anchors.verify()
    assert broken is not None
    assert broken.seq == 2
    assert "早先登记的末尾是第 3 条" in broken.why


def test_everything_removed_is_found() -> None:
    act("a", "b", "c")
    assert anchors.verify() is None
    sql("DELETE FROM trust_auditevent", "DELETE FROM trust_audithead")
    broken = anchors.verify()
    assert broken is not None
    assert broken.seq == 1


def test_a_chain_that_was_written_anew_is_found_at_the_first_noted_end() -> None:
    act("a", "b", "c")
    assert anchors.verify() is None
    sql("DELETE FROM trust_auditevent", "DELETE FROM trust_audithead")
    act("a", "x", "c", "d")
    broken = anchors.verify()
    assert broken is not None
    assert broken.seq == 3
    assert len(anchors.noted()) == 1  # a broken chain's end is not noted


def test_a_line_that_is_no_end_is_named(var: Path) -> None:
    (var / "audit-anchors.txt").write_text(f"1:{'a' * 64}\nnonsense\n")
    with pytest.raises(FormatError, match=r"audit-anchors.txt:2"):
        anchors.verify()
