"""Run a program over a batch of careers: the kernel for nearly everybody, the exact reading for the few it
hands back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from jinbao.rules.bulk.assembly import BROKEN
from jinbao.rules.bulk.careers import PERSON, Array, as_careers
from jinbao.rules.bulk.compiler import Program
from jinbao.rules.bulk.errors import LakeError
from jinbao.rules.bulk.exact import Known, exact_row_once
from jinbao.rules.bulk.inputs import Output
from jinbao.rules.bulk.kernel import load_kernel
from jinbao.rules.ir import Type
from jinbao.rules.law import Law

REASON = "未给出结果的原因"


@dataclass
class Answers:
    """Results of a batch as whole numbers, who was computed exactly, and why some have none."""

    columns: list[Array]
    missing: list[Array]
    reasons: dict[int, str]
    exact: int


def execute(law: Law, program: Program, table: pa.Table, cache: Path | None = None) -> Answers:
    """Compute everybody in a table. Raises LakeError where a career is out of order."""
    careers = as_careers(program, table)
    count = table.num_rows
    columns = [np.zeros(count, np.int64) for _ in program.outputs]
    kernel = load_kernel(program, cache)
    kernel(
        careers.status, careers.offsets, careers.starts, careers.lengths, *careers.months, *careers.columns,
        *program.arrays, *columns,
    )  # fmt: skip
    broken = np.flatnonzero(careers.status == BROKEN)
    if broken.size:
        raise disordered(table, broken)
    _months_out(program, columns)
    answers = Answers(columns, [np.zeros(count, bool) for _ in columns], {}, 0)
    known: Known = {}
    for row in np.flatnonzero(careers.status):
        _by_exact(law, program, table.slice(int(row), 1).to_pylist()[0], int(row), answers, known)
    return answers


def disordered(table: pa.Table, rows: Array) -> LakeError:
    """Make the error for careers whose stretches overlap, are out of order or are no stretches."""
    number = table.column(PERSON)[int(rows[0])].as_py()
    message = f"{len(rows)} 人的履历未按年月排列、有重叠或有不成立的段，第一人 {number[:6]}****{number[-4:]}"
    return LakeError(
        message, advice="运行 jinbao careers repair --lake DIR：排序、去掉完全相同的重复，矛盾的逐人列出。"
    )


def _months_out(program: Program, columns: list[Array]) -> None:
    for output, values in zip(program.outputs, columns, strict=True):
        if output.type is Type.MONTH:
            values[:] = values // 12 * 100 + values % 12 + 1


def _by_exact(
    law: Law, program: Program, person: dict[str, Any], row: int, answers: Answers, known: Known
) -> None:  # fmt: skip
    numbers, reason = exact_row_once(law, program, person, known)
    answers.exact += 1
    if reason:
        answers.reasons[row] = reason
    for at, number in enumerate(numbers):
        answers.columns[at][row] = number or 0
        answers.missing[at][row] = number is None


def as_table(program: Program, table: pa.Table, answers: Answers) -> pa.Table:
    """Return the result as a table: exact decimals in the unit of each rule."""
    columns = {PERSON: table.column(PERSON)}
    for output, values, missing in zip(program.outputs, answers.columns, answers.missing, strict=True):
        columns[output.name] = _arrow(program, output, values, missing if missing.any() else None)
    reasons: list[Any] = [None] * table.num_rows
    for row, reason in answers.reasons.items():
        reasons[row] = reason
    columns[REASON] = pa.array(reasons, pa.string()) if answers.reasons else pa.nulls(table.num_rows, pa.string())
    return pa.table(columns)


def _arrow(program: Program, output: Output, values: Array, missing: Array | None) -> pa.Array:
    if output.type is Type.BOOL:
        return pa.array(values.astype(bool), mask=missing)
    if output.type is Type.CHOICE:
        names = {code: text for text, code in program.codes.items()}
        return pa.array([names.get(int(value)) for value in values], pa.string(), mask=missing)
    if output.type is not Type.NUMBER:
        return pa.array(values.astype(np.int32), mask=missing)
    places = len(str(output.scale)) - 1
    valid = None if missing is None else pa.array(~missing).buffers()[1]
    return pa.Array.from_buffers(pa.decimal64(18, places), len(values), [valid, pa.py_buffer(values)])
