"""Everybody of whom some unit has a record: the people of our books, and residents whom the books do not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jinbao.kernel.identifiers.citizen_id import check_character
from jinbao.kernel.months import Month
from jinbao.project.demo import names
from jinbao.project.demo.city import REGIONS
from jinbao.project.demo.names import Text

Ints = NDArray[np.int64]
Days = NDArray[np.datetime64]
MINORITY = ("买买提·艾力", "阿依古丽·吐尔逊", "扎西·多吉", "玛依拉·热合曼", "卓玛·央宗", "艾山·买买提")
FIRST_SEQUENCE = 200
"""Sequence numbers from here on belong to residents whom the books do not know, so no number is drawn twice."""


@dataclass
class World:
    """One place in every array is one human being; `who` is the truth that linkage has to find."""

    who: Text
    id_number: Text
    name: Text
    former: Text
    """An earlier name, or ""."""
    sex: Text
    born: Days
    region: Text
    status: Text
    """Of the books: 1 参保缴费, 2 中断缴费, 3 领取待遇, 4 死亡, 5 无缴费; "" for those they do not know."""
    employer: Text
    account: Text
    """Bank account of a pension in payment, or ""."""
    died: Days
    """The real day of death, whether the books know it or not; NaT for the living."""
    month: Month
    employers: list[tuple[Any, ...]] = field(default_factory=list)
    """Employers of the books, as exported."""

    def __len__(self) -> int:
        return len(self.who)

    @property
    def age(self) -> Ints:
        """Full years at the end of the month."""
        return ((np.datetime64(self.month.last_day) - self.born).astype(np.int64) // 365.2425).astype(np.int64)

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Who really lives."""
        return np.asarray(np.isnat(self.died))

    def of_status(self, *wanted: str) -> Ints:
        """Return the places of the living with a status in the books."""
        return np.flatnonzero(np.isin(self.status, wanted) & self.alive)


def draw(
    rng: np.random.Generator,
    month: Month,
    persons: Sequence[tuple[Any, ...]],
    awards: Sequence[tuple[Any, ...]],
    employers: Sequence[tuple[Any, ...]],
) -> World:
    """Join the people of the books (as exported) with two residents for every three of them."""
    ours = _of_books(persons, awards)
    others = _others(rng, max(len(persons) * 2 // 3, 60), month)
    columns = {name: np.concatenate([ours[name], others[name]]) for name in ours}
    former = np.full(len(columns["who"]), "", dtype=object)
    renamed = np.flatnonzero(rng.random(len(former)) < 0.015)
    former[renamed] = names.people(rng, len(renamed))
    return World(former=former, month=month, employers=list(employers), **columns)


def _of_books(persons: Sequence[tuple[Any, ...]], awards: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    accounts = {str(row[1]): row[11] or "" for row in awards}
    rows = list(zip(*persons, strict=True))
    return {
        "who": np.array([f"P{pk}" for pk in rows[0]], dtype=object),
        "id_number": np.array(rows[1], dtype=object),
        "name": np.array(rows[2], dtype=object),
        "sex": np.array(rows[3], dtype=object),
        "born": np.array(rows[4], dtype="datetime64[D]"),
        "region": np.array(rows[5], dtype=object),
        "status": np.array(rows[6], dtype=object),
        "employer": np.array([uscc or "" for uscc in rows[7]], dtype=object),
        "account": np.array([accounts.get(str(pk), "") for pk in rows[0]], dtype=object),
        "died": np.array([day or "NaT" for day in rows[12]], dtype="datetime64[D]"),
    }


def _others(rng: np.random.Generator, count: int, month: Month) -> dict[str, Any]:
    """Draw residents from 6 to 95 years: children, farmers, people who work elsewhere or nowhere."""
    age = rng.choice(np.arange(6, 96), size=count, p=_ages())
    born = np.datetime64(month.last_day) - (age * 365.2425).astype(np.int64) - rng.integers(1, 365, count)
    sex = np.where(rng.random(count) < 0.5, "1", "2").astype(object)
    region = rng.choice(REGIONS, size=count, p=[0.3, 0.3, 0.4]).astype(object)
    name = names.people(rng, count).astype(object)
    minority = np.flatnonzero(rng.random(count) < 0.01)
    name[minority] = rng.choice(MINORITY, len(minority))
    empty = np.full(count, "", dtype=object)
    return {
        "who": np.array([f"X{n}" for n in range(1, count + 1)], dtype=object),
        "id_number": numbers(born, region, sex),
        "name": name,
        "sex": sex,
        "born": born,
        "region": region,
        "status": empty,
        "employer": empty.copy(),
        "account": empty.copy(),
        "died": np.full(count, np.datetime64("NaT"), dtype="datetime64[D]"),
    }


def _ages() -> NDArray[np.float64]:
    ages = np.arange(6, 96)
    weights = np.where(ages < 22, 1.6, np.where(ages < 60, 1.0, np.exp(-(((ages - 60) / 16.0) ** 2)) * 1.6))
    return np.asarray(weights / weights.sum())


def numbers(born: Days, region: Any, sex: Any) -> Text:
    """Number people as GB 11643 says, in an area beginning 99 and in the sequence that is theirs."""
    taken: dict[str, int] = {}
    made = []
    for day, area, male in zip(born.astype(str), region, sex, strict=True):
        stem = f"{area}{day.replace('-', '')}"
        sequence = taken.get(stem + male, FIRST_SEQUENCE)
        taken[stem + male] = sequence + 1
        body = f"{stem}{sequence * 2 + (1 if male == '1' else 2):03d}"
        made.append(body + check_character(body))
    return np.array(made, dtype=object)
