"""The file that leaves the house, with its marks: one that everybody reads, one in the order of the rows.

The order is that of a keyed hash over the values of one column, with another key for every delivery. No value is
changed, and whoever deletes rows or other columns keeps the order of what is left: `tracing.py` recognises it.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

Row = Sequence[Any]
_SAFE_DIGITS = 15
"""So many digits a spreadsheet keeps of a number."""


@dataclass(frozen=True)
class Mark:
    """What a file says of itself, and the key of its order."""

    code: str
    recipient: str
    at: datetime
    purpose: str
    key: str

    @property
    def visible(self) -> str:
        """Return the line that stands on every sheet and at the head of every file."""
        return (
            f"数据提取 {self.code}　接收：{self.recipient}　时间：{self.at:%Y-%m-%d %H:%M}　用途：{self.purpose}"
            "　仅限本用途使用，不得转交"
        )


def as_text(value: Any) -> str:
    """Return a value as the file shows it; the same whether it is read from CSV, Excel or Parquet."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**_SAFE_DIGITS:
        return str(int(value))
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def place_of(key: str, text: str) -> bytes:
    """Return where a value stands in the order of a key."""
    return hashlib.blake2b(text.encode(), key=bytes.fromhex(key), digest_size=8).digest()


def marking_column(rows: Sequence[Row]) -> int:
    """Choose the column with the most different values to carry the order."""
    width = len(rows[0]) if rows else 0
    return max(range(width), key=lambda at: len({as_text(row[at]) for row in rows}), default=0)


def in_order(rows: list[Row], key: str, column: int) -> list[Row]:
    """Put rows into the order of a key; rows of one value stay as they were."""
    return sorted(rows, key=lambda row: place_of(key, as_text(row[column])))


def write(path: Path, form: str, mark: Mark, names: list[str], rows: Iterable[Row]) -> None:
    """Write a file of one of FORMS."""
    _WRITERS[form](path, mark, names, rows)


def _csv(path: Path, mark: Mark, names: list[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(f"# {mark.visible}\r\n")
        writer = csv.writer(file)
        writer.writerow([_harmless(name) for name in names])
        writer.writerows([_harmless(as_text(value)) for value in row] for row in rows)


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula; numbers with a sign stay numbers."""
    risky = text[:1] in ("=", "+", "-", "@", "\t", "\r") and not text[1:].replace(".", "", 1).isdigit()
    return f"'{text}" if risky else text


def _xlsx(path: Path, mark: Mark, names: list[str], rows: Iterable[Row]) -> None:
    """Write a workbook: the mark above the headings and in the header of every printed page; texts are text cells."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("数据")
        sheet.set_header(f"&L{mark.visible[:200].replace('&', '&&')}")
        sheet.write_string(0, 0, mark.visible)
        for at, name in enumerate(names):
            sheet.write_string(1, at, name)
        for line, row in enumerate(rows, 2):
            for at, value in enumerate(row):
                _cell(sheet, line, at, value)
        book.set_properties({"title": mark.code, "comments": mark.visible})


def _cell(sheet: Any, line: int, at: int, value: Any) -> None:
    if value is None:
        return
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if number and len(str(value).replace(".", "").lstrip("-")) <= _SAFE_DIGITS:
        sheet.write_number(line, at, value)
    else:
        sheet.write_string(line, at, as_text(value)[:32_767])


def _parquet(path: Path, mark: Mark, names: list[str], rows: Iterable[Row]) -> None:
    """Write Parquet with the mark in its metadata; every value is a text, because a masked number is one."""
    told = {"code": mark.code, "recipient": mark.recipient, "notice": mark.visible}
    schema = pa.schema([(name, pa.string()) for name in names]).with_metadata(
        {"jinbao.extraction": json.dumps(told, ensure_ascii=False)}
    )
    made = [{name: None if value is None else as_text(value) for name, value in zip(names, row, strict=True)} for row in rows]  # fmt: skip  # noqa: E501  # one mapping
    pq.write_table(pa.Table.from_pylist(made, schema=schema), path)


_WRITERS: dict[str, Callable[[Path, Mark, list[str], Iterable[Row]], None]] = {
    "xlsx": _xlsx,
    "csv": _csv,
    "parquet": _parquet,
}
FORMS = {"xlsx": "Excel", "csv": "CSV", "parquet": "Parquet"}
