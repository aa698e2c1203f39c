"""Where deliveries are fetched from, declared in policy/sources/<name>.yaml: a database, an interface, a folder.

An address with a password never stands in the file: the file names the environment variable that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from django.utils import timezone

from jinbao.data.datasets import Dataset, load_dataset
from jinbao.data.units import Unit, unit
from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, NotFound, Place
from jinbao.kernel.regions import policy_folder

Accept = Literal["always", "clean", "never"]
RETRY_MINUTES = 15
"""After a failed run the next attempt comes this soon, or with the next regular run if that is sooner."""


@dataclass(frozen=True)
class Schedule:
    """When a source is due: every so many minutes, or at an hour of each day."""

    every_minutes: int = 0
    at: str = ""

    def __post_init__(self) -> None:
        if bool(self.every_minutes) == bool(self.at):
            raise DeclarationError("schedule 应写 every_minutes 或 at 之一")
        if self.at and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", self.at):
            raise DeclarationError(f"at “{self.at}”应为 HH:MM，例如 02:30")

    def next_after(self, last: datetime) -> datetime:
        """Return when the run after `last` is due."""
        if self.every_minutes:
            return last + timedelta(minutes=self.every_minutes)
        local = timezone.localtime(last)
        hour = time.fromisoformat(self.at)
        due = local.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
        return due if due > local else due + timedelta(days=1)

    def __str__(self) -> str:
        return f"每 {self.every_minutes} 分钟" if self.every_minutes else f"每天 {self.at}"


@dataclass(frozen=True)
class DatabaseTable:
    """A table or view of another database, read by its own words for our columns."""

    url_env: str
    """Environment variable with postgresql://, mysql:// or sqlite:/// and everything secret."""
    table: str
    columns: Mapping[str, str]
    """Our column → theirs."""
    watermark: str = ""
    """Their column that only grows (time of change, number); without it every run reads everything."""
    overlap: int = 600
    """Read again this far behind the watermark (seconds of a time, units of a number) for those who committed late."""


@dataclass(frozen=True)
class Paging:
    """How an interface gives its rows page by page."""

    style: Literal["page", "cursor", "none"] = "page"
    page_param: str = "page"
    size_param: str = "size"
    size: int = 500
    first: int = 1
    total: str = ""
    """Path of the total number of rows in an answer; checked in the end where it is named."""
    cursor_param: str = "cursor"
    cursor: str = "next"
    """Path of the next page's cursor; empty or missing on the last page."""


@dataclass(frozen=True)
class Interface:
    """Paged JSON over HTTP(S)."""

    url_env: str
    rows: str
    """Path of the list of rows in an answer, such as data.records."""
    columns: Mapping[str, str]
    """Our column → path in a row."""
    paging: Paging = Paging()
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    sign: str = ""
    """Name of the signing scheme (see `interface.SIGNERS`); empty for none."""
    app_id: str = ""
    secret_env: str = ""
    since_param: str = ""
    """Parameter that takes the watermark; without it every run reads everything."""
    watermark: str = ""
    """Path in a row of the value that only grows."""
    timeout_s: int = 20
    retries: int = 4
    most_bytes: int = 64 << 20
    """Bytes of the largest answer that is read."""


@dataclass(frozen=True)
class Folder:
    """A folder into which somebody puts files."""

    path: str
    """Absolute, or below var/."""
    pattern: str = "*"
    settle_seconds: int = 10
    """A file is read once its size has not changed for so long."""


@dataclass(frozen=True)
class _Declared:
    title: str
    dataset: str
    sender: str
    schedule: Schedule
    accept: Accept = "clean"
    enabled: bool = True
    database: DatabaseTable | None = None
    interface: Interface | None = None
    folder: Folder | None = None
    at: Place = NOWHERE


@dataclass(frozen=True)
class SupplySource:
    """A declared source: what is fetched, from whom, how and when."""

    name: str
    title: str
    dataset: Dataset
    unit: Unit
    schedule: Schedule
    accept: Accept
    """`always` takes the good rows, `clean` only files without a rejected row, `never` leaves it to the steward."""
    enabled: bool
    way: DatabaseTable | Interface | Folder

    @property
    def kind(self) -> str:
        """How it is fetched, for people."""
        return {DatabaseTable: "数据库表", Interface: "接口", Folder: "目录"}[type(self.way)]


def all_sources() -> tuple[SupplySource, ...]:
    """Return every declared source in alphabetical order."""
    return tuple(source(path.stem) for path in sorted((policy_folder() / "sources").glob("*.yaml")))


def source(name: str) -> SupplySource:
    """Return a declared source; raise NotFound with the known ones, DeclarationError with file:line."""
    path = policy_folder() / "sources" / f"{name}.yaml"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or not path.is_file():
        known = "、".join(sorted(file.stem for file in path.parent.glob("*.yaml"))) or "（还没有）"
        raise NotFound(f"没有名为“{name}”的来源", advice=f"已声明的来源：{known}；新来源写在 policy/sources/。")
    return _load(path, path.stat().st_mtime_ns)


@cache
def _load(path: Path, _changed: int) -> SupplySource:
    declared = read_declared(path, _Declared)
    ways = [way for way in (declared.database, declared.interface, declared.folder) if way is not None]
    if len(ways) != 1:
        raise DeclarationError("来源应写 database、interface、folder 之一", at=declared.at)
    dataset = load_dataset(declared.dataset)
    _check_columns(ways[0], dataset, declared.at)
    return SupplySource(
        path.stem, declared.title, dataset, unit(declared.sender), declared.schedule, declared.accept,
        declared.enabled, ways[0],
    )  # fmt: skip


def _check_columns(way: DatabaseTable | Interface | Folder, dataset: Dataset, at: Place) -> None:
    """Refuse names that are no columns of the dataset, and a source without a required one."""
    if isinstance(way, Folder):
        return
    known = {column.name: column.required for column in dataset.columns}
    unknown = [name for name in way.columns if name not in known]
    missing = [name for name, required in known.items() if required and name not in way.columns]
    if unknown or missing:
        said = [f"没有列 {name}" for name in unknown] + [f"缺少必填列 {name}" for name in missing]
        raise DeclarationError(f"来源的列与数据集 {dataset.name} 不符：{'、'.join(said)}", at=at)
    if not dataset.supplied:
        raise DeclarationError(f"数据集 {dataset.name} 不是供数单位报送的", at=at)
