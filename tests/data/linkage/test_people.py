"""Person numbers are stable, what people decide is obeyed, and every merge and split can be undone."""

from __future__ import annotations

from typing import Any

import pytest

from jinbao.data.linkage import actions, checks, queries
from jinbao.data.linkage.link import latest
from jinbao.data.linkage.models import Change, Decision, Doubt, Run, Series
from jinbao.data.linkage.numbers import person_no, serial_of
from jinbao.data.supply import tables
from jinbao.kernel import duck
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed, NotFound
from jinbao.kernel.identifiers.citizen_id import check_character
from jinbao.trust.actors import Actor
from tests.data.linkage.conftest import NOW, deliver

pytestmark = pytest.mark.django_db


def number(body: str) -> str:
    return body + check_character(body)


ZHANG, LI, WANG = number("99010119800203401"), number("99010119710620202"), number("99010219801103303")
PHONE = "10011112222"
CITY_ROWS = [
    ("h1", ZHANG, "张伟芳", "1", "1980-02-03", None),
    ("h2", LI, "李秀", "2", "1971-06-20", None),
    ("h3", WANG, "王磊", "1", "1980-11-03", None),
]
INSURED = [
    ("m1", ZHANG, "张伟芳", "1", "1980-02-03", None),
    ("m2", LI[:9] + "9" + LI[10:], "李秀", "2", "1971-06-20", None),
]
WORKERS = [("e1", ZHANG, "张伟芳", "1", "1980-02-03", PHONE)]


@pytest.fixture
def run(steward: Actor) -> Run:
    deliver("population", CITY_ROWS)
    deliver("medical_insurance", INSURED)
    deliver("employee_enrolment", WORKERS)
    return actions.run(steward, now=NOW)


def people() -> dict[str, str]:
    """Person number by row, as published."""
    with duck.connect(threads=1) as connection:
        tables.attach(connection, ["person"])
        return dict(connection.execute("SELECT _row, person_no FROM person").fetchall())


def broken() -> list[str]:
    return [str(row) for check in checks.CHECKS for row in check.rows()]


def test_rows_of_three_units_become_three_people(run: Run) -> None:
    found = people()
    assert found["h1"] == found["m1"] == found["e1"]
    assert found["h2"] == found["m2"]
    assert len(set(found.values())) == run.people == 3
    assert not broken()


def test_the_best_values_name_their_source(run: Run, steward: Actor) -> None:
    person = queries.person(steward, serial_of(people()["m2"]))
    assert person.best["id_number"] == LI
    assert person.best["id_number_source"] == "population"
    assert person.best["name"] == "李秀"
    assert {row["link"] for row in person.rows} == {"number", "score"}
    assert queries.person(steward, serial_of(people()["h1"])).best["phone_source"] == "employee_enrolment"


def test_a_later_run_touches_only_what_changed_and_keeps_numbers(run: Run, steward: Actor) -> None:
    before = people()
    deliver("medical_insurance", [*INSURED, ("m3", WANG, "王磊", "1", "1980-11-03", None)])
    again = actions.run(steward, now=NOW)
    assert not again.full
    assert again.changed == 1
    assert again.figures["affected"] < run.figures["affected"]
    after = people()
    assert {row: after[row] for row in before} == before
    assert after["m3"] == after["h3"]
    assert not Change.objects.exists()
    assert not broken()


def test_a_run_without_news_changes_nothing(run: Run, steward: Actor) -> None:
    before = people()
    again = actions.run(steward, now=NOW)
    assert (again.changed, again.figures["affected"]) == (0, 0)
    assert people() == before
    assert actions.run(steward, now=NOW, full=True).full
    assert people() == before


def test_a_number_that_left_is_not_given_again(run: Run, steward: Actor) -> None:
    gone = people()["h3"]
    deliver("population", CITY_ROWS[:2])
    actions.run(steward, now=NOW)
    deliver("population", [*CITY_ROWS[:2], ("h9", number("99010219900101111"), "赵新", "1", "1990-01-01", None)])
    actions.run(steward, now=NOW)
    assert gone not in people().values()
    assert Series.objects.get().next == 5


def test_two_people_are_merged_by_hand_and_parted_again(run: Run, steward: Actor) -> None:
    before = people()
    one, other = serial_of(before["h1"]), serial_of(before["h3"])
    change = actions.merge(steward, one, other, "核对户口簿，同一人两个号码", now=NOW)
    assert change.kind == "merge"
    assert people()["h3"] == before["h1"]
    assert not broken()
    with pytest.raises(NotFound, match="已并入"):
        queries.person(steward, other)
    undone = actions.undo(steward, change, "核对有误", now=NOW)
    assert people() == before
    assert undone.undoes == change
    assert not broken()
    with pytest.raises(Conflict):
        actions.undo(steward, change, "再撤一次", now=NOW)
    actions.run(steward, now=NOW, full=True)
    assert people() == before


def test_rows_are_split_off_and_put_back(run: Run, steward: Actor) -> None:
    before = people()
    change = actions.split(steward, serial_of(before["h1"]), [("medical_insurance", "m1")], "冒用他人证件参保", now=NOW)
    after = people()
    assert after["m1"] != before["m1"]
    assert after["h1"] == after["e1"] == before["h1"]
    assert not broken()
    actions.run(steward, now=NOW, full=True)
    assert people() == after, "later runs obey"
    actions.undo(steward, change, "查明为本人", now=NOW)
    assert people() == before
    assert not broken()


