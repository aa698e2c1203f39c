"""A document as blocks: headings, paragraphs, tables, charts; every writer knows only these."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 3."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Head:
    """A cell of a table's heading."""

    text: str
    wide: int = 1
    high: int = 1


@dataclass
class Grid:
    """A table: heading rows with spans, body rows of text, notes below; `wide` tables are set on a page turned
    sideways."""

    title: str
    label: str = ""
    holder: str = ""
    unit: str = ""
    head: list[list[Head]] = field(default_factory=list)
    body: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    names: frozenset[int] = frozenset()

    @property
    def width(self) -> int:
        """Number of columns."""
        return max(len(row) for row in self.body) if self.body else sum(h.wide for h in self.head[0])


@dataclass(frozen=True)
class Chart:
    """Bars with a caption; values in printed units."""

    caption: str
    bars: tuple[tuple[str, int], ...]


Block = Heading | Prose | Grid | Chart


@dataclass
class Paper:
    """A document to be written: its title and blocks."""

    title: str
    blocks: list[Block] = field(default_factory=list)

    @property
    def grids(self) -> list[Grid]:
        """Its tables."""
        return [b for b in self.blocks if isinstance(b, Grid)]
