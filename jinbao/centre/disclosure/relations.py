"""Relations between printed figures, computed exactly; tolerance follows from rounding alone.

A sum of n printed addends may differ by (n+1) half units, for each of the n+1 figures was rounded on its own. With one
addend, or for a figure printed twice, nothing may differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jinbao.centre.disclosure.addresses import Found, find
from jinbao.centre.disclosure.findings import Book, Finding, Severity
from jinbao.centre.disclosure.model import Document, Table
from jinbao.centre.disclosure.standards import Relation, Standard
from jinbao.centre.disclosure.tables import parent_of
from jinbao.centre.disclosure.values import YUAN_IN, show, swapped


@dataclass(frozen=True)
class Equation:
    """One relation with its cells put in: total = Σ parts − Σ minus (or ≥ where `at_least`)."""

    relation: Relation
    total: Found
    parts: tuple[Found, ...]
    minus: tuple[Found, ...] = ()
    at_least: bool = False

    @property
    def cells(self) -> tuple[Found, ...]:
        """Every cell that takes part."""
        return (self.total, *self.parts, *self.minus)

    @property
    def places(self) -> int:
        """Decimal places the figures are printed to."""
        return max(f.table.places for f in self.cells)

    @property
    def printed(self) -> list[Found]:
        """The addends that show a figure."""
        return [f for f in (*self.parts, *self.minus) if f.cell.printed]

    @property
    def computed(self) -> Decimal:
        """The total that the parts give, in the total's unit."""
        more = sum((in_unit(f, self.total.table) for f in self.parts), Decimal(0))
        return more - sum((in_unit(f, self.total.table) for f in self.minus), Decimal(0))

    @property
    def gap(self) -> Decimal:
        """Printed total less computed total."""
        return self.total.cell.value - self.computed

    @property
    def tolerance(self) -> Decimal:
        """(n+1) half units for n printed addends; nothing for n < 2."""
        count = len(self.printed)
        unit = Decimal(1).scaleb(-self.places)
        return (count + 1) * unit / 2 if count > 1 else Decimal(0)

    @property
    def holds(self) -> bool:
        """True if the figures agree exactly."""
        return self.gap >= 0 if self.at_least else self.gap == 0

    @property
    def within_rounding(self) -> bool:
        """True if rounding explains the difference."""
        return abs(self.gap) <= self.tolerance

    @property
    def formula(self) -> str:
        """The relation with numbers put in, leaving blanks out."""
        if self.at_least:
            return f"{show(self.total.cell.value)} ≥ {show(self.computed)}"
        more = " + ".join(show(f.cell.value) for f in self.parts if f.cell.printed) or "0.00"
        less = "".join(f" − {show(f.cell.value)}" for f in self.minus if f.cell.printed)
        return f"{more}{less} = {show(self.computed)}"


def in_unit(found: Found, table: Table) -> Decimal:
    """A cell's figure in another table's unit of money."""
    if found.table.unit == table.unit:
        return found.cell.value
    return found.cell.value * YUAN_IN[found.table.unit] / YUAN_IN[table.unit]


def equations(document: Document, standard: Standard) -> Iterator[Equation]:
    """Every declared relation that the document's tables allow, with cells put in."""
    for relation in standard.relations.relations:
        if all(document.table(kind) for kind in relation.tables):
            yield from _equations(relation, document, standard)


def _equations(relation: Relation, document: Document, standard: Standard) -> Iterator[Equation]:
    if relation.form == "sum":
        yield from _sum(relation, document, standard)
    elif relation.form in ("same", "at_least"):
        left, right = find(document, relation.left, standard), find(document, relation.right, standard)
        if left and right:
            yield Equation(relation, left[0], (right[0],), at_least=relation.form == "at_least")
    elif relation.form in ("same_rows", "at_least_rows"):
        yield from _pairs(relation, document, standard)
    else:
        table = document.table(relation.table)
        if table is not None:
            yield from _rows(relation, table) if relation.form == "rows" else _tree(relation, table)


def _sum(relation: Relation, document: Document, standard: Standard) -> Iterator[Equation]:
    total = find(document, relation.total, standard)
    groups = [find(document, a, standard) for a in relation.parts]
    minus = [f for a in relation.minus for f in find(document, a, standard) or []]
    parts = [f for group in groups for f in group or []]
    if total and (parts or total[0].cell.printed):
        yield Equation(relation, total[0], tuple(parts), tuple(minus))


def _pairs(relation: Relation, document: Document, standard: Standard) -> Iterator[Equation]:
    left, right = find(document, relation.left, standard) or [], find(document, relation.right, standard) or []
    others = {f.row.code or f.row.key: f for f in right}
    at_least = relation.form == "at_least_rows"
    for found in left:
        other = others.pop(found.row.code or found.row.key, None)
        if other is None and found.cell.printed and not at_least and right:
            table = right[0].table
            other = Found(table, found.row, right[0].field, type(found.cell)("", table.spot))
        if other is not None and (found.cell.printed or other.cell.printed):
            yield Equation(relation, found, (other,), at_least=at_least)
    for other in others.values():
        if other.cell.printed and other.row.depth >= 0 and left:
            table = left[0].table
            absent = Found(table, other.row, left[0].field, type(other.cell)("", table.spot))
            yield Equation(relation, absent, (other,), at_least=at_least)


