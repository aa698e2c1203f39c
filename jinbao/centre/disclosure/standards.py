"""The declared standard: tables, codes, relations, scoring rules, obligatory sections (policy/disclosure/)."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from jinbao.centre.disclosure.values import bare
from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import DeclarationError, Place
from jinbao.kernel.regions import policy_folder

Form = Literal["决算", "预算", "全部"]


@dataclass(frozen=True)
class TableForm:
    """One standard table: title, shape, columns."""

    title: str
    shape: Literal["sided", "coded", "blocks", "single", "targets"]
    label: str = ""
    titles: tuple[str, ...] = ()
    basis: str = ""
    fields: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sums: bool = False
    rare: tuple[str, ...] = ()
    orders: Mapping[int, str] = field(default_factory=dict)
    empty_ok: bool = False
    about: str = ""
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every title the table goes by, without marks."""
        return tuple(bare(t) for t in (self.title, *self.titles))


@dataclass(frozen=True)
class TableSet:
    """A published set of tables, and the tables by which it is recognised."""

    form: Form
    tables: tuple[str, ...]
    signs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tables:
    """The file tables.yaml."""

    since: date
    source: str
    confidence: str
    sets: Mapping[str, TableSet]
    tables: Mapping[str, TableForm]
    rows: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Relation:
    """One relation between printed figures; see the head of relations.yaml."""

    id: str
    name: str
    form: Literal["sum", "rows", "tree", "same", "same_rows", "at_least", "at_least_rows"]
    table: str = ""
    total: str = ""
    parts: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    left: str = ""
    right: str = ""
    soft: bool = False
    at: Place = Place()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address the relation names."""
        return tuple(a for a in (self.total, *self.parts, *self.minus, self.left, self.right) if ":" in a)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables it needs, each once."""
        named = [self.table] if self.table else []
        return tuple(dict.fromkeys([*named, *(a.split(":")[0] for a in self.addresses)]))


@dataclass(frozen=True)
class Bound:
    """An upper bound: part ≤ percent of the sum of the bases."""

    id: str
    name: str
    part: str
    bases: tuple[str, ...]
    percent: int
    source: str
    confidence: str


@dataclass(frozen=True)
class Relations:
    """The file relations.yaml."""

    since: date
    source: str
    confidence: str
    relations: tuple[Relation, ...]
    bounds: tuple[Bound, ...] = ()


@dataclass(frozen=True)
class ScoringSet:
    """A dated set of scoring rules; it differs by place."""

    name: str
    since: date
    execution_weight: int
    positive: Literal["capped_ratio"]
    equal: Literal["capped_ratio"]
    negative: Literal["decline", "inverse_ratio"]
    beyond: Literal["reducible", "full"]
    qualitative: Mapping[str, tuple[int, ...]]
    source: str
    confidence: str


@dataclass(frozen=True)
class Grade:
    """A grade from a score on."""

    name: str
    from_: int


@dataclass(frozen=True)
class Scoring:
    """The file scoring.yaml."""

    sets: tuple[ScoringSet, ...]
    grades: tuple[Grade, ...]
    weights_total: int

    def by_weight(self, weight: int) -> ScoringSet | None:
        """The newest rule set that gives this weight to 预算执行."""
        fitting = [s for s in self.sets if s.execution_weight == weight]
        return max(fitting, key=lambda s: s.since, default=None)


@dataclass(frozen=True)
class Section:
    """An obligatory section or item and the words that show it; `{上年}` among them stands for the year before.

    With `table`, the item is owed only where that table holds figures.
    """

    name: str
    of: Form
    any: tuple[str, ...]
    section: str = ""
    table: str = ""


@dataclass(frozen=True)
class Sections:
    """The file sections.yaml."""

    since: date
    source: str
    confidence: str
    sections: tuple[Section, ...]
    items: tuple[Section, ...]
    aliases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Code:
    """One 科目 of a classification (功能, 经济)."""

    classification: str
    code: str
    level: str
    name: str


@dataclass(frozen=True)
class Standard:
    """Everything declared about disclosure."""

    tables: Tables
    relations: Relations
    scoring: Scoring
    sections: Sections
    codes: tuple[Code, ...]

    @cached_property
    def by_code(self) -> dict[tuple[str, str], Code]:
        """科目 by (classification, code)."""
        return {(c.classification, c.code): c for c in self.codes}

    @cached_property
    def by_name(self) -> dict[tuple[str, str], tuple[Code, ...]]:
        """科目 by (classification, name without marks); a name may stand at several levels."""
        found: dict[tuple[str, str], tuple[Code, ...]] = {}
        for code in self.codes:
            key = (code.classification, bare(code.name))
            found[key] = (*found.get(key, ()), code)
        return found

    @cached_property
    def classes(self) -> dict[str, str]:
        """The code of a 功能 class by its name without marks."""
        found = {bare(c.name): c.code for c in self.codes if c.classification == "功能" and c.level == "类"}
        for name, others in self.sections.aliases.items():
            found.update({bare(other): found[bare(name)] for other in others if bare(name) in found})
        return found

    @cached_property
    def row_names(self) -> dict[str, str]:
        """The standard name of a row by any printed name, without marks."""
        return {bare(n): key for key, names in self.tables.rows.items() for n in (key, *names)}

    @cached_property
    def title_kinds(self) -> dict[str, str]:
        """The kind of a table by its title without marks."""
        return {name: kind for kind, form in self.tables.tables.items() for name in form.names}

    def nearest(self, classification: str, name: str) -> Code | None:
        """The 科目 whose name is most like the printed one, if any is like it at all."""
        names = {bare(c.name): c for c in self.codes if c.classification == classification}
        close = difflib.get_close_matches(bare(name), names, n=1, cutoff=0.6)
        return names[close[0]] if close else None


@cache
def standard(folder: Path | None = None) -> Standard:
    """Read policy/disclosure once.

    Raises DeclarationError with file:line for a relation that names an unknown table.
    """
    root = folder or policy_folder() / "disclosure"
    tables = read_declared(root / "tables.yaml", Tables)
    relations = read_declared(root / "relations.yaml", Relations)
    for relation in relations.relations:
        unknown = [t for t in relation.tables if t not in tables.tables]
        if unknown:
            raise DeclarationError(f"关系 {relation.id} 用到没有声明的表：{'、'.join(unknown)}", at=relation.at)
    with (root / "codes.csv").open(encoding="utf-8", newline="") as file:
        codes = tuple(Code(**row) for row in csv.DictReader(file))
    scoring = read_declared(root / "scoring.yaml", Scoring)
    return Standard(tables, relations, scoring, read_declared(root / "sections.yaml", Sections), codes)
