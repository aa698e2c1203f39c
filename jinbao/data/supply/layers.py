"""The layers of the lake as folders: a table is replaced in one step, so a reader sees the old one or the new one.

A table is the Parquet files that its `current.json` names. A new version is written beside the old one, then the small
file is replaced (which is atomic); the version before stays for readers that opened it, older ones are removed.
Whoever writes holds the table's lock; a process that dies leaves a file that nobody names, removed by the next writer.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from jinbao.data.lake import lake
from jinbao.kernel import duck

Layer = Literal["standard", "subject"]
_POINTER = "current.json"


@dataclass(frozen=True)
class Version:
    """What a table is now: its version, its files, its rows, and what it was made from."""

    version: str
    files: tuple[str, ...]
    rows: int
    made_from: tuple[int, ...] = ()
    """Batches (their primary keys) that are in it."""
    shape: str = ""
    """Fingerprint of the declaration it was made by."""
    before: tuple[str, ...] = ()
    """Files of the version before, kept for those who still read them."""


def folder(layer: Layer, name: str) -> Path:
    """Return the folder of a table."""
    return lake() / layer / name


def names(layer: Layer) -> list[str]:
    """Name the tables of a layer, in alphabetical order."""
    return sorted(path.name for path in (lake() / layer).glob("[a-z]*") if files(layer, path.name))


def current(layer: Layer, name: str) -> Version | None:
    """Return what a table is now, or nothing if it was never made."""
    pointer = folder(layer, name) / _POINTER
    if not pointer.is_file():
        return None
    found: dict[str, Any] = json.loads(pointer.read_text(encoding="utf-8"))
    lists = {key: tuple(found[key]) for key in ("files", "made_from", "before")}
    return Version(**(found | lists))


def files(layer: Layer, name: str) -> list[Path]:
    """Return the Parquet files of a table; a folder without a pointer is taken as it is."""
    place, now = folder(layer, name), current(layer, name)
    if now is None:
        return sorted(place.glob("*.parquet"))
    return [place / file for file in now.files]


@contextmanager
def locked(layer: Layer, name: str) -> Iterator[None]:
    """Hold the lock of a table; others who write wait."""
    place = folder(layer, name)
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def publish(
    layer: Layer, name: str, connection: Any, select: str, *, made_from: tuple[int, ...] = (), shape: str = ""
) -> Version:
    """Write the rows of a query as the new version of a table; call it inside `locked`.

    `connection` is one from `kernel.duck.connect` that may write below the lake.
    """
    place = folder(layer, name)
    before = current(layer, name)
    number = int(before.version.split("-")[0]) + 1 if before else 1
    version = f"{number:06d}-{uuid.uuid4().hex[:8]}"
    part = place / f"{version}.parquet"
    connection.execute(f"COPY ({select}) TO {duck.literal(str(part))} (FORMAT parquet, COMPRESSION zstd)")
    _sync(part)
    rows = connection.execute(f"SELECT count(*) FROM read_parquet({duck.literal(str(part))})").fetchone()[0]  # noqa: S608  # quoted
    made = Version(version, (part.name,), int(rows), made_from, shape, before.files if before else ())
    _point(place, made)
    _sweep(place, made)
    return made


def remove(layer: Layer, name: str) -> None:
    """Remove a table; what it was made from stays. Call it inside `locked`."""
    place = folder(layer, name)
    (place / _POINTER).unlink(missing_ok=True)
    for file in place.glob("*.parquet"):
        file.unlink()


def _point(place: Path, made: Version) -> None:
    waiting = place / f"{_POINTER}.new"
    waiting.write_text(json.dumps(asdict(made), ensure_ascii=False), encoding="utf-8")
    _sync(waiting)
    waiting.replace(place / _POINTER)
    _sync(place)


def _sweep(place: Path, made: Version) -> None:
    for file in place.glob("*.parquet"):
        if file.name not in (*made.files, *made.before):
            file.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
