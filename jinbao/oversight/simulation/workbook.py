"""The result as an Excel file: 概要, 按月, one sheet for each dimension, 方法与假设."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from jinbao.oversight.simulation.printed import Table, Value, laws, summary, tables_of

_WIDE, _NARROW = 26, 16


def write_workbook(results: Mapping[str, Any], path: Path) -> None:
    """Write the workbook in one step; people and money are numbers, what is not shown is a text."""
    written = path.with_name(f".{path.name}.{os.getpid()}")
    with xlsxwriter.Workbook(written, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        style = _Styles(book)
        _pairs(book.add_worksheet("概要"), results["title"], summary(results), style)
        for table in tables_of(results):
            _table(book.add_worksheet(table.title), table, style)
        notes = [("说明", note) for note in results["notes"]]
        _pairs(book.add_worksheet("方法与假设"), "方法与假设", [*laws(results), *notes], style)
    written.replace(path)


class _Styles:
    """The formats of a workbook."""

    def __init__(self, book: Any) -> None:
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1, "text_wrap": True})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.people = book.add_format({"num_format": "#,##0"})
        self.money = book.add_format({"num_format": "#,##0.00"})
        self.hidden = book.add_format({"align": "right"})


def _pairs(sheet: Any, title: str, pairs: Sequence[tuple[str, str]], style: _Styles) -> None:
    sheet.set_column(0, 0, _WIDE)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, title, style.title)
    for at, (name, text) in enumerate(pairs, 2):
        sheet.write_string(at, 0, name, style.head)
        sheet.write_string(at, 1, text, style.text)


def _table(sheet: Any, table: Table, style: _Styles) -> None:
    sheet.set_column(0, 0, _WIDE)
    sheet.set_column(1, len(table.head) - 1, _NARROW)
    sheet.freeze_panes(1, 1)
    for column, heading in enumerate(table.head):
        sheet.write_string(0, column, heading, style.head)
    for line, row in enumerate(table.rows, 1):
        for column, value in enumerate(row):
            _write(sheet, line, column, value, style)


def _write(sheet: Any, line: int, column: int, value: Value, style: _Styles) -> None:
    if isinstance(value, Decimal):
        sheet.write_number(line, column, value, style.money)
    elif isinstance(value, int):
        sheet.write_number(line, column, value, style.people)
    else:
        sheet.write_string(line, column, value, style.text if column == 0 else style.hidden)
