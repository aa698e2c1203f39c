"""Whatever is tried in whatever order by whomever: nothing illegal happens and every invariant holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.cases import actions
from jinbao.cases.checks import CHECKS
from jinbao.cases.clock import local_day, used_days
from jinbao.cases.machine import CLOSED, NEW, OPEN, TABLE, TRANSITIONS, transition, verbs_from
from jinbao.cases.models import Case, Kind
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.cases.conftest import NOW, Town, account_form
from tests.conftest import ZHANG_SAN, make_actor

Run = Callable[[Actor, Case, int, datetime], Case]
VERBS: dict[str, Run] = {
    "accept": lambda by, case, version, now: actions.accept(by, case, version=version, now=now),
    "ask_correction": lambda by, case, version, now: actions.ask_correction(
        by, case, version=version, now=now, remark="请补正"
    ),
    "resubmit": lambda by, case, version, now: actions.resubmit(by, case, account_form(), version=version, now=now),
    "lessen": lambda by, case, version, now: actions.lessen(by, case, {}, version=version, now=now, remark="少给"),
    "examine": lambda by, case, version, now: actions.examine(by, case, version=version, now=now),
    "advise_refusal": lambda by, case, version, now: actions.examine(
        by, case, version=version, now=now, refusal=True, remark="理由"
    ),
    "approve": lambda by, case, version, now: actions.approve(by, case, version=version, now=now),
    "refuse": lambda by, case, version, now: actions.refuse(by, case, version=version, now=now, remark="理由"),
    "send_back": lambda by, case, version, now: actions.send_back(by, case, version=version, now=now, remark="再核"),
    "withdraw": lambda by, case, version, now: actions.withdraw(by, case, version=version, now=now),
    "take": lambda by, case, _, now: actions.take(by, case, now=now),
    "release": lambda by, case, _, now: actions.release(by, case, now=now),
    "recompute": lambda by, case, _, now: actions.recompute_due(by, case, now=now),
}


def test_every_verb_of_the_table_is_tried_here() -> None:
    """Those of applications; what clues go through is in test_clues.py."""
    assert {line.verb for line in TABLE if Kind.APPLICATION in line.of} - {"submit"} <= set(VERBS)


def test_every_state_is_reached_and_every_open_state_is_left() -> None:
    assert {line.target for line in TABLE} == {*OPEN, *CLOSED}
    assert all(verbs_from(state) for state in OPEN)
    assert not any(verbs_from(state, kind) for state in CLOSED for kind in Kind)


def test_a_decision_is_the_reviewers_and_an_examination_the_clerks() -> None:
    for line in TABLE:
        if line.target in {Case.State.DONE, Case.State.REFUSED}:
            assert line.roles == (Role.REVIEWER,)
            assert line.sources == (Case.State.REVIEWING,)
        if line.target == Case.State.REVIEWING:
            assert line.roles == (Role.CLERK,)


@pytest.mark.parametrize("state", list(CLOSED))
def test_from_a_closed_state_nothing_goes_on(state: str) -> None:
    for verb in TRANSITIONS:
        if verb != "submit":
            with pytest.raises(Conflict):
                transition(verb, state)
    assert transition("submit", NEW).target == Case.State.SUBMITTED


def people() -> list[Actor]:
    """张三 himself, clerks and reviewers, one of them in two roles, and 张三 as a reviewer."""
    city = {"region": "990100"}
    return [
        make_actor("zhangsan", "张三", Role.INSURED, subject=ZHANG_SAN),
        make_actor("jingban", "陈经办", Role.CLERK, **city),
        make_actor("jingban_b", "钱经办", Role.CLERK, **city),
        make_actor("fuhe", "林复核", Role.REVIEWER, **city),
        make_actor("jingban", "陈经办", Role.REVIEWER, **city),
        make_actor("fuhe", "林复核", Role.CLERK, **city),
        make_actor("zhangsan", "张三", Role.REVIEWER, **city),
        make_actor("waishi", "外市复核", Role.REVIEWER, region="990200"),
    ]


MOVE = st.tuples(
    st.sampled_from([True, True, True, False]),  # whether verb, officer and version fit the state
    st.sampled_from(sorted(VERBS)),
    st.integers(0, 7),
    st.sampled_from([0, 0, 0, 0, 1]),  # how many versions behind the officer's page is
    st.integers(0, 80),  # hours later
)


@pytest.mark.django_db
def test_random_attempts_never_break_anything(town: Town) -> None:
    reached: Counter[str] = Counter()

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(st.lists(MOVE, min_size=5, max_size=40))
    def attempt(moves: list[tuple[bool, str, int, int, int]]) -> None:
        reached[_try_all(moves)] += 1

    attempt()
    assert {"done", "refused", "withdrawn"} <= set(reached), "the moves are too random to get anywhere"


def _try_all(moves: list[tuple[bool, str, int, int, int]]) -> str:
    """Try moves one after the other and return the state in which the case ends."""
    everybody, now = people(), NOW
    Case.objects.filter(state__in=OPEN).update(only_one="")
    case = actions.open_case(everybody[0], "bank_account_change", account_form(), now=now)
    for sensible, verb, who, behind, hours in moves:
        now += timedelta(hours=hours)
        before, by, chosen = Case.objects.get(pk=case.pk), everybody[who], verb
        if sensible:
            lines = [line for line in verbs_from(before.state) if line.verb != "withdraw" or hours > 60]
            line, behind = lines[hours % len(lines)], 0  # noqa: PLW2901  # a sensible officer reads the page first
            fitting = [actor for actor in everybody[:4] if actor.role in line.roles]
            by, chosen = fitting[who % len(fitting)], line.verb
        moved = _attempt(VERBS[chosen], by, before, behind, now)
        _nothing_illegal(chosen, before, Case.objects.get(pk=case.pk), moved, behind)
        if moved is not None and moved.state in CLOSED:
            break
    ended = Case.objects.get(pk=case.pk)
    pauses = list(ended.pauses.values_list("since", "until"))
    assert used_days(local_day(ended.opened_at), local_day(now), pauses) >= 0
    assert not [str(row) for check in CHECKS for row in check.rows()]
    return ended.state


def _attempt(run: Run, by: Actor, case: Case, behind: int, now: datetime) -> Case | None:
    """Try a verb; what is refused is refused with an error of the house."""
    try:
        return run(by, case, case.version - behind, now)
    except (Conflict, NotAllowed, FormatError):
        return None


def _nothing_illegal(verb: str, before: Case, after: Case, moved: Case | None, behind: int) -> None:
    line: Any = TRANSITIONS.get(verb)
    if moved is None or line is None:
        assert (after.state, after.version) == (before.state, before.version)
        return
    assert behind == 0
    assert before.state in line.sources
    assert (after.state, after.version) == (line.target, before.version + 1)
    assert after.steps.count() == after.version
    assert (after.state == Case.State.CORRECTING) == (after.paused_since is not None)
