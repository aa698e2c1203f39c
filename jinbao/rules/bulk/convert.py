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

from jinbao.kernel import duck
from jinbao.rules.bulk.careers import CAREER, PERSON
from jinbao.rules.bulk.errors import LakeError
from jinbao.rules.bulk.homes import buckets_of
from jinbao.rules.bulk.lake import (
    FACTS,
    SCHEMA,
    begin_anew,
    bucket_count,
    bucket_path,
    out_of_order,
    refuse_other_lake,
    write_description,
    write_table,
)
from jinbao.rules.bulk.monthly import lines, masked, register

SOURCE = "files"

_MONTHS = """
WITH rows AS (SELECT DISTINCT 证件号码, 年月, fen FROM read_parquet({months}) WHERE fen > 0),
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
    A lake converted before is replaced once everything has been checked.
    Raises LakeError for rows that do not hold, contradicting months, unknown or repeated persons and wrong columns,
    and for a lake that was written from the books or generated.
    """
    refuse_other_lake(lake, SOURCE)
    work = lake / ".converting"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        with duck.connect(spill=work) as connection:
            register(connection, months, persons)
            return _convert(connection, persons, lake, work, progress)
    except duck.Error as error:
        raise LakeError(f"履历文件转换不了：{error}", advice="核对两个文件的内容和磁盘空间，再试一次。") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _convert(connection: Any, persons: Path, lake: Path, work: Path, progress: Callable[[int], None]) -> Converted:
    repeated = _check_months(connection)
    people = _people(connection, persons)
    count = bucket_count(people.num_rows)
    homes = pa.array(buckets_of(people.column(PERSON).combine_chunks(), count))
    connection.register("homes", pa.table({PERSON: people.column(PERSON), "bucket": homes}))
    _check_known(connection)
    split = "SELECT 证件号码, 年月, fen::INT AS fen, bucket FROM months JOIN homes USING (证件号码)"
    where = duck.literal(str(work))
    connection.sql(f"COPY ({split}) TO {where} (FORMAT parquet, PARTITION_BY (bucket), OVERWRITE_OR_IGNORE)")
    connection.register("people", people.append_column("bucket", homes))
    begin_anew(lake)
    rows = empty = 0
    for bucket in range(count):
        table = _bucket(connection, work / f"bucket={bucket}", bucket)
        write_table(bucket_path(lake, bucket), table)
        careers = table.column(CAREER).combine_chunks()
        rows += sum(careers.values.field("月数").to_pylist())
        empty += int((careers.value_lengths().to_numpy(zero_copy_only=False) == 0).sum())
        progress(table.num_rows)
    write_description(lake, {"buckets": count, "persons": people.num_rows, "months": rows, "source": SOURCE})
    return Converted(people.num_rows, rows, repeated, empty)


def _check_months(connection: Any) -> int:
    """Refuse months with two amounts; return how many rows only repeat another."""
    wrong = connection.execute(
        "SELECT count(*), min((证件号码, 年月)) FROM (SELECT 证件号码, 年月 FROM months "
        "GROUP BY ALL HAVING count(DISTINCT fen) > 1)"
    ).fetchall()[0]
    if wrong[0]:
        number, month = wrong[1]
        where = lines(connection, "months", "证件号码 = ? AND 年月 = ?", [number, month])
        message = f"{wrong[0]:,} 个人月有两个不同的缴费基数，例如 {masked(number)} 的 {month}（{where}）"
        raise LakeError(message, advice="先合并或取舍（例如两个单位重叠缴费），再转换。")
    total, distinct = connection.execute("SELECT count(*), count(DISTINCT (证件号码, 年月)) FROM months").fetchall()[0]
    return int(total - distinct)


def _people(connection: Any, persons: Path) -> pa.Table:
    columns = ", ".join(field.name for field in FACTS)
    found = connection.sql(f"SELECT {columns} FROM persons ORDER BY 证件号码").to_arrow_table()  # noqa: S608  # built from constants
    if not found.num_rows:
        raise LakeError(f"{persons} 中没有人", advice="每人一行；首行写列名。")
    found = found.cast(pa.schema([pa.field(field.name, field.type) for field in FACTS]))
    if out_of_order(found):
        raise _twice(connection, persons)
    return found


def _twice(connection: Any, persons: Path) -> LakeError:
    count, number = connection.execute(
        "SELECT count(*), min(证件号码) FROM (SELECT 证件号码 FROM persons GROUP BY 证件号码 HAVING count(*) > 1)"
    ).fetchall()[0]
    where = lines(connection, "persons", "证件号码 = ?", [number])
    said = f"{persons} 中有 {count:,} 人出现了不止一次，例如 {masked(number)}（{where}）"
    return LakeError(said, advice="每人一行；先合并重复的人。")


def _check_known(connection: Any) -> None:
    unknown, number = connection.execute(
        "SELECT count(DISTINCT 证件号码), min(证件号码) FROM months ANTI JOIN homes USING (证件号码)"
    ).fetchall()[0]
    if unknown:
        where = lines(connection, "months", "证件号码 = ?", [number])
        message = f"{unknown:,} 人有缴费而不在人员文件中，例如 {masked(number)}（{where}）"
        raise LakeError(message, advice="补上这些人的出生年月和退休类别。")


def _bucket(connection: Any, folder: Path, bucket: int) -> pa.Table:
    facts = ", ".join(f"people.{field.name}" for field in FACTS)
    if folder.exists():
        careers = _MONTHS.format(months=duck.literal(str(folder / "*.parquet")))
    else:
        careers = "SELECT '' AS 证件号码, NULL AS 履历 WHERE false"
    found = connection.sql(
        f"SELECT {facts}, coalesce(履历, []) AS 履历 FROM people LEFT JOIN ({careers}) USING (证件号码) "  # noqa: S608  # built from constants
        f"WHERE bucket = {bucket} ORDER BY 证件号码"
    ).to_arrow_table()
    return found.cast(SCHEMA)
