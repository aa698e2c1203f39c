"""Put a lake right: everybody in the own bucket and once, persons and stretches in order; what contradicts is refused.

Everything is read and checked before the first file is changed. Who was in a wrong bucket is written into the right one
before being taken out of the wrong one, so that a killed repair loses nobody and the next one finishes it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jinbao.rules.bulk.careers import CAREER, PERSON
from jinbao.rules.bulk.errors import LakeError
from jinbao.rules.bulk.homes import buckets_of
from jinbao.rules.bulk.lake import FOLDER, bucket_files, readable, schema_of, write_table
from jinbao.rules.bulk.monthly import masked

Row = dict[str, Any]
ARRIVALS, LAST = "arrivals", "last"
"""Folders of what is put in place first, and of what is put in place afterwards."""


@dataclass(frozen=True)
class Repaired:
    """What a repair did."""

    files: int
    """Bucket files that were written anew."""
    dropped: int
    """Rows that only repeated another."""
    moved: int
    """Rows that were in the bucket of other people."""


def repair(lake: Path) -> Repaired:
    """Move everybody into the own bucket, sort persons and stretches, and drop exact repetitions.

    Raises LakeError where two rows of one person, or two stretches, contradict each other; nothing is changed then.
    """
    files = bucket_files(lake)
    schema_of(lake)
    work = lake / ".repairing"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        moved = sum(_lay_aside(file, at, len(files), work) for at, file in enumerate(files))
        dropped = sum(_put_right(file, at, len(files), work) for at, file in enumerate(files))
        written = {made.name for made in work.glob("*/bucket-*.parquet") if made.parent.name in (ARRIVALS, LAST)}
        for step in (ARRIVALS, LAST):
            for made in sorted((work / step).glob("bucket-*.parquet")):
                made.replace(lake / FOLDER / made.name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Repaired(len(written), dropped, moved)


def _lay_aside(file: Path, bucket: int, count: int, work: Path) -> int:
    """Write the rows of a file that belong into other buckets beside it, by the bucket; returns how many there are."""
    with readable(file):
        table = pq.read_table(file)
    if table.column(PERSON).null_count:
        raise LakeError(f"{file}：有的行没有证件号码", advice="补上证件号码，或删去这些行。")
    homes = buckets_of(table.column(PERSON).combine_chunks(), count)
    for home in np.unique(homes[homes != bucket]).tolist():
        write_table(work / f"{home:05d}" / file.name, table.filter(pa.array(homes == home)))
    return int((homes != bucket).sum())


def _put_right(file: Path, bucket: int, count: int, work: Path) -> int:
    """Write a bucket as it should be into the working folder; returns how many rows only repeat another.

    Where people come and others go, it is written twice: with both first, so that whoever goes is never in no file.
    """
    before = pq.read_table(file).to_pylist()
    schema = pq.read_schema(file)
    own = np.asarray(buckets_of(pa.array([row[PERSON] for row in before], pa.string()), count) == bucket)
    arrived = list(_arrived(work / f"{bucket:05d}"))
    after = _merged([*((file, row) for row, mine in zip(before, own, strict=True) if mine), *arrived])
    leaving = [row for row, mine in zip(before, own, strict=True) if not mine]
    if after == before:
        return len(arrived)
    if arrived:
        write_table(work / ARRIVALS / file.name, pa.Table.from_pylist([*after, *leaving], schema))
    if leaving or not arrived:
        write_table(work / LAST / file.name, pa.Table.from_pylist(after, schema))
    return len(before) - len(leaving) + len(arrived) - len(after)


def _arrived(folder: Path) -> Iterator[tuple[Path, Row]]:
    for file in sorted(folder.glob("bucket-*.parquet")):
        for row in pq.read_table(file).to_pylist():
            yield file, row


def _merged(rows: Iterable[tuple[Path, Row]]) -> list[Row]:
    found: dict[str, tuple[Path, Row]] = {}
    for file, row in rows:
        row = {**row, CAREER: _sorted_career(file, row)}  # noqa: PLW2901  # the same row with its career in order
        first, known = found.setdefault(row[PERSON], (file, row))
        if known != row:
            where = f"{first.name} 和 {file.name} 中" if first.name != file.name else f"{file.name}："
            raise LakeError(f"{where}{masked(row[PERSON])} 有两行，内容不同", advice="保留正确的一行后重试。")
    return [found[number][1] for number in sorted(found)]


def _sorted_career(file: Path, row: Row) -> list[Row]:
    unique = {tuple(stretch.items()): stretch for stretch in row[CAREER] or ()}
    career = sorted(unique.values(), key=lambda stretch: stretch["起"])
    end = 0
    for stretch in career:
        start = stretch["起"] // 100 * 12 + stretch["起"] % 100
        if start < end or stretch["月数"] <= 0 or stretch["缴费基数"] <= 0 or not 1 <= stretch["起"] % 100 <= 12:
            message = (
                f"{file.name}：{masked(row[PERSON])} 自 {stretch['起']} 起的一段与前一段重叠，或年月、月数、基数不成立"
            )
            raise LakeError(message, advice="改正来源后重新转换。")
        end = start + stretch["月数"]
    return career
