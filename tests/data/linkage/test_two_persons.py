"""People who receive a benefit, or are in a case, are joined and parted by two persons; anybody else by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from jinbao.data.linkage import actions, checks, proposals, queries
from jinbao.data.linkage.declared import policy
from jinbao.data.linkage.link import decided
from jinbao.data.linkage.models import Change, Decision, Doubt, NumberChange, Proposal, Run
from jinbao.data.linkage.numbers import serial_of
from jinbao.data.linkage.stakes import stakes_of
from jinbao.data.supply import tables
from jinbao.kernel import duck
from jinbao.kernel.errors import Conflict, FormatError, JinbaoError, NotAllowed
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent, Role
from tests.conftest import CITY, make_actor
from tests.data.linkage.conftest import NOW, deliver
from tests.data.linkage.test_people import CITY_ROWS, INSURED, PHONE, WORKERS, ZHANG, number, people

pytestmark = pytest.mark.django_db
PENSIONERS = [("a1", ZHANG, "张伟芳", "1", "1980-02-03", None)]
SISTER = ("e2", None, "张晓彤", "1", "1980-02-03", PHONE)


@pytest.fixture
def second(db: None) -> Actor:
    """Another steward of the city."""
    return make_actor("shuju2", "赵数据", Role.STEWARD, region=CITY)


@pytest.fixture
def run(steward: Actor) -> Run:
    """张伟芳 (h1, m1, e1, a1) receives a pension; 李秀 and 王磊 do not."""
    deliver("population", CITY_ROWS)
    deliver("medical_insurance", INSURED)
    deliver("employee_enrolment", WORKERS)
    deliver("pension_in_payment", PENSIONERS)
    return actions.run(steward, now=NOW)


@pytest.fixture(autouse=True)
def everything_holds() -> Iterator[None]:
    yield
    assert not [str(row) for check in checks.CHECKS for row in check.rows()]


def serial(row: str) -> int:
    return serial_of(people()[row])


def proposed(steward: Actor) -> Proposal:
    """The steward wants 王磊 to be 张伟芳."""
    made = actions.merge(steward, serial("h1"), serial("h3"), "核对户口簿，同一人", now=NOW)
    assert isinstance(made, Proposal)
    return made


def test_a_merge_that_touches_a_pensioner_waits_for_a_second_person(run: Run, steward: Actor, second: Actor) -> None:
    before = people()
    proposal = proposed(steward)
    assert proposal.stakes == ["正在领取养老待遇"]
    assert people() == before, "nothing is done yet"
    assert not Change.objects.exists()
    with pytest.raises(NotAllowed, match="前面的环节"):
        actions.confirm(steward, proposal, now=NOW)
    assert people() == before
    done = actions.confirm(second, proposal, now=NOW)
    assert people()["h3"] == people()["h1"]
    assert done.change is not None
    assert (done.change.by, done.change.reason, done.decided_by) == ("shuju", "核对户口簿，同一人", "shuju2")
    history = queries.person(steward, serial("h1")).history
    assert [(one.by, one.proposal.decided_by) for one in history] == [("shuju", "shuju2")]


def test_people_on_whom_nothing_hangs_need_one_person(run: Run, steward: Actor) -> None:
    change = actions.merge(steward, serial("h2"), serial("h3"), "核对户口簿", now=NOW)
    assert isinstance(change, Change)
    undone = actions.undo(steward, change, "核对有误", now=NOW)
    assert isinstance(undone, Change)
    assert not Proposal.objects.exists()


def test_splitting_and_undoing_are_under_the_same_rule(run: Run, steward: Actor, second: Actor) -> None:
    before = people()
    split = actions.split(steward, serial("h1"), [("medical_insurance", "m1")], "冒用证件参保", now=NOW)
    assert isinstance(split, Proposal)
    change = actions.confirm(second, split, now=NOW).change
    assert change is not None
    assert people()["m1"] != before["m1"]
    undo = actions.undo(second, change, "查明为本人", now=NOW)
    assert isinstance(undo, Proposal)
    with pytest.raises(NotAllowed):
        actions.confirm(second, undo, now=NOW)
    done = actions.confirm(steward, undo, now=NOW)
    assert people() == before
    assert done.change is not None
    assert done.change.undoes == change
    assert (done.change.by, done.decided_by) == ("shuju2", "shuju")


def test_a_reviewer_may_confirm_and_nobody_else_outside(
    run: Run, steward: Actor, reviewer: Actor, clerk: Actor, zhang_san: Actor
) -> None:
    proposal = proposed(steward)
    for outsider in (clerk, zhang_san, Actor.system()):
        with pytest.raises(NotAllowed):
            actions.confirm(outsider, proposal, now=NOW)
        with pytest.raises(NotAllowed):
            actions.reject(outsider, proposal, "不行", now=NOW)
    with pytest.raises(NotAllowed):
        queries.proposals(clerk)
    assert queries.proposals(reviewer).get() == proposal
    assert actions.confirm(reviewer, proposal, now=NOW).state == "confirmed"


def test_a_proposer_who_is_a_reviewer_too_is_still_one_person(run: Run, steward: Actor) -> None:
    proposal = proposed(steward)
    both = make_actor("shuju", "何数据", Role.REVIEWER, region=CITY)
    with pytest.raises(NotAllowed):
        actions.confirm(both, proposal, now=NOW)


def test_a_rejection_has_a_reason_and_does_nothing(run: Run, steward: Actor, second: Actor) -> None:
    before, proposal = people(), proposed(steward)
    with pytest.raises(FormatError, match="原因"):
        actions.reject(second, proposal, " ", now=NOW)
    done = actions.reject(second, proposal, "户口簿上是两个人", now=NOW)
    assert (done.state, done.decided_by, done.remark) == ("rejected", "shuju2", "户口簿上是两个人")
    with pytest.raises(Conflict, match="已退回（shuju2）"):
        actions.confirm(second, proposal, now=NOW)
    assert people() == before
    assert isinstance(proposed(steward), Proposal), "it may be proposed again"


def test_one_may_take_back_what_one_proposed(run: Run, steward: Actor) -> None:
    assert actions.reject(steward, proposed(steward), "填错编号", now=NOW).state == "rejected"


def test_a_second_proposal_about_the_same_person_is_refused(run: Run, steward: Actor, second: Actor) -> None:
    proposed(steward)
    with pytest.raises(Conflict, match="待另一人确认"):
        actions.split(second, serial("h1"), [("medical_insurance", "m1")], "冒用", now=NOW)
    with pytest.raises(Conflict, match="待另一人确认"):
        actions.merge(second, serial("h3"), serial("h2"), "核对户口簿", now=NOW)
    assert not Decision.objects.exists()


def _content(rows: list[Any]) -> list[Any]:
    return [rows[0], rows[1], ("h3", rows[2][1], "王雷", *rows[2][3:])]


def _gone(rows: list[Any]) -> list[Any]:
    return rows[:2]


def _new(rows: list[Any]) -> list[Any]:
    return [*rows, ("h4", rows[2][1], *rows[2][2:])]


@pytest.mark.parametrize(("change", "said"), [(_content, "h3的内容已变"), (_gone, "h3已不在"), (_new, "h4新归入")])
def test_a_proposal_that_the_data_overtook_is_refused_with_the_reason(
    run: Run, steward: Actor, second: Actor, change: Callable[[list[Any]], list[Any]], said: str
) -> None:
    proposal = proposed(steward)
    deliver("population", change(CITY_ROWS))
    actions.run(steward, now=NOW)
    before = people()
    assert [text for text in proposals.changed_since(proposal) if said in text.replace(" ", "")]
    with pytest.raises(Conflict, match="提议之后有变化") as caught:
        actions.confirm(second, proposal, now=NOW)
    assert "户籍人口" in str(caught.value)
    assert people() == before
    assert Proposal.objects.get().state == "waiting"
    actions.reject(second, proposal, "已过时", now=NOW)


def test_data_about_others_do_not_make_a_proposal_stale(run: Run, steward: Actor, second: Actor) -> None:
    proposal = proposed(steward)
    deliver("medical_insurance", [*INSURED, ("m9", number("99010219900101111"), "赵新", "1", "1990-01-01", None)])
    actions.run(steward, now=NOW)
    assert proposals.changed_since(proposal) == []
    assert actions.confirm(second, proposal, now=NOW).state == "confirmed"


def doubtful(steward: Actor) -> Doubt:
    deliver("employee_enrolment", [*WORKERS, SISTER])
    actions.run(steward, now=NOW)
    found: Doubt = queries.doubts(steward).get()
    return found


def test_one_person_said_of_a_pensioner_in_doubt_is_a_proposal(run: Run, steward: Actor, second: Actor) -> None:
    doubt = doubtful(steward)
    made = actions.decide(steward, doubt, "same", "看过材料", now=NOW)
    assert isinstance(made, Proposal)
    assert not queries.doubts(steward).exists(), "it waits elsewhere"
    with pytest.raises(Conflict, match="待另一人确认"):
        actions.decide(second, doubt, "different", "", now=NOW)
    actions.run(steward, now=NOW)
    assert people()["e2"] != people()["h1"]
    actions.confirm(second, made, now=NOW)
    assert people()["e2"] == people()["h1"]
    doubt.refresh_from_db()
    assert doubt.decision is not None
    assert (doubt.decision.verdict, doubt.decision.by) == ("same", "shuju")
    actions.run(steward, now=NOW, full=True)
    assert people()["e2"] == people()["h1"]


def test_a_rejected_pair_comes_back_into_the_queue(run: Run, steward: Actor, second: Actor) -> None:
    doubt = doubtful(steward)
    made = actions.decide(steward, doubt, "same", "看过材料", now=NOW)
    assert isinstance(made, Proposal)
    actions.reject(second, made, "是姐妹", now=NOW)
    assert queries.doubts(steward).get() == doubt
    assert isinstance(actions.decide(second, doubt, "different", "是姐妹", now=NOW), Decision), "that joins nobody"


def test_undoing_a_decided_pair_puts_it_back_into_the_queue(run: Run, steward: Actor, second: Actor) -> None:
    doubt = doubtful(steward)
    before = people()
    made = actions.decide(steward, doubt, "same", "看过材料", now=NOW)
    assert isinstance(made, Proposal)
    change = actions.confirm(second, made, now=NOW).change
    assert change is not None
    undo = actions.undo(steward, change, "看错了", now=NOW)
    assert isinstance(undo, Proposal)
    actions.confirm(second, undo, now=NOW)
    assert people() == before
    assert queries.doubts(steward).get() == doubt


def test_a_change_of_number_of_a_pensioner_waits_too(run: Run, steward: Actor, second: Actor) -> None:
    new = number("99010119800203403")
    made = actions.record_number_change(steward, ZHANG, new, "公安机关号码更正通知", now=NOW)
    assert isinstance(made, Proposal)
    assert not NumberChange.objects.exists()
    with pytest.raises(NotAllowed):
        actions.confirm(steward, made, now=NOW)
    actions.confirm(second, made, now=NOW)
    assert NumberChange.objects.get().new_number == new
    deliver("medical_insurance", [("m1", new, "张伟芳", "1", "1980-02-03", None)])
    actions.run(steward, now=NOW)
    assert people()["m1"] == people()["h1"]


def test_the_books_are_asked_through_the_setting(run: Run, steward: Actor, settings: Any) -> None:
    settings.LINKAGE_STAKES = [f"{__name__}.books"]
    assert stakes_of([serial("h3")], NOW.date()) == ["有在办事项 990100-1"]
    assert stakes_of([serial("h2")], NOW.date()) == []
    assert isinstance(actions.merge(steward, serial("h2"), serial("h3"), "核对户口簿", now=NOW), Proposal)


def books(numbers: list[str], on: date) -> list[str]:
    """Stand for a room above: 王磊 is in a case."""
    return ["有在办事项 990100-1"] if CITY_ROWS[2][1] in numbers and on else []


def test_one_reason_is_said_once_whoever_it_is_of(run: Run, steward: Actor, settings: Any) -> None:
    settings.LINKAGE_STAKES = [f"{__name__}.books", f"{__name__}.books"]
    assert stakes_of([serial("h2"), serial("h3")], NOW.date()) == ["有在办事项 990100-1"]


def test_a_15_digit_number_is_asked_for_as_well(run: Run, steward: Actor, settings: Any) -> None:
    settings.LINKAGE_STAKES = [f"{__name__}.books"]
    wang = str(CITY_ROWS[2][1])
    deliver("population", [*CITY_ROWS[:2], ("h3", wang[:6] + wang[8:17], "王磊", "1", "1980-11-03", None)])
    actions.run(steward, now=NOW)
    assert stakes_of([serial("h3")], NOW.date()) == ["有在办事项 990100-1"]


def test_every_declared_stake_can_be_asked_of_its_table() -> None:
    with duck.connect(threads=1) as lake:
        for stake in policy().stakes:
            tables.attach(lake, [stake.dataset])
            assert lake.execute(f"SELECT COUNT(*) FROM {stake.dataset} WHERE {stake.when}").fetchall() == [(0,)]


def test_both_names_are_in_the_audit(run: Run, steward: Actor, second: Actor) -> None:
    proposal = proposed(steward)
    actions.confirm(second, proposal, now=NOW)
    found = {event.action: event for event in AuditEvent.objects.filter(action__startswith="linkage.")}
    assert found["linkage.merge"].actor == "shuju"
    assert found["linkage.confirm"].actor == "shuju2"
    assert found["linkage.confirm"].detail["proposed_by"] == "shuju"


def test_the_books_refuse_a_proposal_confirmed_by_its_proposer(run: Run, steward: Actor) -> None:
    proposal = proposed(steward)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(state="confirmed", decided_by=proposal.by)


def test_what_does_not_come_to_pass_leaves_no_decision(run: Run, steward: Actor, second: Actor) -> None:
    """A confirmed merge that fails leaves the proposal waiting and nothing said."""
    proposal = proposed(steward)
    Proposal.objects.filter(pk=proposal.pk).update(what={"one": 900, "other": 901}, seen=[], serials=[])
    with pytest.raises(JinbaoError):
        actions.confirm(second, proposal, now=NOW)
    assert (Proposal.objects.get().state, decided()) == ("waiting", [])


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_at_once_one_confirms_and_the_other_is_told(
    run: Run, steward: Actor, second: Actor, reviewer: Actor
) -> None:
    proposal, start, answers = proposed(steward), threading.Barrier(2), []

    def go(by: Actor) -> None:
        start.wait()
        try:
            answers.append(actions.confirm(by, proposal, now=NOW))
        except Conflict as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(by,)) for by in (second, reviewer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(answers) == 2
    assert len(told) == 1
    assert "已确认" in str(told[0])
    assert Change.objects.count() == 1
