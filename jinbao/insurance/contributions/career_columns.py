"""Careers of many people as columns: the same months and bases as `career.careers`, without an object for any of them.

`careers` is what one person's pages and determinations read; this is for the lake, where a million people are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from django.db import connection
from django.db.models.functions import Coalesce

from jinbao.insurance.contributions.career import counted
from jinbao.insurance.contributions.models import Contribution
from jinbao.insurance.law import ceiling_fen
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.models import Scheme
from jinbao.kernel.months import Month
from jinbao.rules.bulk.lake import SCHEMA, STRETCH

Ints = npt.NDArray[np.int64]
CAREER = "履历"
ROWS_AT_ONCE = 50_000


def career_column(keys: Ints, regions: Sequence[str], families: Families) -> pa.Array:
    """Return the careers of kept identities as one column of the lake, in the order of the keys (which ascend)."""
    spread = families.spread(keys.tolist())
    members = np.array(sorted(spread), np.int64)
    at_of_member = np.searchsorted(keys, [spread[int(key)] for key in members])
    rows = _rows(members.tolist())
    member = np.searchsorted(members, rows[:, 0])
    at = at_of_member[member]
    other = rows[:, 0] != keys[at]
    order = np.lexsort((rows[:, 0], other, rows[:, 2], rows[:, 1], at))
    at, month, base = _of_one_identity(at[order], rows[order])
    return _stretches(*_months(at, month, base, regions), len(keys))


def _rows(members: list[int]) -> Ints:
    """Read person, month, employer (0: none) and base of all that counts, as the database gives them."""
    found = Contribution.objects.filter(person__in=members, scheme=Scheme.PENSION, base_fen__gt=0)
    fields = ("person_id", "month", "works_for", "base_fen")
    live, superseded = (
        part.annotate(works_for=Coalesce("employer_id", 0)).order_by().values_list(*fields) for part in counted(found)
    )
    sql, values = live.union(superseded, all=True).query.sql_with_params()
    parts = [np.empty((0, 4), np.int64)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        while some := cursor.fetchmany(ROWS_AT_ONCE):
            parts.append(np.array(some, np.int64))
    return np.concatenate(parts)


def _of_one_identity(at: Ints, rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Of two identities with the same month and employer, keep the rows of the first."""
    first = _begins(at, rows[:, 1], rows[:, 2])
    winner = rows[first, 0][np.cumsum(first) - 1]
    keep = rows[:, 0] == winner
    return at[keep], rows[keep, 1], rows[keep, 3]


def _months(at: Ints, month: Ints, base: Ints, regions: Sequence[str]) -> tuple[Ints, Ints, Ints]:
    """Make one row of each month: two employers are added up and capped at the ceiling of the month."""
    first = np.flatnonzero(_begins(at, month))
    if not len(first):
        return at, month, base
    sums = np.add.reduceat(base, first)
    count = np.diff(np.append(first, len(at)))
    at, month = at[first], month[first]
    for row in np.flatnonzero(count > 1).tolist():
        sums[row] = min(int(sums[row]), ceiling_fen(Month.from_yyyymm(int(month[row])), regions[at[row]]))
    return at, month, sums


def _stretches(at: Ints, month: Ints, base: Ints, persons: int) -> pa.Array:
    """Join neighbouring months with the same base."""
    ordinal = month // 100 * 12 + month % 100
    new = _begins(at, base, ordinal - np.arange(len(ordinal)))
    first = np.flatnonzero(new)
    lengths = np.diff(np.append(first, len(at)))
    columns: list[Any] = [
        pa.array(month[first].astype(np.int32)),
        pa.array(lengths.astype(np.int16)),
        pa.array(base[first]).cast(pa.int32()),
    ]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(at[first], minlength=persons))])
    values = pa.StructArray.from_arrays(columns, fields=list(STRETCH))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values, type=SCHEMA.field(CAREER).type)


def _begins(*columns: Ints) -> npt.NDArray[np.bool_]:
    """Tell where a row differs from the one before it in any column."""
    found = np.ones(len(columns[0]), np.bool_)
    if len(found):
        found[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return found
