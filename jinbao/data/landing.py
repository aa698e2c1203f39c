"""What a checked file leaves in its folder: accepted.parquet, rejected.parquet and report.json.

accepted: row (running number), sheet, line, and the typed columns. Amounts are fen, months YYYYMM.
rejected: row, sheet, line, the texts as they were sent, and `reasons`, a list of column, label, rule and reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jinbao.data.columns import Mask
from jinbao.data.datasets import Dataset
from jinbao.data.quality import Judged, typed_batch
from jinbao.data.sources import Problem
from jinbao.data.values import TYPES, shown

ACCEPTED, REJECTED, REPORT = "accepted.parquet", "rejected.parquet", "report.json"
BATCH_ROWS = 20_000

_REASONS = pa.list_(
    pa.struct([("column", pa.string()), ("label", pa.string()), ("rule", pa.string()), ("reason", pa.string())])
)
_PLACE = [("row", pa.int64()), ("sheet", pa.string()), ("line", pa.int64())]


def accepted_schema(dataset: Dataset) -> pa.Schema:
    """Return the columns of accepted.parquet."""
    return pa.schema([*_PLACE, *((column.name, TYPES[column.type].arrow) for column in dataset.columns)])


def rejected_schema(dataset: Dataset) -> pa.Schema:
    """Return the columns of rejected.parquet."""
    return pa.schema([*_PLACE, *((column.name, pa.string()) for column in dataset.columns), ("reasons", _REASONS)])


class Landing:
    """Writes judged chunks to the two files, and counts."""

    def __init__(self, folder: Path, dataset: Dataset) -> None:
        self.folder, self.dataset = folder, dataset
        self.accepted = self.rejected = 0
        self._writer = ThreadPoolExecutor(1)
        self._written: Future[None] | None = None
        self._good = pq.ParquetWriter(folder / ACCEPTED, accepted_schema(dataset))
        self._bad = pq.ParquetWriter(folder / REJECTED, rejected_schema(dataset))

    def add(self, judged: Judged) -> None:
        """Write the rows of a chunk to where they belong."""
        passed = judged.passed
        good = typed_batch(judged, passed)
        if good.num_rows:
            self._wait()
            self._written = self._writer.submit(self._good.write_batch, good)
        if not passed.all():
            self._bad.write_batch(self._rejected(judged, ~passed))
        self.accepted += good.num_rows
        self.rejected += len(passed) - good.num_rows

    def finish(self, late: dict[int, Problem]) -> None:
        """Close the files, after moving rows that a later one repeated from accepted to rejected."""
        self._wait()
        self._good.close()
        self._writer.shutdown()
        if late:
            self._move(late)
        self._bad.close()
        if late:
            _sort_by_row(self.folder / REJECTED)

    def abandon(self) -> None:
        """Close the files without caring for their content."""
        self._writer.shutdown()
        self._good.close()
        self._bad.close()

    def _wait(self) -> None:
        """Wait for the chunk before, which is written while this one is judged; raise what went wrong with it."""
        if self._written is not None:
            self._written.result()

    def _rejected(self, judged: Judged, wanted: Mask) -> pa.RecordBatch:
        mask = pa.array(wanted)
        texts = judged.chunk.texts
        rows = np.flatnonzero(wanted)
        empty = pa.array([""] * len(rows), pa.string())
        columns = {
            "row": pa.array(rows.astype(np.int64) + judged.first_row),
            "sheet": pa.array([judged.chunk.sheet] * len(rows), pa.string()),
            "line": pa.array(judged.chunk.lines[wanted]),
            **{c.name: texts[c.name].filter(mask) if c.name in texts else empty for c in self.dataset.columns},
            "reasons": pa.array([self._reasons(judged.faults[int(row)]) for row in rows], _REASONS),
        }
        return pa.RecordBatch.from_pydict(columns, rejected_schema(self.dataset))

    def _reasons(self, faults: Sequence[Problem]) -> list[dict[str, str]]:
        labels = {column.name: column.label for column in self.dataset.columns}
        return [
            {"column": fault.column, "label": labels.get(fault.column, ""), "rule": fault.rule, "reason": fault.reason}
            for fault in faults
        ]

    def _move(self, late: dict[int, Problem]) -> None:
        """Rewrite accepted.parquet without the late rows, which become rejected with their values written as text."""
        path = self.folder / ACCEPTED
        rewritten = path.with_suffix(".new")
        numbers = np.fromiter(late, dtype=np.int64)
        with pq.ParquetWriter(rewritten, accepted_schema(self.dataset)) as writer:
            for batch in read_batches(path):
                is_late = np.isin(batch.column("row").to_numpy(), numbers)
                writer.write_batch(batch.filter(pa.array(~is_late)))
                if is_late.any():
                    self._bad.write_batch(self._as_rejected(batch.filter(pa.array(is_late)), late))
                moved = int(np.count_nonzero(is_late))
                self.accepted, self.rejected = self.accepted - moved, self.rejected + moved
        rewritten.replace(path)

    def _as_rejected(self, batch: pa.RecordBatch, late: dict[int, Problem]) -> pa.RecordBatch:
        rows = batch.to_pylist()
        columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name, _ in _PLACE}
        for column in self.dataset.columns:
            columns[column.name] = [shown(column.type, row[column.name]) for row in rows]
        columns["reasons"] = [self._reasons([late[row["row"]]]) for row in rows]
        return pa.RecordBatch.from_pydict(columns, rejected_schema(self.dataset))


def read_batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Stream a parquet file in bounded memory."""
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(BATCH_ROWS, columns=columns, use_threads=False)


def _sort_by_row(path: Path) -> None:
    sorted_ = path.with_suffix(".new")
    pq.write_table(pq.read_table(path, partitioning=None).sort_by("row"), sorted_, row_group_size=BATCH_ROWS)
    sorted_.replace(path)


def write_report(folder: Path, report: dict[str, Any]) -> None:
    """Write report.json: format, notices and the headings as the sender wrote them."""
    (folder / REPORT).write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")


def read_report(folder: Path) -> dict[str, Any]:
    """Read report.json."""
    found: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    return found
