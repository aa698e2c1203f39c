"""Keys seen so far in a file, a few bytes each: which rows repeat the key of an earlier one, and where that stood.

A key is kept as 128 bits of hash in sorted runs that double in size, so a million rows take 24 MB and each chunk is
looked up with a handful of binary searches. Two different keys share 128 bits once in 10²⁶ files of a million rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jinbao.data.columns import matrix

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

_SEEDS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
_MULTIPLIERS = (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)
_EMPTY = 0x2545F4914F6CDD1D


@dataclass
class _Run:
    """Keys in order of their first half, with the row where each was first seen."""

    high: Words
    low: Words
    rows: Rows


class SeenKeys:
    """The keys of all rows so far."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def add(self, high: Words, low: Words, rows: Rows) -> Rows:
        """Add the keys of some rows, in order; return for each the first row with the same key, or -1."""
        order = np.argsort(high, kind="stable")
        sorted_ = _Run(high[order], low[order], rows[order])
        firsts = np.full(len(rows), -1, dtype=np.int64)
        repeated, first_at = _repeats(sorted_)
        firsts[order[repeated]] = sorted_.rows[first_at[repeated]]
        for run in self._runs:
            found, at = _find(run, sorted_.high, sorted_.low)
            firsts[order[found]] = run.rows[at[found]]
        fresh = firsts[order] < 0
        self._keep(_Run(sorted_.high[fresh], sorted_.low[fresh], sorted_.rows[fresh]))
        return firsts

    def _keep(self, run: _Run) -> None:
        """Add a run, joining it with earlier ones that are not larger, so that few runs remain."""
        while self._runs and len(self._runs[-1].high) <= 2 * len(run.high):
            earlier = self._runs.pop()
            high = np.concatenate([earlier.high, run.high])
            order = np.argsort(high, kind="stable")
            low = np.concatenate([earlier.low, run.low])
            run = _Run(high[order], low[order], np.concatenate([earlier.rows, run.rows])[order])
        if len(run.high):
            self._runs.append(run)


def _repeats(run: _Run) -> tuple[npt.NDArray[np.bool_], Rows]:
    """Tell which places of a sorted run repeat the key before them, and where each key starts."""
    repeated = np.zeros(len(run.high), dtype=np.bool_)
    repeated[1:] = (run.high[1:] == run.high[:-1]) & (run.low[1:] == run.low[:-1])
    starts = np.where(repeated, 0, np.arange(len(run.high)))
    return repeated, np.maximum.accumulate(starts) if len(starts) else starts


def _find(run: _Run, high: Words, low: Words) -> tuple[npt.NDArray[np.bool_], Rows]:
    at = np.minimum(np.searchsorted(run.high, high), len(run.high) - 1)
    return (run.high[at] == high) & (run.low[at] == low), at


def hash_keys(columns: Sequence[pa.Array]) -> tuple[Words, Words]:
    """Hash the values of several columns, row by row, into two words; an empty value is a value like any other."""
    rows = len(columns[0])
    halves = [np.full(rows, seed, dtype=np.uint64) for seed in _SEEDS]
    for column in columns:
        for word in _words(column):
            for half, multiplier in zip(halves, _MULTIPLIERS, strict=True):
                _mix(half, word, multiplier)
    return halves[0], halves[1]


def _mix(half: Words, word: Words, multiplier: int) -> None:
    half ^= word
    half *= np.uint64(multiplier)
    half ^= half >> np.uint64(29)


def _words(column: pa.Array) -> list[Words]:
    """Return a column as 64-bit words; texts by two words of hash."""
    if not pa.types.is_string(column.type):
        numbers = pc.fill_null(pc.cast(column, pa.int64()) if column.type != pa.date32() else _days(column), -(2**62))
        return [numbers.to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64)]
    if column.null_count == 0 and len(column):
        shortest, longest = pc.min_max(pc.binary_length(column)).as_py().values()
        if shortest == longest and shortest:
            return _text_words(column, shortest)
    encoded = column.dictionary_encode()
    table = _spelling_words(encoded.dictionary)
    picked = table[pc.fill_null(encoded.indices, len(table) - 1).to_numpy()]
    return [picked[:, 0], picked[:, 1]]


def _spelling_words(spellings: pa.StringArray) -> npt.NDArray[np.uint64]:
    """Return the two words of each spelling, taking those of one length together; the last row stands for empty."""
    table = np.full((len(spellings) + 1, 2), _EMPTY, dtype=np.uint64)
    lengths = pc.binary_length(spellings).to_numpy()
    for length in np.unique(lengths):
        at = np.flatnonzero(lengths == length)
        words = _text_words(spellings.take(pa.array(at)), int(length)) if length else [_SEEDS[0], _SEEDS[1]]
        table[at, 0], table[at, 1] = words
    return table


def _days(column: pa.Array) -> pa.Array:
    return pc.cast(pc.cast(column, pa.int32()), pa.int64())


def _text_words(texts: pa.StringArray, length: int) -> list[Words]:
    """Hash texts of one length into two words, which depend on the text alone and not on its neighbours."""
    padded = np.zeros((len(texts), -(-length // 8) * 8), dtype=np.uint8)
    padded[:, :length] = matrix(texts, length)
    words = padded.view("<u8")
    halves = [np.full(len(texts), seed ^ length, dtype=np.uint64) for seed in _SEEDS]
    for at in range(words.shape[1]):
        for half, multiplier in zip(halves, _MULTIPLIERS, strict=True):
            _mix(half, words[:, at], multiplier)
    return halves
