"""Rows that passed intake but cannot be recorded: they wait with their reason until a corrected file comes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter
from django.db.models import QuerySet

from jinbao.data.datasets import load_dataset
from jinbao.data.header import ORIGINAL_LINE, REASON
from jinbao.data.lake import folder_of
from jinbao.data.models import Batch
from jinbao.data.queries import batch as visible_batch
from jinbao.data.values import shown
from jinbao.insurance.registry.models import RefusedRow
from jinbao.kernel.errors import NotFound
from jinbao.trust.actors import Actor

BULK = 500


class RefusedLine(NamedTuple):
    """A row that is refused, and why; `row` holds its values as text by column name."""

    line: int
    place: str
    code: str
    reason: str
    row: dict[str, Any]


def keep(batch: Batch, lines: Iterable[RefusedLine]) -> int:
    """Keep refused rows of a batch; a row kept already stays as it is. Return how many were given."""
    rows = [RefusedRow(batch_id=batch.pk, **line._asdict()) for line in lines]
    RefusedRow.objects.bulk_create(rows, batch_size=BULK, ignore_conflicts=True)
    return len(rows)


def as_text(batch: Batch, values: dict[str, Any]) -> dict[str, str]:
    """Return a row of a batch as text by column name, as it is written back for its sender."""
    return {
        column.name: shown(column.type, _stored(values[column.name]))
        for column in load_dataset(batch.dataset).columns
        if values.get(column.name) is not None
    }


def _stored(value: Any) -> Any:
    return getattr(value, "yyyymm", value)


def place_of(values: dict[str, Any]) -> str:
    """Say where a row stands in its file."""
    sheet = f"工作表“{values['sheet']}”" if values.get("sheet") else ""
    return f"{sheet}第 {values['line']} 行"[:64]


def refused_rows(by: Actor, batch: Batch) -> QuerySet[RefusedRow]:
    """Return the rows of a batch that could not be recorded, in the order of the file. Raises NotFound like a batch."""
    return RefusedRow.objects.filter(batch_id=visible_batch(by, batch.pk).pk).order_by("line")


def refused_workbook(by: Actor, batch: Batch) -> Path:
    """Write the refused rows as an Excel file with a reason column; corrected and sent again, it finds its batch.

    Raises NotFound when no row was refused.
    """
    rows = list(refused_rows(by, batch))
    if not rows:
        raise NotFound(f"{batch}没有退回的行")
    columns = load_dataset(batch.dataset).columns
    path = folder_of(batch) / f"批次{batch.pk}-退回-入账.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        book.set_custom_property("金保批次", str(batch.pk))
        sheet, text = book.add_worksheet(), book.add_format({"num_format": "@"})
        lines = [[column.label for column in columns] + [REASON, ORIGINAL_LINE]]
        lines += [[row.row.get(column.name, "") for column in columns] + [row.reason, row.place] for row in rows]
        sheet.set_column(0, len(columns) + 1, 20, text)
        for at, cells in enumerate(lines):
            for column, cell in enumerate(cells):
                sheet.write_string(at, column, str(cell), text)
    return path
