"""The heading of a table: which row it is, which column is which, and what is wrong with it, all at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from jinbao.data.datasets import Column, Dataset
from jinbao.data.sources import Refused
from jinbao.kernel.errors import Place

REASON, ORIGINAL_LINE, ORIGINAL_SHEET = "原因", "原行号", "原工作表"
RETURNED = (REASON, ORIGINAL_LINE, ORIGINAL_SHEET)
"""Headings that we add to returned rows; ignored when the file comes back."""

SEARCHED_ROWS = 20
"""The heading must stand in these first rows; titles and explanations may stand above it."""

_DECORATION = re.compile(r"\s+|[*＊:：]")
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")


@dataclass
class Header:
    """A recognised heading: where it stands and at which position each column of the dataset is."""

    line: int
    width: int
    positions: dict[str, int]
    labels: dict[str, str] = field(default_factory=dict)
    """The heading of each column as the sender wrote it."""
    unnamed: tuple[int, ...] = ()
    """Positions without any heading."""


@dataclass
class _Match:
    positions: dict[str, int] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    unknown: dict[int, str] = field(default_factory=dict)
    repeated: list[tuple[str, str]] = field(default_factory=list)
    unnamed: list[int] = field(default_factory=list)


class Headings:
    """All spellings of a dataset's columns."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._columns: dict[str, Column] = {}
        for column in dataset.columns:
            for spelling in column.spellings:
                self._columns[_plain(spelling)] = column
        self._ignored = {_plain(label) for label in (*dataset.ignored, *RETURNED)}

    def score(self, cells: Sequence[str]) -> int:
        """Count the columns of the dataset that a row of cells names."""
        return len({column.name for cell in cells if (column := self._find(cell))})

    def best(self, rows: Sequence[Sequence[str]]) -> tuple[int, int]:
        """Return the index of the most likely heading among rows and its score; (-1, 0) when none names a column."""
        scores = [self.score(row) for row in rows]
        top = max(scores, default=0)
        return (scores.index(top), top) if top else (-1, 0)

    def is_heading(self, score: int) -> bool:
        """Tell whether so many recognised columns make a heading rather than a chance hit."""
        return score >= min(2, len(self.dataset.columns))

    def read(self, cells: Sequence[str], at: Place) -> Header:
        """Read a heading; raise Refused naming every missing, unknown and repeated column."""
        match = self._match(cells)
        faults = [*self._missing(match), *self._unknown(match), *_repeated(match)]
        if faults:
            first = next(iter(match.unknown.values()), match.repeated[0][1] if match.repeated else "")
            raise Refused(
                "表头不符：" + "；".join(faults),
                at=Place(at.file, at.line, at.sheet, first),
                advice=f"请按“{self.dataset.title}”的模板改正表头后重新上传。",
            )
        return Header(at.line or 1, len(cells), match.positions, match.labels, tuple(match.unnamed))

    def not_found(self, at: Place) -> Refused:
        """Make the error for a table in which no row is a heading."""
        labels = "、".join(column.label for column in self.dataset.columns if column.required)
        message = f"前 {SEARCHED_ROWS} 行里找不到“{self.dataset.title}”的表头"
        return Refused(message, at=at, advice=f"表头至少要有这些列：{labels}。请核对是否选错了文件或数据集。")

    def _find(self, cell: str) -> Column | None:
        return self._columns.get(_plain(cell)) or self._columns.get(_plain(_BRACKETS.sub("", cell)))

    def _match(self, cells: Sequence[str]) -> _Match:
        match = _Match()
        for position, cell in enumerate(cells):
            column = self._find(cell)
            if not cell.strip():
                match.unnamed.append(position)
            elif column is None:
                if _plain(cell) not in self._ignored and _plain(_BRACKETS.sub("", cell)) not in self._ignored:
                    match.unknown[position] = cell.strip()
            elif column.name in match.positions:
                match.repeated.append((match.labels[column.name], cell.strip()))
            else:
                match.positions[column.name] = position
                match.labels[column.name] = cell.strip()
        return match

    def _missing(self, match: _Match) -> list[str]:
        labels = [c.label for c in self.dataset.columns if c.required and c.name not in match.positions]
        return [f"缺少“{'”“'.join(labels)}”"] if labels else []

    def _unknown(self, match: _Match) -> list[str]:
        free = [c for c in self.dataset.columns if c.name not in match.positions]
        return [_unknown_fault(position, cell, free) for position, cell in match.unknown.items()]


def _unknown_fault(position: int, cell: str, free: Sequence[Column]) -> str:
    spellings = {spelling: column for column in free for spelling in column.spellings}
    close = get_close_matches(cell, spellings, n=1, cutoff=0.5)
    hint = f"是不是“{spellings[close[0]].label}”" if close else "请删去这一列"
    return f"第 {column_letter(position)} 列“{cell}”不认识，{hint}"


def _repeated(match: _Match) -> list[str]:
    return [f"“{second}”与“{first}”是同一列，请删去其一" for first, second in match.repeated]


def column_letter(position: int) -> str:
    """Name a column as spreadsheets do: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _plain(heading: str) -> str:
    return _DECORATION.sub("", unicodedata.normalize("NFKC", heading)).lower()
