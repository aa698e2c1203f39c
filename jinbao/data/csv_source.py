"""Delimited text: comma, semicolon, tab or bar; any supported encoding; quoted line breaks; real line numbers.

The file is read in blocks. A block without quotes, blank lines and ragged rows, which is nearly every block of nearly
every file, is parsed by Arrow; any other block by Python's csv module, record by record. A test holds both to the same
result.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from jinbao.data.datasets import Dataset
from jinbao.data.encoding import encoding_of
from jinbao.data.header import SEARCHED_ROWS, Header, Headings
from jinbao.data.sources import (
    STRUCTURE,
    Chunk,
    Notices,
    Problem,
    Refused,
    Tell,
    without_blanks_and_totals,
)
from jinbao.kernel.errors import NotFound, Place

BLOCK = 4 << 20
"""Bytes read at once."""

RECORDS = 50_000
"""Most rows of a chunk that was read record by record."""

_LONGEST_LINE = 1 << 20
_DELIMITERS = {",": "逗号", "\t": "制表符", ";": "分号", "|": "竖线"}
_ENCODINGS = {"utf-8-sig": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}


class CsvSource:
    """A delimited text file."""

    def __init__(self, path: Path, file_name: str, dataset: Dataset) -> None:
        self.path, self.file_name, self.dataset = path, file_name, dataset
        self.notices = Notices()
        self.encoding = encoding_of(path, file_name)
        self.header, self.delimiter, self._body = self._find_header()
        self.about = f"CSV（{_ENCODINGS[self.encoding]}，{_DELIMITERS[self.delimiter]}分隔）"

    def chunks(self, tell: Tell) -> Iterator[Chunk]:
        """Yield the rows below the heading."""
        for chunk in _Body(self, tell).chunks():
            kept = without_blanks_and_totals(chunk, self.dataset, self.notices)
            if len(kept.lines):
                yield kept

    @property
    def labels(self) -> dict[str, str]:
        """Headings as the sender wrote them."""
        return self.header.labels

    @property
    def sheets(self) -> list[str]:
        """A text file has none."""
        return []

    def line(self, number: int, sheet: str = "") -> str:
        """Return a record that starts at a line, as it stands in the file; raise NotFound beyond the end."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            taken: list[str] = []
            for at, line in enumerate(file, 1):
                if at >= number:
                    taken.append(line)
                    if "".join(taken).count('"') % 2 == 0 or len(taken) >= 100:
                        break
        if not taken:
            raise NotFound(f"{self.file_name} 没有第 {number} 行")
        return "".join(taken).rstrip("\r\n")

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        """Yield the file as UTF-8 in pieces that end with a line, each with the bytes of the file read so far."""
        decode = codecs.getincrementaldecoder(self.encoding)()
        is_utf8 = self.encoding == "utf-8-sig"
        rest = b""
        with self.path.open("rb") as file:
            while piece := file.read(BLOCK):
                text = piece.removeprefix(codecs.BOM_UTF8) if is_utf8 else decode.decode(piece).encode()
                block = rest + (text.replace(b"\r", b"\n") if self._only_cr else text)
                cut = block.rfind(b"\n") + 1
                if not cut and len(block) > BLOCK + _LONGEST_LINE:
                    raise Refused("有一行超过 5 MB", at=Place(self.file_name), advice="请核对文件的换行。")
                rest = block[cut:]
                if cut:
                    yield block[:cut], file.tell()
            if rest:
                yield rest + b"\n", file.tell()

    def _find_header(self) -> tuple[Header, str, int]:
        """Try every delimiter on the first rows and take the one under which most columns are recognised."""
        headings = Headings(self.dataset)
        head = self._head()
        self._only_cr = "\n" not in head and "\r" in head
        best_score, best = 0, (",", -1)
        for delimiter in _DELIMITERS:
            index, score = headings.best([row for row, _ in _records(head, delimiter)])
            if score > best_score:
                best_score, best = score, (delimiter, index)
        if not headings.is_heading(best_score):
            raise headings.not_found(Place(self.file_name, 1))
        delimiter, index = best
        row, line = _records(head, delimiter)[index]
        skipped = _lines_before(head, delimiter, index + 1)
        return headings.read(row, Place(self.file_name, line)), delimiter, skipped

    def _head(self) -> str:
        """Return the first lines, enough for every row in which the heading may stand."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            lines = []
            for line in file:
                lines.append(line)
                if len(lines) >= 2 * SEARCHED_ROWS or len(line) > _LONGEST_LINE:
                    break
        return "".join(lines).lstrip("\ufeff")

    @property
    def body_starts_after(self) -> int:
        """Number of physical lines up to and with the heading."""
        return self._body


def _records(head: str, delimiter: str) -> list[tuple[list[str], int]]:
    """Read the first records, each with the line where it starts; stop quietly at what is no CSV."""
    reader = csv.reader(StringIO(head, newline=""), delimiter=delimiter)
    found: list[tuple[list[str], int]] = []
    line = 1
    try:
        for row in reader:
            found.append((row, line))
            line = reader.line_num + 1
            if len(found) >= SEARCHED_ROWS:
                break
    except csv.Error:
        pass
    return found


def _lines_before(head: str, delimiter: str, records: int) -> int:
    reader = csv.reader(StringIO(head, newline=""), delimiter=delimiter)
    for _ in range(records):
        next(reader)
    return reader.line_num


class _Body:
    """The reading of the rows below the heading: the blocks, the current line, and the choice of the parser."""

    def __init__(self, source: CsvSource, tell: Tell) -> None:
        self.source, self.tell = source, tell
        self.total = source.path.stat().st_size
        self.line = 1
        self.skip = source.body_starts_after
        self._blocks = source.blocks()
        self._text, self._size, self._last = StringIO(""), 0, ""
        header = source.header
        self.positions = header.positions
        self.width = header.width
        self.unnamed = header.unnamed

    def chunks(self) -> Iterator[Chunk]:
        while (block := self.next_block()) is not None:
            fast = self._parse(block)
            if fast is not None:
                self.line += len(fast.lines)
                yield fast
            else:
                yield from self._read_records(block)

    def next_block(self) -> bytes | None:
        """Return the next block without the lines of the heading, or None at the end."""
        for raw, read in self._blocks:
            self.tell(read, self.total)
            block = raw if b"\r" not in raw else _old_line_ends(raw)
            while self.skip and block:
                cut = block.find(b"\n") + 1
                block, self.skip, self.line = block[cut:], self.skip - 1, self.line + 1
            if block:
                return block
        return None

    def _parse(self, block: bytes) -> Chunk | None:
        """Parse a plain block in bulk; None when it needs the careful reading."""
        if b'"' in block or b"\n\n" in block or b"\n\r\n" in block or block[:1] in b"\r\n" or self.unnamed:
            return None
        names = [str(position) for position in range(self.width)]
        wanted = [str(position) for position in self.positions.values()]
        ragged: list[int] = []

        def on_ragged(row: pacsv.InvalidRow) -> str:
            ragged.append(1)
            return "skip"

        try:
            table = pacsv.read_csv(
                pa.BufferReader(block),
                pacsv.ReadOptions(column_names=names, use_threads=False, block_size=len(block) + 1),
                pacsv.ParseOptions(
                    delimiter=self.source.delimiter,
                    quote_char=False,
                    ignore_empty_lines=False,
                    invalid_row_handler=on_ragged,
                ),
                pacsv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    include_columns=wanted,
                ),
            )
        except pa.ArrowInvalid:
            return None
        if ragged or table.num_rows != block.count(b"\n"):
            return None
        texts = {name: _one(table.column(str(at))) for name, at in self.positions.items()}
        return Chunk(texts, np.arange(self.line, self.line + table.num_rows, dtype=np.int64))

    def _read_records(self, block: bytes) -> Iterator[Chunk]:
        """Read a block record by record, borrowing from the next block where a record runs across."""
        self._load(block)
        reader = csv.reader(self, delimiter=self.source.delimiter, strict=True)
        rows: list[list[str]] = []
        lines: list[int] = []
        faults: dict[int, str] = {}
        while self._has_more():
            start = self.line
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                row = [self._last.rstrip("\r\n")]
                faults[len(rows)] = self._quoting_fault(start, str(error))
            rows.append(row)
            lines.append(start)
            if len(rows) >= RECORDS:
                yield self._chunk(rows, lines, faults)
                rows, lines, faults = [], [], {}
        if rows:
            yield self._chunk(rows, lines, faults)

    def __iter__(self) -> _Body:
        return self

    def __next__(self) -> str:
        """Feed the csv module with the next physical line, across blocks."""
        line = self._text.readline()
        if not line:
            block = self.next_block()
            if block is None:
                raise StopIteration
            self._load(block)
            line = self._text.readline()
        self.line += 1
        self._last = line
        return line

    def _load(self, block: bytes) -> None:
        text = block.decode()
        self._text, self._size = StringIO(text, newline=""), len(text)

    def _has_more(self) -> bool:
        return self._text.tell() < self._size

    def _quoting_fault(self, start: int, error: str) -> str:
        """Explain a misplaced quote in one row; raise Refused where the quote swallows the rest of the file."""
        if "unexpected end" in error or "field larger" in error:
            raise Refused(
                f"第 {start} 行开始的引号一直没有闭合",
                at=Place(self.source.file_name, start),
                advice="请检查这一行多余的或缺少的双引号。",
            )
        return "引号的写法不对；内容里的双引号应写成两个"

    def _chunk(self, rows: list[list[str]], lines: list[int], faults: dict[int, str]) -> Chunk:
        problems = [Problem(row, "", STRUCTURE, reason) for row, reason in faults.items()]
        padded = []
        for number, row in enumerate(rows):
            if len(row) == self.width:
                padded.append(row)
            else:
                padded.append([*row, *[""] * self.width][: self.width])
                if any(row) and number not in faults and (reason := self._ragged(row)):
                    problems.append(Problem(number, "", STRUCTURE, reason))
        problems += self._unnamed_cells(padded)
        columns = list(zip(*padded, strict=True))
        texts = {name: pa.array(columns[at], pa.string()) for name, at in self.positions.items()}
        return Chunk(texts, np.array(lines, dtype=np.int64), "", problems)

    def _ragged(self, row: list[str]) -> str:
        if len(row) > self.width and not any(cell.strip() for cell in row[self.width :]):
            return ""
        return f"本行有 {len(row)} 列，表头有 {self.width} 列；请检查是否多了或少了分隔符"

    def _unnamed_cells(self, rows: list[list[str]]) -> list[Problem]:
        return [
            Problem(number, "", STRUCTURE, f"第 {position + 1} 列没有表头却有内容“{row[position][:20]}”")
            for position in self.unnamed
            for number, row in enumerate(rows)
            if row[position].strip()
        ]


def _one(column: pa.ChunkedArray) -> pa.StringArray:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _old_line_ends(block: bytes) -> bytes:
    """Turn line ends of old systems (a lone CR) into LF; CR LF stays."""
    if block.count(b"\r") == block.count(b"\r\n"):
        return block
    return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
