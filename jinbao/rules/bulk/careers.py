"""Careers in memory as the kernel reads them: persons in rows, their stretches of equal months in a nested list.

Layout of a bucket file: one row a person, in the order of the number; the facts of the person under their statutory
names; `履历` is a list of {起: 202401, 月数: 6, 缴费基数: 300000 (fen)}: so many months with the same amount each. A
month
without contribution has no stretch. Equal neighbours may be joined or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jinbao.rules.bulk.assembly import EXACT
from jinbao.rules.bulk.compiler import Program
from jinbao.rules.bulk.errors import LakeError
from jinbao.rules.bulk.inputs import Column
from jinbao.rules.bulk.stretches import checked
from jinbao.rules.bulk.value import NULL
from jinbao.rules.ir import Type

PERSON, CAREER, START, LENGTH = "证件号码", "履历", "起", "月数"

Array = npt.NDArray[Any]


@dataclass
class Careers:
    """The arrays of one batch, ready for a kernel; `starts` are ordinals of months, in order for everybody whose status
    is 0."""

    status: Array
    offsets: Array
    starts: Array
    lengths: Array
    months: list[Array]
    columns: list[Array]


def needed_columns(program: Program, held: list[str]) -> list[str]:
    """Name the columns of a file that a program reads."""
    facts = [column.name for column in program.columns if column.name in held]
    rows = [f"{CAREER}.list.element.{name}" for name in (START, LENGTH, *(month.name for month in program.months))]
    return [PERSON, *facts, *rows]


def as_careers(program: Program, table: pa.Table) -> Careers:
    """Turn a table of persons into arrays. Raises LakeError for columns of another type."""
    count = table.num_rows
    status = np.zeros(count, np.uint8)
    columns = [_person_array(program, table, column, status) for column in program.columns]
    nested = _whole_column(table, CAREER)
    if nested.null_count:
        nested = pc.fill_null(nested, [])
    offsets = nested.offsets.to_numpy()
    rows = nested.values
    starts, lengths = (rows.field(name).to_numpy(zero_copy_only=False) for name in (START, LENGTH))
    months = [rows.field(month.name).to_numpy(zero_copy_only=False) for month in program.months]
    for name, values in zip(
        (START, LENGTH, *(m.name for m in program.months)), (starts, lengths, *months), strict=True
    ):
        if values.dtype.kind != "i":
            raise LakeError(f"履历的“{name}”应为整数列，且不得为空", advice="起为 202401 这样的年月，金额以分计。")
    ordinals = checked(status, offsets, starts, lengths, months, list(program.months))
    return Careers(status, offsets, ordinals, lengths, months, columns)


def _whole_column(table: pa.Table, name: str) -> pa.Array:
    """Return a column in one piece, as it lies where there is only one: joining copies it."""
    column = table.column(name)
    if column.num_chunks == 1:
        return column.chunk(0)
    joined = column.combine_chunks()
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _person_array(program: Program, table: pa.Table, column: Column, status: Array) -> Array:
    """Read a fact of the person as whole numbers; what the kernel cannot hold sends the person to the exact reading."""
    values = _whole_column(table, column.name)
    empty = values.is_null().to_numpy(zero_copy_only=False) if values.null_count else _NONE_EMPTY
    found = _whole(program, column, values, status)
    needed = not column.optional and column.default is None
    return np.asarray(
        held(found, empty, status, column.type is Type.MONTH, column.lo, column.hi, _default(program, column), needed)
    )


_NONE_EMPTY = np.zeros(0, np.bool_)


@numba.njit(cache=True, nogil=True)
def held(
    found: Any, empty: Any, status: Any, as_month: bool, lo: int, hi: int, default: int, needed: bool
) -> Any:  # fmt: skip
    """Return the values that a kernel can hold, months (202401) as ordinals; mark who has another one, or lacks one."""
    values = np.empty(found.size, np.int64)
    for p in range(found.size):
        value: Any = np.int64(found[p])
        wrong = False
        if as_month:
            wrong = not 1 <= value % 100 <= 12
            value = value // 100 * 12 + value % 100 - 1
        if empty.size and empty[p]:
            value, wrong = default, needed
        elif value < lo or value > hi:
            value, wrong = lo, True
        values[p] = value
        if wrong:
            status[p] = EXACT
    return values


def _default(program: Program, column: Column) -> int:
    if column.default is None:
        return NULL if column.optional else column.lo
    if isinstance(column.default, str):
        return program.codes[column.default]
    return int(column.default * column.scale)


def _whole(program: Program, column: Column, values: pa.Array, status: Array) -> Array:
    if column.type is Type.CHOICE:
        return _codes(program, values)
    if column.type is Type.BOOL:
        return np.asarray(values.fill_null(False).to_numpy(zero_copy_only=False)).astype(np.int64)
    if pa.types.is_decimal(values.type):
        return _decimals(values.fill_null(0), column, status)
    if pa.types.is_date(values.type):
        return np.asarray(values.cast(pa.int32()).fill_null(0)).astype(np.int64) + 719163  # 1970-01-01 is day 719163
    if not pa.types.is_integer(values.type):
        raise LakeError(
            f"“{column.name}”的列类型 {values.type} 不能成批计算", advice="金额写整数分或 decimal，年月写 202401。"
        )
    found = np.asarray(values.fill_null(0) if values.null_count else values)
    return found if column.scale in (1, 100) else found.astype(np.int64) * column.scale


def _codes(program: Program, values: pa.Array) -> Array:
    """Number the choices as the kernel does; an unknown one is -1 and goes to the exact reading, which refuses it."""
    coded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    known = np.array([program.codes.get(text, -1) for text in coded.dictionary.to_pylist()] or [-1], np.int64)
    found: Array = known[coded.indices.fill_null(0).to_numpy(zero_copy_only=False)]
    return found


def _decimals(values: pa.Array, column: Column, status: Array) -> Array:
    """Scale decimals exactly; more decimals than the kernel holds go to the exact reading."""
    wide = values.cast(pa.decimal128(38, values.type.scale))
    low = np.frombuffer(wide.buffers()[1], np.int64)[2 * wide.offset : 2 * (wide.offset + len(wide))]
    number, high = low[::2], low[1::2]
    status[high != number >> 63] = EXACT
    unit = 10**values.type.scale
    if column.scale % unit == 0:
        status[np.abs(number) > 2**62 // (column.scale // unit)] = EXACT
        return np.asarray(number * (column.scale // unit))
    drop = unit // column.scale
    status[number % drop != 0] = EXACT
    return np.asarray(number // drop)
