"""What the units of the demonstration city deliver: the same every time, and faulty as registers are."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from jinbao.data.catalogue import declared as catalogue
from jinbao.data.catalogue.search import search
from jinbao.data.datasets import all_datasets
from jinbao.data.supply import tables
from jinbao.data.units import units
from jinbao.kernel import duck
from jinbao.kernel.identifiers import Uscc
from jinbao.kernel.months import Month
from jinbao.project.demo import names, platform
from jinbao.project.demo.units import deliveries
from jinbao.project.demo.units.world import numbers
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, make_actor

MONTH = Month(2026, 10)
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
Own = dict[str, list[tuple[Any, ...]]]


def books(persons: int = 240) -> Own:
    """What the books of a small city would export: a third works, a third is retired, a third does neither."""
    rng = np.random.default_rng(7)
    usccs = [Uscc.make("91", "990101", f"MA00{n:04d}").number for n in range(8)]
    status = [("1", "3", "5")[n % 3] for n in range(persons)]
    year = {"1": 1985, "3": 1955, "5": 1990}
    born = np.array([f"{year[kind] + n % 7}-0{n % 9 + 1}-{n % 28 + 1:02d}" for n, kind in enumerate(status)], "M8[D]")
    number = numbers(born, ["990101"] * persons, ["1"] * persons)
    name = names.people(rng, persons)
    people = [
        (n, number[n], str(name[n]), "1", date.fromisoformat(str(born[n])), "990101", kind,
         usccs[n % 8] if kind == "1" else None, 100, 0, None, None, None, MONTH)
        for n, kind in enumerate(status)
    ]  # fmt: skip
    awards = [
        (n, *row[:6], "基本养老金", Month(2020, 1), "3000.00", "0", f"99000000000000{n:05d}", MONTH)
        for n, row in enumerate(people)
        if row[6] == "3"
    ]
    employers = [
        (uscc, f"演示{n}有限公司", "990101", 1, date(2010, 1, 1), None, 10, MONTH, MONTH)
        for n, uscc in enumerate(usccs)
    ]
    return {
        "insured_person": people,
        "insured_employer": employers,
        "contribution_month": [],
        "pension_in_payment": [(row[0], row[1], *row[2:]) for row in awards],
        "pension_payment": [],
        "fund_month": [],
    }


LOADED: list[Path] = []
"""The var/ folder that the first test filled: the others only read its lake."""


@pytest.fixture
def loaded(
    tmp_path_factory: pytest.TempPathFactory,
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> Path:
    """The deliveries of a small city, taken in and accepted once for all tests."""
    var = LOADED[0] if LOADED else tmp_path_factory.mktemp("loaded")
    monkeypatch.setattr(settings, "VAR", var)
    if LOADED:
        return var / "units"
    LOADED.append(var)
    monkeypatch.setattr(deliveries, "write", lambda folder, *_: deliveries.write_from(folder, MONTH, books(), 1))
    stage = platform.Stage(Actor.system(), NOW, CITY, MONTH, 1, var / "units", lambda _: None)
    with django_capture_on_commit_callbacks(execute=True):
        platform.deliver(stage)
    tables.refresh()
    return stage.folder


def ask(sql: str) -> list[tuple[Any, ...]]:
    with duck.connect(folders=tables.folders()) as connection:
        tables.attach(connection)
        found: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return found


def test_the_same_books_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        list(deliveries.write_from(tmp_path / name, MONTH, books(), 1))
        made.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir() if path.suffix != ".parquet"})
    assert made[0] == made[1]


def test_every_unit_delivers_and_every_table_of_theirs_is_filled(loaded: Path) -> None:
    rare = {"contribution_month", "pension_payment", "fund_month", "graduate"}
    supplied = {dataset.name for dataset in all_datasets() if dataset.supplied}
    assert supplied - rare <= set(tables.datasets())
    senders = {path.name.partition("-")[0] for path in loaded.glob("*.csv")}
    assert senders == {unit.short for unit in units()}


def test_the_truth_names_every_row_of_every_register(loaded: Path) -> None:
    truth = pq.read_table(loaded / "truth.parquet")
    known = set(zip(truth["dataset"].to_pylist(), truth["key"].to_pylist(), strict=True))
    for name in ("population", "tax_wage", "housing_fund", "pension_account"):
        assert {(name, key) for (key,) in ask(f"SELECT _row FROM {name}")} <= known


def test_those_whom_the_scenes_must_find_are_in_the_tables(loaded: Path) -> None:
    said = json.loads((loaded / "truth.json").read_text())
    dead = {said["people"][who] for who in said["scenes"]["死亡冒领"]}
    assert dead
    paid = {number for (number,) in ask("SELECT id_number FROM pension_in_payment")}
    assert dead <= paid
    working = {said["people"][who] for who in said["scenes"]["应保未保"]}
    assert not working & {n for (n,) in ask("SELECT id_number FROM insured_person WHERE status = '1'")}
    assert said["scenes"]["失业风险预警"]


def test_registers_are_faulty(loaded: Path) -> None:
    faulty = ask("SELECT count(*) FROM medical_insurance WHERE id_number IS NULL OR length(id_number) <> 18")
    assert faulty[0][0] > 0


def test_rows_that_came_back_are_there_once_corrected(loaded: Path) -> None:
    per_month = ask("SELECT month, count(*) FROM tax_wage GROUP BY month ORDER BY month")
    assert len({count for _, count in per_month}) == 1


def test_an_older_month_of_a_full_register_that_comes_late_changes_nothing(loaded: Path) -> None:
    assert ask("SELECT DISTINCT as_of FROM low_income") == [(202610,)]


def test_the_city_publishes_its_catalogue_by_a_person_and_once(loaded: Path) -> None:
    stage = platform.Stage(Actor.system(), NOW, CITY, MONTH, 1, loaded, lambda _: None)
    catalogue.sync(stage.by, CITY, now=NOW)
    assert platform.publish(stage) == "公众可以查到 0 项新发布的资源", "nobody is there who may publish"
    make_actor("shuju", "数据管理", Role.STEWARD, region=CITY)
    assert platform.publish(stage) != "公众可以查到 0 项新发布的资源"
    assert search("就诊", None).total > 0
    assert platform.publish(stage) == "公众可以查到 0 项新发布的资源"
