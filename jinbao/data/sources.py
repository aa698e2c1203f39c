"""Where rows come from: a file, opened by what it is and not by what it is called, read in chunks.

A chunk holds the texts of the dataset's columns with the line (or sheet row) of each; what is wrong with the form of a
row, before anyone asks what its cells mean, travels along as problems.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jinbao.data.columns import as_mask
from jinbao.data.datasets import Dataset
from jinbao.kernel.errors import FormatError, Place

Lines = npt.NDArray[np.int64]
Tell = Callable[[int, int], None]
"""Progress: how much of how much (bytes of a text file, rows of a workbook) is done."""

STRUCTURE = "表格形式"
"""Name of the rule about the form of a row: number of cells, merged cells, formulas, lost digits."""

SHEET_UNIT = 10_000_000
"""Line numbers are unique in a file: row 5 of the second sheet is 10000005. A sheet has a million rows at most."""

LARGEST_FILE = 1 << 30
"""Bytes of the largest file that is taken."""

_TOTAL = re.compile(r"^[合总小共]\s*计")


class Refused(FormatError):
    """A file cannot be read as the dataset at all; nothing of it is kept."""

    code = "file-refused"


class Problem(NamedTuple):
    """Something wrong with a row: its position in the chunk, the column's name (or ""), the rule, the reason."""

    row: int
    column: str
    rule: str
    reason: str


@dataclass
class Chunk:
    """Some rows of one sheet: texts by column name, line numbers, and what is wrong with their form."""

    texts: dict[str, pa.StringArray]
    lines: Lines
    sheet: str = ""
    problems: list[Problem] = field(default_factory=list)

    def keep(self, wanted: npt.NDArray[np.bool_]) -> Chunk:
        """Return the chunk with some of its rows."""
        if wanted.all():
            return self
        mask = pa.array(wanted)
        position = np.cumsum(wanted) - 1
        kept = [p._replace(row=int(position[p.row])) for p in self.problems if wanted[p.row]]
        return Chunk({k: v.filter(mask) for k, v in self.texts.items()}, self.lines[wanted], self.sheet, kept)


@dataclass
class Notices:
    """What a sender should know about the reading of the file, though it is no error."""

    lines: list[str] = field(default_factory=list)
    blank_rows: int = 0

    def add(self, text: str) -> None:
        """Remember a sentence once, and not more than a page of them."""
        if text not in self.lines and len(self.lines) < 50:
            self.lines.append(text)

    def sentences(self) -> list[str]:
        """Return all notices, the count of blank rows last."""
        return [*self.lines, *([f"跳过空行 {self.blank_rows} 行"] if self.blank_rows else [])]


def place_of_line(sheet: str, line: int) -> str:
    """Say where a row stands, for people."""
    return f"工作表“{sheet}”第 {line % SHEET_UNIT} 行" if sheet else f"第 {line} 行"


class Source(Protocol):
    """A file that yields chunks, and any of its lines again."""

    notices: Notices
    about: str
    """Format, encoding and delimiter, for people."""

    @property
    def labels(self) -> dict[str, str]:
        """Headings as the sender wrote them, by column name; complete once the chunks are read."""

    @property
    def sheets(self) -> list[str]:
        """Sheets that were read, in order; none for a text file."""

    def chunks(self, tell: Tell) -> Iterator[Chunk]:
        """Yield the rows below the heading; raise Refused."""

    def line(self, number: int, sheet: str) -> str:
        """Return one line (or sheet row) as it stands in the file; raise NotFound."""


def open_source(path: Path, file_name: str, dataset: Dataset) -> Source:
    """Open a file by its content; raise Refused for what is no table, with advice for the usual mistakes."""
    from jinbao.data.csv_source import CsvSource
    from jinbao.data.excel_source import ExcelSource

    kind = _kind_of(path, file_name)
    source: Source = ExcelSource(path, file_name, dataset) if kind == "excel" else CsvSource(path, file_name, dataset)
    is_named_excel = Path(file_name).suffix.lower() in (".xlsx", ".xls", ".xlsm", ".et")
    if (kind == "excel") != is_named_excel:
        source.notices.add(f"扩展名“{Path(file_name).suffix}”与内容不符，已按{source.about}读取")
    return source


def _kind_of(path: Path, file_name: str) -> str:
    size = path.stat().st_size
    at = Place(file_name)
    if size == 0:
        raise Refused("文件是空的", at=at, advice="请确认文件已保存后重新上传。")
    if size > LARGEST_FILE:
        raise Refused(f"文件有 {size >> 20} MB，最多 {LARGEST_FILE >> 20} MB", at=at, advice="请分成几个文件上传。")
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "excel"
    _refuse_foreign(head, at)
    return "text"


_FOREIGN = {
    b"%PDF": ("PDF 文件", "请上传导出 PDF 之前的表格。"),
    b"\x89PNG": ("图片", "请上传表格，不要上传截图。"),
    b"\xff\xd8\xff": ("图片", "请上传表格，不要上传照片。"),
    b"GIF8": ("图片", "请上传表格，不要上传图片。"),
    b"Rar!": ("压缩包", "请解压后上传其中的表格。"),
    b"7z\xbc\xaf": ("压缩包", "请解压后上传其中的表格。"),
    b"\x1f\x8b": ("压缩包", "请解压后上传其中的表格。"),
    b"PAR1": ("Parquet 文件", "请上传 CSV 或 Excel。"),
    b"SQLite format": ("数据库文件", "请上传 CSV 或 Excel。"),
}


def _refuse_foreign(head: bytes, at: Place) -> None:
    for magic, (what, advice) in _FOREIGN.items():
        if head.startswith(magic):
            raise Refused(f"这是{what}，不是表格", at=at, advice=advice)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<meta")):
        raise Refused("这是网页（HTML），只是改了扩展名", at=at, advice="请用 Excel 打开后另存为 .xlsx。")
    if start.startswith(b"<?xml"):
        raise Refused("这是 XML，不是表格", at=at, advice="请用 Excel 打开后另存为 .xlsx。")
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("这不是文字表格（内容是二进制）", at=at, advice="请上传 CSV（UTF-8 或 GB18030）或 Excel 文件。")


def without_blanks_and_totals(chunk: Chunk, dataset: Dataset, notices: Notices) -> Chunk:
    """Drop rows without any text, and totals below the rows (合计), which are no rows of the dataset."""
    keys = pc.utf8_trim_whitespace(chunk.texts[dataset.first_required.name])
    doubtful = as_mask(pc.or_(pc.equal(keys, ""), pc.match_substring_regex(keys, _TOTAL.pattern)))
    if not doubtful.any():
        return chunk
    faulty = {problem.row for problem in chunk.problems}
    wanted = np.ones(len(chunk.lines), dtype=np.bool_)
    for row in np.flatnonzero(doubtful):
        cells = (str(texts[int(row)]).strip() for texts in chunk.texts.values())
        first = next(filter(None, cells), "")
        if _TOTAL.match(first):
            notices.add(f"{place_of_line(chunk.sheet, int(chunk.lines[row]))}是合计，未作为数据读取")
            wanted[row] = False
        elif not first and row not in faulty:
            notices.blank_rows += 1
            wanted[row] = False
    return chunk.keep(wanted)
