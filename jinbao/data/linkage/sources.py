"""Which tables speak of people: those whose declaration has an identity number or a name with a date of birth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jinbao.data.datasets import Column, Dataset, all_datasets
from jinbao.kernel import duck

NUMBER_TYPES = ("公民身份号码", "证件号码")
"""Number columns in the order in which they are preferred; the second is kept as another unit wrote it."""
BIRTHS = ("born_on", "birth", "birth_date", "birthday")
SEXES = ("sex", "gender")
FIELDS = ("number", "name", "sex", "birth", "phone")


@dataclass(frozen=True)
class Source:
    """A dataset and its columns that identify a person; empty where it has none."""

    dataset: str
    title: str
    number: str
    name: str
    sex: str
    birth: str
    phone: str

    @property
    def select(self) -> str:
        """Return SQL that reads the rows of the source's view in one shape."""
        cells = [
            f"CAST({duck.quoted(c)} AS VARCHAR) AS {f}" if (c := getattr(self, f)) else f"CAST(NULL AS VARCHAR) AS {f}"
            for f in FIELDS
        ]
        return (
            f"SELECT {duck.literal(self.dataset)} AS dataset, _row, {', '.join(cells)} FROM {duck.quoted(self.dataset)}"
        )


def sources() -> tuple[Source, ...]:
    """Return every declared source, in alphabetical order."""
    return tuple(found for dataset in all_datasets() if (found := source_of(dataset)) is not None)


def source_of(dataset: Dataset) -> Source | None:
    """Return how a dataset speaks of people, or nothing when it does not."""
    number = next((c for kind in NUMBER_TYPES for c in _typed(dataset, kind)), "")
    name = next(iter(_typed(dataset, "姓名")), "")
    birth = next((c for c in BIRTHS if c in _typed(dataset, "日期")), "")
    if not name or not (number or birth):
        return None
    sex = next((column.name for column in dataset.columns if column.name in SEXES), "")
    phone = next(iter(_typed(dataset, "电话")), "")
    return Source(dataset.name, dataset.title, number, name, sex, birth, phone)


def _typed(dataset: Dataset, kind: str) -> list[str]:
    columns: Iterable[Column] = dataset.columns
    return [column.name for column in columns if column.type == kind]


def read(connection: Any, chosen: Iterable[Source]) -> None:
    """Make `incoming` and `gone`: what is new or different in these sources since `old_rows`.

    Their views are attached; `singles` (dataset, _row) names rows that stand alone.
    """
    selects = " UNION ALL ".join(source.select for source in chosen)
    names = ", ".join(duck.literal(source.dataset) for source in chosen)
    if not selects:
        connection.execute(_NOTHING)
        return
    connection.execute(
        f"""
        CREATE TEMP TABLE incoming AS
        WITH read_ AS (SELECT c.*, s._row IS NOT NULL AS single FROM ({selects}) c LEFT JOIN singles s USING (dataset, _row)),
        printed AS (SELECT *, CAST(hash(single, number, name, sex, birth, phone) >> 1 AS BIGINT) AS print FROM read_)
        SELECT * FROM printed;
        INSERT INTO gone SELECT o.dataset, o._row FROM old_rows o WHERE o.dataset IN ({names})
          AND NOT EXISTS (SELECT 1 FROM incoming i WHERE (i.dataset, i._row, i.print) = (o.dataset, o._row, o.print));
        CREATE OR REPLACE TEMP TABLE incoming AS SELECT * FROM incoming i WHERE NOT EXISTS
          (SELECT 1 FROM old_rows o WHERE (i.dataset, i._row, i.print) = (o.dataset, o._row, o.print))
        """
    )


_NOTHING = """
CREATE TEMP TABLE incoming (dataset VARCHAR, _row VARCHAR, number VARCHAR, name VARCHAR, sex VARCHAR, birth VARCHAR,
  phone VARCHAR, single BOOLEAN, print BIGINT)
"""
