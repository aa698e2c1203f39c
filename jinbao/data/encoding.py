"""Which encoding a text file is in: UTF-8 (with or without a mark), UTF-16 with a mark, or GB 18030 (and GBK in it)."""

from __future__ import annotations

import codecs
from pathlib import Path

from jinbao.data.sources import Refused
from jinbao.kernel.errors import Place

_PIECE = 1 << 20


def encoding_of(path: Path, file_name: str) -> str:
    """Return the encoding in which the whole file can be read.

    Raises Refused, naming the line of the first byte that fits neither UTF-8 nor GB 18030.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    failures = []
    for encoding in ("utf-8", "gb18030"):
        wrong_at = _first_wrong(path, encoding)
        if wrong_at is None:
            return "utf-8-sig" if encoding == "utf-8" else encoding
        failures.append(wrong_at)
    line, column = _line_of(path, max(failures))
    raise Refused(
        f"第 {line} 行第 {column} 个字节既不是 UTF-8 也不是 GB18030 的文字",
        at=Place(file_name, line),
        advice="请用 Excel 打开原文件，另存为“CSV UTF-8”后重新上传。",
    )


def _first_wrong(path: Path, encoding: str) -> int | None:
    """Return the offset of the first byte that cannot be read, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                return offset - pending + error.start
            offset += len(piece)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return offset
    return None


def _line_of(path: Path, offset: int) -> tuple[int, int]:
    """Return the line and the byte within it (both from 1) of an offset."""
    line, line_start, done = 1, 0, 0
    with path.open("rb") as file:
        while done < offset and (piece := file.read(min(_PIECE, offset - done))):
            line += piece.count(b"\n")
            last = piece.rfind(b"\n")
            line_start = done + last + 1 if last >= 0 else line_start
            done += len(piece)
    return line, offset - line_start + 1
