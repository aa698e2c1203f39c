"""The shape of the result: columns of people and of money, groups, and how cells hang together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jinbao.oversight.simulation.suppression import Cell, Key, Relation, hide

PEOPLE = {
    "persons": "人数",
    "before": "原领取人数",
    "after": "新领取人数",
    "gained": "新得资格",
    "lost": "失去资格",
    "winners": "增加",
    "losers": "减少",
    "same": "基本不变",
}
"""Counts; receiving is meant at the end of the horizon, winners and losers by the sum over it."""

MONEY = {
    "month_before": "原月支出",
    "month_after": "新月支出",
    "month_change": "月支出变化",
    "sum_before": "原期内支出",
    "sum_after": "新期内支出",
    "sum_change": "期内支出变化",
}
"""Sums in fen: of the last month, and of the whole horizon."""

RESTS_ON = {
    "month_before": "before",
    "month_after": "after",
    "month_change": "month_changed",
    "sum_before": "before",
    "sum_after": "after",
    "sum_change": "sum_changed",
}
"""The number of people a sum of money rests on."""

SUMS: tuple[dict[str, int], ...] = (
    {"winners": 1, "losers": 1, "same": 1, "persons": -1},
    {"before": 1, "gained": 1, "lost": -1, "after": -1},
    {"month_before": 1, "month_change": 1, "month_after": -1},
    {"sum_before": 1, "sum_change": 1, "sum_after": -1},
)
"""What holds in every row."""

COLUMNS = (*PEOPLE, *MONEY)

Figures = Mapping[str, int]
"""The figures of one group by column, with `month_changed`, `sum_changed` and `median` besides."""


@dataclass(frozen=True)
class Row:
    """A group as it may be shown: None is hidden."""

    label: str
    cells: dict[str, int | None]
    mean_fen: int | None
    median_fen: int | None

    def as_json(self) -> dict[str, object]:
        """Return the row for files."""
        return {"label": self.label, **self.cells, "mean_fen": self.mean_fen, "median_fen": self.median_fen}


@dataclass(frozen=True)
class Groups:
    """The figures of every group of one dimension, in order."""

    slug: str
    title: str
    rows: Mapping[str, Figures]
    equal: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Pairs of columns that are known to be equal in a group: whoever loses was paid before."""


def shown(total: Figures, dimensions: Sequence[Groups]) -> tuple[Row, dict[str, list[Row]]]:
    """Return the total and the rows of each dimension with small cells hidden."""
    cells: dict[Key, Cell] = {("", "", column): _cell(total, column, total=True) for column in COLUMNS}
    for each in dimensions:
        cells |= {
            (each.slug, label, column): _cell(row, column) for label, row in each.rows.items() for column in COLUMNS
        }
    hidden = hide(cells, list(_relations(dimensions)))
    rows = {
        each.slug: [_row(each.slug, label, figures, hidden) for label, figures in each.rows.items()]
        for each in dimensions
    }
    return _row("", "", total, hidden, label="合计"), rows


def _cell(figures: Figures, column: str, *, total: bool = False) -> Cell:
    return Cell(figures[RESTS_ON.get(column, column)], total)


def _relations(dimensions: Sequence[Groups]) -> Iterator[Relation]:
    for slug, label in [("", ""), *((each.slug, label) for each in dimensions for label in each.rows)]:
        for line in SUMS:
            yield {(slug, label, column): sign for column, sign in line.items()}
    for each in dimensions:
        for label, (one, other) in each.equal.items():
            yield {(each.slug, label, one): 1, (each.slug, label, other): -1}
        for column in COLUMNS:
            yield {("", "", column): -1, **{(each.slug, label, column): 1 for label in each.rows}}


def _row(slug: str, group: str, figures: Figures, hidden: frozenset[Key], *, label: str = "") -> Row:
    cells = {column: None if (slug, group, column) in hidden else figures[column] for column in COLUMNS}
    people = figures["before"] + figures["gained"]
    open_ = people and all(cells[name] is not None for name in ("before", "gained", "month_change"))
    mean = _rounded(figures["month_change"], people) if open_ else None
    return Row(label or group, cells, mean, figures["median"] if open_ else None)


def _rounded(total: int, count: int) -> int:
    """Divide and round half away from zero."""
    size = (2 * abs(total) + count) // (2 * count)
    return size if total >= 0 else -size
