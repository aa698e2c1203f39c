"""Running a scene: on DuckDB, or the same SQL on Spark; both give the same rows and so the same hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from jinbao.data.lake import lake
from jinbao.data.linkage import sources
from jinbao.data.scenes.declared import Scene
from jinbao.data.scenes.dialect import bound, parsed
from jinbao.data.supply import tables
from jinbao.kernel import duck, spark
from jinbao.kernel.errors import DeclarationError, Place

Values = Mapping[str, int | date | str]
TYPES = {"金额": pa.int64(), "整数": pa.int64(), "年月": pa.int64(), "日期": pa.date32(), "文本": pa.string()}
MEMORY = "2GB"


def versions(scene: Scene) -> dict[str, str]:
    """Return the version of each table that a scene reads; person falls back to the identity numbers themselves."""
    return {name: tables.version(name) for name in scene.tables}


def on_duckdb(scene: Scene, values: Values) -> pa.Table:
    """Answer a scene from the lake in bounded memory; its SQL reaches no other file."""
    spill = lake() / ".spill"
    spill.mkdir(parents=True, exist_ok=True)
    with duck.connect(memory=MEMORY, spill=spill, folders=[*tables.folders(), spill]) as connection:
        attach(connection, scene.tables)
        try:
            cursor = connection.execute(_sql(scene, values, "duckdb"))
            names = [column[0] for column in cursor.description]
            return typed(scene, names, cursor.fetchall())
        except duck.Error as error:
            message = str(error).partition("\n")[0][:300]
            raise DeclarationError(
                f"场景“{scene.title}”没有算成：{message}",
                at=Place(str(scene.query), _line(connection, scene, values)),
                advice="请数据管理人员改正 query.sql，或核对所读的表。",
            ) from error


def _line(connection: Any, scene: Scene, values: Values) -> int | None:
    """Say in which line of the file the engine finds the mistake; what runs is the same text on one line.

    The engine counts bytes where it should count characters, so the text it is asked about has none but ASCII.
    """
    try:
        connection.execute(re.sub(r"[^\x00-\x7f]", "x", scene.sql), dict(values))
    except duck.Error as error:
        found = re.search(r"^LINE (\d+):", str(error), re.MULTILINE)
        return int(found.group(1)) if found else None
    return None


def attach(connection: Any, names: Iterable[str]) -> None:
    """Attach tables; where nobody has linked people yet, the identity number stands for the person."""
    made = set(tables.subjects())
    for name in names:
        if name in FALLBACK and name not in made:
            spoken = sources.sources()
            tables.attach(connection, [source.dataset for source in spoken])
            connection.execute(f"CREATE OR REPLACE VIEW {name} AS {FALLBACK[name](spoken)}")
        else:
            tables.attach(connection, [name])


def _rows_of(spoken: Sequence[sources.Source]) -> str:
    said = " UNION ALL ".join(source.select for source in spoken)
    return (
        "SELECT number AS person_no, dataset, _row, 'number' AS link, NULL AS weight"  # noqa: S608  # names from declarations
        f" FROM ({said}) WHERE number IS NOT NULL"
    )


def _best_of(spoken: Sequence[sources.Source]) -> str:
    said = " UNION ALL ".join(source.select for source in spoken)
    return (
        "SELECT number AS person_no, number AS id_number, min(name) AS name, min(birth) AS birth"  # noqa: S608  # names from declarations
        f" FROM ({said}) WHERE number IS NOT NULL GROUP BY number"
    )


FALLBACK = {"person": _rows_of, "person_best": _best_of}


def on_spark(scene: Scene, values: Values, session: Any) -> pa.Table:
    """Answer a scene on a Spark session; the SQL is translated, the tables are the same Parquet files."""
    made = set(tables.subjects())
    for name in scene.tables:
        if name in FALLBACK and name not in made:
            spoken = sources.sources()
            tables.attach_to_spark(session, [source.dataset for source in spoken])
            session.sql(spark.translated(FALLBACK[name](spoken))).createOrReplaceTempView(name)
        else:
            tables.attach_to_spark(session, [name])
    found = session.sql(_sql(scene, values, "spark"))
    return typed(scene, found.columns, [tuple(row) for row in found.collect()])


def _sql(scene: Scene, values: Values, dialect: str) -> str:
    return bound(parsed(scene.sql, Path("query.sql")), values).sql(dialect=dialect)


def typed(scene: Scene, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """Put rows into the declared types, whatever an engine calls them; wide integers and decimals become whole."""
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    arrays = []
    for column, cells in zip(scene.columns, columns, strict=True):
        kind = TYPES[column.type]
        whole = [int(cell) if isinstance(cell, Decimal) else cell for cell in cells] if kind == pa.int64() else cells
        arrays.append(pa.array(list(whole), kind))
    return pa.Table.from_arrays(arrays, [column.name for column in scene.columns])


def digest(table: pa.Table) -> str:
    """Hash a result: its columns, its rows in their order, each value as text."""
    made = hashlib.sha256(json.dumps(table.column_names).encode())
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        made.update(json.dumps([None if cell is None else str(cell) for cell in row], ensure_ascii=False).encode())
    return made.hexdigest()
