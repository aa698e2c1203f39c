"""Addresses of cells: `决05:2080150.基本支出`, `决01:左/总计`, `决04:右/类*.小计`."""

from __future__ import annotations

from dataclasses import dataclass

from jinbao.centre.disclosure.model import Cell, Document, Row, Table
from jinbao.centre.disclosure.standards import Standard


@dataclass(frozen=True)
class Found:
    """A cell with where it stands."""

    table: Table
    row: Row
    field: str
    cell: Cell

    @property
    def name(self) -> str:
        """The cell in words: 公开05表“事业运行”基本支出."""
        label = self.table.label or self.table.title
        code = f"{self.row.code} " if self.row.code else ""
        column = f"·{self.field}" if len(self.table.fields) > 1 else ""
        return f"{label}“{code}{self.row.name or self.row.key}”{column}"


def find(document: Document, address: str, standard: Standard) -> list[Found] | None:
    """Find the cells of an address; None if the table or a single row is absent.

    A star gives every row of the group: 类* all classes, 收入来源* the declared group, * all rows by code.
    """
    kind, _, rest = address.partition(":")
    table = document.table(kind)
    if table is None:
        return None
    side, _, tail = rest.rpartition("/")
    key, _, column = tail.partition(".")
    if key.endswith("*"):
        return [_found(table, row, column, side) for row in _group(table, key[:-1], side, standard)]
    row = table.row(key, side)
    return None if row is None else [_found(table, row, column, side)]


def _found(table: Table, row: Row, column: str, side: str) -> Found:
    name = column or _first_field(table, side)
    return Found(table, row, name, row.cell(name))


def _first_field(table: Table, side: str) -> str:
    if side == "右" and len(table.fields) > 1:
        return table.fields[1]
    return table.fields[0]


def _group(table: Table, name: str, side: str, standard: Standard) -> list[Row]:
    rows = [r for r in table.rows if side in ("", r.side)]
    if name == "":
        return [r for r in rows if r.code or r.key == "合计"]
    if name == "类":
        return [r for r in rows if r.depth == 1 and r.code]
    prefix, _, group = name.rpartition("·")
    keys = {f"{prefix}·{k}" if prefix else k for k in standard.tables.groups.get(group, ())}
    return [r for r in rows if r.key in keys]
