"""The read-only workbench: tables of the lake as somebody of a level may see them, and a query within its limits.

A column above the level is not there for the query: numbers that identify become codes that hold within one request
(rows can still be joined by them), everything else is NULL. Conditions and orders therefore learn nothing of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jinbao.data.datasets import load_dataset
from jinbao.data.extraction import apart
from jinbao.data.extraction.declared import HIGHEST, above, policy
from jinbao.data.extraction.statement import SqlError, Statement, sql_error
from jinbao.data.models import Batch
from jinbao.data.supply import tables
from jinbao.kernel import duck
from jinbao.kernel.errors import NotFound
from jinbao.trust.scope import within

NUMBERS = ("公民身份号码", "证件号码")
"""Types whose values become codes above the level."""
ORIGIN = {"_batch": "内部", "_line": "内部", "_row": HIGHEST}
"""A row's key may be made of an identity number."""
CODE = "代号"


@dataclass(frozen=True)
class Sight:
    """With whose eyes the lake is read: level, region, and the secret of the request's codes."""

    level: str
    region: str
    salt: str


@dataclass(frozen=True)
class Column:
    """A column of a table as it is declared."""

    name: str
    type: str
    level: str
    label: str = ""
    kind: str = ""
    """Type of the declaration, which says how the value is masked."""

    def shown(self, sight: Sight) -> str:
        """Say how it is shown: plain, code, or none."""
        if not above(self.level, sight.level) and self.name != "_row":
            return "plain"
        return "code" if self.type == "VARCHAR" and (self.kind in NUMBERS or self.name == "_row") else "none"


def known_tables() -> list[str]:
    """Name the tables that a query may read."""
    return sorted({*tables.datasets(), *tables.subjects()})


def declared_columns(connection: Any, table: str) -> list[Column]:
    """Return the columns of a table that has been attached, with their levels."""
    found = connection.execute("SELECT name, type FROM pragma_table_info(?)", [table]).fetchall()
    try:
        said = {column.name: column for column in load_dataset(table).columns}
    except NotFound:
        levels = policy().subjects.get(table, {})
        return [Column(name, kind, levels.get(name, HIGHEST)) for name, kind in found]
    return [
        Column(name, kind, said[name].sensitivity, said[name].label, said[name].type)
        if name in said
        else Column(name, kind, ORIGIN.get(name, HIGHEST))
        for name, kind in found
    ]


def catalogue() -> dict[str, list[Column]]:
    """Return every table with its columns, for the list beside the editor."""
    names = known_tables()
    with duck.connect(threads=1, folders=tables.folders()) as connection:
        tables.attach(connection, names)
        return {name: declared_columns(connection, name) for name in names}


def prepared(sight: Sight, names: Iterable[str]) -> tuple[list[str], dict[str, list[Column]]]:
    """Return the statements that make the views of these tables as the sight allows, and the columns of each table."""
    statements, columns = [], {}
    with duck.connect(threads=1, memory=policy().memory, folders=tables.folders()) as connection:
        for name in names:
            tables.attach(connection, [name])
            columns[name] = declared_columns(connection, name)
            hidden = f"t{secrets.token_hex(16)}"
            statements.append(f"CREATE VIEW {hidden} AS {tables.select(name)}")
            statements.append(f"CREATE VIEW {duck.quoted(name)} AS {_view(hidden, name, columns[name], sight)}")
    return statements, columns


def _view(hidden: str, table: str, columns: list[Column], sight: Sight) -> str:
    cells = ", ".join(f"{_cell(column, sight)} AS {duck.quoted(column.name)}" for column in columns)
    return f"SELECT {cells} FROM {hidden}{_rows_of(table, sight)}"  # noqa: S608  # every part is quoted or made here


def _cell(column: Column, sight: Sight) -> str:
    name, shown = duck.quoted(column.name), column.shown(sight)
    if shown == "plain":
        return name
    if shown == "none":
        return f"CAST(NULL AS {column.type})"
    code = f"left(sha256({duck.literal(sight.salt)} || {name}), 16)"
    return code if column.name == "_row" else f"{duck.literal(CODE)} || {code}"


def _rows_of(table: str, sight: Sight) -> str:
    """Keep the rows that came to the region; a subject table belongs to whoever covers every region of the lake."""
    batches = Batch.objects.all() if table in tables.subjects() else Batch.objects.filter(dataset=table)
    inside = within("region", sight.region)
    if not inside or not batches.exclude(inside).exists():  # the whole nation is an empty condition
        return ""
    if table in tables.subjects():
        return " WHERE false"
    numbers = ", ".join(str(pk) for pk in batches.filter(inside).values_list("pk", flat=True))
    return f" WHERE _batch IN ({numbers})" if numbers else " WHERE false"


@dataclass(frozen=True)
class Result:
    """The rows of a query, at most as many as the limit, with name and type of their columns."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    read: dict[str, list[Column]]
    """The columns of the tables that were read."""


def run(statement: Statement, sight: Sight) -> Result:
    """Run a query within the limits of time, memory, rows and columns; raise SqlError."""
    limits = policy()
    statements, read = prepared(sight, statement.tables)
    folders = [str(folder) for folder in tables.folders()]
    given = limits.memory, limits.seconds, limits.rows, limits.columns
    answer = apart.ask(apart.Query(statements, statement.text, folders, *given))
    if answer.failed:
        raise sql_error(answer.failed, answer.told)
    if len(answer.names) > limits.columns:
        raise SqlError(f"结果超过 {limits.columns} 列", advice="请只写需要的列，或分几次提取。")
    if len(answer.rows) > limits.rows:
        raise SqlError(f"结果超过 {limits.rows:,} 行", advice="请加条件缩小范围，或分几次提取。")
    lowered = [name.lower() for name in answer.names]
    if twice := sorted({name for name in answer.names if lowered.count(name.lower()) > 1}):
        raise SqlError(f"结果里有同名的列：{'、'.join(twice)}", advice="请用 AS 给每一列不同的名称。")
    return Result(tuple(answer.names), tuple(answer.types), list(answer.rows), read)
