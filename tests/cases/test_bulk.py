"""Many clues at once: chosen by what they are like, one report or decision for them, each with a trail of its own."""

from __future__ import annotations

from typing import Any

import pytest

from jinbao.cases import actions, bulk
from jinbao.cases.bulk import Choice, Slice
from jinbao.cases.forms import FormRefused
from jinbao.cases.models import Case
from jinbao.cases.services import load_services
from jinbao.data.scenes.declared import scenes
from jinbao.data.scenes.models import Finding
from jinbao.kernel.errors import FormatError, NotAllowed
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent, Grant, Role, User
from tests.cases.clue_runs import DEAD, answered, dead, trace
from tests.cases.conftest import NOW, TODAY, Town
from tests.conftest import CITY, DISTRICT, OTHER_CITY, make_actor

SILENT, ITEM = "silent_authentication", "clue_authentication"
WHY = "均有近期就诊记录，抽查属实"
TRUE = {"finding": "true", "confirmed_on": ""}


@pytest.fixture
def handed(town: Town, auditor: Actor) -> list[Case]:
    """Twelve clues that were handed over."""
    answered([trace(n) for n in range(12)], NOW, SILENT)
    return [case for group in actions.hand_over_all(auditor, SILENT, now=NOW) for case in group]


ALL = Choice(ITEM)


def run(by: Actor, verb: str, choice: Choice = ALL, **more: Any) -> Slice:
    return bulk.act(by, choice, verb, now=NOW, remark=bulk.remark_of(WHY, 12), **more)


def states() -> dict[str, int]:
    found = list(Case.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in set(found)}


def test_many_are_reported_and_decided_each_with_its_own_step_and_event(
    handed: list[Case], clerk: Actor, reviewer: Actor
) -> None:
    assert run(clerk, "report", found=TRUE).done == 12
    assert run(reviewer, "approve").done == 12
    assert states() == {"done": 12}
    assert {case.form["confirmed_on"] for case in Case.objects.all()} == {f"2026-02-{1 + n:02d}" for n in range(12)}
    for case in Case.objects.all():
        assert [step.verb for step in case.steps.all()] == ["hand_over", "report", "approve"]
        assert case.steps.get(verb="report").note == f"{WHY}（批量办理，共 12 件）"
    assert AuditEvent.objects.filter(action="cases.approve").count() == 12
    assert set(Finding.objects.values_list("outcome", flat=True)) == {"true"}


@pytest.mark.parametrize(
    ("choice", "found"),
    [(Choice(ITEM, region=DISTRICT), 6), (Choice(ITEM, region=CITY), 12),
     (Choice(ITEM, column="traces", sign=">=", value="3"), 4),
     (Choice(ITEM, column="last_on", sign="<=", value="2026-02-03"), 3),
     (Choice(ITEM, column="last_source", value="就诊"), 12), (Choice(ITEM, column="last_source", value="2"), 0),
     (Choice(ITEM, text="9901"), 12), (Choice(ITEM, text="李"), 0), (Choice(ITEM, mine=True), 0),
     (Choice("clue_death"), 0)],
)  # fmt: skip
def test_they_are_chosen_by_what_they_are_like(handed: list[Case], clerk: Actor, choice: Choice, found: int) -> None:
    assert bulk.chosen(clerk, choice, "report", TODAY).count() == found


