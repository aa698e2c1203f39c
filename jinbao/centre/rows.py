"""One row of a sheet: from what people type to what is kept, and back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jinbao.centre.disclosure.produce.intake import blank, cell_value
from jinbao.centre.disclosure.produce.schema import KEYS, SHEETS, Column
from jinbao.centre.disclosure.standards import standard
from jinbao.kernel.errors import FormatError, NotFound, Place, Several
from jinbao.kernel.money import format_fen

BASES = {"收入": ("功能", 7), "支出": ("功能", 7), "项目": ("功能", 7), "经济分类": ("经济", 5)}
LONGEST = 2000
"""Letters of one cell."""
BOUNDS = {"月份": (1, 12), "进度": (0, 100), "分值": (0, 100), "定性得分率": (0, 100)}
RESULT_COLUMNS = ("年中值", "实际值", "定性得分率", "偏差原因")
"""Columns of an indicator that are filled in during and after the year."""
FIXED = ("年度", "类型")
"""What of 单位 the book itself says; a workbook of another year or form is refused."""


def columns(sheet: str) -> tuple[Column, ...]:
    """Return the columns of a sheet; raise NotFound for one that is not declared."""
    if sheet not in SHEETS:
        raise NotFound(f"没有“{sheet}”这张表", advice="请从页面上的目录进入。")
    return SHEETS[sheet][1]


def clean(sheet: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Read one row as people type it.

    Raises FormatError naming the column for whatever is missing, misspelt, out of range or not in the standard;
    Several when it is more than one.
    """
    cells: dict[str, Any] = {}
    wrong: list[FormatError] = []
    for column in columns(sheet):
        try:
            cells[column.title] = cell_value(
                column, texts.get(column.title, ""), Place(sheet=sheet, column=column.title)
            )
        except FormatError as error:
            wrong.append(error)
            cells[column.title] = blank(column)
    Several.raise_for([*wrong, *senseless(sheet, cells, Place(sheet=sheet))])
    return cells


def senseless(sheet: str, values: Mapping[str, Any], at: Place) -> list[FormatError]:
    """List the cells of a row that was read which make no sense, each with its place."""
    wrong: list[FormatError] = []
    for column in columns(sheet):
        try:
            _require_sense(sheet, column, values[column.title], Place(at.file, at.line, at.sheet, column.title))
        except FormatError as error:
            wrong.append(error)
    return wrong


def _require_sense(sheet: str, column: Column, value: Any, here: Place) -> None:
    if value in ("", None):
        return
    if column.choices and value not in column.choices:
        raise FormatError(f"“{value}”不在可填的词中", at=here, advice=f"可填：{'、'.join(column.choices)}。")
    if isinstance(value, str) and len(value) > LONGEST:
        raise FormatError(f"写了 {len(value)} 个字", at=here, advice=f"请不超过 {LONGEST} 个字。")
    low, high = BOUNDS.get(column.title, (None, None))
    if low is not None and high is not None and not low <= value <= high:
        raise FormatError(f"“{value}”超出范围", at=here, advice=f"请填 {low} 至 {high}。")
    if column.kind == "count" and value < 0:
        raise FormatError(f"“{value}”不能小于零", at=here, advice="请填零或正整数。")
    basis = ("经济", 5) if column.title == "经济科目编码" else BASES.get(sheet)
    if column.kind == "code" and basis:
        _require_code(str(value), *basis, here)


def _require_code(code: str, basis: str, length: int, here: Place) -> None:
    if len(code) == length and (basis, code) in standard().by_code:
        return
    near = [c for b, c in standard().by_code if b == basis and len(c) == length and c[:3] == code[:3]][:6]
    advice = f"请填 {length} 位的{basis}分类科目编码{f'，相近的有：{chr(12289).join(near)}' if near else ''}。"
    raise FormatError(f"没有科目“{code}”", at=here, advice=advice)


def key_of(sheet: str, values: Mapping[str, Any]) -> str:
    """Return what tells a row from the others of its sheet."""
    return "｜".join(str(values.get(title) or "") for title in KEYS[sheet])[:255]


def keep(sheet: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row as JSON keeps it: decimals as text."""
    titles = [column.title for column in columns(sheet)]
    return {t: str(v) if isinstance(v, Decimal) else v for t in titles if (v := values.get(t)) not in ("", None)}


def thaw(sheet: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return a kept row with every column of its sheet, as the workbook's reader gives it."""
    found: dict[str, Any] = {}
    for column in columns(sheet):
        value = kept.get(column.title)
        if value is None:
            value = blank(column)
        found[column.title] = Decimal(value) if column.kind == "number" and isinstance(value, str) else value
    return found


def shown(column: Column, value: Any) -> str:
    """Write a cell as a form or table shows it: money in yuan."""
    if value in ("", None):
        return ""
    return format_fen(value) if column.kind == "money" else str(value)
