"""Batches of the data room as insurance takes them over: ready or not, row by row, done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.kernel.errors import Conflict
from jinbao.kernel.months import Month

HELD_AT_ONCE = 10_000


def ready(batch: Batch, dataset: str) -> bool:
    """Tell whether an accepted batch is still to be recorded; False when it is recorded.

    Raises Conflict for another dataset, or a batch that is not accepted.
    """
    batch.refresh_from_db()
    if batch.dataset != dataset:
        raise Conflict(f"{batch} 是“{batch.dataset}”，不是“{dataset}”", advice="请选择相应的业务办理。")
    if batch.status not in {Batch.Status.ACCEPTED, Batch.Status.RECORDED}:
        raise Conflict(f"{batch} {batch.get_status_display()}，不能入账", advice="请先接收该批次。")
    return batch.status == Batch.Status.ACCEPTED


def rows(batch: Batch, order: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Go through the accepted rows of a batch: row, sheet, line and the values by column name (months as Month).

    They come in the order of the file, or sorted by columns; sorting holds the file's columns in memory, not its rows.
    """
    parts = list(intake.accepted_batches(batch))
    table = pa.Table.from_batches(parts) if parts else None
    if table is None:
        return
    months = [name for name in ("month", "start") if name in table.column_names]
    if order:
        table = table.sort_by([(name, "ascending") for name in [*order, "row"]])
    for part in table.to_batches(max_chunksize=HELD_AT_ONCE):
        for values in part.to_pylist():
            for name in months:
                values[name] = None if values[name] is None else Month.from_yyyymm(values[name])
            yield values
