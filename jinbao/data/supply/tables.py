"""Reading the lake: every standard and subject table as a DuckDB view under its own name.

    tables.refresh()                                   # bring the tables up to date with what was accepted
    with duck.connect(folders=tables.folders()) as connection:
        tables.attach(connection)
        connection.execute("SELECT count(*) FROM medical_visit")

A dataset for which nothing has arrived is an empty view with its declared columns, so SQL about it is right from the
first day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from jinbao.data.datasets import all_datasets, load_dataset
from jinbao.data.lake import lake
from jinbao.data.supply import layers, standard
from jinbao.data.supply.layers import Layer, Version
from jinbao.kernel import duck
from jinbao.kernel.errors import NotFound

LAYERS: tuple[Layer, ...] = ("standard", "subject")
_ON_SPARK = {"BIGINT": "BIGINT", "INTEGER": "INT", "DATE": "DATE", "VARCHAR": "STRING"}
"""What Spark calls the types of a standard table."""


def datasets() -> list[str]:
    """Name the datasets that have a standard table."""
    return layers.names("standard")


def subjects() -> list[str]:
    """Name the tables of the subject layer."""
    return layers.names("subject")


def files(name: str) -> list[Path]:
    """Return the Parquet files of a table, standard or subject; none where nothing has arrived."""
    for layer in LAYERS:
        if found := layers.files(layer, name):
            return found
    return []


def folders() -> list[Path]:
    """Return the folders that SQL over the tables must be allowed to read."""
    return [lake() / layer for layer in LAYERS]


def version(name: str) -> str:
    """Return a text that changes whenever the table changes; "" where nothing has arrived."""
    for layer in LAYERS:
        if now := layers.current(layer, name):
            return now.version
        if found := layers.files(layer, name):
            return "-".join(f"{path.name}:{path.stat().st_mtime_ns}" for path in found)
    return ""


def rows(name: str) -> int:
    """Return how many rows a standard table has."""
    now = layers.current("standard", name)
    return now.rows if now else 0


def attach(connection: Any, names: Iterable[str] | None = None) -> list[str]:
    """Make one view per table on a connection and return their names; with `names` only those.

    The connection must be allowed to read `folders()`. Raises NotFound for a name that is neither table nor dataset.
    """
    declared = [dataset.name for dataset in all_datasets()]
    wanted = sorted({*declared, *datasets(), *subjects()}) if names is None else list(names)
    for name in wanted:
        connection.execute(f"CREATE OR REPLACE VIEW {duck.quoted(name)} AS {select(name)}")
    return wanted


def attach_to_spark(session: Any, names: Iterable[str]) -> None:
    """Make one view per table on a Spark session: the same files, or nothing with the declared columns.

    The executors must reach the lake under the same path. Raises NotFound for a name that is neither table nor dataset.
    """
    for name in names:
        if found := files(name):
            frame = session.read.parquet(*map(str, found))
        else:
            frame = session.createDataFrame([], ", ".join(f"`{one}` {_ON_SPARK[kind]}" for one, kind in _columns(name)))
        frame.createOrReplaceTempView(name)


def refresh(names: Iterable[str] | None = None) -> list[str]:
    """Bring standard tables up to date with the accepted batches, by default all; return those that changed."""
    behind = standard.stale()
    done = behind if names is None else [name for name in names if name in behind]
    for name in done:
        standard.refresh(name)
    return done


def rebuild(name: str) -> Version | None:
    """Make a standard table anew from the landing layer."""
    return standard.rebuild(name)


def publish_subject(name: str, select: str, *, prepare: Callable[[Any], None] | None = None) -> Version:
    """Write the rows of a query over the tables as a subject table, replaced in one step.

    `prepare` may register more on the connection before the query runs.
    """
    with layers.locked("subject", name), duck.connect(spill=lake() / ".spill") as connection:
        attach(connection)
        if prepare is not None:
            prepare(connection)
        return layers.publish("subject", name, connection, select)


def select(name: str) -> str:
    """Return the statement that reads a table; raises NotFound for a name that is neither table nor dataset."""
    if found := files(name):
        return f"SELECT * FROM read_parquet([{', '.join(duck.literal(str(path)) for path in found)}])"  # noqa: S608  # quoted
    cells = ", ".join(f"CAST(NULL AS {kind}) AS {duck.quoted(column)}" for column, kind in _columns(name))
    return f"SELECT {cells} WHERE false"


def _columns(name: str) -> list[tuple[str, str]]:
    try:
        return standard.typed_columns(load_dataset(name))
    except NotFound:
        raise NotFound(f"数据湖里没有表 {name}", advice="表名见 jinbao data tables。") from None
