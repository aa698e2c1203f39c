"""Write many rows of one model quickly: COPY on PostgreSQL, prepared inserts on SQLite, indexes built afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models

CHUNK = 100_000


def _columns(model: type[models.Model], names: Sequence[str]) -> list[str]:
    """Translate field names to column names."""
    columns = {field.name: field.column for field in model._meta.concrete_fields}
    return [connection.ops.quote_name(columns[name] or name) for name in names]


def insert(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows given in the order of `fields`; values are what the database stores (months as YYYYMM)."""
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(_columns(model, fields))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(fields))
        raw = f"INSERT INTO {table} ({columns}) VALUES ({marks.replace('%s', '?')})"  # noqa: S608  # names are our own
        connection.ensure_connection()
        connection.connection.executemany(raw, rows)


def _indexes(table: str) -> list[tuple[str, str]]:
    """List a table's indexes that no constraint needs, with the statement that makes each."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
                "(SELECT conname FROM pg_constraint)",
                [table],
            )
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL",
                [table],
            )
        return [(name, sql) for name, sql in cursor.fetchall()]


@contextmanager
def without_indexes(model: type[models.Model]) -> Iterator[None]:
    """Drop the indexes of a table while it is filled and build them afterwards."""
    found = _indexes(model._meta.db_table)
    with connection.cursor() as cursor:
        for name, _ in found:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    yield
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index is built while rows wait to be checked
        for _, statement in found:
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
