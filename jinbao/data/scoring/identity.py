"""Check characters inside SQL: two functions of a connection, compiled loops over the bytes of a whole vector.

In SQL alone the check characters of one column cost as much as half the scan of a table (docs/platform.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jinbao.kernel import spark
from jinbao.kernel.duck import quoted
from jinbao.kernel.identifiers.check_digits import MOD11_2_WEIGHTS, USCC_ALPHABET

Array = np.ndarray[Any, Any]
_WEIGHTS = np.array(MOD11_2_WEIGHTS, np.int64)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_USCC_VALUES = np.full(256, -1, np.int64)
_USCC_VALUES[np.frombuffer(USCC_ALPHABET.encode(), np.uint8)] = range(len(USCC_ALPHABET))


def register(connection: Any) -> None:
    """Give a connection `citizen_number(text)` and `is_uscc(text)`; null for null."""
    for name, kind, loop in (("citizen_number", "BIGINT", _citizen_numbers), ("is_uscc", "BIGINT", _usccs)):
        connection.create_function(name, _over_vectors(loop), ["VARCHAR"], kind, type="arrow")


def register_on_spark(session: Any) -> None:
    """Give a Spark session the same two functions, the same loops over the same vectors."""
    for name, answer in (("citizen_number", citizen_numbers), ("is_uscc", usccs)):
        spark.give(session, name, "bigint", answer)


def citizen_numbers(column: pa.Array) -> pa.Array:
    """Answer `citizen_number` for an Arrow array of texts; null for null."""
    return pc.if_else(column.is_null(), None, _over_vectors(_citizen_numbers)(column))


def usccs(column: pa.Array) -> pa.Array:
    """Answer `is_uscc` for an Arrow array of texts; null for null."""
    return pc.if_else(column.is_null(), None, _over_vectors(_usccs)(column))


def with_numbers(table: str, names: Iterable[str]) -> str:
    """Return a table with one more column for each column of identity numbers: what the number says.

    It is worked out once a row however many rules ask for it: DuckDB does not share parts of conditions by itself.
    """
    added = [f"citizen_number({quoted(name)}) AS {_number(name)}" for name in names]
    return f"(SELECT *, {', '.join(added)} FROM {table})" if added else table  # noqa: S608  # quoted


def valid(name: str, today: date) -> str:
    """Return the condition that a column of `with_numbers` holds a valid number of somebody born by today."""
    return f"t.{_number(name)} BETWEEN 1 AND {today:%Y%m%d}9"


def birth(name: str) -> str:
    """Return the date of birth in a column of `with_numbers` as yyyymmdd."""
    return f"(t.{_number(name)} // 10)"


def sex(name: str) -> str:
    """Return 1 for a man, 0 for a woman, as a column of `with_numbers` says."""
    return f"(t.{_number(name)} % 10)"


def uscc(column: str) -> str:
    """Return the condition that a text is a 统一社会信用代码 with the right check character (GB 32100)."""
    return f"is_uscc({column}) = 1"


def _number(name: str) -> str:
    return quoted(f"_number_{name}")


def _over_vectors(loop: Callable[[Array, Array, Array], None]) -> Callable[[Any], pa.Array]:
    """Let a loop over offsets and bytes answer for an Arrow array of texts."""

    def answer(column: Any) -> pa.Array:
        texts = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        said = np.zeros(len(texts), np.int64)
        _, ends, content = texts.buffers()
        if len(texts) and content is not None:
            width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
            offsets = np.frombuffer(ends, width)[texts.offset : texts.offset + len(texts) + 1]
            loop(offsets, np.frombuffer(content, np.uint8), said)
        return pa.array(said)

    return answer


@numba.njit(cache=True, nogil=True)
def _citizen_numbers(offsets: Array, content: Array, said: Array) -> None:
    """Say date of birth * 10 + (1 for a man) of valid numbers (GB 11643), 0 of everything else."""
    for row in range(len(said)):
        text = content[offsets[row] : offsets[row + 1]]
        if len(text) != 18:
            continue
        body, total = 0, 0
        for at in range(17):
            digit = np.int64(text[at]) - 48
            if digit < 0 or digit > 9:
                total = -1
                break
            body = body * 10 + digit  # type: ignore[assignment]  # numba sees int64
            total += digit * _WEIGHTS[at]
        check = 10 if text[17] == 88 else np.int64(text[17]) - 48  # "X" stands for 10
        if total < 0 or check < 0 or check > 10 or (text[17] != 88 and check == 10) or (total + check) % 11 != 1:
            continue
        born = body // 1000 % 100_000_000
        if _is_day(born):
            said[row] = born * 10 + body % 2


@numba.njit(cache=True, nogil=True)
def _is_day(yyyymmdd: int) -> bool:
    year, month, day = yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100
    if year < 1 or month < 1 or month > 12:
        return False
    is_leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return bool(1 <= day <= _MONTH_DAYS[month] + (1 if is_leap else 0))


@numba.njit(cache=True, nogil=True)
def _usccs(offsets: Array, content: Array, said: Array) -> None:
    """Say 1 of valid codes: 18 of the alphabet, the third to eighth digits, the last the check character."""
    for row in range(len(said)):
        text = content[offsets[row] : offsets[row + 1]]
        if len(text) != 18:
            continue
        total, weight = 0, 1
        for at in range(17):
            value = _USCC_VALUES[text[at]]
            if value < 0 or (2 <= at < 8 and value > 9):
                total = -1
                break
            total += value * weight
            weight = weight * 3 % 31
        last = _USCC_VALUES[text[17]]
        if total >= 0 and last >= 0 and (total + last) % 31 == 0:
            said[row] = 1
