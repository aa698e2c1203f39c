"""The rows of runs, kept as Parquet in the lake: `scenes/<scene>/<file>.parquet`, written in one step."""

from __future__ import annotations

import fcntl
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jinbao.data.lake import lake
from jinbao.data.scenes.declared import Scene
from jinbao.data.scenes.models import Run
from jinbao.kernel.errors import Conflict, NotFound

KEPT_TRIALS = 20
"""Results of questions with other values that stay readable, per scene."""


def folder(name: str) -> Path:
    """Return the folder of a scene's results."""
    return lake() / "scenes" / name


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock of a scene; raise Conflict while somebody else computes it."""
    folder(name).mkdir(parents=True, exist_ok=True)
    with (folder(name) / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("这个场景正在运行", advice="请稍候再看结果。") from None
        yield


def write(name: str, table: pa.Table) -> str:
    """Write the rows of a run and return the name of the file."""
    file = uuid.uuid4().hex
    part = folder(name) / f".{file}.part"
    pq.write_table(table, part, compression="zstd")
    part.rename(folder(name) / f"{file}.parquet")
    return file


def read(run: Run) -> pa.Table:
    """Return the rows of a run; raise NotFound where they were removed."""
    path = folder(run.scene) / f"{run.file}.parquet"
    if not path.is_file():
        raise NotFound("这次运行的结果已清理", advice="请重新运行场景。")
    return pq.read_table(path)


def sweep(name: str) -> None:
    """Remove what no run names, and older results: the two newest standing ones stay and some trials."""
    runs = Run.objects.filter(scene=name).order_by("-pk")
    standing = runs.filter(standing=True).values_list("file", flat=True)[:2]
    trials = runs.filter(standing=False).values_list("file", flat=True)[:KEPT_TRIALS]
    kept = {*standing, *trials}
    for path in folder(name).glob("*.parquet"):
        if path.stem not in kept:
            path.unlink()


def keys(scene: Scene, table: pa.Table) -> list[str]:
    """Return the key of each row."""
    columns = [table.column(name).to_pylist() for name in scene.key]
    return ["|".join(str(cell) for cell in row) for row in zip(*columns, strict=True)]


def key_of(scene: Scene, row: Mapping[str, Any]) -> str:
    """Return the key of one row."""
    return "|".join(str(row.get(name)) for name in scene.key)


def evidence(scene: Scene, table: pa.Table) -> list[str]:
    """Return, for each row, the hash of the columns that make the clue."""
    columns = [table.column(name).to_pylist() for name in scene.case.evidence]
    rows = zip(*columns, strict=True) if columns else [()] * table.num_rows
    return [sha256(json.dumps([str(cell) for cell in row]).encode()).hexdigest() for row in rows]


def by_key(scene: Scene, table: pa.Table) -> dict[str, dict[str, Any]]:
    """Return the rows by their key."""
    return dict(zip(keys(scene, table), dicts(table), strict=True))


def dicts(table: pa.Table) -> list[dict[str, Any]]:
    """Return rows as mappings."""
    found: list[dict[str, Any]] = table.to_pylist()
    return found
