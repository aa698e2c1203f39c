"""Careers that go on: who still pays is taken to pay every month until the benefit begins, if the analyst says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from jinbao.kernel.months import Month
from jinbao.oversight.simulation.yearly import MILLION, PAYING_MONTHS
from jinbao.rules.bulk.careers import CAREER, LENGTH, START, Array
from jinbao.rules.bulk.errors import LakeError

AMOUNT = "缴费基数"
MOST_FEN = 2**31 - 1


def paying_on(table: pa.Table, rate: int, until: Array, first: Month, last: Month) -> pa.Table:
    """Return the table with careers that go on from `first`, the base growing by `rate` millionths every January.

    `until` holds for each person the ordinal of the first month that is not paid for any more. Raises LakeError for
    careers with other monthly facts, of which nobody has said how they go on.
    """
    nested = one_piece(table.column(CAREER))
    names = [field.name for field in nested.type.value_type]
    if set(names) - {START, LENGTH, AMOUNT}:
        others = "、".join(sorted(set(names) - {START, LENGTH, AMOUNT}))
        raise LakeError(f"履历还有按月的“{others}”，不知道今后怎样", advice="不假设缴费基数年增长率，或换一个履历湖。")
    offsets = nested.offsets.to_numpy()
    rows = {name: nested.values.field(name).to_numpy(zero_copy_only=False) for name in names}
    owners = np.repeat(np.arange(len(nested)), np.diff(offsets))
    rows = {name: values[offsets[0] : offsets[-1]] for name, values in rows.items()}
    more = _going_on(rows, offsets - offsets[0], rate, np.minimum(until, last.ordinal + 1), first)
    owner = np.concatenate([owners, *(owner for owner, _ in more)])
    order = np.argsort(owner, kind="stable")
    values = [np.concatenate([rows[name], *(row[name] for _, row in more)])[order] for name in names]
    kinds = list(nested.type.value_type)
    struct = pa.StructArray.from_arrays(
        [pa.array(column, field.type) for column, field in zip(values, kinds, strict=True)], fields=kinds
    )
    ends = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(nested)))]).astype(np.int32)
    at = table.schema.get_field_index(CAREER)
    careers = pa.ListArray.from_arrays(pa.array(ends), struct, type=nested.type)
    return table.set_column(at, table.schema.field(at), careers)


def _going_on(
    rows: dict[str, Array], offsets: Array, rate: int, until: Array, first: Month
) -> list[tuple[Array, dict[str, Array]]]:  # fmt: skip
    """Return for each calendar year the stretches that are added, with whose they are."""
    people = np.flatnonzero(np.diff(offsets) > 0)
    at = offsets[people + 1] - 1
    ends = rows[START][at].astype(np.int64) // 100 * 12 + rows[START][at] % 100 - 1 + rows[LENGTH][at]
    still = ends > first.ordinal - PAYING_MONTHS
    people, at, ends = people[still], at[still], ends[still]
    begins, until = np.maximum(ends, first.ordinal), until[people]
    since = (ends - 1) // 12
    base = rows[AMOUNT][at].astype(np.int64) if AMOUNT in rows else np.zeros(len(at), np.int64)
    found = []
    for year in range(int(since.min()) if len(since) else 0, (int(until.max()) - 1) // 12 + 1 if len(until) else 0):
        raised = (2 * base * (MILLION + rate) + MILLION) // (2 * MILLION)
        base = np.where(year > since, np.minimum(raised, MOST_FEN), base)
        start, end = np.maximum(begins, year * 12), np.minimum(until, year * 12 + 12)
        who = np.flatnonzero(end > start)
        month = start[who] // 12 * 100 + start[who] % 12 + 1
        found.append((people[who], {START: month, LENGTH: (end - start)[who], AMOUNT: base[who]}))
    return found


def one_piece(column: Any) -> pa.Array:
    """Return a column of lists in one piece."""
    array = column.combine_chunks()
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
