"""The workbook of figures read back: every cell that is not as declared is told, all at once."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jinbao.centre.disclosure.produce.schema import MONEY, OPTIONAL, SHEETS, Column, Data, Row
from jinbao.kernel.errors import FormatError, Place, Several
from jinbao.kernel.money import parse_amount, yuan_to_fen


def read_workbook(data: bytes, name: str) -> Data:
    """Read a filled workbook into rows by sheet: money in fen, counts as int, the rest as text.

    Raises FormatError with sheet, row and column for what is not as declared; Several when it is more than one.
    """
    found, wrong = read_rows(data, name)
    Several.raise_for(wrong)
    return found


def read_rows(data: bytes, name: str) -> tuple[Data, list[FormatError]]:
    """Read what can be read and list what is wrong; a cell that is wrong is left blank.

    Raises FormatError for a file that is no workbook.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except (CalamineError, ValueError, OSError) as error:
        raise FormatError(
            "数据表打不开", at=Place(name), advice="请用 jinbao disclosure template 得到的模板填写。"
        ) from error
    found: Data = {}
    wrong: list[FormatError] = []
    for title, (_, columns) in SHEETS.items():
        found[title] = []
        if title in book.sheet_names:
            rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
            found[title] = _rows(rows, columns, Place(name, sheet=title), wrong)
        elif title not in OPTIONAL:
            wrong.append(
                FormatError(f"缺少工作表“{title}”", at=Place(name), advice="请用模板填写，没有内容的表可以空着。")
            )
    return found, wrong


def _rows(rows: list[list[Any]], columns: Sequence[Column], at: Place, wrong: list[FormatError]) -> list[Row]:
    head = next((n for n, row in enumerate(rows[:10]) if columns[0].title in [_plain(c) for c in row]), None)
    if head is None:
        wrong.append(FormatError(f"没有找到表头“{columns[0].title}”", at=at, advice="请保留模板的表头行。"))
        return []
    positions = {_plain(c): n for n, c in enumerate(rows[head]) if _plain(c)}
    found: list[Row] = []
    for number, row in enumerate(rows[head + 1 :], head + 2):
        if any(str(c).strip() for c in row):
            here = Place(at.file, number, at.sheet)
            found.append({**_cells(row, columns, positions, here, wrong), "_at": here})
    return found


def _cells(
    row: Sequence[Any], columns: Sequence[Column], positions: Mapping[str, int], at: Place, wrong: list[FormatError]
) -> Row:
    cells: Row = {}
    for column in columns:
        position = positions.get(column.title)
        raw = row[position] if position is not None and position < len(row) else ""
        try:
            cells[column.title] = cell_value(column, raw, Place(at.file, at.line, at.sheet, column.title))
        except FormatError as error:
            wrong.append(error)
            cells[column.title] = blank(column)
    return cells


def _plain(heading: Any) -> str:
    return str(heading).replace("（元）", "").replace("(元)", "").strip()


def blank(column: Column) -> Any:
    """Return what an empty cell of a column stands for."""
    return 0 if column.kind == MONEY else None if column.kind in ("count", "number") else ""


def cell_value(column: Column, raw: Any, at: Place) -> Any:
    """Read one cell: money in fen, counts as int, numbers as int or Decimal, the rest as text.

    Raises FormatError with the place for what is missing or not of the column's kind.
    """
    text = str(raw).strip()
    if not text:
        if column.required:
            raise FormatError(f"“{column.title}”没有填", at=at, advice=column.help or "请填写。")
        return blank(column)
    if column.kind == MONEY:
        try:
            return yuan_to_fen(Decimal(f"{raw:.15g}") if isinstance(raw, float) else parse_amount(text))
        except FormatError as error:
            raise FormatError(error.message, at=at, advice=error.advice) from error
    if column.kind in ("count", "number"):
        number = _number(raw, text, at)
        if column.kind == "count" and number != int(number):
            raise FormatError(f"“{text}”应为整数", at=at, advice="请填写个数。")
        return int(number) if number == int(number) else number
    if isinstance(raw, float) and raw == int(raw):
        return str(int(raw))
    return text


def _number(raw: Any, text: str, at: Place) -> Decimal:
    try:
        return Decimal(f"{raw:.15g}") if isinstance(raw, float) else parse_amount(text)
    except FormatError as error:
        raise FormatError(f"“{text}”不是数字", at=at, advice=error.advice) from error
