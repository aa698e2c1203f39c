"""What a run leaves for the next one: Parquet files in a folder of its own below var/lake/linkage."""

from __future__ import annotations

import json
import shutil
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from jinbao.data.lake import lake
from jinbao.data.linkage.engine import KEPT
from jinbao.data.linkage.model import Model
from jinbao.kernel import duck
from jinbao.kernel.errors import NotFound

NUMBERED = "numbered"
STATE = (*KEPT, NUMBERED)
"""What the next run begins with, and what reads of a run begin with."""
TABLES = (*STATE, "review")
_ABOUT = "about.json"


@dataclass(frozen=True)
class About:
    """What a state was made from: whatever of it changes tells the next run where to look."""

    versions: dict[str, str]
    """Version of each dataset that was read."""
    singles: list[list[str]]
    """Rows (dataset, _row) that a person said are somebody else, and that stand alone therefore."""
    rules: str
    """Fingerprint of policy/linkage.yaml, of the columns read and of the recorded changes of numbers."""
    persons: int = 0
    rarest: int = 0


def root() -> Path:
    """Return the folder of all states."""
    return lake() / "linkage"


def path_of(name: str) -> Path:
    """Return the folder of a state; raise NotFound when it is not there."""
    folder = root() / name
    if not (folder / _ABOUT).is_file():
        raise NotFound(f"归并的中间结果 {folder} 不在", advice="请运行 jinbao data link --full 重新归并。")
    return folder


def exists(name: str) -> bool:
    """Tell whether a state is there."""
    return bool(name) and (root() / name / _ABOUT).is_file()


def save(connection: Any, used: Model, about: About) -> str:
    """Write the tables of a run and return the name of the folder."""
    name = uuid.uuid4().hex[:12]
    folder = root() / name
    folder.mkdir(parents=True)
    for table in TABLES:
        order = " ORDER BY node" if table == "members" else ""
        connection.execute(
            f"COPY (FROM {table}{order}) TO {duck.literal(str(folder / f'{table}.parquet'))} (FORMAT parquet)"
        )
    pq.write_table(used.names, folder / "names.parquet")
    pq.write_table(used.stop_phones, folder / "phones.parquet")
    kept = asdict(about) | {"persons": used.persons, "rarest": used.rarest}
    (folder / _ABOUT).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return name


def about(name: str) -> About:
    """Return what a state was made from."""
    return About(**json.loads((path_of(name) / _ABOUT).read_text(encoding="utf-8")))


def model_of(name: str) -> Model:
    """Return the model with which a state was made."""
    folder, made = path_of(name), about(name)
    return Model(
        made.persons, pq.read_table(folder / "names.parquet"), made.rarest, pq.read_table(folder / "phones.parquet")
    )


def load(connection: Any, name: str) -> None:
    """Make the `old_` tables of a state."""
    for table in STATE:
        connection.execute(f"CREATE TEMP TABLE old_{table} AS FROM {table_of(name, table)}")


def table_of(name: str, table: str) -> str:
    """Return the SQL that reads one table of a state."""
    return f"read_parquet({duck.literal(str(path_of(name) / f'{table}.parquet'))})"


def clear(keep: set[str]) -> None:
    """Remove the states that nobody needs any more, but none that a run is just writing: those are newer than any kept."""
    newest = max(((root() / name).stat().st_mtime_ns for name in keep if exists(name)), default=0)
    for folder in root().glob("*"):
        with suppress(FileNotFoundError):  # whoever clears too was faster
            if folder.name not in keep and folder.stat().st_mtime_ns < newest:
                shutil.rmtree(folder, ignore_errors=True)