def test_a_merge_by_new_data_is_recorded_and_can_be_undone(run: Run, steward: Actor) -> None:
    deliver("medical_insurance", [*INSURED, ("m4", None, "王磊", None, None, None)])
    actions.run(steward, now=NOW)
    before = people()
    assert before["m4"] != before["h3"]
    deliver("medical_insurance", [*INSURED, ("m4", WANG, "王磊", "1", "1980-11-03", None)])
    actions.run(steward, now=NOW)
    assert people()["m4"] == people()["h3"]
    change = Change.objects.get()
    assert change.kind == "merge"
    actions.undo(steward, change, "不是同一人", now=NOW)
    assert people() == before
    assert not broken()


def doubtful(steward: Actor) -> Doubt:
    """A woman with another given name, same phone and date of birth: a new name or a sister."""
    deliver("employee_enrolment", [*WORKERS, ("e2", None, "张晓彤", "1", "1980-02-03", PHONE)])
    actions.run(steward, now=NOW)
    found: Doubt = queries.doubts(steward).get()
    return found


@pytest.mark.parametrize(("verdict", "same"), [("same", True), ("different", False)])
def test_a_decision_is_obeyed_by_the_next_run(run: Run, steward: Actor, verdict: str, same: bool) -> None:
    doubt = doubtful(steward)
    assert [one["comparison"] for one in doubt.evidence] == ["number", "name", "birth", "sex", "phone"]
    actions.decide(steward, doubt, verdict, "看过材料", now=NOW)
    assert not queries.doubts(steward).exists()
    actions.run(steward, now=NOW)
    assert (people()["e2"] == people()["h1"]) is same
    assert not queries.doubts(steward).exists(), "decided once is decided"
    assert not broken()
    with pytest.raises(Conflict):
        actions.decide(steward, doubt, "same", "", now=NOW)


def test_unsure_leaves_them_apart_and_may_be_decided_later(run: Run, steward: Actor) -> None:
    doubt = doubtful(steward)
    actions.decide(steward, doubt, "unsure", "", now=NOW)
    actions.run(steward, now=NOW)
    assert people()["e2"] != people()["h1"]
    actions.decide(steward, doubt, "same", "补交了材料", now=NOW)
    actions.run(steward, now=NOW)
    assert people()["e2"] == people()["h1"]
    reviewed = queries.reviewed(steward)
    assert (reviewed.same, reviewed.waiting, reviewed.share_same) == (1, 0, 100)


def test_a_recorded_change_of_number_makes_two_numbers_one_person(run: Run, steward: Actor) -> None:
    new = number("99010119800203403")
    deliver("medical_insurance", [("m1", new, "张伟芳", "1", "1980-02-03", None)])
    actions.run(steward, now=NOW)
    assert people()["m1"] != people()["h1"]
    actions.record_number_change(steward, ZHANG, new, "公安机关号码更正通知", now=NOW)
    actions.run(steward, now=NOW)
    assert people()["m1"] == people()["h1"]
    with pytest.raises(Conflict):
        actions.record_number_change(steward, ZHANG, new, "重复登记", now=NOW)


def test_only_stewards_link_and_decide(run: Run, clerk: Actor, zhang_san: Actor, steward: Actor) -> None:
    doubt = doubtful(steward)
    for outsider in (clerk, zhang_san):
        with pytest.raises(NotAllowed):
            actions.run(outsider, now=NOW)
        with pytest.raises(NotAllowed):
            actions.decide(outsider, doubt, "same", "", now=NOW)
        with pytest.raises(NotAllowed):
            queries.doubts(outsider)
    with pytest.raises(NotAllowed):
        queries.person(zhang_san, 1)
    with pytest.raises(NotAllowed):
        actions.decide(Actor.system(), doubt, "same", "", now=NOW)


def test_what_is_missing_is_said(run: Run, steward: Actor) -> None:
    for wrong in ("", "  "):
        with pytest.raises(FormatError, match="原因"):
            actions.merge(steward, 1, 2, wrong, now=NOW)
    with pytest.raises(NotFound):
        actions.merge(steward, 1, 999, "核对", now=NOW)
    with pytest.raises(FormatError):
        actions.split(
            steward, 1, [("population", "h1"), ("medical_insurance", "m1"), ("employee_enrolment", "e1")], "x", now=NOW
        )
    with pytest.raises(FormatError):
        actions.split(steward, 1, [], "x", now=NOW)
    assert Decision.objects.count() == 0


@pytest.mark.parametrize("text", ["", "P1", "P0000000011", "X0000000010", "P00000000１0"])
def test_a_person_number_has_a_check_character(text: str) -> None:
    with pytest.raises(FormatError):
        serial_of(text)


def test_a_person_number_reads_as_it_is_written() -> None:
    for serial in (1, 10, 999_999_999):
        assert serial_of(person_no(serial)) == serial
    with duck.connect(threads=1) as connection:
        from jinbao.data.linkage.numbers import person_no_sql

        sql = f"SELECT {person_no_sql('s')} FROM (SELECT unnest([1, 10, 123456, 999999999]) AS s)"
        assert [row[0] for row in connection.execute(sql).fetchall()] == [
            person_no(s) for s in (1, 10, 123456, 999999999)
        ]


def test_a_lost_state_is_made_anew(run: Run, steward: Actor) -> None:
    import shutil

    from jinbao.data.linkage import store

    before = people()
    shutil.rmtree(store.root())
    again: Any = actions.run(steward, now=NOW)
    assert again.full
    assert len(set(people().values())) == len(set(before.values()))
    assert latest() == again
