"""Generate careers of people who do not exist: numbers beginning with 99, with the shape of real contribution
histories.

Every bucket is drawn from (seed, bucket) alone, so that the files do not depend on how many processes write them, and
memory holds one bucket a process. A person's years differ in wage; some years bring a new employer, a gap or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa

from jinbao.kernel.identifiers.check_digits import MOD11_2_WEIGHTS
from jinbao.rules.bulk.careers import CAREER, LENGTH, PERSON, START, Array
from jinbao.rules.bulk.homes import buckets_of
from jinbao.rules.bulk.lake import (
    CAREER_FIELD,
    FACTS,
    GENERATED,
    SCHEMA,
    begin_anew,
    bucket_count,
    bucket_path,
    refuse_other_lake,
    write_description,
    write_table,
)

AREAS = ("990101", "990102", "990103")
FIRST_BIRTH, LAST_BIRTH = date(1958, 1, 1), date(2004, 12, 31)
_DAYS = (LAST_BIRTH - FIRST_BIRTH).days + 1
_STRIDE = 7919
_CHECK = np.frombuffer(b"10X98765432", np.uint8)
FIRST_ROW = 1993 * 12


@dataclass(frozen=True)
class Plan:
    """What to generate; `wages` are average monthly wages in yuan by year."""

    persons: int
    seed: int
    until: int
    """The ordinal of the last month with contributions."""
    wages: Mapping[int, int]

    @property
    def buckets(self) -> int:
        """The number of bucket files."""
        return bucket_count(self.persons)


def generate(plan: Plan, lake: Path, *, processes: int, progress: Callable[[int], None]) -> tuple[int, int]:
    """Write the bucket files of a plan and return the number of stretches and of months.

    `progress` is told the persons of each bucket when it is written. Raises LakeError for a lake of careers that were
    not generated.
    """
    refuse_other_lake(lake, GENERATED)
    members = _members(plan)
    begin_anew(lake)
    work = partial(_write_bucket, plan, lake)
    stretches = months = 0
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for persons, more, rows in pool.map(work, range(plan.buckets), members):
            stretches, months = stretches + more, months + rows
            progress(persons)
    about = {"buckets": plan.buckets, "persons": plan.persons, "stretches": stretches, "months": months}
    write_description(lake, {**about, "seed": plan.seed, "generated": True})
    return stretches, months


def _members(plan: Plan) -> list[Array]:
    """Return who belongs to each bucket, by serial number."""
    chunk = 500_000
    parts = [np.arange(at, min(at + chunk, plan.persons)) for at in range(0, plan.persons, chunk)]
    homes = np.concatenate([buckets_of(_numbers(part)[0], plan.buckets).astype(np.int32) for part in parts])
    order = np.argsort(homes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(homes, minlength=plan.buckets))[:-1])


def _numbers(serial: Array) -> tuple[Array, Array, Array]:
    """Return identity numbers, birth months (ordinals) and whether a man, all from the serial number."""
    per_round = len(AREAS) * _DAYS
    day = (serial // len(AREAS) * _STRIDE) % _DAYS
    births = np.datetime64(FIRST_BIRTH) + day
    month = births.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    day_of_month = (births - births.astype("datetime64[M]")).astype(np.int64) + 1
    man = (serial * 2654435761 >> 11) % 2
    date8 = month // 12 * 10000 + (month % 12 + 1) * 100 + day_of_month
    area = np.array([int(area) for area in AREAS])[serial % len(AREAS)]
    number17 = (area * 10**8 + date8) * 1000 + serial // per_round * 2 + man
    digits = number17[:, None] // 10 ** np.arange(16, -1, -1) % 10
    letters = np.empty((len(serial), 18), np.uint8)
    letters[:, :17] = digits + 48
    letters[:, 17] = _CHECK[(digits * np.array(MOD11_2_WEIGHTS)).sum(axis=1) % 11]
    return letters.view("S18").ravel(), month, man.astype(bool)


def _write_bucket(plan: Plan, lake: Path, bucket: int, serial: Array) -> tuple[int, int, int]:
    table, months = bucket_table(plan, bucket, serial)
    write_table(bucket_path(lake, bucket), table)
    return table.num_rows, len(table.column(CAREER).combine_chunks().values), months


def bucket_table(plan: Plan, bucket: int, serial: Array) -> tuple[pa.Table, int]:
    """Draw the persons of a bucket, in the order of their numbers, and count their months."""
    draw = np.random.default_rng([plan.seed, bucket])
    numbers, births, man = _numbers(serial)
    order = np.argsort(numbers)
    numbers, births, man = numbers[order], births[order], man[order]
    later = draw.random(len(numbers)) < 0.3
    kind = np.where(man, 0, np.where(later, 1, 2))
    age = np.array([60, 55, 50])[kind] * 12
    entry = births + 12 * draw.integers(18, 27, len(numbers)) + draw.integers(0, 12, len(numbers))
    leave = np.minimum(births + age + draw.integers(-6, 12, len(numbers)), plan.until)
    first = np.maximum(entry + draw.integers(0, 60, len(numbers)), FIRST_ROW)
    first = np.minimum(first, leave - 2)
    early = np.maximum(FIRST_ROW - entry, 0) * (draw.random(len(numbers)) < 0.85)
    owner, starts, lengths, amounts = _stretches(draw, plan, first, leave)
    offsets = np.zeros(len(numbers) + 1, np.int32)
    np.cumsum(np.bincount(owner, minlength=len(numbers)), out=offsets[1:])
    rows = pa.StructArray.from_arrays(
        [pa.array(starts // 12 * 100 + starts % 12 + 1, pa.int32()), pa.array(lengths, pa.int16()),
         pa.array(amounts, pa.int32())], fields=[CAREER_FIELD.type.value_type.field(name) for name in (START, LENGTH, "缴费基数")],  # noqa: E501  # reads better whole
    )  # fmt: skip
    columns = [
        pa.array(numbers.astype(str), pa.string()),
        pa.array(births // 12 * 100 + births % 12 + 1, pa.int32()),
        pa.array(np.array(["男职工", "女职工55", "女职工50"])[kind], pa.string()),
        _chosen(draw, births + age, plan),
        pa.array(early, pa.int16()),
        pa.ListArray.from_arrays(pa.array(offsets), rows, type=CAREER_FIELD.type),
    ]
    assert FACTS[0].name == PERSON  # noqa: S101  # the order of the schema
    return pa.Table.from_arrays(columns, schema=SCHEMA), int(lengths.sum())


def _chosen(draw: np.random.Generator, statutory: Array, plan: Plan) -> pa.Array:
    """Let one in seven of those who retire from 2025 on choose another month."""
    shift = draw.integers(-24, 37, len(statutory))
    month = np.maximum(statutory + shift, 2025 * 12)
    none = (statutory < 2025 * 12) | (draw.random(len(statutory)) > 0.15)
    return pa.array(month // 12 * 100 + month % 12 + 1, pa.int32(), mask=none)


def _stretches(draw: np.random.Generator, plan: Plan, first: Array, leave: Array) -> tuple[Array, Array, Array, Array]:
    """Draw for every person and year one or two stretches, or none: owner, start, months, fen."""
    years = leave // 12 - first // 12 + 1
    owner = np.repeat(np.arange(len(first)), years)
    index = np.arange(len(owner)) - np.repeat(np.cumsum(years) - years, years)
    january = (first[owner] // 12 + index) * 12
    start, end = np.maximum(january, first[owner]), np.minimum(january + 12, leave[owner] + 1)
    idle = _idle(draw, owner, index, years)
    split = start + draw.integers(1, 12, len(owner))
    two = (draw.random(len(owner)) < 0.2) & (split < end)
    pause = np.where(draw.random(len(owner)) < 0.55, draw.integers(1, 7, len(owner)), 0)
    amount, second = _amounts(draw, plan, owner, january // 12, len(first)), None
    second = np.where(draw.random(len(owner)) < 0.7, _amounts(draw, plan, owner, january // 12, len(first)), amount)
    parts = [(start, np.where(two, split, end), amount, ~idle), (split + pause, end, second, two & ~idle)]
    return _ordered(owner, parts)


def _ordered(owner: Array, parts: list[tuple[Array, Array, Array, Array]]) -> tuple[Array, Array, Array, Array]:
    columns = [np.stack(column, axis=1).ravel() for column in zip(*parts, strict=True)]
    start, end, amount, real = columns
    keep = real.astype(bool) & (end > start)
    return np.repeat(owner, 2)[keep], start[keep], (end - start)[keep], amount[keep]


def _idle(draw: np.random.Generator, owner: Array, index: Array, years: Array) -> Array:
    """Leave years out: a few everywhere, and one long break in one career of six; never the first year."""
    broken = draw.random(len(years)) < 0.17
    begin = draw.integers(1, 25, len(years))
    length = draw.integers(1, 8, len(years))
    long = broken[owner] & (index >= begin[owner]) & (index < (begin + length)[owner])
    return ((draw.random(len(owner)) < 0.03) | long) & (index > 0)


def _amounts(draw: np.random.Generator, plan: Plan, owner: Array, year: Array, persons: int) -> Array:
    """Draw contribution bases in fen: wages around the average, held between 60 and 300 per cent of it."""
    level = np.exp(draw.normal(-0.25, 0.42, persons))[owner] * np.exp(draw.normal(0, 0.06, len(owner)))
    known = np.array([plan.wages.get(y, 0) for y in range(int(year.max()) + 1)])
    average = known[year]
    wage = (average * np.clip(level, 0.6, 3.0)).astype(np.int64) * 100
    exact = draw.random(len(owner)) < 0.3
    return np.asarray(np.where(exact & (level > 0.6), wage + draw.integers(0, 100, len(owner)), wage))
