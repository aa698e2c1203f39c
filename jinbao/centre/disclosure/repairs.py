"""Damage left by character recognition, mended where the arithmetic leaves one value only.

Nothing is guessed: a cut-off figure is completed only with the value that a relation without tolerance demands and that
begins with the digits that survived. Each mending is reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from jinbao.centre.disclosure.addresses import Found
from jinbao.centre.disclosure.findings import Book, Finding
from jinbao.centre.disclosure.model import Cell, Document
from jinbao.centre.disclosure.relations import Equation, equations
from jinbao.centre.disclosure.standards import Standard
from jinbao.centre.disclosure.values import Number, show

MOST_ROUNDS = 6


def solve(equation: Equation, unknown: Found) -> Decimal:
    """The value a cell must have for an equation to hold, in the cell's own unit (units must agree)."""
    if unknown is equation.total:
        return equation.computed
    others = [f for f in equation.parts if f is not unknown]
    parts = sum((f.cell.value for f in others), Decimal(0))
    less = sum((f.cell.value for f in equation.minus if f is not unknown), Decimal(0))
    if unknown in equation.minus:
        return parts - less - equation.total.cell.value
    return equation.total.cell.value - parts + less


def one_unit(equation: Equation) -> bool:
    """True if every figure of the equation is printed in the same unit of money."""
    return len({f.table.unit for f in equation.cells}) == 1


def mend(book: Book, standard: Standard) -> None:
    """Mend every damaged cell that can be mended; report the mended ones and those that cannot be."""
    document = book.document
    _report_doubled(book)
    suspects = _suspects(document)
    if not suspects:
        return
    for _ in range(MOST_ROUNDS):
        progress = False
        for equation in equations(document, standard):
            if equation.at_least or equation.relation.soft or not one_unit(equation):
                continue
            progress |= _mend_in(equation, suspects, book)
        if not progress:
            break
    for found in suspects.values():
        if found.cell.state == "damaged":
            why = "单元格被截断，剩下的数字不足以确定原值"
            book.unverifiable(found.cell.spot, "识别", why, table=found.table.title, printed=found.cell.raw)


def _report_doubled(book: Book) -> None:
    for table in book.document.tables:
        for row, name, cell in table.cells():
            if cell.state == "doubled" and cell.number:
                _report(
                    book,
                    Found(table, row, name, cell),
                    cell.number.value,
                    "一格中连着两个数，取前一个（与本行合计相符）",
                )


def _suspects(document: Document) -> dict[int, Found]:
    """Cells that may have lost digits: cut off, or short of places in a document with recognition damage."""
    found: dict[int, Found] = {}
    for table in document.tables:
        for row in table.rows:
            for name in table.fields:
                cell = row.cell(name)
                if cell.state == "damaged" or (document.noisy and _is_short(cell, table.places)):
                    found[id(cell)] = Found(table, row, name, cell)
            if document.noisy and not row.cells and row.order is None and row.side and "合计" in row.key:
                name = table.fields[0] if row.side == "左" else table.fields[1]
                cell = row.cells.setdefault(name, Cell("", row.spot))
                found[id(cell)] = Found(table, row, name, cell)
    return found


def _is_short(cell: Cell, places: int) -> bool:
    return cell.number is not None and cell.number.places < places and cell.number.value != 0


def _mend_in(equation: Equation, suspects: dict[int, Found], book: Book) -> bool:
    """Mend the one suspect cell of a broken equation that has no tolerance."""
    open_ = [f for f in equation.cells if id(f.cell) in suspects and f.cell.state != "repaired"]
    if len(open_) != 1 or equation.holds:
        return False
    unknown = open_[0]
    others = [f for f in equation.printed if f is not unknown]
    if len(others) + (0 if unknown is equation.total else 1) > 1:
        return False
    value = solve(equation, unknown)
    cell = unknown.cell
    digits = cell.prefix or (cell.raw and str(cell.value)) or ""
    if not _continues(digits, value):
        return False
    why = f"由“{equation.relation.id} {equation.relation.name}”确定：{_demand(equation, unknown)}"
    before = cell.raw
    cell.number = Number(value, max(2, -int(value.as_tuple().exponent)), cell.raw)
    cell.state = "repaired"
    _report(book, unknown, value, why, before)
    return True


def _demand(equation: Equation, unknown: Found) -> str:
    others = [f for f in equation.cells if f is not unknown and f.cell.printed]
    return "、".join(f"{f.name} {show(f.cell.value)}" for f in others)


def _continues(digits: str, value: Decimal) -> bool:
    """True if the value, printed, begins with the digits that survived."""
    if not digits:
        return value != 0
    return value > 0 and f"{value:.2f}".startswith(
        digits.rstrip("0") if "." in digits and digits[-1] == "0" else digits
    )


def _report(book: Book, found: Found, value: Decimal, why: str, raw: str | None = None) -> None:
    book.add(
        Finding(
            "unverifiable",
            "repair",
            found.cell.spot,
            "识别",
            found.table.title,
            found.name,
            printed=found.cell.raw if raw is None else raw,
            recomputed=show(value),
            cause=f"文字识别损坏，已修复。{why}",
            suggestion="请对照原件确认",
        )
    )


def lost(cells: Iterable[Cell]) -> int:
    """Count the cells that stayed damaged."""
    return sum(1 for c in cells if c.state == "damaged")
