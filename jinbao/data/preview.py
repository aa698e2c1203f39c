"""Reading a batch again: a preview for pages, its rows as a stream, and any row's way back to the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jinbao.data.datasets import Column, load_dataset
from jinbao.data.lake import folder_of, original_of
from jinbao.data.landing import ACCEPTED, BATCH_ROWS, REJECTED, read_batches, read_report
from jinbao.data.models import Batch
from jinbao.data.sources import SHEET_UNIT, open_source, place_of_line
from jinbao.data.values import shown
from jinbao.kernel.errors import NotFound


@dataclass(frozen=True)
class Reason:
    """Why a row was rejected: the column's name ("" for the whole row) and label, the rule, the reason."""

    column: str
    label: str
    rule: str
    reason: str

    def __str__(self) -> str:
        return f"{self.label}：{self.reason}" if self.label else self.reason


@dataclass(frozen=True)
class SampleRow:
    """One row for a page: where it stands, its cells as text in the order of the columns, why it was rejected."""

    sheet: str
    line: int
    cells: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return place_of_line(self.sheet, self.line)

    @property
    def wrong_columns(self) -> frozenset[str]:
        """Names of the columns at fault."""
        return frozenset(reason.column for reason in self.reasons)


@dataclass(frozen=True)
class Preview:
    """What would be accepted and rejected."""

    batch: Batch
    columns: tuple[Column, ...]
    """Columns that the file has, in the order of the dataset; with label and sensitivity."""
    labels: Mapping[str, str]
    """Headings as the sender wrote them, by column name."""
    accepted: tuple[SampleRow, ...]
    rejected: tuple[SampleRow, ...]
    notices: tuple[str, ...]
    about: str
    """Format and encoding of the file."""


def preview(batch: Batch, n: int = 20) -> Preview:
    """Return the first n accepted and the first n rejected rows of a batch."""
    dataset = load_dataset(batch.dataset)
    report = read_report(folder_of(batch))
    columns = tuple(column for column in dataset.columns if column.name in report["labels"])
    accepted = tuple(
        SampleRow(row["sheet"], row["line"], tuple(shown(column.type, row[column.name]) for column in columns))
        for row in islice(_rows(batch, ACCEPTED), n)
    )
    rejected = tuple(islice(_samples(batch, columns), n))
    notices = tuple(report["notices"])
    return Preview(batch, columns, report["labels"], accepted, rejected, notices, report["about"])


def rejected_rows(batch: Batch) -> Iterator[SampleRow]:
    """Stream the rejected rows with their reasons; cells in the order of the dataset's columns."""
    return _samples(batch, load_dataset(batch.dataset).columns)


def accepted_batches(batch: Batch) -> Iterator[pa.RecordBatch]:
    """Stream the accepted rows as Arrow: row, sheet, line and the typed columns (fen, YYYYMM)."""
    return read_batches(folder_of(batch) / ACCEPTED)


def accepted_rows(batch: Batch, order: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Stream the accepted rows as mappings: row, sheet, line, and by column name fen, YYYYMM, date, text or None.

    `line` is unique in the batch (see `walk_back`). Rows come in the order of the file, or of the columns named.
    """
    if not order:
        yield from _rows(batch, ACCEPTED)
        return
    table = pq.read_table(folder_of(batch) / ACCEPTED, partitioning=None)
    ordered = table.sort_by([(name, "ascending") for name in (*order, "row")])
    for part in ordered.to_batches(BATCH_ROWS):
        yield from part.to_pylist()


def walk_back(batch: Batch, line: int, sheet: str = "") -> str:
    """Return a line of the file as it came (of a workbook: the cells of a sheet row, separated by tabs).

    `line` as kept in accepted and rejected rows; in a workbook it says the sheet too. Raises NotFound.
    """
    sheets = read_report(folder_of(batch))["sheets"]
    number = line // SHEET_UNIT
    if sheets and number >= len(sheets):
        raise NotFound(f"{batch}没有第 {line} 行")
    source = open_source(original_of(batch), batch.file_name, load_dataset(batch.dataset))
    return source.line(line, sheet or (sheets[number] if sheets else ""))


def _rows(batch: Batch, file: str) -> Iterator[dict[str, Any]]:
    for part in read_batches(folder_of(batch) / file):
        yield from part.to_pylist()


def _samples(batch: Batch, columns: tuple[Column, ...]) -> Iterator[SampleRow]:
    for row in _rows(batch, REJECTED):
        reasons = tuple(Reason(**reason) for reason in row["reasons"])
        yield SampleRow(row["sheet"], row["line"], tuple(row[column.name] or "" for column in columns), reasons)
