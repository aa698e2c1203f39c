"""Two at once: one event for one request, one chain for everybody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from jinbao.kernel.errors import JinbaoError
from jinbao.trust import audit
from jinbao.trust.actions import action
from jinbao.trust.actors import Actor
from jinbao.trust.models import AnsweredRequest, AuditEvent, Role, User
from jinbao.trust.passwords import ATTEMPTS
from jinbao.trust.users import SignInLocked, sign_in
from tests.killing import run_and_kill
from tests.trust.test_actions import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@action("test.slow", roles=(Role.CLERK,))
def slow(by: Actor, username: str, *, fail_first: list[int] | None = None, key: str | None = None) -> User:
    """Add a user, slowly."""
    user = User.objects.create(username=username)
    time.sleep(0.3)
    if fail_first:
        fail_first.pop()
        raise JinbaoError("第一次没有成功")
    return user


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """Run functions in threads that start together; return their results or errors."""
    results: list[Any] = [None] * len(verbs)
    together = threading.Barrier(len(verbs))

    def run(number: int) -> None:
        together.wait()
        try:
            results[number] = verbs[number]()
        except JinbaoError as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(verbs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_the_same_request_sent_by_four_at_once_is_one_event(clerk: Actor) -> None:
    answers = at_once(*[lambda: slow(clerk, "甲", key="k1")] * 4)
    assert answers == [User.objects.get(username="甲")] * 4
    assert AuditEvent.objects.count() == AnsweredRequest.objects.count() == 1


def test_when_the_first_of_two_fails_the_second_does_the_work(clerk: Actor) -> None:
    failures = [1]
    first, second = at_once(*[lambda: slow(clerk, "甲", fail_first=failures, key="k1")] * 2)
    assert sorted([isinstance(first, User), isinstance(second, User)]) == [False, True]
    assert AuditEvent.objects.count() == User.objects.filter(username="甲").count() == 1


def test_actions_of_many_at_once_make_one_whole_chain(clerk: Actor) -> None:
    def work(name: str) -> None:
        for number in range(20):
            audit.append(clerk, "test.do", f"{name}:{number}", {}, NOW)

    at_once(*[lambda name=name: work(name) for name in "abcd"])
    assert audit.verify() is None
    assert audit.head()[0] == AuditEvent.objects.count() == 80


def test_guessing_in_parallel_gets_no_more_guesses(clerk: Actor) -> None:
    results = at_once(*[lambda: sign_in("jingban", "wrong", now=NOW)] * (ATTEMPTS + 4))
    assert sum(not isinstance(result, SignInLocked) for result in results) == ATTEMPTS


WORK = """
from datetime import UTC, datetime
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role, User

@action("test.add_some", roles=())
def add_some(by, number, *, key=None):
    "Add ten users."
    for n in range(10):
        user = User.objects.create(username=f"{number}-{n}")
    note(target=f"batch {number}")
    return user

for number in range(100000):
    add_some(Actor.system(), number, key=f"k{number}")
    print(number)
"""


@pytest.mark.parametrize("delay_s", [0.0, 0.011, 0.05])
def test_killing_the_process_leaves_whole_actions_only(delay_s: float) -> None:
    run_and_kill(WORK, after_lines=5, delay_s=delay_s)
    done = AuditEvent.objects.filter(action="test.add_some").count()
    assert done >= 5
    assert User.objects.count() == done * 10
    assert AnsweredRequest.objects.filter(answer__isnull=False).count() == AnsweredRequest.objects.count() == done
    assert audit.verify() is None
