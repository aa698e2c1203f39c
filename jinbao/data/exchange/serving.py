"""Serving tables: a copy of each granted standard table in SQLite, indexed by the keys for which it is asked.

A table is built beside the old one and replaces it in one step; whoever reads goes on with the file that is open. The
sandbox has its own files, made from generated rows by `sandbox.py`, and nothing ever copies real rows into them.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinbao.data.datasets import Dataset, load_dataset
from jinbao.data.exchange import place
from jinbao.data.exchange.directory import HeldGrant, keys_of
from jinbao.data.exchange.refusals import NOT_READY, TOO_SLOW
from jinbao.kernel.duck import quoted
from jinbao.trust.sm3 import sm3_hex

SECONDS = 2.0
"""How long one look-up may take."""
_STEPS = 50_000
_mine = threading.local()


def path_of(resource: str, *, sandbox: bool) -> Path:
    """Return the file of a serving table."""
    return place.folder("sandbox" if sandbox else "serving") / f"{resource}.sqlite3"


def build(resource: str, rows: Iterable[Sequence[Any]], version: str, *, sandbox: bool) -> int:
    """Write the serving table of a dataset from rows (row key, then the declared columns); return the count."""
    dataset, path = load_dataset(resource), path_of(resource, sandbox=sandbox)
    draft = path.with_name(f".{resource}.{secrets.token_hex(4)}")
    try:
        with sqlite3.connect(draft, isolation_level=None) as db:
            count = _fill(db, dataset, rows, version)
        db.close()
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _fill(db: sqlite3.Connection, dataset: Dataset, rows: Iterable[Sequence[Any]], version: str) -> int:
    names = [column.name for column in dataset.columns]
    keys = keys_of(dataset)
    hashed = [names.index(name) + 1 for name in keys]
    columns = ["_row", *names, *(f"{name}__sm3" for name in keys)]
    db.execute("PRAGMA journal_mode=OFF")
    db.execute("PRAGMA synchronous=OFF")
    db.execute(f"CREATE TABLE served ({', '.join(quoted(name) for name in columns)})")
    db.execute("CREATE TABLE about (version TEXT, rows INTEGER)")
    db.execute("BEGIN")
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT INTO served VALUES ({marks})"  # noqa: S608  # only question marks are put in
    db.executemany(insert, ((*row, *(_hash(row[at]) for at in hashed)) for row in map(_plain, rows)))
    count = int(db.execute("SELECT count(*) FROM served").fetchone()[0])
    db.execute("INSERT INTO about VALUES (?, ?)", (version, count))
    for name in ["_row", *keys, *(f"{name}__sm3" for name in keys)]:
        db.execute(f"CREATE INDEX {quoted(f'by_{name}')} ON served ({quoted(name)})")
    db.execute("COMMIT")
    return count


def _hash(value: Any) -> str | None:
    return None if value is None else sm3_hex(str(value).encode())


def _plain(row: Sequence[Any]) -> list[Any]:
    """Write dates and decimals as texts, as they stand in answers."""
    return [str(value) if isinstance(value, date | datetime | Decimal) else value for value in row]


class Table:
    """An open serving table of one thread."""

    def __init__(self, path: Path, stamp: tuple[int, int]) -> None:
        self.stamp = stamp
        self._db = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, isolation_level=None)
        self.version, self.count = self._db.execute("SELECT version, rows FROM about").fetchone()
        self._deadline = 0.0
        self._db.set_progress_handler(lambda: int(time.monotonic() > self._deadline), _STEPS)

    def rows(
        self, columns: Sequence[str], where: str, values: Sequence[Any], limit: int, *, seconds: float = SECONDS
    ) -> list[tuple[Any, ...]]:
        """Return rows in the order of their keys. Raises the refusal of what takes too long."""
        chosen = ", ".join(map(quoted, columns))
        sql = f"SELECT {chosen} FROM served WHERE {where} ORDER BY _row LIMIT {limit:d}"  # noqa: S608  # names are declared, values are bound
        self._deadline = time.monotonic() + seconds
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise TOO_SLOW from None
            raise

    def count_of(self, where: str, values: Sequence[Any]) -> int:
        """Return how many rows fit."""
        self._deadline = time.monotonic() + SECONDS * 10
        found = self._db.execute(f"SELECT count(*) FROM served WHERE {where}", values).fetchone()  # noqa: S608  # as in rows
        return int(found[0])

    def pages(self, columns: Sequence[str], where: str, values: Sequence[Any], size: int) -> Iterator[list[Any]]:
        """Go through all rows that fit, in the order of their keys."""
        after = ""
        while True:
            condition = f"({where}) AND _row > ?"
            page = self.rows(["_row", *columns], condition, [*values, after], size, seconds=60)
            if not page:
                return
            after = page[-1][0]
            yield [row[1:] for row in page]


def table(resource: str, *, sandbox: bool) -> Table:
    """Open the serving table as it is now. Raises the refusal while there is none."""
    path = path_of(resource, sandbox=sandbox)
    try:
        about = os.stat(path)  # noqa: PTH116  # once a call
    except FileNotFoundError:
        raise NOT_READY from None
    stamp = (about.st_ino, about.st_mtime_ns)
    tables: dict[Path, Table] = _mine.__dict__.setdefault("tables", {})
    found = tables.get(path)
    if found is None or found.stamp != stamp:
        found = tables[path] = Table(path, stamp)
    return found


def open_for(grant: HeldGrant) -> Table:
    """Open the table that a grant reads."""
    return table(grant.resource, sandbox=grant.sandbox)


def condition_of(grant: HeldGrant) -> tuple[str, list[Any]]:
    """Return the rows that a grant allows, as a condition with its values."""
    parts, values = ["1"], []
    for each in grant.rows:
        column = quoted(each["column"])
        if "in" in each:
            parts.append(f"{column} IN ({', '.join('?' * len(each['in']))})")
            values += each["in"]
        for end, sign in (("from", ">="), ("to", "<=")):
            if end in each:
                parts.append(f"{column} {sign} ?")
                values.append(each[end])
    return " AND ".join(parts), values
