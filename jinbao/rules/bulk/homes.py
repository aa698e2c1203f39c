"""Which bucket of a lake a person belongs to: FNV-1a of the number, so that nobody can be in two files unnoticed."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pyarrow as pa

from jinbao.rules.bulk.careers import PERSON, Array
from jinbao.rules.bulk.errors import LakeError


@numba.njit(cache=True, nogil=True)
def _homes(letters: Any, offsets: Any, count: Any) -> Any:
    """Hash pieces of bytes with 64-bit FNV-1a, modulo a count; zero bytes are skipped."""
    found = np.empty(offsets.size - 1, np.int64)
    for row in range(found.size):
        value = np.uint64(0xCBF29CE484222325)
        for at in range(offsets[row], offsets[row + 1]):
            if letters[at] != 0:
                value = (value ^ np.uint64(letters[at])) * np.uint64(0x100000001B3)
        found[row] = np.int64(value % count)
    return found


def buckets_of(numbers: pa.Array | Array, count: int) -> Array:
    """Return the bucket of each person: FNV-1a of the number, modulo the count of buckets."""
    texts = pa.array(numbers) if isinstance(numbers, np.ndarray) else numbers
    texts = texts.cast(pa.binary())
    _, offsets, letters = texts.buffers()
    if not len(texts):
        return np.empty(0, np.int64)
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.asarray(_homes(np.frombuffer(letters or b"\0", np.uint8), ends, np.uint64(count)))


def strays(table: pa.Table, bucket: int, count: int) -> Array:
    """Return the rows of a bucket file that belong into another one."""
    return np.flatnonzero(buckets_of(table.column(PERSON).combine_chunks(), count) != bucket)


def refuse_strays(table: pa.Table, bucket: int, count: int) -> None:
    """Refuse a bucket file with people of another bucket, who may be there once more. Raises LakeError."""
    numbers = table.column(PERSON)
    if numbers.null_count:
        raise LakeError(f"{numbers.null_count:,} 行没有证件号码", advice="补上证件号码，或删去这些行。")
    wrong = strays(table, bucket, count)
    if not wrong.size:
        return
    number = numbers[int(wrong[0])].as_py()
    home = buckets_of(pa.array([number]), count)[0]
    message = (
        f"{wrong.size:,} 人按证件号码不属于这个桶，可能在两个桶里各有一行而被算两次；"
        f"第一人 {number[:6]}****{number[-4:]} 应在 bucket-{home:05d}"
    )
    raise LakeError(message, advice="运行 jinbao careers repair --lake DIR：各归各桶，相同的只留一行，矛盾的逐人指出。")
