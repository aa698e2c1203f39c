"""Linkage on bad days: nothing there, nothing said, killed, two at once: numbers stay, nothing is lost, checks hold."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from jinbao.data.linkage import actions, publishing, store
from jinbao.data.linkage.models import Run
from jinbao.data.linkage.numbers import serial_of
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, make_actor
from tests.data.linkage.conftest import NOW, deliver
from tests.data.linkage.test_people import CITY_ROWS, INSURED, WORKERS, ZHANG, broken, people
from tests.killing import PREAMBLE, ROOT, run_and_kill, settings_var

CHANGED = [*INSURED, ("m3", None, "赵六", "1", "1980-01-01", None)]
LINK = """
from datetime import datetime, UTC
from jinbao.data.linkage import actions, engine, publishing, store
from jinbao.trust.actors import Actor
def tell(module, name, after=0.0):
    does = getattr(module, name)
    def told(*given, **named):
        print(name, flush=True)
        time.sleep(after)
        return does(*given, **named)
    setattr(module, name, told)
import time
{told}
actions.run(Actor.system(), now=datetime(2026, 11, 20, 2, tzinfo=UTC))
"""


def city() -> None:
    deliver("population", CITY_ROWS)
    deliver("medical_insurance", INSURED)
    deliver("employee_enrolment", WORKERS)


@pytest.mark.django_db
def test_without_any_source_there_is_nobody_and_no_error(steward: Actor) -> None:
    for _ in range(2):
        made = actions.run(steward, now=NOW)
        assert (made.rows, made.people) == (0, 0)
        assert people() == {}
    assert not broken()


@pytest.mark.django_db
def test_a_source_that_comes_empty_takes_its_rows_away_and_gives_the_same_numbers_back(steward: Actor) -> None:
    city()
    actions.run(steward, now=NOW)
    before = people()
    deliver("population", [])
    assert actions.run(steward, now=NOW).rows == 3
    assert people() == {row: number for row, number in before.items() if row[0] != "h"}
    deliver("population", CITY_ROWS)
    actions.run(steward, now=NOW)
    after = people()
    assert {row: after[row] for row in ("h1", "h2", "m1", "m2", "e1")} == {
        row: before[row] for row in ("h1", "h2", "m1", "m2", "e1")
    }
    assert after["h3"] != before["h3"], "nobody was left who had it, and a number is given once"
    assert not broken()


SILENT: dict[str, list[tuple[Any, ...]]] = {
    "nothing": [(f"s{at}", None, None, None, None, None) for at in range(50)],
    "empty": [(f"s{at}", "", "", "", "", "") for at in range(50)],
    "no number": [(f"s{at}", None, "张伟", "1", None, None) for at in range(400)],
    "one number": [(f"s{at}", ZHANG, None, None, None, None) for at in range(50)],
    "rubbish": [(f"s{at}", "无", "？？", "x", "1980-13-45", "-") for at in range(50)],
    "long": [("s0", "9" * 500, "张" * 500, "1" * 50, "1", "1" * 500), ("s1", "\u0660" * 18, "😀", "１", "１９", "")],
    "same phone": [(f"s{at}", None, f"王{chr(0x4E00 + at)}", None, None, "13800000000") for at in range(400)],
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("what", SILENT)
def test_rows_that_say_nothing_join_nobody(what: str, steward: Actor) -> None:
    city()
    actions.run(steward, now=NOW)
    before = people()
    deliver("employee_enrolment", [*WORKERS, *SILENT[what]])
    began = time.monotonic()
    made = actions.run(steward, now=NOW)
    assert time.monotonic() - began < 30
    found = people()
    assert made.rows == 6 + len(SILENT[what])
    assert {row: found[row] for row in before} == before
    mine = {found[row[0]] for row in SILENT[what]}
    if what == "one number":
        assert mine == {before["m1"]}
    else:
        assert not mine & set(before.values())
    assert not broken()


@pytest.fixture
def writer(transactional_db: None) -> Actor:
    return make_actor("shuju", "何数据", Role.STEWARD, region=CITY)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("module", "name"), [("engine", "run"), ("store", "save"), ("publishing", "publish"), ("store", "clear")]
)
def test_a_run_that_was_killed_is_made_good_by_the_next(writer: Actor, module: str, name: str) -> None:
    city()
    actions.run(writer, now=NOW)
    before = people()
    deliver("medical_insurance", CHANGED)
    run_and_kill(LINK.format(told=f"tell({module}, {name!r}, 30)"), after_lines=1, delay_s=0.2)
    there = people()
    assert {row: there[row] for row in before} == before, "whoever reads sees the old tables whole, or the new ones"
    assert ("m3" in there) == (name == "clear")
    actions.run(writer, now=NOW)
    found = people()
    assert {row: found[row] for row in before} == before
    assert found["m3"] not in before.values()
    assert not broken()
    assert {folder.name for folder in store.root().glob("*")} == set(
        Run.objects.order_by("-pk").values_list("state", flat=True)[:2]
    )


@pytest.fixture
def running() -> Iterator[subprocess.Popen[str]]:
    """Start another process that links, and is in the middle of it for three seconds."""
    work, name = PREAMBLE + LINK.format(told="tell(engine, 'run', 3)"), str(connection.settings_dict["NAME"])
    environment = os.environ | {"JINBAO_VAR": str(settings_var())}
    command = [sys.executable, "-u", "-c", work, name]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env=environment
    )
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def linked(writer: Actor) -> dict[str, str]:
    """Link the city, and let new rows come; return whose each row is."""
    city()
    actions.run(writer, now=NOW)
    before = people()
    deliver("medical_insurance", CHANGED)
    return before


def ended(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    said = process.stdout.read()
    assert process.wait() == 0, said


@pytest.mark.django_db(transaction=True)
def test_a_split_waits_for_the_run_that_is_on_and_holds_after_it(
    writer: Actor, linked: dict[str, str], running: subprocess.Popen[str]
) -> None:
    assert running.stdout is not None
    assert running.stdout.readline() == "run\n"
    began = time.monotonic()
    actions.split(writer, serial_of(linked["e1"]), [("employee_enrolment", "e1")], "不是本人", now=NOW)
    assert time.monotonic() - began > 1
    ended(running)
    found = people()
    assert found["e1"] != found["h1"] == linked["h1"]
    assert found["m3"]
    assert Run.objects.count() == 3
    assert not broken()


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_the_second_finds_nothing_left_to_do(
    writer: Actor, linked: dict[str, str], running: subprocess.Popen[str]
) -> None:
    assert running.stdout is not None
    assert running.stdout.readline() == "run\n"
    made = actions.run(writer, now=NOW)
    ended(running)
    assert (made.changed, made.rows) == (0, 7)
    found = people()
    assert {row: found[row] for row in linked} == linked
    assert not broken()


@pytest.mark.django_db
def test_what_another_run_is_just_writing_is_not_cleared_away(steward: Actor) -> None:
    city()
    actions.run(steward, now=NOW)
    theirs = store.root() / "begun"
    theirs.mkdir()
    actions._publish()
    assert theirs.is_dir()
    deliver("medical_insurance", CHANGED)
    time.sleep(0.01)
    actions.run(steward, now=NOW)
    assert not theirs.exists(), "left by a run that died before this one"


@pytest.mark.django_db
def test_publishing_again_changes_nothing(steward: Actor) -> None:
    city()
    actions.run(steward, now=NOW)
    before = people()
    publishing.publish()
    assert people() == before
