"""Excel workbooks (.xlsx, .xlsm, .xls): every visible sheet with the heading, row by row, cells as the sender saw them.

A number is shown with the 15 significant digits that Excel keeps, so an amount is the decimal that was typed, never a
binary fraction; a number with more digits has lost some and is an error, which catches identity and account numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import python_calamine

from jinbao.data.datasets import Dataset
from jinbao.data.header import SEARCHED_ROWS, Header, Headings, column_letter
from jinbao.data.sources import (
    SHEET_UNIT,
    STRUCTURE,
    Chunk,
    Notices,
    Problem,
    Refused,
    Tell,
    without_blanks_and_totals,
)
from jinbao.data.workbook_safety import Marks, inspect
from jinbao.kernel.errors import NotFound, Place

ROWS = 20_000
"""Rows of a chunk."""

LARGEST_XLS = 256 << 20
_LOST = "数字超过 15 位，Excel 已丢失末尾的数字；请把该列设为文本格式后重新填写"
_MOST_EXACT = 10**15
_FAILURES = (
    python_calamine.CalamineError,
    python_calamine.ZipError,
    python_calamine.XmlError,
    python_calamine.WorksheetNotFound,
    OSError,
    ValueError,
)
Ranges = list[tuple[tuple[int, int], tuple[int, int]]]


class ExcelSource:
    """An Excel workbook."""

    def __init__(self, path: Path, file_name: str, dataset: Dataset) -> None:
        self.path, self.file_name, self.dataset = path, file_name, dataset
        self.notices = Notices()
        self.marks: dict[str, Marks] = {}
        with path.open("rb") as file:
            is_package = file.read(2) == b"PK"
        if is_package:
            self.marks = inspect(path, file_name)
        elif path.stat().st_size > LARGEST_XLS:
            raise Refused(".xls 文件过大", at=Place(file_name), advice="请另存为 .xlsx 或 CSV。")
        self.about = "Excel（.xlsx）" if is_package else "Excel（.xls）"
        self.headers: dict[str, Header] = {}
        self._workbook = _open(path, file_name)

    @property
    def labels(self) -> dict[str, str]:
        """Headings as the sender wrote them, of all sheets that were read."""
        return {name: label for header in self.headers.values() for name, label in header.labels.items()}

    @property
    def sheets(self) -> list[str]:
        """Sheets that were read, in order."""
        return list(self.headers)

    def chunks(self, tell: Tell) -> Iterator[Chunk]:
        """Yield the rows of every visible sheet with the heading; other sheets are named in a notice."""
        others = []
        for name in self._visible():
            sheet = self._sheet(name)
            header = self._header(name, sheet)
            if header is None:
                others.append(name)
                continue
            first_line = 1 + SHEET_UNIT * len(self.headers)
            self.headers[name] = header
            for chunk in _SheetRows(self, name, sheet, header).chunks(tell):
                chunk.lines += first_line
                kept = without_blanks_and_totals(chunk, self.dataset, self.notices)
                if len(kept.lines):
                    yield kept
        if not self.headers:
            raise Headings(self.dataset).not_found(Place(self.file_name, sheet="、".join(others)))
        for name in others:
            self.notices.add(f"工作表“{name}”没有表头，未读取")

    def line(self, number: int, sheet: str) -> str:
        """Return the cells of one sheet row, separated by tabs; raise NotFound."""
        if sheet not in self._workbook.sheet_names:
            raise NotFound(f"{self.file_name} 没有工作表“{sheet}”")
        at = number % SHEET_UNIT
        row = next(islice(self._sheet(sheet).iter_rows(), at - 1, at), None)
        if row is None:
            raise NotFound(f"{self.file_name} 工作表“{sheet}”没有第 {at} 行")
        return "\t".join(_shown(cell)[0] for cell in row)

    def _visible(self) -> list[str]:
        names = []
        for sheet in self._workbook.sheets_metadata:
            if sheet.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            if sheet.visible != python_calamine.SheetVisibleEnum.Visible:
                self.notices.add(f"工作表“{sheet.name}”是隐藏的，未读取")
            else:
                names.append(sheet.name)
        return names

    def _sheet(self, name: str) -> Any:
        try:
            return self._workbook.get_sheet_by_name(name)
        except _FAILURES as error:
            raise _damaged(self.file_name, name) from error

    def _header(self, name: str, sheet: Any) -> Header | None:
        rows = [[_shown(cell)[0] for cell in row] for row in islice(sheet.iter_rows(), SEARCHED_ROWS)]
        headings = Headings(self.dataset)
        index, score = headings.best(rows)
        if not headings.is_heading(score):
            return None
        return headings.read(rows[index], Place(self.file_name, index + 1, name))


def _open(path: Path, file_name: str) -> Any:
    try:
        return python_calamine.CalamineWorkbook.from_path(str(path))
    except python_calamine.PasswordError as error:
        at = Place(file_name)
        raise Refused("Excel 文件加了密码，无法打开", at=at, advice="请取消“打开权限密码”后重新上传。") from error
    except _FAILURES as error:
        raise _damaged(file_name) from error


def _damaged(file_name: str, sheet: str = "") -> Refused:
    advice = "请用 Excel 打开后另存为新的 .xlsx 再上传。"
    return Refused("Excel 文件已损坏或不是 Excel 文件", at=Place(file_name, sheet=sheet), advice=advice)


class _SheetRows:
    """The rows below the heading of one sheet."""

    def __init__(self, source: ExcelSource, name: str, sheet: Any, header: Header) -> None:
        self.name, self.sheet, self.header = name, sheet, header
        self.left = sheet.start[1] if sheet.start else 0
        names = {at: column for column, at in header.positions.items()}
        self.columns = names
        self.marks = self._relevant(source.marks.get(name, Marks()))
        self.merges = self._merged(sheet.merged_cell_ranges or [])

    def chunks(self, tell: Tell) -> Iterator[Chunk]:
        total = self.sheet.total_height
        rows = iter(self.sheet.iter_rows())
        done = self.header.line
        for _ in range(done):
            next(rows, None)
        while part := list(islice(rows, ROWS)):
            yield self._chunk(part, done)
            done += len(part)
            tell(done, total)

    def _chunk(self, rows: Sequence[Sequence[Any]], above: int) -> Chunk:
        problems: list[Problem] = []
        texts = {}
        for at, cells in enumerate(zip(*rows, strict=True)):
            name = self.columns.get(at)
            if name:
                texts[name] = pa.array(_column_texts(cells, name, problems), pa.string())
            elif at in self.header.unnamed:
                problems += self._unnamed(cells, at)
        problems += [
            Problem(row - above, self.columns[column], STRUCTURE, reason)
            for (row, column), reason in {**self.marks, **self.merges}.items()
            if above <= row < above + len(rows)
        ]
        return Chunk(texts, np.arange(above, above + len(rows), dtype=np.int64), self.name, problems)

    def _unnamed(self, cells: Sequence[Any], at: int) -> list[Problem]:
        letter = column_letter(at + self.left)
        return [
            Problem(row, "", STRUCTURE, f"第 {letter} 列没有表头却有内容“{_shown(cell)[0][:20]}”")
            for row, cell in enumerate(cells)
            if cell != "" and _shown(cell)[0].strip()
        ]

    def _relevant(self, marks: Marks) -> dict[tuple[int, int], str]:
        """Keep the marks below the heading in columns of the dataset, with columns counted from the sheet's left."""
        return {
            (row, column - self.left): reason
            for (row, column), reason in marks.cells.items()
            if row >= self.header.line and column - self.left in self.columns
        }

    def _merged(self, ranges: Ranges) -> dict[tuple[int, int], str]:
        """Name every cell of the dataset that a merge covers: only its first cell holds the value, for all it spans."""
        found = {}
        for (top, left), (bottom, right) in ranges:
            span = f"{column_letter(left)}{top + 1}:{column_letter(right)}{bottom + 1}"
            reason = f"属于合并单元格 {span}，只有第一格有值；请取消合并后逐行填写"
            for row in range(max(top, self.header.line), bottom + 1):
                for column in range(left - self.left, right - self.left + 1):
                    if column in self.columns:
                        found[row, column] = reason
        return found


def _column_texts(cells: Sequence[Any], name: str, problems: list[Problem]) -> Sequence[str]:
    if set(map(type, cells)) == {str}:
        return cells
    texts = []
    for row, cell in enumerate(cells):
        if type(cell) is str:
            texts.append(cell)
            continue
        text, fault = _shown(cell)
        if fault:
            problems.append(Problem(row, name, STRUCTURE, fault))
        texts.append(text)
    return texts


def _shown(cell: Any) -> tuple[str, str]:
    """Return a cell as text, and what is wrong with it or an empty string."""
    if isinstance(cell, str):
        return cell, ""
    if isinstance(cell, int | float):
        return _number(cell) if not isinstance(cell, bool) else (str(cell).upper(), "")
    if isinstance(cell, datetime):
        midnight = cell.time() == time.min
        return (cell.date().isoformat() if midnight else cell.isoformat(" ")), ""
    if isinstance(cell, date | time):
        return cell.isoformat(), ""
    return (str(cell) if isinstance(cell, timedelta) else ""), ""


def _number(cell: float) -> tuple[str, str]:
    text = f"{cell:.15g}"
    if not abs(cell) < _MOST_EXACT:
        return text, _LOST
    return (text if "e" not in text else f"{Decimal(text):f}"), ""
