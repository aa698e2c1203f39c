"""The careers of the books in the lake: what both readings see is the same, and only what changed is rewritten."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction

from jinbao.insurance.benefits.facts import facts_from
from jinbao.insurance.contributions import actions as contributions
from jinbao.insurance.contributions import lake_state
from jinbao.insurance.contributions.actions import Declared
from jinbao.insurance.contributions.career import careers
from jinbao.insurance.contributions.lake import Written, write_careers
from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.insurance.law import law
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Person
from jinbao.kernel.months import Month
from jinbao.rules.bulk import LakeError
from jinbao.rules.bulk.exact import person_facts
from jinbao.rules.bulk.homes import buckets_of
from jinbao.rules.bulk.lake import bucket_files, bucket_path, write_description
from jinbao.trust.models import AuditEvent
from tests.insurance.conftest import CLERK, NOW, REVIEWER, TODAY, City
from tests.insurance.lives import worked
from tests.killing import run_and_kill

pytestmark = pytest.mark.django_db


def rows_of(lake: Path) -> dict[str, dict[str, Any]]:
    return {row["证件号码"]: row for file in bucket_files(lake) for row in pq.read_table(file).to_pylist()}


def contents(lake: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (*bucket_files(lake), lake / "careers" / "lake.json")}


@pytest.fixture
def lake(tmp_path: Path, city: City) -> Path:
    """The lake of a city where 张三 and 李四 have worked."""
    worked(city.zhang, city.employer, Month(2001, 1), Month(2003, 12))
    worked(city.li, city.employer, Month(2002, 3), Month(2002, 9), 400_000)
    write_careers(CLERK, tmp_path / "lake")
    return tmp_path / "lake"


def again(lake: Path) -> Written:
    """Bring the lake up to the books, and see that it is what writing everything would give."""
    done = write_careers(CLERK, lake)
    whole = lake.parent / "whole"
    shutil.rmtree(whole, ignore_errors=True)
    write_careers(CLERK, whole)
    assert contents(lake) == contents(whole)
    assert_as_read_one_by_one(lake)
    return done


def assert_as_read_one_by_one(lake: Path) -> None:
    """The columns hold, for everybody in the lake, the months and bases of `careers`."""
    rows = rows_of(lake)
    people = list(Person.objects.filter(id_number__in=rows))
    for pk, months in careers(people).items():
        number = next(person.id_number for person in people if person.pk == pk)
        held = [
            (Month.from_yyyymm(part["起"]) + later, part["缴费基数"])
            for part in rows[number]["履历"]
            for later in range(part["月数"])
        ]
        assert held == [(row.month, row.base_fen) for row in months]


def test_what_the_exact_reading_takes_from_the_books_is_what_the_lake_holds(lake: Path) -> None:
    people = list(Person.objects.all())
    lives = careers(people)
    rows = rows_of(lake)
    assert len(rows) == 3
    for person in people:
        facts = facts_from(person, Month(2035, 1), lives[person.pk])
        assert {name: value for name, value in facts.items() if name not in ("月", "选择退休年月")} == {
            name: str(value) if name == "出生年月" else value
            for name, value in person_facts(law(), rows[person.id_number]).items()
            if name != "月"
        }
        months = person_facts(law(), rows[person.id_number])["月"]
        assert [(str(m["年月"]), str(m["缴费基数"])) for m in months] == [
            (m["年月"], m["缴费基数"]) for m in facts["月"]
        ]


def test_nothing_is_rewritten_when_nothing_changed(lake: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in bucket_files(lake)}
    done = again(lake)
    assert (done.changed, done.gone, done.rewritten, done.anew) == (0, 0, 0, False)
    assert before == {file: file.stat().st_mtime_ns for file in bucket_files(lake)}


def test_only_the_bucket_of_who_changed_is_rewritten(lake: Path, city: City) -> None:
    worked(city.zhang, city.employer, Month(2004, 1), Month(2004, 2))
    done = again(lake)
    assert (done.changed, done.rewritten, done.buckets) == (1, 1, 2)


def test_an_unpaid_correction_waits_and_is_seen_once_it_is_paid(lake: Path, city: City) -> None:
    worked(city.zhang, city.employer, Month(2020, 1), Month(2020, 3), 500_000)
    again(lake)
    before = rows_of(lake)[city.zhang.id_number]
    wage = Declared(city.zhang.id_number, "张三", Month(2020, 1), 600_000, city.employer.uscc)
    made = contributions.correct(CLERK, [wage], today=TODAY)
    again(lake)
    assert rows_of(lake)[city.zhang.id_number] == before
    for due in made:
        contributions.receive_payment(CLERK, due, on=TODAY, bank_reference=f"BK{due.pk}")
    assert again(lake).changed == 1
    bases = [part["缴费基数"] for part in rows_of(lake)[city.zhang.id_number]["履历"]]
    assert bases[-2:] == [600_000, 500_000]


def test_the_dead_leave_the_lake(lake: Path, city: City) -> None:
    registry.record_death(CLERK, city.li, date(2026, 2, 1), today=TODAY)
    assert again(lake).gone == 1
    assert city.li.id_number not in rows_of(lake)


def test_merged_identities_are_one_row_and_two_again_when_that_is_undone(
    lake: Path, city: City, register: Callable[..., Person]
) -> None:
    other = register("张三", date(1966, 1, 15), 17)
    worked(other, city.employer, Month(1999, 1), Month(1999, 6))
    again(lake)
    merge = registry.merge(REVIEWER, city.zhang, other, "同一人", now=NOW)
    again(lake)
    assert other.id_number not in rows_of(lake)
    assert rows_of(lake)[city.zhang.id_number]["履历"][0]["起"] == 199901
    registry.undo_merge(REVIEWER, merge, now=NOW)
    again(lake)
    assert rows_of(lake)[other.id_number]["履历"][0]["月数"] == 6


def test_two_employers_in_a_month_are_capped_and_two_identities_at_one_employer_count_once(
    lake: Path, city: City, register: Callable[..., Person]
) -> None:
    other = register("张三", date(1966, 1, 15), 19)
    worked(city.zhang, city.other_employer, Month(2003, 6), Month(2004, 2), 300_000)
    worked(city.zhang, city.other_employer, Month(2025, 1), Month(2025, 2), 1_900_000)
    worked(city.zhang, city.employer, Month(2025, 2), Month(2025, 3), 1_900_000)
    worked(other, city.employer, Month(2003, 11), Month(2004, 1), 450_000)
    registry.merge(REVIEWER, city.zhang, other, "同一人", now=NOW)
    again(lake)


def test_random_changes_one_after_the_other_always_give_the_bytes_of_a_whole_writing(lake: Path, city: City) -> None:
    dice = random.Random(7)  # noqa: S311  # a test that can be repeated
    people = [city.zhang, city.li, city.wang]
    for step in range(12):
        person = dice.choice(people)
        what = dice.randrange(4)
        if what == 0:
            start = Month(2005, 1) + 6 * step
            worked(person, city.other_employer, start, start + dice.randrange(1, 5), dice.choice([300_000, 500_000]))
        elif what == 1:
            row = Contribution.objects.filter(person=person, live=True).order_by("?").first()
            if row is not None and row.employer is not None:
                wage = Declared(person.id_number, person.name, row.month, row.wage_fen + 50_000, row.employer.uscc)
                contributions.correct(CLERK, [wage], today=TODAY)
        elif what == 2:
            for due in Declaration.objects.filter(received_on=None, due_fen__gt=0):
                contributions.receive_payment(CLERK, due, on=TODAY, bank_reference=f"B{step}-{due.pk}")
        else:
            Person.objects.filter(pk=person.pk).update(deemed_months=dice.randrange(100))
        again(lake)


def test_a_writing_that_was_killed_half_way_is_finished_by_the_next(
    lake: Path, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in (city.zhang, city.li, city.wang):
        worked(person, city.other_employer, Month(2010, 1), Month(2010, 2))
    killed_at(monkeypatch, "write_state", lake)
    assert again(lake).changed == 3


def killed_at(monkeypatch: pytest.MonkeyPatch, step: str, lake: Path) -> None:
    """Bring a lake up to the books, and die when a step is reached."""

    def die(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(f"jinbao.insurance.contributions.lake.{step}", die)
        with pytest.raises(RuntimeError, match="killed"):
            write_careers(CLERK, lake)


STOPS = """
import time
from datetime import date
from pathlib import Path
from jinbao.insurance.contributions import lake as module
from jinbao.trust.actors import Actor
def stop(*_, **__):
    print("here", flush=True)
    time.sleep(60)
