"""Read a slice of a campaign over the lake: the kernel for large groups, the exact reading for the rest.

A group is everybody of one region who retired in one month: one law, one kernel. Below `KERNEL_FROM` people, compiling
takes longer than it saves.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from jinbao.insurance import law
from jinbao.insurance.benefits.compute import ELIGIBLE
from jinbao.insurance.benefits.facts import CHOSEN, statutory
from jinbao.insurance.law import fen_of
from jinbao.kernel.errors import JinbaoError
from jinbao.kernel.months import Month
from jinbao.rules.bulk.careers import CAREER, PERSON
from jinbao.rules.bulk.compiler import Program, compile_rules
from jinbao.rules.bulk.errors import NotCompilable
from jinbao.rules.bulk.exact import person_facts
from jinbao.rules.bulk.execute import execute
from jinbao.rules.bulk.lake import SCHEMA, STRETCH, bucket_path

KERNEL_FROM = 500
Group = tuple[str, Month]
"""Region and month of retirement."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose benefit is to be computed."""

    key: int
    """Key of the award."""
    number: str
    region: str
    retires: Month


@dataclass(frozen=True, slots=True)
class Reading:
    """What the law says of one award, from the lake."""

    digest: str
    """Of everything that was read of the person."""
    eligible: bool = False
    fen: int = 0
    by_kernel: bool = False
    problem: str = ""


def lake() -> Path:
    """Return the lake that campaigns read."""
    return Path(settings.VAR) / "lake"


def read(bucket: int, asked: Collection[Asked], benefit: str, kernel_groups: Collection[Group]) -> dict[int, Reading]:
    """Compute people of one bucket; the key of each award with what came of it."""
    found: dict[int, Reading] = {}
    for group, (people, table) in _prepared(bucket, asked).items():
        marks = digests(table, group[1])
        program = _program(benefit, *group, law.law().version) if group in kernel_groups else None
        answers = (
            _by_kernel(program, table) if program else [_exactly(row, group, benefit) for row in table.to_pylist()]
        )
        for person, mark, (eligible, fen, problem) in zip(people, marks, answers, strict=True):
            found[person.key] = Reading(mark, eligible, fen, program is not None, problem)
    return found | {one.key: Reading("", problem="湖中没有此人的履历") for one in asked if one.key not in found}


def digests_of(bucket: int, asked: Collection[Asked]) -> dict[int, str]:
    """Return the digest of what is to be read of each award, without computing."""
    found: dict[int, str] = {one.key: "" for one in asked}
    for group, (people, table) in _prepared(bucket, asked).items():
        found |= {person.key: mark for person, mark in zip(people, digests(table, group[1]), strict=True)}
    return found


def _prepared(bucket: int, asked: Iterable[Asked]) -> dict[Group, tuple[list[Asked], pa.Table]]:
    """Read rows of a bucket and give them what is not in the books of contributions: when each person retired."""
    by_number = {one.number: one for one in asked}
    path = bucket_path(lake(), bucket)
    table = pq.read_table(path).cast(SCHEMA) if path.exists() else SCHEMA.empty_table()
    table = table.filter(pc.is_in(table.column(PERSON), pa.array(list(by_number), pa.string()))).combine_chunks()
    rows: dict[Group, list[int]] = defaultdict(list)
    people = [by_number[number] for number in table.column(PERSON).to_pylist()]
    for at, one in enumerate(people):
        rows[one.region, one.retires].append(at)
    return {group: ([people[at] for at in part], _retired(table.take(part), group)) for group, part in rows.items()}


def _retired(table: pa.Table, group: Group) -> pa.Table:
    """Let careers end with the month of retirement, which is given where it is not the statutory one."""
    region, retires = group
    births, categories = table.column("出生年月").to_pylist(), table.column("退休类别").to_pylist()
    pairs = zip(births, categories, strict=True)
    due = [statutory(Month.from_yyyymm(birth), category, region) for birth, category in pairs]
    chosen = pa.array([None if month == retires else retires.yyyymm for month in due], pa.int32())
    table = table.set_column(table.schema.get_field_index(CHOSEN), SCHEMA.field(CHOSEN), chosen)
    return table.set_column(table.schema.get_field_index(CAREER), SCHEMA.field(CAREER), _until(table, retires))


