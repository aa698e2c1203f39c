"""The round trip of rejected rows: an Excel file with a reason column goes out, comes back corrected, and is linked."""

from __future__ import annotations

import re
import uuid
import zipfile
from pathlib import Path
from typing import Any

import xlsxwriter

from jinbao.data.datasets import Dataset, load_dataset
from jinbao.data.header import ORIGINAL_LINE, ORIGINAL_SHEET, REASON
from jinbao.data.lake import folder_of
from jinbao.data.landing import read_report
from jinbao.data.models import Batch
from jinbao.data.preview import SampleRow, rejected_rows
from jinbao.data.sources import SHEET_UNIT
from jinbao.kernel.errors import NotFound

_PROPERTY = "金保批次"
_ROWS_A_SHEET = 1_000_000
_IN_PROPERTIES = re.compile(rf'name="{_PROPERTY}"[^>]*>\s*<vt:\w+>\s*(\d+)')
_IN_NAME = re.compile(r"批次(\d+)-退回")


def rejected_workbook(batch: Batch) -> Path:
    """Write the rejected rows as an Excel file, every cell as text, wrong cells red, and return its path.

    Headings are the sender's own, then 原因, 原行号 and 原工作表, which are ignored when the file comes back.
    Raises NotFound when no row was rejected.
    """
    if not batch.rejected:
        raise NotFound(f"{batch}没有退回的行")
    path = folder_of(batch) / f"批次{batch.pk}-退回.xlsx"
    if not path.exists():
        written = path.with_name(f"{uuid.uuid4().hex}.tmp")
        _write(batch, load_dataset(batch.dataset), written)
        written.replace(path)
    return path


def batch_number_in(path: Path, file_name: str) -> int | None:
    """Return the number of the batch that a returned file says it corrects: from its properties, else its name."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            if "docProps/custom.xml" in package.namelist():
                with package.open("docProps/custom.xml") as part:
                    found = _IN_PROPERTIES.search(part.read(1 << 16).decode("utf-8", "replace"))
                if found:
                    return int(found[1][:18])
    named = _IN_NAME.search(file_name)
    return int(named[1][:18]) if named else None


def _write(batch: Batch, dataset: Dataset, path: Path) -> None:
    labels = read_report(folder_of(batch))["labels"]
    shown = [at for at, column in enumerate(dataset.columns) if column.name in labels]
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        book.set_custom_property(_PROPERTY, str(batch.pk))
        sheet = _Sheet(book, [labels[dataset.columns[at].name] for at in shown])
        for row in rejected_rows(batch):
            sheet.add(row, [(row.cells[at], dataset.columns[at].name in row.wrong_columns) for at in shown])


class _Sheet:
    """Writes rows, beginning a new sheet where one is full."""

    def __init__(self, book: Any, labels: list[str]) -> None:
        self.book, self.labels = book, [*labels, REASON, ORIGINAL_LINE, ORIGINAL_SHEET]
        self.plain = book.add_format({"num_format": "@"})
        self.wrong = book.add_format({"num_format": "@", "bg_color": "#F8CBAD"})
        self.head = book.add_format({"num_format": "@", "bold": True, "bottom": 1})
        self.count = _ROWS_A_SHEET
        self.sheet: Any = None

    def add(self, row: SampleRow, cells: list[tuple[str, bool]]) -> None:
        if self.count == _ROWS_A_SHEET:
            self._begin()
        self.count += 1
        for at, (text, is_wrong) in enumerate(cells):
            self.sheet.write_string(self.count, at, text[:32767], self.wrong if is_wrong else self.plain)
        back = ("；".join(map(str, row.reasons)), str(row.line % SHEET_UNIT if row.sheet else row.line), row.sheet)
        for at, text in enumerate(back, len(cells)):
            self.sheet.write_string(self.count, at, text[:32767], self.plain)

    def _begin(self) -> None:
        self.sheet = self.book.add_worksheet()
        self.sheet.set_column(0, len(self.labels) - 4, 20, self.plain)
        self.sheet.set_column(len(self.labels) - 3, len(self.labels) - 3, 60, self.plain)
        self.sheet.freeze_panes(1, 0)
        for at, label in enumerate(self.labels):
            self.sheet.write_string(0, at, label, self.head)
        self.count = 0
