"""Files of every kind, and somebody to take them in."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.trust.actors import Actor
from tests.conftest import CITY, EMPLOYER, LI_SI, ZHANG_SAN

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
HEADING = ("证件号码", "姓名", "费款所属期", "缴费工资", "险种", "单位统一社会信用代码")
Row = Sequence[Any]
Receive = Callable[..., Batch]


def row(**changes: Any) -> list[Any]:
    """A good row of a declaration, with changes by heading."""
    good = dict(zip(HEADING, (ZHANG_SAN, "张三", "2026-01", "8500.00", "110", EMPLOYER), strict=True))
    return list((good | changes).values())


def other_row(**changes: Any) -> list[Any]:
    """Another good row."""
    return row(**{"证件号码": LI_SI, "姓名": "李四"} | changes)


def as_csv(rows: Iterable[Row], delimiter: str = ",") -> str:
    """Write rows as delimited text."""
    text = StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def write_workbook(path: Path, sheets: dict[str, Iterable[Row]], **options: Any) -> Path:
    """Write sheets of plain cells; texts stay texts."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, **options}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if cell != "":
                        write = sheet.write_string if isinstance(cell, str) else sheet.write
                        write(at, column, cell)
    return path


@pytest.fixture
def receive(tmp_path: Path, db: None) -> Receive:
    """Take in a text, bytes or a file, as the system unless told otherwise."""

    def run(
        content: str | bytes | Path, name: str = "申报.csv", dataset: str = "contribution_declaration", **how: Any
    ) -> Batch:
        path = content if isinstance(content, Path) else tmp_path / "sent"
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        by = how.pop("by", Actor.system())
        arguments = {"sender": "jingban", "region": CITY, "now": NOW} | how
        return intake.receive(by, path, name if path.name == "sent" else path.name, dataset, **arguments)

    return run


def reasons(batch: Batch) -> dict[int, str]:
    """The reasons of each rejected row by its line."""
    return {found.line: "；".join(map(str, found.reasons)) for found in intake.rejected_rows(batch)}
