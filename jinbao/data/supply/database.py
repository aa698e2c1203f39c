"""Tables of other databases (PostgreSQL, MySQL and MariaDB, SQLite): read only, streamed, in order of the watermark."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jinbao.data.supply.rows import (
    Fetched,
    NoTime,
    SourceError,
    decoded,
    highest,
    keep_watermark,
    read_watermark,
    write_rows,
)
from jinbao.data.supply.secret import secret
from jinbao.data.supply.sources import DatabaseTable, SupplySource

CONNECT_SECONDS, ANSWER_SECONDS = 10, 600
_PIECE = 5000
ADVICE = "请核对地址、账号、网络和表名；来源声明在 policy/sources/，地址在环境变量里。"


@dataclass(frozen=True)
class _Dialect:
    """How a database quotes a name and marks a parameter."""

    quote: str
    mark: str

    def name(self, text: str) -> str:
        """Quote a name; each part of schema.table by itself."""
        return ".".join(self.quote + part.replace(self.quote, self.quote * 2) + self.quote for part in text.split("."))


_DIALECTS = {"postgresql": _Dialect('"', "%s"), "mysql": _Dialect("`", "%s"), "sqlite": _Dialect("`", "?")}
"""SQLite takes a name in double quotes that no column has for a text, and would fill the column with its own name."""


def fetch(source: SupplySource, way: DatabaseTable, since: str, into: Path, now: datetime) -> Fetched:
    """Read the rows from the watermark on (all without one) into a file; raise SourceError."""
    url = secret(way.url_env)
    dialect = _dialect(url, way.url_env)
    names = list(way.columns)
    sql, parameters = _select(way, dialect, since)
    found: list[Any] = []
    try:
        with _rows(url, sql, parameters) as rows:
            kept = highest(rows, len(names), found, way.watermark) if way.watermark else rows
            count = write_rows(into, source.dataset, names, kept)
    except _driver_errors() as error:
        raise SourceError(f"读不了 {way.table}：{_short(error, url)}", advice=ADVICE) from None
    return Fetched(into, count, keep_watermark(found[0], now) if found else since)


def _select(way: DatabaseTable, dialect: _Dialect, since: str) -> tuple[str, list[Any]]:
    columns = [*way.columns.values(), *([way.watermark] if way.watermark else [])]
    sql = f"SELECT {', '.join(map(dialect.name, columns))} FROM {dialect.name(way.table)}"  # noqa: S608  # quoted
    parameters: list[Any] = []
    if way.watermark and since:
        mark = dialect.name(way.watermark)
        sql += f" WHERE {mark} >= {dialect.mark} OR {mark} IS NULL"  # nobody can tell when a row without it came
        parameters = [read_watermark(since, way.overlap)]
    order = [*([way.watermark] if way.watermark else []), *way.columns.values()]
    return f"{sql} ORDER BY {', '.join(map(dialect.name, order))}", parameters


def _dialect(url: str, variable: str) -> _Dialect:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise SourceError(
            f"环境变量 {variable} 里的地址有误", advice="请核对主机名和端口；地址里的特殊字符要写成 %XX。"
        ) from None
    scheme = parts.scheme.replace("postgres", "postgresql").replace("postgresqlql", "postgresql")
    scheme = {"mariadb": "mysql"}.get(scheme, scheme)
    if scheme not in _DIALECTS:
        known = "postgresql://、mysql://、sqlite:///"
        raise SourceError(f"环境变量 {variable} 不是数据库地址", advice=f"应以 {known} 开头。")
    return _DIALECTS[scheme]


def _driver_errors() -> tuple[type[Exception], ...]:
    import psycopg
    import pymysql  # type: ignore[import-untyped]  # it has no stubs

    return (psycopg.Error, pymysql.MySQLError, sqlite3.Error, OSError)


@contextmanager
def _rows(url: str, sql: str, parameters: list[Any]) -> Iterator[Iterator[Any]]:
    scheme = urlsplit(url).scheme
    opened = _postgresql if scheme.startswith("postgres") else _sqlite if scheme == "sqlite" else _mysql
    with opened(url, sql, parameters) as rows:
        yield rows


@contextmanager
def _postgresql(url: str, sql: str, parameters: list[Any]) -> Iterator[Iterator[Any]]:
    import psycopg

    limit = f"-c default_transaction_read_only=on -c statement_timeout={ANSWER_SECONDS * 1000}"
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS, options=limit) as connection:
        for name, loader in _loaders().items():
            connection.adapters.register_loader(name, loader)
        cursor = connection.cursor("jinbao_pull")
        cursor.itersize = _PIECE
        cursor.execute(sql.encode(), parameters)
        yield iter(cursor)


def _loaders() -> dict[str, type[Any]]:
    """Return what reads times of PostgreSQL: a value that Python does not have is a text, and costs its row only."""
    import psycopg
    from psycopg.types import datetime as times

    def lenient(base: Any) -> type[Any]:
        class Lenient(base):  # type: ignore[misc]  # the class is chosen at run time
            def load(self, data: Any) -> Any:
                try:
                    return super().load(data)
                except psycopg.DataError:
                    return NoTime(bytes(data).decode())

        return Lenient

    return {
        "date": lenient(times.DateLoader),
        "timestamp": lenient(times.TimestampLoader),
        "timestamptz": lenient(times.TimestamptzLoader),
    }


@contextmanager
def _mysql(url: str, sql: str, parameters: list[Any]) -> Iterator[Iterator[Any]]:
    import pymysql
    from pymysql.cursors import SSCursor  # type: ignore[import-untyped]  # it has no stubs

    where = urlsplit(url)
    connection = pymysql.connect(
        host=where.hostname or "127.0.0.1",
        port=where.port or 3306,
        user=unquote(where.username or ""),
        password=unquote(where.password or ""),
        database=where.path.lstrip("/"),
        charset="utf8mb4",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        cursorclass=SSCursor,
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("START TRANSACTION READ ONLY")
        cursor.execute(sql, parameters)
        yield iter(cursor)


@contextmanager
def _sqlite(url: str, sql: str, parameters: list[Any]) -> Iterator[Iterator[Any]]:
    path = Path(unquote(urlsplit(url).path))
    if "\0" in str(path) or not path.is_file():
        raise SourceError(f"没有数据库文件 {path}", advice=ADVICE)
    with closing(
        sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=CONNECT_SECONDS)
    ) as connection:
        connection.text_factory = decoded
        yield iter(connection.execute(sql, [value if not _is_time(value) else str(value) for value in parameters]))


def _is_time(value: Any) -> bool:
    return hasattr(value, "isoformat")


def _short(error: Exception, url: str) -> str:
    """Say what the driver said, without the password should it repeat it."""
    text = " ".join(str(error).split())[:200] or type(error).__name__
    password = urlsplit(url).password
    return text.replace(password, "***") if password else text
