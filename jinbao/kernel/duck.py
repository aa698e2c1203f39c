"""The one door to DuckDB: set questions over Arrow and Parquet, in bounded memory, without the outside world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

Error = duckdb.Error
"""What DuckDB raises; callers turn it into an error with advice where they know what was asked."""

DISABLED_OPTIMIZERS = ("partitioned_execution", "type_pushdown")
"""In DuckDB 2.0.0 the first made one filtered GROUP BY take 156 s instead of 4.5, and the second makes TRY_CAST of a
column of a CSV file raise where it should give NULL; test_duck.py says when they can go."""


@contextmanager
def connect(
    *,
    threads: int | None = None,
    memory: str | None = None,
    folders: list[Path] | None = None,
    spill: Path | None = None,
    spill_limit: str = "",
) -> Iterator[Any]:
    """Open a database in memory and close it in the end.

    `threads` and `memory` ("2GB") limit it. `folders` names the folders whose files may be read or written by SQL; with
    None every file may, with [] none: the form for SQL that somebody typed. `spill` takes what does not fit, and
    `spill_limit` ("0KB") bounds how much may lie there.
    Extensions are never fetched.
    """
    connection = duckdb.connect()
    try:
        connection.execute(f"SET disabled_optimizers = '{','.join(DISABLED_OPTIMIZERS)}'")
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET autoload_known_extensions = false")
        if threads is not None:
            connection.execute(f"SET threads = {int(threads)}")
        if memory is not None:
            connection.execute("SET memory_limit = ?", [memory])
        if spill is not None:
            connection.execute("SET temp_directory = ?", [str(spill)])
        if spill_limit:
            connection.execute("SET max_temp_directory_size = ?", [spill_limit])
        if folders is not None:
            connection.execute("SET allowed_directories = ?", [[f"{folder.resolve()}/" for folder in folders]])
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def version() -> str:
    """Return the version of DuckDB: what its hash() gave is good for this version only."""
    return str(duckdb.__version__)
