"""What a disclosed document is: lines, tables with cells, facts in sentences, performance sheets.

Every value keeps the place where it stands and the text as printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from jinbao.centre.disclosure.values import Number, Span


@dataclass(frozen=True)
class Line:
    """One line of the source: its number (1-based, or the row of a sheet), page or sheet, text, and cells if it
    has any."""

    number: int
    text: str
    cells: tuple[str, ...] | None = None
    page: int | None = None
    sheet: str = ""


@dataclass(frozen=True)
class Spot:
    """A place in the document."""

    line: int
    page: int | None = None
    quote: str = ""
    sheet: str = ""


@dataclass
class Cell:
    """One figure of a table. `number` is None for a blank; `state` says what extraction did to it."""

    raw: str
    spot: Spot
    number: Number | None = None
    state: str = ""  # "" | damaged (cut off) | doubled (two figures run together) | repaired
    prefix: str = ""  # the digits that survived, of a damaged cell

    @property
    def value(self) -> Decimal:
        """The figure; a blank counts as zero, as the form says."""
        return self.number.value if self.number else Decimal(0)

    @property
    def printed(self) -> bool:
        """True if a figure other than zero stands there."""
        return self.number is not None and self.number.value != 0


@dataclass
class Row:
    """One line of a table: code and name as printed, `key` as the standard calls it, cells by field."""

    name: str
    spot: Spot
    key: str = ""
    code: str = ""
    side: str = ""  # 左 | 右 for tables with two sides
    order: int | None = None  # 行次
    cells: dict[str, Cell] = field(default_factory=dict)
    depth: int = 0  # 0 合计, 1 类, 2 款, 3 项

    def cell(self, name: str) -> Cell:
        """The cell of a field; an absent one is a blank at this row's place."""
        return self.cells.get(name) or Cell("", self.spot)


@dataclass
class Table:
    """One table of the standard set, `kind` such as 决01 or 预3-1."""

    kind: str
    title: str
    spot: Spot
    label: str = ""
    unit: str = "万元"
    unit_spot: Spot | None = None
    organisation: str = ""
    rows: list[Row] = field(default_factory=list)
    notes: list[Spot] = field(default_factory=list)
    fields: tuple[str, ...] = ()
    inferred: bool = False
    unread: int = 0  # lines with figures from which no row could be read
    end: int = 0

    @property
    def places(self) -> int:
        """Decimal places the table is printed to: the most that any of its figures shows."""
        return max((c.number.places for _, _, c in self.cells() if c.number), default=2)

    def cells(self) -> Iterator[tuple[Row, str, Cell]]:
        """Every cell with its row and field."""
        for row in self.rows:
            for name, cell in row.cells.items():
                yield row, name, cell

    def row(self, key: str, side: str = "") -> Row | None:
        """The row of a key (standard name or code), None if the table has none."""
        return next((r for r in self.rows if key in (r.key, r.code) and side in ("", r.side)), None)

    @property
    def is_empty(self) -> bool:
        """True if no figure other than zero is printed."""
        return not any(c.printed or c.state == "damaged" for _, _, c in self.cells())


@dataclass(frozen=True)
class Fact:
    """A figure in a sentence: what it is about, its role, the figure, its unit, its place."""

    subject: str
    role: str  # 金额 | 变动 | 占比 | 增减率 | 完成率 | 比率 | 数量
    number: Number
    unit: str
    spot: Spot
    paragraph: int
    offset: int
    base: str = ""  # what a rate is a rate of
    sign: int = 1


@dataclass
class Paragraph:
    """Sentences that belong together, with the section they stand in and the way back to the source lines."""

    text: str
    section: str
    starts: list[tuple[int, Line]]
    index: int = 0

    def spot(self, offset: int, end: int | None = None) -> Spot:
        """The source line of a character, quoting the clause around it."""
        line = self.starts[0][1]
        for start, candidate in self.starts:
            if start <= offset:
                line = candidate
        left = max(self.text.rfind(mark, 0, offset) for mark in "。;") + 1
        rights = [i for i in (self.text.find(mark, end or offset) for mark in "。;，") if i >= 0]
        right = min(rights, default=len(self.text))
        return Spot(line.number, line.page, self.text[max(left, offset - 60) : right], line.sheet)


@dataclass
class Indicator:
    """One third-level indicator of a performance sheet."""

    name: str
    spot: Spot
    target: str = ""
    actual: str = ""
    weight: Number | None = None
    score: Number | None = None
    first: str = ""
    second: str = ""
    reason: str = ""


@dataclass
class Funds:
    """One line of money of a performance sheet; `rate` in percent."""

    name: str
    spot: Spot
    budget: Number | None = None
    start: Number | None = None
    spent: Number | None = None
    rate: Number | None = None
    weight: Number | None = None
    score: Number | None = None


@dataclass
class Sheet:
    """A performance sheet (绩效目标表, 绩效自评表): a project's, or the whole unit's."""

    title: str
    spot: Spot
    project: str = ""
    unit: str = "万元"  # of its money as printed; the figures kept here are in 万元
    funds: list[Funds] = field(default_factory=list)
    indicators: list[Indicator] = field(default_factory=list)
    levels: list[tuple[str, Number, Spot, int, int]] = field(
        default_factory=list
    )  # name, weight, place, depth, position
    total: Number | None = None
    total_weight: Number | None = None
    total_spot: Spot | None = None
    basic: Number | None = None
    projects: Number | None = None
    end: int = 0

    @property
    def whole_unit(self) -> bool:
        """True for a sheet about the whole unit (整体支出)."""
        return "整体" in self.title


@dataclass
class Document:
    """A document that was read: the lines, and everything recognised in them."""

    name: str
    lines: list[Line]
    form: str = "决算"
    year: int | None = None
    organisation: str = ""
    tables: list[Table] = field(default_factory=list)
    paragraphs: list[Paragraph] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    noisy: bool = False
    places: int = 2

    def table(self, kind: str) -> Table | None:
        """The table of a kind, None if the document has none."""
        return next((t for t in self.tables if t.kind == kind), None)

    def span(self, number: Number) -> Span:
        """The interval of a figure in the document's precision: `54` stands for 54.00 where others print two places."""
        return number.span(self.places)
