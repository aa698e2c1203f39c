"""A whole workbook of figures, read for a book: all of it in order, or everything that is wrong with it."""

from __future__ import annotations

from typing import Any

from jinbao.centre.disclosure.produce.intake import read_rows
from jinbao.centre.disclosure.produce.schema import KEYS, SHEETS
from jinbao.centre.rows import FIXED, columns, key_of, senseless
from jinbao.kernel.errors import FormatError, JinbaoError, Place, Several

Keyed = dict[str, dict[str, dict[str, Any]]]
"""Rows by sheet and key."""


def read_figures(content: bytes, name: str) -> tuple[dict[str, str], Keyed]:
    """Return what the workbook says of its unit and year, and its rows by sheet and key.

    Raises FormatError with the place of what is wrong, Several with all places when it is more than one.
    """
    data, wrong = read_rows(content, name)
    found = {sheet: _by_key(sheet, data[sheet], wrong) for sheet in SHEETS}
    Several.raise_for(sorted(wrong, key=_in_order))
    return {str(row["项目"]): str(row["内容"]) for row in data["单位"]}, found


def _in_order(error: JinbaoError) -> tuple[int, int]:
    at, sheets = error.at or Place(), list(SHEETS)
    return (sheets.index(at.sheet) if at.sheet in sheets else -1, at.line or 0)


def _by_key(sheet: str, rows: list[dict[str, Any]], wrong: list[FormatError]) -> dict[str, dict[str, Any]]:
    """Return the rows of a sheet by key; those that differ in money only are added up, as the producer does.

    What makes no sense is added to `wrong`.
    """
    found: dict[str, dict[str, Any]] = {}
    money = {column.title for column in columns(sheet) if column.kind == "money"}
    for row in rows:
        wrong += senseless(sheet, row, row["_at"])
        values = {column.title: row[column.title] for column in columns(sheet)}
        if sheet == "单位" and (values["项目"] in FIXED or not values["内容"]):
            continue
        mark = key_of(sheet, values)
        if not all(values[title] for title in KEYS[sheet]):
            continue
        there = found.setdefault(mark, values)
        if there is values:
            continue
        if any(there[title] != cell for title, cell in values.items() if title not in money) or not money:
            wrong.append(FormatError(f"“{mark}”在表中出现两次", at=row["_at"], advice="请合并成一行。"))
            continue
        found[mark] = there | {title: there[title] + values[title] for title in money}
    return found
