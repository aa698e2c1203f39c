"""Word (.docx) and Excel (.xlsx, .xls): paragraphs and rows in the order of the document."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zipfile import BadZipFile

from jinbao.centre.disclosure.model import Line
from jinbao.centre.disclosure.sources.guard import MOST_LINES, refuse

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
WIDEST = 200
# What the readers of zip and XML raise for damaged content.
_BROKEN = (
    BadZipFile,
    zlib.error,
    struct.error,
    KeyError,
    IndexError,
    AttributeError,
    ValueError,
    SyntaxError,
    OSError,
    EOFError,
    RuntimeError,
)


def lines_of_docx(data: bytes, name: str) -> list[Line]:
    """Read a Word document: each paragraph and each table row is one line, numbered from 1.

    Raises Unreadable for a damaged file.
    """
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        body = docx.Document(io.BytesIO(data)).element.body
    except (PackageNotFoundError, *_BROKEN) as error:
        raise refuse(name, "Word 文档不完整或已损坏", "请在 Word 中打开并另存一次。") from error
    lines: list[Line] = []
    for cells in _blocks(body):
        if isinstance(cells, str):
            lines.append(Line(len(lines) + 1, cells))
        else:
            lines.append(Line(len(lines) + 1, " ".join(c for c in cells if c), cells))
        if len(lines) > MOST_LINES:
            raise refuse(name, "文档过长", "请只保留公开文件本身。")
    return lines


def _blocks(body: Any) -> Iterator[str | tuple[str, ...]]:
    for child in body.iterchildren():
        if child.tag == f"{_W}p":
            yield from _text(child).split("\n")
        elif child.tag == f"{_W}tbl":
            for row in child.iter(f"{_W}tr"):
                yield _row(row)
        elif child.tag in (f"{_W}sdt", f"{_W}ins"):
            content = child.find(f"{_W}sdtContent")
            yield from _blocks(child if content is None else content)


def _row(row: Any) -> tuple[str, ...]:
    cells: list[str] = []
    for cell in row.iterchildren(f"{_W}tc"):
        span = cell.find(f"{_W}tcPr/{_W}gridSpan")
        width = int(span.get(f"{_W}val") or 1) if span is not None else 1
        cells += [_text(cell).replace("\n", " ").strip(), *[""] * (min(width, WIDEST) - 1)]
    return tuple(cells)


def _text(element: Any) -> str:
    parts: list[str] = []
    for node in element.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}p"):
        if node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag == f"{_W}tab":
            parts.append(" ")
        elif parts:
            parts.append("\n")
    return "".join(parts)


def lines_of_excel(data: bytes, name: str) -> list[Line]:
    """Read a workbook: each row is one line with cells, numbered as in its sheet.

    Raises Unreadable for a damaged or oversized file.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    lines: list[Line] = []
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for page, title in enumerate(book.sheet_names, 1):
            sheet = book.get_sheet_by_name(title)
            if sheet.total_height > MOST_LINES or sheet.total_width > 1000:
                raise refuse(name, f"工作表“{title}”过大", "请只保留公开文件本身。")
            lines.append(Line(1, title, None, page, title))
            rows = sheet.to_python(skip_empty_area=False)
            lines += [_excel_line(number, row, page, title) for number, row in enumerate(rows, 1)]
    except (CalamineError, *_BROKEN) as error:
        raise refuse(name, "Excel 工作簿不完整或已损坏", "请在 Excel 中打开并另存一次。") from error
    return lines


def _excel_line(number: int, row: list[Any], page: int, sheet: str) -> Line:
    cells = tuple(_shown(value) for value in row)
    filled = [c for c in cells if c]
    divided = len(filled) > 1
    return Line(number, " ".join(filled), cells if divided else None, page, sheet)


def _shown(value: object) -> str:
    """Show a cell's value as it would be printed; Excel keeps 547.08 as a binary fraction, so 15 digits are
    significant."""
    if isinstance(value, float):
        exact = Decimal(f"{value:.15g}")
        return str(int(exact)) if exact == exact.to_integral_value() else format(exact, "f")
    return str(value).strip()
