"""Whole columns at once: recognise the usual spelling in bulk, leave every other cell to `values.py`.

A `sure` mask says which cells the bulk reading recognised without doubt. It may be too strict, never too generous: a
test compares it with the definition cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jinbao.data.datasets import Column
from jinbao.data.values import TYPES
from jinbao.kernel.errors import FormatError
from jinbao.kernel.identifiers.check_digits import MOD11_2_WEIGHTS

Mask = npt.NDArray[np.bool_]

_ID_WEIGHTS = np.array(MOD11_2_WEIGHTS, dtype=np.int32)
_ID_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87, dtype=np.int32)
_PLAIN_AMOUNT = r"^[0-9]{1,12}(?:\.[0-9]{1,2})?$"
_PLAIN_NAME = r"^[\x{4e00}-\x{9fff}·]+$"
_PLAIN_TEXT = r"^[^\x{0}-\x{1f}\x{7f}\x{fffd}]*$"


@dataclass
class ReadColumn:
    """The values of a column (null where empty or wrong), the empty cells, and what is wrong by row."""

    values: pa.Array
    empty: Mask
    wrong: dict[int, str] = field(default_factory=dict)

    @property
    def valid(self) -> Mask:
        """Cells that hold a value."""
        return as_mask(pc.is_valid(self.values))


def read_column(column: Column, texts: pa.StringArray, today: date) -> ReadColumn:
    """Read the texts of one column (no nulls) into its type."""
    texts = pc.utf8_trim_whitespace(texts)
    empty = as_mask(pc.equal(texts, ""))
    bulk = _BULK.get(column.type)
    if bulk is None:
        read = ReadColumn(*_by_spelling(column, texts, today, empty))
    else:
        values, sure = bulk(texts, today)
        read = ReadColumn(values, empty)
        _settle_doubts(read, column, texts, today, ~sure)
    if read.values.type == pa.string():
        _refuse_long(read, column)
    return read


def _settle_doubts(read: ReadColumn, column: Column, texts: pa.StringArray, today: date, doubtful: Mask) -> None:
    """Replace the cells that the bulk reading did not recognise by what the definition says."""
    if not doubtful.any():
        return
    rows = np.flatnonzero(doubtful)
    settled, _, wrong = _by_spelling(column, texts.take(pa.array(rows)), today, read.empty[rows])
    read.values = pc.replace_with_mask(read.values, pa.array(doubtful), settled)
    read.wrong = {int(rows[row]): reason for row, reason in wrong.items()}


def _by_spelling(
    column: Column, texts: pa.StringArray, today: date, empty: Mask
) -> tuple[pa.Array, Mask, dict[int, str]]:
    """Read each different spelling once, by the definition."""
    kind = TYPES[column.type]
    parse = kind.parse(column, today)
    encoded = texts.dictionary_encode()
    values: list[Any] = []
    reasons: dict[int, str] = {}
    for number, text in enumerate(encoded.dictionary.to_pylist()):
        value, reason = _attempt(parse, text)
        values.append(value)
        if reason:
            reasons[number] = reason
    spellings = encoded.indices.to_numpy()
    found = pa.array(values, kind.arrow).take(encoded.indices)
    bad = np.flatnonzero(np.isin(spellings, np.fromiter(reasons, dtype=np.int64))) if reasons else ()
    return found, empty, {int(row): reasons[int(spellings[row])] for row in bad}


def _attempt(parse: Callable[[str], Any], text: str) -> tuple[Any, str]:
    if not text:
        return None, ""
    try:
        return parse(text), ""
    except FormatError as error:
        return None, reason_of(error)


def reason_of(error: FormatError) -> str:
    """Put message and advice into one line, as it stands in the reason column."""
    message = error.message.rstrip("。")
    return f"{message}；{error.advice.rstrip('。')}" if error.advice else message


def _refuse_long(read: ReadColumn, column: Column) -> None:
    lengths = pc.utf8_length(read.values)
    longest = pc.max(lengths).as_py()
    if longest is None or longest <= column.max_length:
        return
    too_long = as_mask(pc.fill_null(pc.greater(lengths, column.max_length), fill_value=False))
    for row in np.flatnonzero(too_long):
        read.wrong[int(row)] = f"有 {lengths[int(row)]} 个字，最多 {column.max_length} 个"
    read.values = pc.if_else(pa.array(too_long), pa.scalar(None, read.values.type), read.values)


def _sure_amounts(texts: pa.StringArray, today: date) -> tuple[pa.Array, Mask]:
    """Amounts such as 5000, 5000.5, 5000.50, exactly in fen: the unscaled integers of a decimal with two places."""
    plain = pc.match_substring_regex(texts, _PLAIN_AMOUNT)
    yuan = pc.cast(pc.if_else(plain, texts, "0"), pa.decimal128(20, 2))
    fen = np.frombuffer(yuan.buffers()[1], dtype="<i8")[2 * yuan.offset :: 2][: len(yuan)]
    sure = as_mask(plain)
    return pa.array(fen, pa.int64(), mask=~sure), sure


def _sure_ids(texts: pa.StringArray, today: date) -> tuple[pa.Array, Mask]:
    """18 characters, an existing date of birth not after today, the right check character."""
    sure = as_mask(pc.equal(pc.binary_length(texts), 18))
    part = texts if sure.all() else texts.filter(pa.array(sure))
    if len(part):
        sure[sure] = _ids_hold(matrix(part, 18), today)
    return pc.if_else(pa.array(sure), texts, pa.scalar(None, pa.string())), sure


def _ids_hold(numbers: npt.NDArray[np.uint8], today: date) -> Mask:
    digits = numbers[:, :17].astype(np.int32) - 48
    are_digits = ((digits >= 0) & (digits <= 9)).all(axis=1)
    digits[~are_digits] = 0
    checks = _ID_CHECKS[digits @ _ID_WEIGHTS % 11] == numbers[:, 17]
    year, month, day = (digits[:, a:b] @ _powers(b - a) for a, b in ((6, 10), (10, 12), (12, 14)))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    exists = (year > 0) & (day >= 1) & (day <= _DAYS[month] + (leap & (month == 2)))
    born = year * 10000 + month * 100 + day
    not_later = born <= today.year * 10000 + today.month * 100 + today.day
    return np.asarray(are_digits & checks & exists & not_later, dtype=np.bool_)


def _powers(places: int) -> npt.NDArray[np.int32]:
    return (10 ** np.arange(places - 1, -1, -1)).astype(np.int32)


def _matching(pattern: str) -> Callable[[pa.StringArray, date], tuple[pa.Array, Mask]]:
    """Make a bulk reading that keeps texts of a pattern as they are."""

    def sure(texts: pa.StringArray, today: date) -> tuple[pa.Array, Mask]:
        fits = pc.and_(pc.match_substring_regex(texts, pattern), pc.not_equal(texts, ""))
        return pc.if_else(fits, texts, pa.scalar(None, pa.string())), as_mask(fits)

    return sure


_BULK: dict[str, Callable[[pa.StringArray, date], tuple[pa.Array, Mask]]] = {
    "金额": _sure_amounts,
    "公民身份号码": _sure_ids,
    "证件号码": _matching(r"^[0-9]{15,17}[0-9X]?$"),
    "姓名": _matching(_PLAIN_NAME),
    "文本": _matching(_PLAIN_TEXT),
}


def matrix(texts: pa.StringArray, width: int) -> npt.NDArray[np.uint8]:
    """View texts that all have `width` bytes as a table of bytes, without copying."""
    _, offsets, data = texts.buffers()
    start = np.frombuffer(offsets, dtype=np.int32)[texts.offset]
    return np.frombuffer(data, dtype=np.uint8)[start : start + width * len(texts)].reshape(len(texts), width)


def as_mask(values: pa.BooleanArray) -> Mask:
    """Turn Arrow's booleans into numpy's, as a copy that may be changed."""
    return np.array(values.to_numpy(zero_copy_only=False), dtype=np.bool_)