def test_ticked_ones_only(handed: list[Case], clerk: Actor) -> None:
    ticked = Choice(ITEM, numbers=(handed[0].number, handed[5].number))
    assert run(clerk, "report", ticked, found=TRUE).done == 2
    assert states() == {"accepted": 10, "reviewing": 2}


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [("traces", "many", "看不懂"), ("last_on", "spring", "看不懂"), ("id_number", "990", "没有这一列"),
     ("form__finding", "x", "没有这一列")],
)  # fmt: skip
def test_a_condition_that_cannot_be_read_is_told(clerk: Actor, column: str, value: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        bulk.chosen(clerk, Choice(ITEM, column=column, value=value), "report", TODAY)


def test_what_somebody_else_has_in_hand_is_left_to_him(handed: list[Case], clerk: Actor, second_clerk: Actor) -> None:
    actions.take(second_clerk, handed[3], now=NOW)
    assert run(clerk, "report", found=TRUE).done == 11
    assert Case.objects.get(pk=handed[3].pk).state == "accepted"


def test_two_persons_are_two_persons_for_each_of_them(handed: list[Case], reviewer: Actor, clerk: Actor) -> None:
    both = make_actor("liang", "周两职", Role.CLERK, region=CITY)
    run(both, "report", Choice(ITEM, region=DISTRICT), found=TRUE)
    run(clerk, "report", found=TRUE)
    as_reviewer = Actor(both.user_id, both.username, both.name, Role.REVIEWER, CITY)
    made = run(as_reviewer, "approve")
    assert (made.done, len(made.faults)) == (6, 6)
    assert states() == {"done": 6, "reviewing": 6}


def test_only_the_role_of_the_verb_and_only_its_region(handed: list[Case], clerk: Actor, reviewer: Actor) -> None:
    for by, verb in ((clerk, "approve"), (clerk, "recall"), (reviewer, "report"), (clerk, "withdraw")):
        with pytest.raises(NotAllowed):
            run(by, verb, found=TRUE)
    elsewhere = make_actor("waidi", "外经办", Role.CLERK, region=OTHER_CITY)
    assert run(elsewhere, "report", found=TRUE).done == 0
    assert states() == {"accepted": 12}


def test_what_one_cannot_do_stops_no_other(handed: list[Case], clerk: Actor, zhang_san: Actor) -> None:
    Case.objects.filter(pk=handed[2].pk).update(person_id_number=zhang_san.subject)
    Grant.objects.create(user=User.objects.get(username=clerk.username), role=Role.INSURED, subject=zhang_san.subject)
    made = run(clerk, "report", found=TRUE)
    assert made.done == 11
    assert made.faults == [(handed[2].number, f"{clerk.name}与该件有利害关系，应当回避")]


def test_a_button_pressed_twice_is_no_fault(
    handed: list[Case], clerk: Actor, second_clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other press did one of them after this one had read it; another officer did another one."""
    read = Case.objects.get(pk=handed[0].pk), Case.objects.get(pk=handed[1].pk)
    run(clerk, "report", Choice(ITEM, numbers=(read[0].number,)), found=TRUE)
    run(second_clerk, "report", Choice(ITEM, numbers=(read[1].number,)), found=TRUE)
    monkeypatch.setattr(bulk, "free", lambda *_: Old(read))
    made = run(clerk, "report", found=TRUE)
    assert (made.done, [number for number, _ in made.faults]) == (1, [read[1].number])


class Old:
    """Cases as they were when they were read."""

    def __init__(self, cases: tuple[Case, ...]) -> None:
        self.cases = cases

    def filter(self, pk__gt: int) -> list[Case]:
        return [case for case in self.cases if case.pk > pk__gt]


def test_many_are_recalled_and_wait_again(handed: list[Case], auditor: Actor) -> None:
    assert run(auditor, "recall").done == 12
    assert set(Finding.objects.values_list("state", flat=True)) == {"new"}


def test_it_goes_in_slices_and_goes_on_where_it_was(handed: list[Case], clerk: Actor) -> None:
    first = run(clerk, "report", found=TRUE, goes_on=lambda count: count < 5)
    assert (first.done, first.finished) == (5, False)
    second = run(clerk, "report", found=TRUE, after=first.last)
    assert (second.done, second.finished) == (7, True)


def test_a_true_death_is_not_decided_in_bulk(town: Town, auditor: Actor, clerk: Actor, reviewer: Actor) -> None:
    answered([dead(person_no=f"P{n}", id_number=None) for n in range(3)], NOW)
    cases = [case for group in actions.hand_over_all(auditor, DEAD, now=NOW) for case in group]
    death = Choice("clue_death")
    with pytest.raises(FormRefused, match="逐件"):
        bulk.check(death, "report", {"finding": "true", "died_on": "2026-01-15"}, WHY, 3, today=TODAY)
    true = {"finding": "true", "died_on": "2026-01-15"}
    assert len(run(clerk, "report", death, found=true).faults) == 3
    actions.report(clerk, cases[0], true, version=1, now=NOW, remark="火化证")
    assert run(clerk, "report", death, found={"finding": "false"}).done == 2
    made = run(reviewer, "approve", death)
    assert (made.done, [number for number, _ in made.faults]) == (2, [cases[0].number])


@pytest.mark.parametrize(
    ("verb", "found", "remark", "total", "said"),
    [("report", {"finding": ""}, WHY, 3, "核查结论"), ("report", TRUE, " ", 3, "理由"), ("approve", {}, "", 3, "理由"),
     ("report", TRUE, WHY, 0, "没有选择"), ("recall", {}, "长" * 500, 3, "最多 500")],
)  # fmt: skip
def test_what_would_be_wrong_with_each_is_told_before(
    verb: str, found: dict[str, str], remark: str, total: int, said: str
) -> None:
    with pytest.raises((FormatError, FormRefused), match=said):
        bulk.check(Choice(ITEM), verb, found, remark, total, today=TODAY)


def test_every_field_that_comes_from_the_row_names_a_column_of_its_scene() -> None:
    for one in scenes():
        if one.case is not None:
            fields = load_services()[one.case.item].fields
            assert all(one.column(each.from_row) for each in fields if each.from_row), one.name
