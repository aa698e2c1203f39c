"""Invariants of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.parquet as pq

from jinbao.data.lake import lake
from jinbao.data.landing import ACCEPTED, REJECTED
from jinbao.data.models import Batch
from jinbao.kernel.checks import Check, Row


def _files() -> Iterator[Row]:
    """Compare each batch with its files; only the footer of a file is read."""
    for batch in Batch.objects.order_by("pk").iterator():
        folder = lake() / batch.folder
        if not batch.folder or not any(folder.glob("original*")):
            yield Row(f"data.Batch:{batch.pk}", f"原始文件不在 {batch.folder}")
            continue
        for name, expected in ((ACCEPTED, batch.accepted), (REJECTED, batch.rejected)):
            path = folder / name
            rows = pq.read_metadata(path).num_rows if path.exists() else None
            if rows != expected:
                yield Row(f"data.Batch:{batch.pk}", f"{name} 有 {rows} 行，批次记为 {expected} 行")


def _counts() -> Iterator[Row]:
    for batch in Batch.objects.order_by("pk").iterator():
        if batch.received != batch.accepted + batch.rejected:
            yield Row(f"data.Batch:{batch.pk}", f"收到 {batch.received} ≠ {batch.accepted} + {batch.rejected}")


CHECKS: tuple[Check, ...] = (
    Check("data.files", "每个批次的文件都在，行数与批次相符", _files),
    Check("data.counts", "收到的行数等于通过与退回之和", _counts),
)
