"""A lake filled from the generator of the demonstration city, with the truth of what scenes must find, linked once."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from jinbao.data.datasets import Dataset, load_dataset
from jinbao.data.lake import lake
from jinbao.data.linkage import actions as linkage
from jinbao.kernel.identifiers import Uscc
from jinbao.kernel.months import Month
from jinbao.project.demo import names
from jinbao.project.demo.units import deliveries, plot, world
from jinbao.project.demo.units.sheets import Desk, Sheet
from jinbao.project.demo.units.world import numbers
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, DISTRICT, make_actor

MONTH = Month(2026, 10)
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
TYPES = {"金额": pa.int64(), "整数": pa.int64(), "年月": pa.int32(), "日期": pa.date32()}


@dataclass(frozen=True)
class City:
    """Where the lake of the city is, and what its scenes must find, as identity numbers and codes."""

    var: Path
    must: dict[str, set[str]]


MADE: list[City] = []


@pytest.fixture
def city(tmp_path_factory: pytest.TempPathFactory, db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> City:
    """Give a copy of the lake of 2,000 people of the books and as many others; it is drawn and linked once."""
    if not MADE:
        var = tmp_path_factory.mktemp("scenes")
        monkeypatch.setattr(settings, "VAR", var)
        MADE.append(City(var, _draw()))
        linkage.run(Actor.system(), now=NOW)
    shutil.copytree(MADE[0].var, tmp_path / "city")
    monkeypatch.setattr(settings, "VAR", tmp_path / "city")
    return City(tmp_path / "city", MADE[0].must)


def _draw() -> dict[str, set[str]]:
    own = books(2000)
    for name, rows in own.items():
        columns = [column.name for column in load_dataset(name).columns]
        _write(load_dataset(name), dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else {})
    people = world.draw(
        np.random.default_rng([1, 61]), MONTH, own["insured_person"], own["pension_in_payment"], own["insured_employer"]
    )
    story = plot.draw(np.random.default_rng([1, 62]), people)
    sheets: dict[str, list[Sheet]] = {}
    for number, drawn in enumerate(deliveries.DRAWN):
        for sheet in drawn(Desk(np.random.default_rng([1, 63, number]), people, story)):
            if len(sheet) and not sheet.corrects:
                sheets.setdefault(sheet.dataset, []).append(sheet)
    for name, some in sheets.items():
        dataset = load_dataset(name)
        kept = [max(some, key=lambda one: one.label)] if dataset.delivery == "full" else some
        _write(dataset, {key: [v for one in kept for v in one.columns[key]] for key in kept[0].columns})
    number_of = dict(zip(people.who, people.id_number, strict=True))
    return {scene: {number_of.get(who, who) for who in found} for scene, found in story.truth(people).items()}


def _write(dataset: Dataset, columns: dict[str, Any]) -> None:
    """Write a standard table; what the gate would return is left out."""
    table: dict[str, Any] = {}
    count = len(next(iter(columns.values()), ()))
    for column in dataset.columns:
        cells = columns.get(column.name) or [None] * count
        table[column.name] = pa.array(
            [_typed(column.type, cell) for cell in cells], TYPES.get(column.type, pa.string())
        )
    keys = ["|".join(map(str, row)) for row in zip(*(table[name].to_pylist() for name in dataset.key), strict=True)]
    table |= {"_batch": pa.array([1] * count, pa.int64()), "_line": pa.array(range(count), pa.int64())}
    place = lake() / "standard" / dataset.name
    place.mkdir(parents=True)
    pq.write_table(pa.table(table | {"_row": pa.array(keys, pa.string())}), place / "1.parquet")


def _typed(kind: str, cell: Any) -> Any:
    if cell is None or cell == "":
        return None
    if isinstance(cell, Month):
        return cell.yyyymm
    if kind == "金额":
        return None if cell == "见附表" else int(str(cell).replace(".", ""))
    if kind == "年月":
        return Month.parse(cell).yyyymm
    if kind == "日期":
        return _day(str(cell))
    return int(cell) if kind == "整数" else str(cell)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def books(persons: int) -> dict[str, list[tuple[Any, ...]]]:
    """What the books would export: a third works, a third is retired, a third does neither."""
    rng = np.random.default_rng(7)
    usccs = [Uscc.make("91", "990101", f"MA00{n:04d}").number for n in range(60)]
    status = [("1", "3", "5")[n % 3] for n in range(persons)]
    year = {"1": 1975, "3": 1945, "5": 1955}
    born = np.array(
        [f"{year[kind] + n % 15}-{n % 12 + 1:02d}-{n % 28 + 1:02d}" for n, kind in enumerate(status)], "M8[D]"
    )
    number = numbers(born, ["990101"] * persons, ["1"] * persons)
    name = names.people(rng, persons)
    people = [
        (f"B{n}", number[n], str(name[n]), "1", str(born[n]), "990101", kind, usccs[n % 60] if kind == "1" else None,
         100, 0, None, None, None, MONTH)
        for n, kind in enumerate(status)
    ]  # fmt: skip
    awards = [
        (f"A{n}", *row[:6], "基本养老金", Month(2020, 1), "3000.00", "0", f"99000000000000{n:05d}", MONTH)
        for n, row in enumerate(people)
        if row[6] == "3"
    ]
    paid = [
        (f"Z{row[0]}{month}", row[0], row[1], row[2], row[3], month, "3000.00", "2", str(month.first_day))
        for row in awards
        for month in (MONTH - 1, MONTH)
    ]
    employers = [
        (uscc, f"演示{n}有限公司", "990101", 1, "2010-01-01", None, 10, MONTH, MONTH) for n, uscc in enumerate(usccs)
    ]
    funds = [
        ("990100", fund, MONTH - back, f"{900 - back}.00", "700.00", f"{9000 - back * 200}.00")
        for fund in ("110", "210", "410")
        for back in range(14)
    ]
    return {
        "insured_person": people, "insured_employer": employers, "pension_in_payment": awards, "pension_payment": paid,
        "fund_month": funds,
    }  # fmt: skip


@pytest.fixture
def steward(db: None) -> Actor:
    """数据管理 of the city."""
    return make_actor("shuju", "何数据", Role.STEWARD, region=CITY)


@pytest.fixture
def clerk(db: None) -> Actor:
    """经办 of the city."""
    return make_actor("jingban", "钱经办", Role.CLERK, region=CITY)


@pytest.fixture
def reviewer(db: None) -> Actor:
    """复核 of the city."""
    return make_actor("fuhe", "孙复核", Role.REVIEWER, region=CITY)


@pytest.fixture
def district_clerk(db: None) -> Actor:
    """经办 of one district."""
    return make_actor("dongqu", "周经办", Role.CLERK, region=DISTRICT)
