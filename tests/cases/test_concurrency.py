"""Two at once, on both databases: one wins, the other is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection

from jinbao.cases import actions
from jinbao.cases.checks import CHECKS
from jinbao.cases.models import Case, Step
from jinbao.cases.numbers import next_number
from jinbao.data.scenes.models import Finding
from jinbao.insurance.registry.models import BankAccount
from jinbao.kernel.errors import Conflict
from jinbao.trust import audit
from jinbao.trust.actors import Actor
from tests.cases.clue_runs import DEAD, answered, many
from tests.cases.conftest import NOW, Town, account_form, at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_holds() -> Iterator[None]:
    yield
    assert not [str(row) for check in CHECKS for row in check.rows()]
    assert audit.verify() is None


def at_once(*runs: Callable[[], Any]) -> list[Any]:
    """Run functions in threads that start together; return what each returned or the Conflict it got."""
    barrier, answers = threading.Barrier(len(runs)), [None] * len(runs)

    def go(number: int) -> None:
        try:
            barrier.wait()
            answers[number] = runs[number]()
        except Conflict as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(number,)) for number in range(len(runs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def conflicts(answers: list[Any]) -> list[Conflict]:
    assert all(answer is not None for answer in answers)
    return [answer for answer in answers if isinstance(answer, Conflict)]


def test_two_reviewers_approve_at_once_one_wins_and_the_other_is_told(
    examined: Case, reviewer: Actor, second_reviewer: Actor
) -> None:
    def approving(by: Actor) -> Callable[[], Case]:
        return lambda: actions.approve(by, examined, version=examined.version, now=at(days=1))

    (refused,) = conflicts(at_once(approving(reviewer), approving(second_reviewer)))
    assert "复核办结" in refused.message
    assert Step.objects.filter(case=examined, verb="approve").count() == 1
    assert BankAccount.objects.count() == 1


def test_approval_and_withdrawal_at_once_are_one_of_both(examined: Case, reviewer: Actor, zhang_san: Actor) -> None:
    answers = at_once(
        lambda: actions.approve(reviewer, examined, version=examined.version, now=at(days=1)),
        lambda: actions.withdraw(zhang_san, examined, version=examined.version, now=at(days=1)),
    )
    assert len(conflicts(answers)) == 1
    assert BankAccount.objects.exists() == (Case.objects.get().state == Case.State.DONE)


def test_two_officers_take_a_case_at_once_one_has_it(opened: Case, clerk: Actor, second_clerk: Actor) -> None:
    answers = at_once(*(lambda by=by: actions.take(by, opened, now=NOW) for by in (clerk, second_clerk)))  # type: ignore[misc]  # bound now
    assert len(conflicts(answers)) == 1
    assert Case.objects.get().held_by in {clerk.username, second_clerk.username}


def test_the_same_application_sent_at_once_is_one_case(town: Town, zhang_san: Actor) -> None:
    def sending(key: str | None) -> Callable[[], Case]:
        return lambda: actions.open_case(zhang_san, "bank_account_change", account_form(), now=NOW, key=key)

    answers = at_once(sending("k1"), sending("k1"), sending(None))
    assert Case.objects.count() == 1
    assert len({answer.pk for answer in answers if isinstance(answer, Case)}) == 1


def test_numbers_taken_at_once_are_different_and_without_gaps_where_all_succeed() -> None:
    day = date(2026, 3, 20)
    numbers = at_once(*[lambda: next_number("990101", day)] * 8)
    assert sorted(numbers) == [f"990101-20260320-{n:06d}" for n in range(1, 9)]
    assert next_number("990101", date(2026, 3, 21)).endswith("-000001")
    assert next_number("990102", day).endswith("-000001")


def test_two_who_hand_all_over_at_once_and_a_run_between_make_one_case_of_each_clue(
    auditor: Actor, system: Actor
) -> None:
    answered(many(120), NOW)

    def handing(by: Actor) -> Callable[[], int]:
        return lambda: sum(len(group) for group in actions.hand_over_all(by, DEAD, now=NOW))

    answers = at_once(handing(auditor), handing(system), lambda: answered(many(120), at(hours=1)).rows)
    assert not conflicts(answers)
    for _ in actions.hand_over_all(system, DEAD, now=NOW):
        pass
    assert Case.objects.count() == Finding.objects.filter(state="handed").count() == 120
