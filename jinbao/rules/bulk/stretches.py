"""The stretches of a batch of careers: months as ordinals, order and amounts checked before a kernel sees them.

Nearly every batch is in order, so all neighbours are compared at once, without regard to whose they are; only a batch
in which something is wrong is gone through person by person, to say whose it is.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from jinbao.rules.bulk.assembly import BROKEN, EXACT
from jinbao.rules.bulk.inputs import Column

WRONG = -1
"""Stands for the ordinal of a stretch that begins in no month or has none."""


def checked(status: Any, offsets: Any, starts: Any, lengths: Any, amounts: list[Any], columns: list[Column]) -> Any:
    """Return the first months of stretches (202401) as ordinals (24288), and mark whose career cannot be used.

    A person whose stretches are out of order, overlap, begin in no month, have no months or hold an amount of nothing
    is BROKEN; one with an amount that a kernel cannot hold goes to the exact reading.
    """
    found, wrong = _ordinals(starts, lengths)
    if wrong or _disorders(offsets, found, lengths):
        _mark_disorder(status, offsets, found, lengths)
    for values, column in zip(amounts, columns, strict=True):
        if values.size and (values.min() < column.lo or values.max() > column.hi):
            low = BROKEN if column.lo == 1 else EXACT
            _mark_amounts(status, offsets, values, column.lo, column.hi, low)
    return found


@numba.njit(cache=True, nogil=True)
def _ordinals(starts: Any, lengths: Any) -> Any:
    found = np.empty(starts.size, np.int32)
    wrong = np.uint32(0)
    for i in range(starts.size):  # in 32 bits throughout, so that the processor does eight at a time
        month = np.uint32(starts[i])
        year = np.uint32(month // np.uint32(100))
        before = np.uint32(month - year * np.uint32(100) - np.uint32(1))
        good = (before < np.uint32(12)) & (month < np.uint32(1_000_000)) & (lengths[i] > 0)
        found[i] = np.int32(year * np.uint32(12) + before) if good else np.int32(WRONG)
        wrong += np.uint32(not good)
    return found, wrong


@numba.njit(cache=True, nogil=True)
def _disorders(offsets: Any, starts: Any, lengths: Any) -> Any:
    """Count neighbours of one person where the second begins before the first has ended."""
    first, total = offsets[0], offsets[-1] - offsets[0]
    starts, lengths = starts[first : first + total], lengths[first : first + total]
    count = np.int64(0)
    for i in range(1, total):
        count += starts[i] < starts[i - 1] + lengths[i - 1]
    for p in range(1, offsets.size - 1):  # what lies between two persons does not count
        i = offsets[p] - first
        if 0 < i < total and offsets[p] < offsets[p + 1]:
            count -= starts[i] < starts[i - 1] + lengths[i - 1]
    return count


@numba.njit(cache=True, nogil=True)
def _mark_disorder(status: Any, offsets: Any, starts: Any, lengths: Any) -> None:
    for p in range(status.size):
        before = 0
        for i in range(offsets[p], offsets[p + 1]):
            if starts[i] < before:
                status[p] = BROKEN
            before = starts[i] + lengths[i]


@numba.njit(cache=True, nogil=True)
def _mark_amounts(status: Any, offsets: Any, values: Any, lo: int, hi: int, low: int) -> None:
    for p in range(status.size):
        for i in range(offsets[p], offsets[p + 1]):
            if values[i] < lo:
                status[p] = max(status[p], low)
            elif values[i] > hi:
                status[p] = max(status[p], EXACT)
