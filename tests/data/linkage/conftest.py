"""A small lake of people in several datasets, and the stewards who look after it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jinbao.data.lake import lake
from jinbao.data.linkage.sources import sources
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, make_actor

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
FIELDS = ("_row", "number", "name", "sex", "birth", "phone")
PLACES = ("employee_enrolment", "population", "medical_insurance")
"""Datasets that have a number, a name, sex and date of birth; the first has a phone too."""
Row = tuple[Any, ...]
_names = count(1)


def deliver(dataset: str, rows: Iterable[Row]) -> None:
    """Write the standard table of a dataset: (_row, number, name, sex, birth, phone), as a new file."""
    source = next(one for one in sources() if one.dataset == dataset)
    made = list(rows)
    table = {"_row": [row[0] for row in made]}
    for n, field in enumerate(FIELDS[1:], 1):
        if column := getattr(source, field):
            table[column] = [row[n] for row in made]
    place = lake() / "standard" / dataset
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("*.parquet"):
        old.unlink()
    typed = {name: pa.array(cells, pa.string()) for name, cells in table.items()}
    pq.write_table(pa.table(typed), place / f"{next(_names)}.parquet")


@pytest.fixture
def steward(db: None) -> Actor:
    """数据管理 of the city."""
    return make_actor("shuju", "何数据", Role.STEWARD, region=CITY)
