"""Look into an Excel workbook before it is opened: bombs, formulas without a result, error cells.

The reading library unpacks a whole sheet at once and forgets what a formula or an error was. Here the packed XML is
walked through in pieces, in bounded memory, so that a hostile file is refused before it can fill the memory, and a cell
that only looks empty can be named.
"""

from __future__ import annotations

import html
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jinbao.data.sources import Refused
from jinbao.kernel.errors import Place

LARGEST_UNPACKED = 1 << 30
"""Bytes that all parts of a workbook may have once unpacked."""

LARGEST_RATIO = 150
"""How many times larger than packed a large part may be; sheets of real centres reach about 20."""

RATIO_MATTERS_FROM = 32 << 20
MOST_PARTS = 2000
MOST_CELLS = 30_000_000
"""Cells of the rectangle that a sheet spans, filled or not: that is what the reading library lays out in memory."""

MOST_MARKS = 100_000
_PIECE = 1 << 20
_LONGEST_ROW = 8 << 20

_SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*?)/?>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*?)/?>")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")
_WIDE = re.compile(rb' r="[A-Z]{2}')
_WIDE_COLUMN = re.compile(rb"\br=[\"']([A-Z]{1,3})[0-9]")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=[\"']([0-9]+)")
_CELL = re.compile(rb"<c r=\"([A-Z]{1,3})([0-9]+)\"([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_VALUE = re.compile(rb"<v[^>]*>[^<]|<is>")


@dataclass
class Marks:
    """What stands in cells that look empty: (row, column) from 0 → reason."""

    cells: dict[tuple[int, int], str] = field(default_factory=dict)


def inspect(path: Path, file_name: str) -> dict[str, Marks]:
    """Return the marks of each sheet by its name; raise Refused for a damaged, hostile or foreign package."""
    at = Place(file_name)
    try:
        with zipfile.ZipFile(path) as package:
            _refuse_bombs(package, at)
            _refuse_foreign(package, at)
            return {
                name: _Sheet(package, part, Place(file_name, sheet=name)).marks() for name, part in _sheets(package)
            }
    except (zipfile.BadZipFile, EOFError, RuntimeError, zlib.error, OSError) as error:
        raise Refused("Excel 文件已损坏或不完整", at=at, advice="请用 Excel 打开后另存为新的 .xlsx 再上传。") from error


def _refuse_bombs(package: zipfile.ZipFile, at: Place) -> None:
    parts = package.infolist()
    if len(parts) > MOST_PARTS:
        raise Refused(f"压缩包里有 {len(parts)} 个部件，最多 {MOST_PARTS} 个", at=at, advice="请另存为新的 .xlsx。")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > LARGEST_UNPACKED:
        raise Refused(
            f"解压后有 {unpacked >> 20} MB，最多 {LARGEST_UNPACKED >> 20} MB，已拒绝打开",
            at=at,
            advice="请分成几个文件，或改用 CSV。",
        )
    for part in parts:
        if part.file_size > RATIO_MATTERS_FROM and part.file_size > LARGEST_RATIO * max(part.compress_size, 1):
            raise Refused(
                f"部件 {part.filename} 的压缩比超过 {LARGEST_RATIO} 倍，疑为压缩炸弹，已拒绝打开",
                at=at,
                advice="请用 Excel 打开，只复制有数据的区域到新工作簿后另存。",
            )


def _refuse_foreign(package: zipfile.ZipFile, at: Place) -> None:
    names = set(package.namelist())
    if "xl/workbook.xml" in names:
        return
    what = {"word/document.xml": "Word 文档", "ppt/presentation.xml": "演示文稿", "xl/workbook.bin": "二进制 .xlsb"}
    found = next((text for name, text in what.items() if name in names), "压缩包")
    raise Refused(f"这是{found}，不是 .xlsx 表格", at=at, advice="请用 Excel 另存为 .xlsx 后上传。")


def _sheets(package: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield each sheet's name and the part that holds it."""
    relations = dict(_attributes(_RELATION, package, "xl/_rels/workbook.xml.rels", b"Id", b"Target"))
    for name, relation in _attributes(_SHEET, package, "xl/workbook.xml", b"name", b"r:id"):
        target = relations.get(relation, "").lstrip("/")
        part = target if target.startswith("xl/") else f"xl/{target}"
        if part in package.namelist():
            yield html.unescape(name), part


def _attributes(
    pattern: re.Pattern[bytes], package: zipfile.ZipFile, part: str, key: bytes, value: bytes
) -> Iterator[tuple[str, str]]:
    if part not in package.namelist():
        return
    for element in pattern.findall(package.read(part)):
        found = dict(_ATTRIBUTE.findall(element))
        if key in found and value in found:
            yield found[key].decode("utf-8", "replace"), found[value].decode("utf-8", "replace")


class _Sheet:
    """One sheet's XML, walked through in pieces that end with a row."""

    def __init__(self, package: zipfile.ZipFile, part: str, at: Place) -> None:
        self.package, self.part, self.at = package, part, at

    def marks(self) -> Marks:
        marks = Marks()
        is_wide = False
        for piece in self._pieces():
            is_wide = is_wide or _WIDE.search(piece) is not None or b"r='" in piece
            if (b"<f" in piece or b't="e"' in piece) and len(marks.cells) < MOST_MARKS:
                marks.cells.update(_marked(piece))
        if is_wide:
            self._refuse_wide()
        return marks

    def _refuse_wide(self) -> None:
        """Refuse a sheet whose far corners span more cells than memory should hold."""
        letters: set[bytes] = set()
        rows = 1
        for piece in self._pieces():
            letters.update(_WIDE_COLUMN.findall(piece))
            rows = max(rows, *map(int, _ROW.findall(piece)), 1)
        columns = max(map(_column_number, letters)) + 1
        if rows * columns > MOST_CELLS:
            raise Refused(
                f"表格从左上到右下有 {rows} 行 {columns} 列，超过 {MOST_CELLS:,} 格",
                at=self.at,
                advice="右侧或下方很远处有多余的单元格；请只复制有数据的区域到新工作簿后另存。",
            )

    def _pieces(self) -> Iterator[bytes]:
        rest = b""
        with self.package.open(self.part) as stream:
            while piece := stream.read(_PIECE):
                block = rest + piece
                cut = block.rfind(b"</row>") + 6
                if cut < 6 and len(block) < _LONGEST_ROW:
                    rest = block
                    continue
                cut = cut if cut >= 6 else len(block)
                rest = block[cut:]
                yield block[:cut]
        yield rest


def _marked(piece: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for letters, row, attributes, content in _CELL.findall(piece):
        if b't="e"' in attributes:
            yield _position(letters, row), "公式出错（如 #N/A、#REF!），没有可用的值；请改正公式"
        elif b"<f" in content and not _VALUE.search(content) and b't="str"' not in attributes:
            yield _position(letters, row), "公式没有保存计算结果；请用 Excel 打开并保存，或粘贴为数值"


def _position(letters: bytes, row: bytes) -> tuple[int, int]:
    return int(row) - 1, _column_number(letters)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