def _until(table: pa.Table, last: Month) -> pa.Array:
    nested = _one(table.column(CAREER))
    starts, lengths, bases = (nested.values.field(at).to_numpy(zero_copy_only=False) for at in range(3))
    first = starts // 100 * 12 + starts % 100 - 1
    lengths = np.minimum(lengths, last.ordinal - first + 1)
    keep = lengths > 0
    before = np.concatenate([[0], np.cumsum(keep)])
    columns = [pa.array(starts[keep]), pa.array(lengths[keep].astype(np.int16)), pa.array(bases[keep])]
    values = pa.StructArray.from_arrays(columns, fields=list(STRETCH))
    offsets = pa.array(before[nested.offsets.to_numpy()].astype(np.int32))
    return pa.ListArray.from_arrays(offsets, values, type=SCHEMA.field(CAREER).type)


def _one(column: Any) -> pa.Array:
    array = column.combine_chunks()
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def digests(table: pa.Table, retires: Month) -> list[str]:
    """Return a digest of each row: facts, month of retirement and every stretch."""
    nested = _one(table.column(CAREER))
    fields = [nested.values.field(at).to_numpy(zero_copy_only=False).astype("<i4") for at in range(3)]
    stretches = np.stack(fields, axis=1).tobytes() if len(nested.values) else b""
    offsets = nested.offsets.to_numpy() * 12
    facts = table.drop_columns([CAREER]).to_pylist()
    return [
        hashlib.sha256(
            f"{list(row.values())}{retires}".encode() + stretches[offsets[at] : offsets[at + 1]]
        ).hexdigest()[:32]
        for at, row in enumerate(facts)
    ]


@lru_cache(maxsize=256)
def _program(benefit: str, region: str, retires: Month, version: str) -> Program | None:
    """Compile the law of a group; None where it cannot be compiled."""
    columns = frozenset(SCHEMA.names)
    try:
        return compile_rules(law.law(), [ELIGIBLE, benefit], region=region, on=retires.first_day, columns=columns)
    except NotCompilable:
        return None


Answer = tuple[bool, int, str]


def _by_kernel(program: Program, table: pa.Table) -> list[Answer]:
    answers = execute(law.law(), program, table, Path(settings.VAR) / "kernels")
    may, amount = answers.columns
    unknown, missing = answers.missing
    unit = program.outputs[1].scale // 100
    found: list[Answer] = []
    for row in range(table.num_rows):
        if unknown[row] or (may[row] and missing[row]):
            found.append((False, 0, answers.reasons.get(row, "法规没有给出数值")[:255]))
        else:
            found.append((bool(may[row]), int(amount[row]) // unit if may[row] else 0, ""))
    return found


def _exactly(row: Mapping[str, Any], group: Group, benefit: str) -> Answer:
    """Compute one row of the lake by the exact reading, without an explanation."""
    region, retires = group
    facts, on = person_facts(law.law(), row), retires.first_day
    try:
        both = law.law().evaluate_many([ELIGIBLE, benefit], facts, on=on, region=region)
        return (True, fen_of(both[benefit].require_law()), "") if both[ELIGIBLE].value is True else (False, 0, "")
    except JinbaoError as error:
        return _not_eligible(facts, on, region) or (False, 0, error.message[:255])


def _not_eligible(facts: Mapping[str, Any], on: date, region: str) -> Answer | None:
    """Answer for who is not eligible, whose amount the law need not give; None for anybody else."""
    try:
        may = law.evaluate(ELIGIBLE, facts, on=on, region=region)
    except JinbaoError:
        return None
    return None if may.value is True else (False, 0, "")
