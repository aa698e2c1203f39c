"""`@action`: permission, one transaction, one event, one answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jinbao.kernel.errors import Conflict, FormatError, NotAllowed
from jinbao.kernel.months import Month
from jinbao.trust import actions
from jinbao.trust.actions import PERMISSIONS, REFUSED, action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import AnsweredRequest, AuditEvent, AuditHead, Role, User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Summary:
    month: Month
    total: Decimal
    users: tuple[User, ...]


@action("test.add_user", roles=(Role.CLERK,))
def add_user(by: Actor, username: str, *, now: datetime | None = None, key: str | None = None) -> User:
    """Add a user."""
    return User.objects.create(username=username, name=username)


@action("test.add_then_fail", roles=(Role.CLERK,))
def add_then_fail(by: Actor, username: str, *, key: str | None = None) -> User:
    """Add a user, then find that it cannot be."""
    add_user(by, username)
    raise Conflict("不行")


@action("test.add_two", roles=(Role.CLERK,))
def add_two(by: Actor, first: str, second: str, *, key: str | None = None) -> list[User]:
    """Add two users by the verb for one."""
    note(purpose="两个")
    return [add_user(by, first), add_user(by, second)]


@action("test.try_both", roles=(Role.CLERK,))
def try_both(by: Actor) -> str:
    """Add two users, of whom the first may fail."""
    try:
        add_then_fail(by, "甲")
    except Conflict:
        add_user(by, "乙")
    return "好"


@action("test.summarise", roles=(Role.CLERK,))
def summarise(by: Actor, *, key: str | None = None) -> Summary:
    """Answer with a dataclass."""
    return Summary(Month(2026, 1), Decimal("1.20"), (User.objects.create(username="甲"),))


@action("test.decide", roles=(Role.REVIEWER,), persons_only=True)
def decide(by: Actor) -> str:
    """Decide what only a person may decide."""
    return by.name


def events() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.values_list("actor", "action", "target"))


def test_it_works(clerk: Actor) -> None:
    user = add_user(clerk, "甲", now=NOW)
    event = AuditEvent.objects.get()
    assert (event.actor, event.role, event.action) == ("jingban", "clerk", "test.add_user")
    assert event.target == f"trust.User:{user.pk}"
    assert event.at == NOW


def test_somebody_without_the_role_changes_nothing_and_the_attempt_is_recorded(zhang_san: Actor) -> None:
    with pytest.raises(NotAllowed, match="张三（参保人）无权办理"):
        add_user(zhang_san, "甲")
    assert not User.objects.filter(username="甲").exists()
    assert events() == [("zhangsan", REFUSED, "test.add_user")]


def test_the_system_may_do_what_is_automatic_but_not_what_a_person_must_decide(system: Actor) -> None:
    add_user(system, "甲")
    with pytest.raises(NotAllowed):
        decide(system)
    assert [(e[0], e[1]) for e in events()] == [("system", "test.add_user"), ("system", REFUSED)]


def test_a_failure_leaves_nothing_behind(clerk: Actor) -> None:
    with pytest.raises(Conflict):
        add_then_fail(clerk, "甲", key="k1")
    assert not User.objects.filter(username="甲").exists()
    assert events() == []
    assert not AnsweredRequest.objects.exists()


def test_actions_inside_an_action_write_their_own_events_before_it(clerk: Actor) -> None:
    first, second = add_two(clerk, "甲", "乙")
    assert events() == [
        ("jingban", "test.add_user", f"trust.User:{first.pk}"),
        ("jingban", "test.add_user", f"trust.User:{second.pk}"),
        ("jingban", "test.add_two", f"trust.User:{first.pk} 等2项"),
    ]
    details = list(AuditEvent.objects.values_list("detail", flat=True))
    assert details == [{"within": "test.add_two"}, {"within": "test.add_two"}, {"purpose": "两个"}]


def test_an_inner_action_that_fails_and_is_caught_leaves_no_event(clerk: Actor) -> None:
    assert try_both(clerk) == "好"
    assert [e[1] for e in events()] == ["test.add_user", "test.try_both"]
    assert not User.objects.filter(username="甲").exists()


def test_a_request_sent_twice_is_one_event_with_one_answer(clerk: Actor) -> None:
    first = add_user(clerk, "甲", key="k1", now=NOW)
    again = add_user(clerk, "甲", key="k1")
    assert again == first
    assert len(events()) == 1
    assert AuditEvent.objects.get().detail == {"key": "k1"}


def test_lists_and_dataclasses_are_answered_again_as_they_were(clerk: Actor) -> None:
    assert add_two(clerk, "乙", "丙", key="k1") == add_two(clerk, "乙", "丙", key="k1")
    assert summarise(clerk, key="k1") == summarise(clerk, key="k1")


def test_another_request_under_the_same_key_is_refused(clerk: Actor) -> None:
    add_user(clerk, "甲", key="k1")
    with pytest.raises(Conflict, match="k1"):
        add_user(clerk, "乙", key="k1")


def test_somebody_else_does_not_get_my_answer(clerk: Actor, other_clerk: Actor) -> None:
    add_user(clerk, "甲", key="k1")
    with pytest.raises(Conflict):
        add_user(other_clerk, "甲", key="k1")


def test_a_request_that_failed_may_be_sent_again(clerk: Actor) -> None:
    taken = User.objects.create(username="甲")
    with pytest.raises(Exception, match=r"(?i)unique"):
        add_user(clerk, "甲", key="k1")
    taken.delete()
    assert add_user(clerk, "甲", key="k1").username == "甲"


@pytest.mark.parametrize("key", ["", "  ", "x" * 129, "a\nb", "a\x00"])
def test_a_key_is_a_short_visible_text(clerk: Actor, key: str) -> None:
    with pytest.raises(FormatError):
        add_user(clerk, "甲", key=key)


def test_the_key_and_the_time_are_found_wherever_they_stand(clerk: Actor) -> None:
    @action("test.positional", roles=(Role.CLERK,))
    def verb(by: Actor, now: datetime, key: str) -> int:
        """Take key and time by position."""
        return AuditEvent.objects.count()

    assert [verb(clerk, NOW, "k1"), verb(clerk, NOW, "k1")] == [0, 0]
    assert AuditEvent.objects.get().at == NOW


def test_a_note_is_for_the_body_of_an_action_only(db: None) -> None:
    with pytest.raises(RuntimeError):
        note(target="x")


def test_what_has_no_exact_form_is_not_recorded(clerk: Actor) -> None:
    @action("test.float", roles=(Role.CLERK,))
    def verb(by: Actor) -> None:
        """Note a float."""
        note(amount=0.1)

    with pytest.raises(TypeError):
        verb(clerk)
    assert events() == []


def test_details_keep_dates_months_money_and_odd_characters(clerk: Actor) -> None:
    @action("test.details", roles=(Role.CLERK,))
    def verb(by: Actor) -> None:
        """Note everything."""
        note(on=date(2026, 1, 2), month=Month(2026, 1), yuan=Decimal("1.10"), odd="a\x00\ud800", big=2**70)

    verb(clerk)
    expected = {"on": "2026-01-02", "month": "2026-01", "yuan": "1.10", "odd": "a\ufffd\ufffd", "big": 2**70}
    assert AuditEvent.objects.get().detail == expected


def test_an_action_costs_few_queries(clerk: Actor) -> None:
    @action("test.nothing", roles=(Role.CLERK,))
    def verb(by: Actor, *, key: str | None = None) -> int:
        """Do nothing."""
        return 1

    verb(clerk)
    for key, count in ((None, 7), ("k1", 9), ("k1", 4)):
        with CaptureQueriesContext(connection) as queries:
            verb(clerk, key=key)
        assert len(queries) == count, [query["sql"] for query in queries]


def test_two_verbs_cannot_share_a_name() -> None:
    with pytest.raises(RuntimeError, match=r"test\.add_user"):
        action("test.add_user", roles=(Role.CLERK,))(add_then_fail)


def test_every_action_is_in_the_table_of_permissions() -> None:
    entry = PERMISSIONS["test.decide"]
    assert entry.roles == {Role.REVIEWER}
    assert entry.persons_only
    assert entry.sentence == "Decide what only a person may decide."


def test_the_end_of_the_chain_is_remembered(clerk: Actor) -> None:
    add_two(clerk, "甲", "乙")
    assert AuditHead.objects.get().seq == 3
    assert actions.PERMISSIONS
