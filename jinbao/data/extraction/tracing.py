"""From which delivery does a file come? By what it says of itself, and by the order of its rows."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from jinbao.data.extraction.files import as_text, place_of
from jinbao.data.extraction.models import Delivery
from jinbao.kernel.errors import FormatError, NotFound

LOOKED_AT = 3_000
"""Rows whose order is looked at."""
ENOUGH = 24
"""Pairs of neighbours below which the order says nothing."""
SHARE = 95
"""Percent of the pairs that must stand in the order of a key; by chance it is half of them."""
_CODE = re.compile(r"TQ\d{6}-\d{4}-\d{5}-\d+")


@dataclass(frozen=True)
class Found:
    """A delivery that a file comes from, and how that is known."""

    delivery: Delivery
    by: str
    """"visible" or "order"."""
    column: str = ""
    pairs: int = 0
    in_order: int = 0


def trace(path: Path) -> list[Found]:
    """Return the deliveries that a file points to; both marks are looked for, and both are told."""
    if not path.is_file():
        raise NotFound(f"没有文件 {path}", advice="请核对路径。")
    told, tables = _read(path)
    codes = set(_CODE.findall(told))
    found = [Found(one, "visible") for one in Delivery.objects.filter(code__in=codes).select_related("request")]
    for table in tables:
        found += _by_order(table[:LOOKED_AT])
    return found


def _by_order(rows: list[list[str]]) -> Iterator[Found]:
    width = max((len(row) for row in rows), default=0)
    columns = [[row[at] if at < len(row) else "" for row in rows] for at in range(width)]
    telling = [(at, cells) for at, cells in enumerate(columns) if len(set(cells)) > ENOUGH]
    for delivery in Delivery.objects.select_related("request").order_by("-pk").iterator():
        for at, cells in telling:
            ordered, pairs = _ordered(cells, delivery.mark)
            if pairs >= ENOUGH and ordered * 100 >= pairs * SHARE:
                yield Found(delivery, "order", f"第{at + 1}列（原“{delivery.marked_by}”）", pairs, ordered)
                break


def _ordered(cells: Sequence[str], key: str) -> tuple[int, int]:
    """Count the neighbours with different values, and those of them that stand in the order of a key."""
    places = [place_of(key, cell) for cell in cells if cell]
    pairs = [(one, other) for one, other in itertools.pairwise(places) if one != other]
    return sum(one < other for one, other in pairs), len(pairs)


def _read(path: Path) -> tuple[str, list[list[list[str]]]]:
    """Return everything that may hold the visible mark, and the rows of each table."""
    head = path.open("rb").read(4)
    try:
        if head == b"PAR1":
            table = pq.read_table(path)
            metadata = b" ".join((table.schema.metadata or {}).values()).decode(errors="replace")
            rows = [[as_text(value) for value in row.values()] for row in table.slice(0, LOOKED_AT).to_pylist()]
            return metadata, [rows]
        if head[:2] == b"PK" or head == b"\xd0\xcf\x11\xe0":
            return _workbook(path)
        return _text(path)
    except (CalamineError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"读不懂文件 {path.name}：{error}", advice="请给出 Excel、CSV 或 Parquet 文件。") from None


def _workbook(path: Path) -> tuple[str, list[list[list[str]]]]:
    book = CalamineWorkbook.from_path(str(path))
    sheets: list[list[list[Any]]] = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    tables = [[[as_text(value) for value in row] for row in sheet] for sheet in sheets]
    return " ".join(cell for table in tables for row in table[:20] for cell in row), tables


def _text(path: Path) -> tuple[str, list[list[list[str]]]]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    rows = [[cell.removeprefix("'") for cell in row] for row in csv.reader(text.splitlines())]
    return text[:10_000], [rows]