def _rows(relation: Relation, table: Table) -> Iterator[Equation]:
    for row in table.rows:
        if not any(c.printed for c in row.cells.values()) or (table.kind in ("决04", "预2") and row.side != "右"):
            continue
        cells = {name: Found(table, row, name, row.cell(name)) for name in table.fields}
        parts = tuple(cells[p] for p in relation.parts if p in cells)
        yield Equation(relation, cells[relation.total], parts, tuple(cells[m] for m in relation.minus if m in cells))


def _tree(relation: Relation, table: Table) -> Iterator[Equation]:
    below: dict[int, list[int]] = {}
    coded = any(row.depth > 0 for row in table.rows)
    for n, row in enumerate(table.rows):
        if row.depth > 0 or (not coded and row.depth < 0):
            above = parent_of(row, table.rows)
            if above is not None:
                below.setdefault(table.rows.index(above), []).append(n)
    for parent, children in sorted(below.items()):
        above = table.rows[parent]
        for name in table.fields:
            total = Found(table, above, name, above.cell(name))
            parts = tuple(Found(table, table.rows[n], name, table.rows[n].cell(name)) for n in children)
            if total.cell.printed or any(p.cell.printed for p in parts):
                yield Equation(relation, total, parts)


def check_relations(book: Book, standard: Standard) -> list[Equation]:
    """Compute every relation between table cells; give back those that do not hold."""
    broken: list[Equation] = []
    for equation in equations(book.document, standard):
        book.count()
        if equation.holds:
            continue
        if equation.within_rounding:
            book.add(_rounding(equation))
        elif equation.relation.soft:
            book.unverifiable(
                equation.total.cell.spot,
                f"{equation.relation.id} {equation.relation.name}",
                f"{equation.formula}，与 {show(equation.total.cell.value)} 不等；口径是否一致需单位说明",
                table=equation.total.table.title,
            )
        else:
            broken.append(equation)
    for kind, relation in _missing(book.document, standard):
        book.unverifiable(kind.spot, f"{relation.id} {relation.name}", "表中没有这一关系所需的行", table=kind.title)
    return broken


def _missing(document: Document, standard: Standard) -> Iterator[tuple[Table, Relation]]:
    """Relations whose tables exist but whose total row could not be read."""
    for relation in standard.relations.relations:
        address = relation.total if relation.form == "sum" else ""
        table = document.table(address.partition(":")[0]) if ":" in address else None
        if table is not None and not table.is_empty and find(document, address, standard) is None and not relation.soft:
            yield table, relation


def _rounding(equation: Equation) -> Finding:
    found = equation.total
    return Finding(
        "rounding",
        "sum",
        found.cell.spot,
        f"{equation.relation.id} {equation.relation.name}",
        found.table.title,
        found.name,
        equation.formula,
        show(found.cell.value),
        show(equation.computed),
        f"差 {show(equation.gap)}，在 {len(equation.printed)} 个加数各自四舍五入的限度（±{equation.tolerance}）之内",
        "无须更正；可注明“单位换算尾差”",
    )


def severity_of(equation: Equation) -> Severity:
    """High where a figure is wrong; medium where only the last place differs."""
    unit = Decimal(1).scaleb(-equation.places)
    return "medium" if abs(equation.gap) <= 2 * unit else "high"


def is_last_place(total: Found, suspects: Sequence[Equation], expected: Decimal | None) -> bool:
    """True where a figure printed twice differs by one in its last place only: which of the two is right is open."""
    twins = all(len(e.parts) == 1 and not e.minus for e in suspects)
    unit = Decimal(1).scaleb(-total.table.places)
    return bool(twins and expected is not None and total.cell.printed and abs(total.cell.value - expected) == unit)


def explain(total: Found, suspects: Sequence[Equation], expected: Decimal | None) -> str:
    """A likely cause for a cell that should be another figure."""
    if expected is None:
        return ""
    table, row = total.table, total.row
    if is_last_place(total, suspects, expected):
        return "末位相差 1，多为单位换算的尾差；同一数字各表应印成一样"
    slip = swapped(total.cell.value, expected)
    if slip:
        return slip
    near = [r for r in table.rows if r is not row and r.side == row.side and r.cell(total.field).printed]
    if any(r.cell(total.field).value == expected for r in near) and expected:
        return "疑为错行（同列另一行恰为此数）"
    if any(row.cell(f).value == expected for f in table.fields if f != total.field) and expected:
        return "疑为错列（同行另一列恰为此数）"
    return "漏填" if not total.cell.printed else ""