module.{step} = stop
module.write_careers(Actor.system(), Path({lake!r}))
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("killed")
@pytest.mark.parametrize("step", ["write_table", "write_state", "write_description"])
def test_killed_in_the_middle_of_a_first_or_a_later_writing_the_next_one_gives_the_same_bytes(
    city: City, tmp_path: Path, step: str
) -> None:
    worked(city.zhang, city.employer, Month(2001, 1), Month(2003, 12))
    lake = tmp_path / "lake"
    run_and_kill(STOPS.format(step=step, lake=str(lake)), after_lines=1, var=tmp_path)
    assert again(lake).anew, "the first writing was not finished"
    worked(city.li, city.employer, Month(2002, 3), Month(2002, 9), 400_000)
    run_and_kill(STOPS.format(step=step, lake=str(lake)), after_lines=1, var=tmp_path)
    assert again(lake).changed == (0 if step == "write_description" else 1)
    assert rows_of(lake)[city.li.id_number]["履历"][0]["月数"] == 7


def test_a_first_writing_that_was_killed_is_no_lake(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at(monkeypatch, "write_description", tmp_path)
    with pytest.raises(LakeError, match="不完整"):
        bucket_files(tmp_path)
    assert write_careers(CLERK, tmp_path).anew


def test_generated_careers_are_not_overwritten(lake: Path) -> None:
    write_description(lake, {"buckets": 2, "persons": 3})
    with pytest.raises(LakeError, match="不是由账簿写出的"):
        write_careers(CLERK, lake)


def test_a_writing_is_recorded_with_its_figures(lake: Path) -> None:
    event = AuditEvent.objects.filter(action="contributions.write_careers").latest("pk")
    assert (event.detail["persons"], event.detail["rewritten"], event.detail["anew"]) == (3, 2, True)


def test_a_row_committed_late_under_an_early_number_is_not_missed(lake: Path, city: City) -> None:
    """The marks are read when no writer is in the middle; a row after them is read again, never passed over."""
    marks = lake_state.marks_now()
    worked(city.zhang, city.employer, Month(2004, 1), Month(2004, 1))
    assert lake_state.paid_since(marks) == {city.zhang.pk}
    assert lake_state.paid_since(lake_state.marks_now()) == set()


def test_a_bucket_holds_whom_the_hash_of_the_number_says(lake: Path) -> None:
    for at in range(2):
        numbers = pq.read_table(bucket_path(lake, at)).column("证件号码").combine_chunks()
        assert not len(numbers) or set(buckets_of(numbers, 2).tolist()) == {at}


@pytest.mark.django_db(transaction=True)
def test_the_marks_wait_for_a_writer_in_the_middle_whose_number_is_lower(city: City) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: numbers are committed in their order")
    written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            worked(city.zhang, city.employer, Month(2004, 1), Month(2004, 1))
            written.set()
            may_commit.wait(10)
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    written.wait(10)
    worked(city.li, city.employer, Month(2004, 1), Month(2004, 1))
    threading.Timer(0.5, may_commit.set).start()
    marks = lake_state.marks_now()
    writer.join()
    assert Contribution.objects.filter(pk__lte=marks.contribution).count() == 2
    assert marks.contribution == Contribution.objects.latest("pk").pk
