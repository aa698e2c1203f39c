"""Where each column comes from and what is made of it: read from the intake and the SQL that really run.

Every job says what it reads and what it makes. What cannot be followed to a column is listed, never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jinbao.data.catalogue.lineage_sql import read_sql
from jinbao.data.datasets import Dataset, all_datasets
from jinbao.data.supply import standard, tables
from jinbao.kernel.errors import NotFound
from jinbao.kernel.regions import policy_folder

FILE = "文件/"
"""Before the name of a dataset: the files that arrive for it, whose columns are headings."""

QUALITY = "质量/"
"""Before the name of a dataset: its quality rules, as columns of a result."""


@dataclass(frozen=True, order=True)
class Place:
    """One column of a table, a file or a result."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Edge:
    """One column goes into another; `how` says through what: a value, or a condition that chooses rows."""

    source: Place
    target: Place
    job: str
    how: str = "取值"


@dataclass(frozen=True)
class Job:
    """Something that runs and makes columns of columns."""

    name: str
    title: str
    file: str
    edges: tuple[Edge, ...]
    unresolved: tuple[str, ...] = ()
    """What could not be followed to a column, each in words."""


@dataclass(frozen=True)
class Lineage:
    """All jobs with their edges in both directions."""

    jobs: tuple[Job, ...]
    up: Mapping[Place, tuple[Edge, ...]] = field(default_factory=dict)
    down: Mapping[Place, tuple[Edge, ...]] = field(default_factory=dict)

    @property
    def places(self) -> set[Place]:
        """Every column that some job reads or makes."""
        return {*self.up, *self.down}

    @property
    def unresolved(self) -> list[tuple[Job, str]]:
        """Everything that could not be followed, with its job."""
        return [(job, what) for job in self.jobs for what in job.unresolved]

    def find(self, text: str) -> Place:
        """Return the column that TABLE.COLUMN names; raise NotFound with what is near."""
        table, _, column = text.rpartition(".")
        place = Place(table, column)
        if place in self.up or place in self.down:
            return place
        columns = sorted(str(one) for one in self.places if one.table == table)
        known = columns or sorted({one.table for one in self.places if not one.table.startswith((FILE, QUALITY))})
        raise NotFound(f"血缘中没有列“{text}”", advice=f"写成 表.列。可用的：{'、'.join(known[:30])}。")

    def walk(self, start: Place, *, up: bool) -> list[Edge]:
        """Return the edges from a column towards its sources (or what is made of it), nearest first, each once."""
        steps = self.up if up else self.down
        seen, waiting = {start}, [start]
        found: list[Edge] = []
        for place in waiting:
            for edge in steps.get(place, ()):
                found.append(edge)
                following = edge.source if up else edge.target
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return found


def lineage() -> Lineage:
    """Read every job of the declared policy; kept until a declared file changes."""
    files = sorted([*policy_folder().rglob("*.sql"), *policy_folder().glob("datasets/*/*.yaml")])
    return _read(policy_folder(), tuple((path, path.stat().st_mtime_ns) for path in files), tuple(tables.subjects()))


@cache
def _read(folder: Path, files: tuple[tuple[Path, int], ...], subjects: tuple[str, ...]) -> Lineage:
    datasets = all_datasets()
    schema = {dataset.name: dict(standard.typed_columns(dataset)) for dataset in datasets}
    jobs = [job for dataset in datasets for job in (_intake(dataset), _quality(dataset)) if job.edges]
    jobs += [_of_sql(folder, path, schema) for path, _ in files if path.suffix == ".sql"]
    jobs += [_of_program(name) for name in subjects]
    return _joined(jobs)


def _joined(jobs: Iterable[Job]) -> Lineage:
    up: dict[Place, list[Edge]] = defaultdict(list)
    down: dict[Place, list[Edge]] = defaultdict(list)
    kept = tuple(jobs)
    for edge in sorted({edge for job in kept for edge in job.edges}, key=lambda one: (one.source, one.target, one.how)):
        up[edge.target].append(edge)
        down[edge.source].append(edge)
    return Lineage(kept, {k: tuple(v) for k, v in up.items()}, {k: tuple(v) for k, v in down.items()})


def _intake(dataset: Dataset) -> Job:
    """Each heading of the file becomes a column of the standard table; the key columns make the row's identity."""
    name = f"接收/{dataset.name}"
    edges = [
        Edge(Place(FILE + dataset.name, column.label), Place(dataset.name, column.name), name)
        for column in dataset.columns
    ]
    edges += [Edge(Place(dataset.name, column), Place(dataset.name, "_row"), name) for column in dataset.key]
    return Job(name, f"接收：{dataset.title}", f"datasets/{dataset.name}/dataset.yaml", tuple(edges))


def _quality(dataset: Dataset) -> Job:
    name = f"{QUALITY}{dataset.name}"
    edges = [
        Edge(Place(dataset.name, column), Place(name, rule.name), name, "检查")
        for rule in dataset.rules
        for column in dict.fromkeys((*rule.columns, *rule.when))
    ]
    return Job(name, f"质量规则：{dataset.title}", f"datasets/{dataset.name}/quality.yaml", tuple(edges))


def _of_sql(folder: Path, path: Path, schema: Mapping[str, Mapping[str, str]]) -> Job:
    """A declared query makes a result named by its folder, such as scenes/silent_authentication."""
    relative = path.relative_to(folder)
    name = relative.parent.as_posix() if path.stem in ("query", "rule") else relative.with_suffix("").as_posix()
    read = read_sql(path.read_text(encoding="utf-8"), schema)
    edges = [Edge(Place(*source), Place(name, target), name) for target, source in read.values]
    edges += [Edge(Place(*source), Place(name, "（选取条件）"), name, "条件") for source in read.conditions]
    return Job(name, f"SQL：{name}", relative.as_posix(), tuple(edges), tuple(read.unresolved))


def _of_program(subject: str) -> Job:
    """A subject table is written by a program; its columns cannot be read from SQL."""
    return Job(
        f"主题/{subject}", f"主题表：{subject}", "", (), (f"主题表 {subject} 由程序生成，没有声明的 SQL，列的来源未知",)
    )
