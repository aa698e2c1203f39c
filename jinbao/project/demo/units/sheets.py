"""A sheet is what one unit sends at once for one dataset; a desk draws the rows of a unit's sheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jinbao.data.datasets import load_dataset
from jinbao.kernel.months import Month
from jinbao.project.demo.names import Text
from jinbao.project.demo.units.faults import identities
from jinbao.project.demo.units.plot import Plot
from jinbao.project.demo.units.world import Days, Ints, World

DUPLICATES = 0.004
"""How many people stand twice in a register, under another record number."""


@dataclass
class Sheet:
    """One delivery: texts by column name, and who each row really is ("" for rows about no person)."""

    dataset: str
    label: str
    columns: dict[str, Any]
    who: Text
    corrects: str = ""
    """Label of the delivery of this dataset whose returned rows it corrects."""

    def __len__(self) -> int:
        return len(self.who)

    def part(self, rows: Any, label: str, **change: Any) -> Sheet:
        """Return a sheet with some of the rows."""
        columns = {name: values[rows] for name, values in self.columns.items()} | change
        return Sheet(self.dataset, label, columns, self.who[rows])


@dataclass
class Desk:
    """Draws rows for the units from one seed."""

    rng: np.random.Generator
    world: World
    plot: Plot
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def month(self) -> Month:
        """The month of which the units speak."""
        return self.world.month

    @property
    def as_of(self) -> str:
        """The month as units write it."""
        return str(self.month)

    def register(
        self, dataset: str, at: Ints, extra: Mapping[str, Any], *, prefix: str, care: float = 1.0, label: str = ""
    ) -> Sheet:
        """Make a sheet with one row a person and a few twice; `extra` has one value a person, or one for all.

        The first key column is numbered with the prefix, going on from sheet to sheet.
        """
        declared = load_dataset(dataset)
        again = self.rng.choice(len(at), int(len(at) * DUPLICATES)) if len(at) else np.array([], dtype=np.int64)
        rows = np.concatenate([np.arange(len(at)), again]).astype(np.int64)
        said = identities(self.rng, self.world, at[rows], care)
        columns: dict[str, Any] = {name: getattr(said, name) for name in ("id_number", "name", "sex", "born_on")}
        columns |= {name: value[rows] if isinstance(value, np.ndarray) else value for name, value in extra.items()}
        if prefix:
            columns[declared.key[0]] = self.numbers(prefix, len(rows))
        named = {column.name: columns[column.name] for column in declared.columns if column.name in columns}
        return Sheet(dataset, label or self.as_of, _full(named, len(rows)), self.world.who[at[rows]])

    def numbers(self, prefix: str, count: int) -> Text:
        """Number records one after another."""
        first = self.counts.get(prefix, 0) + 1
        self.counts[prefix] = first + count - 1
        return np.array([f"{prefix}{n:08d}" for n in range(first, first + count)], dtype=object)

    def days(self, count: int, months_back: int, *, since: int = 0) -> Text:
        """Draw days of the months from `months_back` to `since` months ago."""
        first, last = (self.month - months_back).first_day, (self.month - since).last_day
        drawn = np.datetime64(first) + self.rng.integers(0, (last - first).days + 1, count)
        return text_days(drawn)

    def choice(self, values: Any, count: int, p: Any = None) -> Text:
        """Draw some values."""
        return self.rng.choice(np.array(values, dtype=object), count, p=p)

    def sample(self, at: Ints, share: Any) -> Ints:
        """Draw a share (or each place's own) of places."""
        chosen: Ints = at[self.rng.random(len(at)) < share]
        return chosen


def text_days(days: Days) -> Text:
    """Write days as text, missing ones as ""."""
    texts = days.astype("datetime64[D]").astype(str).astype(object)
    texts[np.isnat(days)] = ""
    return texts


def yuan(fen: Any) -> Text:
    """Write whole fen as yuan."""
    return np.array([f"{value // 100}.{value % 100:02d}" for value in np.asarray(fen).tolist()], dtype=object)


def _full(columns: Mapping[str, Any], rows: int) -> dict[str, Any]:
    return {
        name: value if isinstance(value, np.ndarray) else np.full(rows, value, dtype=object)
        for name, value in columns.items()
    }
