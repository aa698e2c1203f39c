"""Users, grants, signing in and being locked out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from jinbao.kernel.errors import Conflict, FormatError, NotAllowed
from jinbao.trust.actors import Actor, actor_of
from jinbao.trust.checks import CHECKS
from jinbao.trust.demo import demo_logins, make_demo_users
from jinbao.trust.models import AuditEvent, Grant, Role, User
from jinbao.trust.passwords import attempts_left
from jinbao.trust.users import SignInLocked, change_password, create_user, deactivate, grant, revoke, sign_in
from tests.conftest import CITY, EMPLOYER, ZHANG_SAN

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
GOOD = "Zhong-guo-2026"


def test_it_works(admin: Actor) -> None:
    user = create_user(admin, "new", GOOD, "新人")
    grant(admin, user, Role.CLERK, region=CITY)
    assert actor_of(sign_in("new", GOOD, now=NOW)).covers("990101")
    assert list(AuditEvent.objects.values_list("action", flat=True)) == [
        "trust.create_user",
        "trust.grant",
        "trust.sign_in",
    ]


@pytest.mark.parametrize("password", ["short-1A", "alllowercaseletters", "New-User-2026-x", "123456789012", ""])
def test_a_weak_password_is_refused(admin: Actor, password: str) -> None:
    with pytest.raises(FormatError, match="口令"):
        create_user(admin, "new-user", password, "新人")


@pytest.mark.parametrize("username", ["system", "", " ", "x" * 65, "a\nb"])
def test_a_username_that_is_reserved_or_unreadable_is_refused(admin: Actor, username: str) -> None:
    with pytest.raises(FormatError, match="用户名"):
        create_user(admin, username, GOOD, "新人")


def test_a_username_is_given_once(admin: Actor) -> None:
    with pytest.raises(Conflict, match="guanli"):
        create_user(admin, "guanli", GOOD, "另一人")


def test_only_the_administrator_makes_users_and_never_for_itself(admin: Actor, clerk: Actor) -> None:
    with pytest.raises(NotAllowed):
        create_user(clerk, "new", GOOD, "新人")
    with pytest.raises(NotAllowed, match="自己"):
        grant(admin, User.objects.get(pk=admin.user_id), Role.FINANCE, region=CITY)


@pytest.mark.parametrize(
    ("role", "region", "subject"),
    [(Role.CLERK, "", ""), (Role.INSURED, CITY, ""), (Role.CLERK, CITY, ZHANG_SAN), (Role.SYSTEM, CITY, "")],
)
def test_a_grant_must_be_complete(admin: Actor, role: Role, region: str, subject: str) -> None:
    user = create_user(admin, "new", GOOD, "新人")
    with pytest.raises(FormatError):
        grant(admin, user, role, region=region, subject=subject)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(user=user, role=role, region=region, subject=subject)


def test_granting_twice_is_one_grant_and_revoking_takes_it(admin: Actor) -> None:
    user = create_user(admin, "new", GOOD, "新人")
    first, second = (grant(admin, user, Role.CLERK, region=CITY) for _ in range(2))
    assert first == second
    revoke(admin, first)
    assert not user.grants.exists()


def test_after_five_failures_even_the_right_password_is_locked_out_for_a_quarter_of_an_hour(admin: Actor) -> None:
    create_user(admin, "new", GOOD, "新人")
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(NotAllowed, match=f"还可以试 {left} 次"):
            sign_in("new", "wrong", now=NOW)
    with pytest.raises(SignInLocked, match="15 分钟"):
        sign_in("new", GOOD, now=NOW + timedelta(minutes=14))
    assert sign_in("new", GOOD, now=NOW + timedelta(minutes=15)).username == "new"
    assert attempts_left("new", NOW) == 5


def test_a_success_forgets_earlier_failures(admin: Actor) -> None:
    create_user(admin, "new", GOOD, "新人")
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(NotAllowed):
                sign_in("new", "wrong", now=NOW)
        sign_in("new", GOOD, now=NOW)


def test_an_unknown_username_is_answered_and_locked_like_a_known_one(admin: Actor) -> None:
    create_user(admin, "new", GOOD, "新人")
    messages = {}
    for username in ("new", "nobody"):
        with pytest.raises(NotAllowed) as caught:
            sign_in(username, "wrong", now=NOW)
        messages[username] = str(caught.value)
        for _ in range(4):
            with pytest.raises(NotAllowed):
                sign_in(username, "wrong", now=NOW)
        with pytest.raises(SignInLocked):
            sign_in(username, "wrong", now=NOW)
    assert messages["new"] == messages["nobody"]


def test_failures_are_recorded(admin: Actor) -> None:
    with pytest.raises(NotAllowed):
        sign_in("nobody", "wrong", now=NOW)
    assert AuditEvent.objects.get().action == "trust.sign_in_failed"


def test_who_left_does_not_sign_in(admin: Actor) -> None:
    user = create_user(admin, "new", GOOD, "新人")
    deactivate(admin, user)
    with pytest.raises(NotAllowed):
        sign_in("new", GOOD, now=NOW)


def test_a_password_is_changed_with_the_old_one_or_reset_by_the_administrator(admin: Actor, clerk: Actor) -> None:
    user = create_user(admin, "new", GOOD, "新人")
    grant(admin, user, Role.CLERK, region=CITY)
    me = actor_of(user)
    with pytest.raises(NotAllowed, match="原口令"):
        change_password(me, user, "Another-2026-x", old="wrong")
    with pytest.raises(NotAllowed, match="自己的口令"):
        change_password(clerk, user, "Another-2026-x")
    change_password(me, user, "Another-2026-x", old=GOOD)
    change_password(admin, user, "A-third-2026-x")
    assert sign_in("new", "A-third-2026-x", now=NOW) == user


def test_there_is_one_demonstration_login_for_each_role(db: None) -> None:
    logins = demo_logins(CITY, ("张三", ZHANG_SAN), ("演示单位", EMPLOYER), ("演示合作单位", EMPLOYER))
    assert {login.role for login in logins} == set(Role) - {Role.SYSTEM}
    for _ in range(2):
        make_demo_users(Actor.system(), logins)
    for login in logins:
        by = actor_of(sign_in(login.username, login.password, now=NOW))
        assert (by.role, by.subject or by.region) == (login.role, login.subject or CITY)
    assert User.objects.count() == Grant.objects.count() == len(logins)


def test_there_are_no_demonstration_users_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PRODUCTION", True)
    with pytest.raises(NotAllowed, match="正式环境"):
        make_demo_users(
            Actor.system(), demo_logins(CITY, ("张三", ZHANG_SAN), ("演示单位", EMPLOYER), ("演示合作单位", EMPLOYER))
        )
    assert not User.objects.exists()


def test_demonstration_passwords_differ_between_deployments(monkeypatch: pytest.MonkeyPatch) -> None:
    here = demo_logins(CITY, ("张三", ZHANG_SAN), ("演示单位", EMPLOYER), ("演示合作单位", EMPLOYER))
    monkeypatch.setattr(settings, "SECRET_KEY", "another")
    there = demo_logins(CITY, ("张三", ZHANG_SAN), ("演示单位", EMPLOYER), ("演示合作单位", EMPLOYER))
    assert not {login.password for login in here} & {login.password for login in there}


def test_the_checks_are_clean_and_find_an_administrator_with_business(admin: Actor) -> None:
    create_user(admin, "new", GOOD, "新人")
    assert [row for check in CHECKS for row in check.rows()] == []
    Grant.objects.create(user_id=admin.user_id, role=Role.CLERK, region=CITY)
    assert [row.where for check in CHECKS for row in check.rows()] == ["guanli"]
