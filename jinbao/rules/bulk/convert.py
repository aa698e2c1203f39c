"""Careers from files of monthly rows (a province's return data, an export of the books) into bucket files of the lake.

Rows may come in any order; months given twice with one amount are counted once and reported, with two amounts refused.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jinbao.kernel import duck
from jinbao.rules.bulk.careers import CAREER, PERSON
from jinbao.rules.bulk.errors import LakeError
from jinbao.rules.bulk.lake import (
    FACTS,
    FOLDER,
    SCHEMA,
    bucket_count,
    bucket_path,
    buckets_of,
    out_of_order,
    write_description,
    write_table,
)

_MONTHS = """
WITH rows AS (SELECT DISTINCT 证件号码, 年月::INT AS 年月, (缴费基数 * 100)::BIGINT AS fen FROM '{months}'
    WHERE 缴费基数 > 0),
marked AS (SELECT *, (年月 // 100 * 12 + 年月 % 100) - row_number() OVER (PARTITION BY 证件号码, fen ORDER BY 年月)
    AS island FROM rows),
stretches AS (SELECT 证件号码, min(年月)::INT AS 起, count(*)::SMALLINT AS 月数, fen::INT AS 缴费基数
    FROM marked GROUP BY 证件号码, fen, island)
SELECT 证件号码, list({{'起': 起, '月数': 月数, '缴费基数': 缴费基数}} ORDER BY 起) AS 履历
FROM stretches GROUP BY 证件号码
"""


@dataclass(frozen=True)
class Converted:
    """What came of a conversion."""

    persons: int
    months: int
    repeated: int
    without_rows: int


def convert(months: Path, persons: Path, lake: Path, *, progress: Callable[[int], None] = lambda _: None) -> Converted:
    """Write bucket files from monthly rows and a file of persons (Parquet or CSV).

    `months` holds 证件号码, 年月 (202401), 缴费基数 (yuan); `persons` holds the facts of each person once.
    Raises LakeError for contradicting months, unknown or repeated persons and wrong columns.
    """
    work = lake / ".converting"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        with duck.connect(spill=work) as connection:
            return _convert(connection, months, persons, lake, work, progress)
    except duck.Error as error:
        raise LakeError(
            f"履历文件读不了：{error}", advice="列名见 policy/datasets/career_month/dataset.yaml。"
        ) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _convert(
    connection: Any, months: Path, persons: Path, lake: Path, work: Path, progress: Callable[[int], None]
) -> Converted:  # fmt: skip
    repeated = _check_months(connection, months)
    people = _people(connection, persons)
    count = bucket_count(people.num_rows)
    homes = pa.array(buckets_of(people.column(PERSON).combine_chunks(), count))
    connection.register("homes", pa.table({PERSON: people.column(PERSON), "bucket": homes}))
    _check_known(connection, months)
    split = f"SELECT 证件号码, 年月, 缴费基数, bucket FROM '{months}' JOIN homes USING (证件号码)"  # noqa: S608  # the operator's own file
    connection.execute(f"COPY ({split}) TO '{work}' (FORMAT parquet, PARTITION_BY (bucket), OVERWRITE_OR_IGNORE)")
    connection.register("people", people.append_column("bucket", homes))
    rows = empty = 0
    for bucket in range(count):
        table = _bucket(connection, work / f"bucket={bucket}", bucket)
        write_table(bucket_path(lake, bucket), table)
        careers = table.column(CAREER).combine_chunks()
        rows += sum(careers.values.field("月数").to_pylist())
        empty += int((careers.value_lengths().to_numpy(zero_copy_only=False) == 0).sum())
        progress(table.num_rows)
    write_description(lake, {"buckets": count, "persons": people.num_rows, "months": rows})
    return Converted(people.num_rows, rows, repeated, empty)


def _check_months(connection: Any, months: Path) -> int:
    """Refuse months with two amounts; return how many rows only repeat another."""
    wrong = connection.execute(
        f"SELECT count(*), min(证件号码), min(年月) FROM (SELECT 证件号码, 年月 FROM '{months}' "  # noqa: S608  # the same
        "GROUP BY ALL HAVING count(DISTINCT 缴费基数) > 1)"
    ).fetchone()
    if wrong[0]:
        number = f"{wrong[1][:6]}****{wrong[1][-4:]}"
        message = f"{wrong[0]:,} 个人月有两个不同的缴费基数，例如 {number} 的 {wrong[2]}"
        raise LakeError(message, advice="先合并或取舍（例如两个单位重叠缴费），再转换。")
    total, distinct, bad = connection.execute(
        "SELECT count(*), count(DISTINCT (证件号码, 年月)), count(*) FILTER ("  # noqa: S608  # the operator's own file
        "年月 % 100 NOT BETWEEN 1 AND 12 OR 缴费基数 < 0 OR 缴费基数 * 100 <> (缴费基数 * 100)::BIGINT) "
        f"FROM '{months}'"
    ).fetchone()
    if bad:
        raise LakeError(
            f"{bad:,} 行的年月或缴费基数不成立", advice="年月写 202401，缴费基数为元、最多两位小数、不为负。"
        )
    return int(total - distinct)


def _people(connection: Any, persons: Path) -> pa.Table:
    columns = ", ".join(field.name for field in FACTS)
    found = connection.execute(f"SELECT {columns} FROM '{persons}' ORDER BY 证件号码").to_arrow_table()  # noqa: S608  # the operator's own file
    found = found.cast(pa.schema([pa.field(field.name, field.type) for field in FACTS]))
    if out_of_order(found):
        raise LakeError(f"{persons} 中有人出现了两次", advice="每人一行；先合并重复的人。")
    return found


def _check_known(connection: Any, months: Path) -> None:
    unknown = connection.execute(
        f"SELECT count(DISTINCT 证件号码) FROM '{months}' ANTI JOIN homes USING (证件号码)"  # noqa: S608  # the operator's own file
    ).fetchone()[0]
    if unknown:
        raise LakeError(f"{unknown:,} 人有缴费而不在人员文件中", advice="补上这些人的出生年月和退休类别。")


def _bucket(connection: Any, folder: Path, bucket: int) -> pa.Table:
    facts = ", ".join(f"people.{field.name}" for field in FACTS)
    if folder.exists():
        careers = _MONTHS.format(months=folder / "*.parquet")
    else:
        careers = "SELECT '' AS 证件号码, NULL AS 履历 WHERE false"
    found = connection.execute(
        f"SELECT {facts}, coalesce(履历, []) AS 履历 FROM people LEFT JOIN ({careers}) USING (证件号码) "  # noqa: S608  # built from constants
        f"WHERE bucket = {bucket} ORDER BY 证件号码"
    ).to_arrow_table()
    return found.cast(SCHEMA)


def repair(lake: Path) -> tuple[int, int]:
    """Sort persons and stretches of every bucket and drop exact repetitions; return persons moved and rows dropped.

    Raises LakeError where two rows of one person, or two stretches, contradict each other; nothing is written then.
    """
    moved = dropped = 0
    done: list[tuple[Path, pa.Table]] = []
    for file in sorted((lake / FOLDER).glob("bucket-*.parquet")):
        before = pq.read_table(file).to_pylist()
        after = _merged(file, before)
        if after != before:
            moved += sum(one != other for one, other in zip(before, after, strict=False))
            dropped += len(before) - len(after)
            done.append((file, pa.Table.from_pylist(after, pq.read_schema(file))))
    for file, table in done:
        write_table(file, table)
    return moved, dropped


def _merged(file: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        row = {**row, CAREER: _sorted_career(file, row)}  # noqa: PLW2901  # the same row with its career in order
        if found.setdefault(row[PERSON], row) != row:
            raise LakeError(f"{file}：{_masked(row)} 有两行，内容不同", advice="保留正确的一行后重试。")
    return [found[number] for number in sorted(found)]


def _sorted_career(file: Path, row: dict[str, Any]) -> list[dict[str, Any]]:
    unique = {tuple(stretch.items()): stretch for stretch in row[CAREER] or ()}
    career = sorted(unique.values(), key=lambda stretch: stretch["起"])
    end = 0
    for stretch in career:
        start = stretch["起"] // 100 * 12 + stretch["起"] % 100
        if start < end or stretch["月数"] <= 0 or stretch["缴费基数"] <= 0 or not 1 <= stretch["起"] % 100 <= 12:
            message = f"{file}：{_masked(row)} 自 {stretch['起']} 起的一段与前一段重叠，或年月、月数、基数不成立"
            raise LakeError(message, advice="改正来源后重新转换。")
        end = start + stretch["月数"]
    return career


def _masked(row: dict[str, Any]) -> str:
    return f"{row[PERSON][:6]}****{row[PERSON][-4:]}"
