"""Bring the serving tables up to date with the lake's standard tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinbao.data.datasets import load_dataset
from jinbao.data.exchange import serving
from jinbao.data.exchange.models import Grant
from jinbao.data.exchange.refusals import Refusal
from jinbao.data.supply import tables
from jinbao.kernel import duck

_PIECE = 10_000


def ensure(resource: str) -> None:
    """Build the serving table of a resource if there is none yet; an empty one while the lake has no rows."""
    if not serving.path_of(resource, sandbox=False).exists():
        build(resource)


def build(resource: str) -> int:
    """Build the serving table from the standard table as it is now; return its rows."""
    return serving.build(resource, _rows(resource), tables.version(resource), sandbox=False)


def refresh_all() -> list[tuple[str, int]]:
    """Rebuild the serving table of each granted resource whose standard table has changed; return name and rows."""
    granted = Grant.objects.filter(revoked_at__isnull=True).values_list("resource", flat=True).distinct()
    return [(name, build(name)) for name in sorted(granted) if is_stale(name)]


def is_stale(resource: str) -> bool:
    """Tell whether the standard table has another version than the one that is served."""
    try:
        return bool(serving.table(resource, sandbox=False).version != tables.version(resource))
    except Refusal:
        return True


def _rows(resource: str) -> Iterator[tuple[Any, ...]]:
    if not tables.files(resource):
        return
    columns = ", ".join(duck.quoted(column.name) for column in load_dataset(resource).columns)
    with duck.connect(folders=tables.folders(), threads=1, memory="1GB") as connection:
        tables.attach(connection, [resource])
        found = connection.execute(f"SELECT _row, {columns} FROM {duck.quoted(resource)} ORDER BY _row")  # noqa: S608  # declared names
        while piece := found.fetchmany(_PIECE):
            yield from piece
