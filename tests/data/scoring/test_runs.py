"""Runs, scores and tickets: the data opens, closes and reopens a ticket; nobody else sees or moves it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jinbao.data.scoring import actions, bulletin, queries
from jinbao.data.scoring.checks import CHECKS
from jinbao.data.scoring.models import Run, Score, Ticket, TicketEvent
from jinbao.data.units import unit
from jinbao.kernel.errors import FormatError, NotAllowed, NotFound
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, OTHER_CITY, make_actor
from tests.data.scoring.conftest import NOW, Put
from tests.data.scoring.test_rules import LI, ZHANG

BAD = ("1", ZHANG[1][:17] + "5", *ZHANG[2:])
RULE = "校验码：证件号码"
pytestmark = pytest.mark.django_db


@pytest.fixture
def steward(db: None) -> Actor:
    """数据管理 of the city."""
    return make_actor("shuju", "数据管理", Role.STEWARD, region=CITY)


def look(by: Actor, put: Put, *rows: tuple[object, ...], days: int = 0) -> Run:
    put("people", list(rows))
    return actions.run(by, "people", now=NOW + timedelta(days=days))


def broken() -> list[str]:
    return [str(row) for check in CHECKS for row in check.rows()]


def test_a_run_keeps_what_each_rule_found_and_where_the_failing_rows_came_from(put: Put, steward: Actor) -> None:
    made = look(steward, put, BAD, LI)
    result = made.results.get(rule=RULE)
    assert (result.seen, result.checked, result.failed, result.outcome) == (2, 2, 1, "未通过")
    (row,) = queries.failing_rows(result, 0, 10)
    assert (row["batch"], row["line"], row["is_there"]) == (1, 2, True)
    assert dict(row["cells"])["证件号码"] == "990***********1015"
    assert broken() == []


def test_one_ticket_a_rule_that_the_data_closes_and_opens_again(put: Put, steward: Actor) -> None:
    look(steward, put, BAD, ("3", *BAD[1:]), LI)
    ticket = Ticket.objects.get(rule=RULE)
    assert (ticket.failed, ticket.closed_at, ticket.unit) == (2, None, unit("公安").code)
    assert str(ticket.due_on) == "2026-11-25"
    look(steward, put, BAD, LI, days=1)
    ticket.refresh_from_db()
    assert (ticket.failed, ticket.closed_at) == (1, None)
    look(steward, put, ZHANG, LI, days=2)
    ticket.refresh_from_db()
    assert (ticket.failed, ticket.closed_at) == (0, NOW + timedelta(days=2))
    look(steward, put, BAD, LI, days=5)
    ticket.refresh_from_db()
    assert (ticket.failed, ticket.closed_at, ticket.times) == (1, None, 2)
    kinds = [event.kind for event in ticket.events.order_by("pk")]
    assert kinds == ["opened", "counted", "closed", "reopened"]
    assert broken() == []


def test_a_table_without_rows_closes_nothing(put: Put, steward: Actor) -> None:
    look(steward, put, BAD, LI)
    look(steward, put, days=1)
    assert Ticket.objects.get(rule=RULE).closed_at is None


def test_an_answer_is_a_note_only_and_reminders_come_once_a_day(put: Put, steward: Actor) -> None:
    look(steward, put, BAD, LI)
    ticket = Ticket.objects.get(rule=RULE)
    actions.add_note(steward, ticket, "系统改造，下月改正", now=NOW)
    ticket.refresh_from_db()
    assert ticket.closed_at is None
    with pytest.raises(FormatError, match="没有写说明"):
        actions.add_note(steward, ticket, " ", now=NOW)
    later = NOW + timedelta(days=10)
    assert ticket in {event.ticket for event in actions.remind(steward, now=later)}
    assert actions.remind(steward, now=later) == []
    assert "已逾期" in ticket.events.filter(kind=TicketEvent.Kind.REMINDED).get().text
    assert ticket in queries.tickets(steward, state="overdue", today=later.date())


def test_scores_follow_the_runs_and_another_region_sees_none_of_it(put: Put, steward: Actor) -> None:
    first = look(steward, put, BAD, LI)
    second = look(steward, put, ZHANG, LI, days=1)
    assert first.points is not None
    assert second.points is not None
    assert first.points < second.points
    trend = queries.scores(steward).filter(kind=Score.Kind.UNIT).order_by("on")
    assert [one.points for one in trend] == [first.points, second.points]
    other = make_actor("shuju2", "外市数据管理", Role.STEWARD, region=OTHER_CITY)
    assert not queries.scores(other).exists()
    assert not queries.tickets(other, state="all").exists()
    with pytest.raises(NotFound):
        queries.run_of(other, "people")
    with pytest.raises(NotFound):
        queries.result(other, second.results.all()[0].pk)
    with pytest.raises(NotAllowed):
        actions.run(other, "people", now=NOW)


def test_a_partner_agency_sees_its_own_tickets_and_nothing_else(put: Put, steward: Actor) -> None:
    look(steward, put, BAD, LI)
    police = make_actor("gongan", "公安", Role.PARTNER, subject=unit("公安").code)
    health = make_actor("weijian", "卫健", Role.PARTNER, subject=unit("卫健").code)
    ticket = Ticket.objects.get(rule=RULE)
    assert ticket in queries.tickets(police)
    assert not queries.tickets(health).exists()
    assert not queries.scores(police).exists()
    with pytest.raises(NotAllowed):
        actions.add_note(police, ticket, "已改", now=NOW)
    with pytest.raises(NotAllowed):
        actions.run(police, "people", now=NOW)


def test_never_arrived_is_a_failure_of_access_not_a_pass(policy: object, steward: Actor) -> None:
    made = actions.run(steward, "people", now=NOW)
    assert made.points == 0
    assert made.dimensions == {"可访问性": 0}
    assert set(made.results.exclude(kind="accessible").values_list("outcome", flat=True)) == {"未检查"}


@pytest.mark.parametrize("form", ["docx", "pdf"])
def test_the_bulletin_of_a_month(put: Put, steward: Actor, form: str, request: pytest.FixtureRequest) -> None:
    if form == "pdf":
        request.getfixturevalue("has_fonts")
    look(steward, put, BAD, LI)
    said = bulletin.content(steward, Month(2026, 11), today=NOW.date())
    assert said.tables[0].rows[0][1] == "演示市公安局"
    assert any(RULE in row for row in said.tables[2].rows)
    assert bulletin.written(said, form)[:4] == {"docx": b"PK\3\4", "pdf": b"%PDF"}[form]
    with pytest.raises(FormatError, match="还没有到"):
        bulletin.content(steward, Month(2027, 1), today=NOW.date())
    with pytest.raises(NotFound, match="没有质量评分"):
        bulletin.content(steward, Month(2026, 9), today=NOW.date())
