"""A lake of visits and people, an officer who asks, a steward who writes, somebody who approves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jinbao.data.extraction import actions
from jinbao.data.extraction.models import DataRequest
from jinbao.data.lake import lake
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, LI_SI, OTHER_CITY, WANG_WU, ZHANG_SAN, make_actor

NOW = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)
TABLE = "population"
PEOPLE = [(ZHANG_SAN, "张三"), (LI_SI, "李四"), (WANG_WU, "王五")]
ASKED = actions.Asked(
    purpose="核对参保", basis="社会保险法第七十四条", people="全市户籍人口", period="2026-01", columns="姓名、性别",
    level="敏感个人信息", recipient="医保局", needed_until=date(2026, 4, 1),
)  # fmt: skip


def put(table: str, columns: dict[str, list[Any]], version: str = "1") -> None:
    """Write the standard table of a dataset."""
    place = lake() / "standard" / table
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("*.parquet"):
        old.unlink()
    pq.write_table(pa.table(columns), place / f"{version}.parquet")


@pytest.fixture
def people(db: None) -> None:
    """Three people and sixty more in the population table."""
    more = [(f"99010219900101{n:03d}X", f"陈{chr(0x4E00 + n)}") for n in range(60)]
    everybody = PEOPLE + more
    put(
        TABLE,
        {
            "id_number": [number for number, _ in everybody],
            "name": [name for _, name in everybody],
            "_batch": [1] * len(everybody),
            "_line": list(range(1, len(everybody) + 1)),
            "_row": [number for number, _ in everybody],
        },
    )


@pytest.fixture
def officer(db: None) -> Actor:
    return make_actor("jingban", "陈经办", Role.CLERK, region=CITY)


@pytest.fixture
def steward(db: None) -> Actor:
    return make_actor("shuju", "何数据", Role.STEWARD, region=CITY)


@pytest.fixture
def second(db: None) -> Actor:
    return make_actor("fuhe", "周复核", Role.REVIEWER, region=CITY)


@pytest.fixture
def stranger(db: None) -> Actor:
    """A steward of another city."""
    return make_actor("shuju2", "外地数据", Role.STEWARD, region=OTHER_CITY)


@pytest.fixture
def asked(officer: Actor) -> DataRequest:
    return actions.ask(officer, ASKED, now=NOW)


@pytest.fixture
def cleared(steward: Actor, second: Actor) -> None:
    """The steward may see everything for a while."""
    actions.clear(second, "shuju", "敏感个人信息", date(2026, 12, 31), "医保核对", now=NOW)


@pytest.fixture
def clerk2(db: None) -> Actor:
    """Another officer of the same city."""
    return make_actor("jingban9", "孙经办", Role.CLERK, region=CITY)
