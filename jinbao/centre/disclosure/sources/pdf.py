"""PDF with a text layer: ruled tables as cells, the rest as text lines in reading order.

Characters and rules are taken with pdfium (the engine below pdfplumber), which reads a page in milliseconds
where a reader
written in Python needs a tenth of a second; the grid of cells is put together in grid.py.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from jinbao.centre.disclosure.model import Line
from jinbao.centre.disclosure.sources.grid import Box, Glyph, find_grids, lines_of
from jinbao.centre.disclosure.sources.guard import refuse

MOST_PAGES = 600
MOST_GLYPHS = 3_000_000
FEWEST_CHARACTERS = 20  # a page below this has no text layer worth the name


def lines_of_pdf(data: bytes, name: str) -> list[Line]:
    """Read a PDF; lines are numbered within the document, each with its page.

    Raises Unreadable for damaged, locked, scanned or oversized files.
    """
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
        pages = len(pdf)
    except (pypdfium2.PdfiumError, ValueError) as error:
        locked = "password" in str(error).lower()
        advice = "请去掉密码后再查。" if locked else "请重新下载，或用原文件重新导出 PDF。"
        raise refuse(name, "PDF 已加密" if locked else "PDF 不完整或已损坏", advice) from error
    if pages > MOST_PAGES:
        raise refuse(name, f"有 {pages} 页，超过上限 {MOST_PAGES} 页", "请只保留公开文件本身。")
    lines: list[Line] = []
    glyphs = 0
    try:
        for number in range(pages):
            found = list(_page_lines(pdf, number))
            glyphs += sum(len(text) for text, _ in found)
            lines += [Line(len(lines) + n, text, cells, number + 1) for n, (text, cells) in enumerate(found, 1)]
            if glyphs > MOST_GLYPHS:
                raise refuse(name, "文档过长", "请只保留公开文件本身。")
    except pypdfium2.PdfiumError as error:
        raise refuse(name, "PDF 中有损坏的页", "请重新下载，或用原文件重新导出 PDF。") from error
    finally:
        pdf.close()
    if glyphs < FEWEST_CHARACTERS * max(pages, 1):
        raise refuse(
            name, "PDF 没有文字层（多半是扫描件）", "请用 Word 直接导出的 PDF；只有纸质件时请先做文字识别（OCR）。"
        )
    return lines


def _page_lines(pdf: Any, number: int) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Text lines and table rows of one page, from top to bottom."""
    page = pdf[number]
    width, height = page.get_size()
    turn = page.get_rotation()
    glyphs = [_turned(g, width, height, turn) for g in _glyphs(page, height if turn in (0, 180) else width)]
    rules = list(_rules(page, height if turn in (0, 180) else width))
    page.close()
    grids = find_grids([_turned_box(b, width, height, turn) for b in rules])
    free: list[Glyph] = []
    for glyph in glyphs:
        holder = next((g for g in grids if g.take(glyph)), None)
        if holder is None:
            free.append(glyph)
    blocks: list[tuple[float, str, tuple[str, ...] | None]] = [(top, text, None) for top, text in lines_of(free)]
    for grid in grids:
        blocks += [(top, " ".join(c for c in cells if c), cells) for top, cells in grid.rows()]
    for _, text, cells in sorted(blocks, key=lambda b: b[0]):
        yield text, cells


def _glyphs(page: Any, height: float) -> Iterator[Glyph]:
    """Every printed character with the box of its line, so that a full stop stands beside its neighbours; y
    downwards."""
    from pypdfium2 import raw

    text = page.get_textpage()
    box = raw.FS_RECTF()
    for index in range(raw.FPDFText_CountChars(text.raw)):
        code = raw.FPDFText_GetUnicode(text.raw, index)
        if code <= 32 or code in (0xFFFE, 0xA0):
            continue
        if raw.FPDFText_GetLooseCharBox(text.raw, index, ctypes.byref(box)):
            yield Glyph(chr(code), box.left, height - box.top, box.right, height - box.bottom)
    text.close()


def _rules(page: Any, height: float) -> Iterator[Box]:
    """The boxes of lines and rectangles that are drawn."""
    from pypdfium2 import raw

    for shape in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=4):
        x0, y0, x1, y1 = shape.get_bounds() if hasattr(shape, "get_bounds") else shape.get_pos()
        yield Box(x0, height - y1, x1, height - y0)


def _turned(glyph: Glyph, width: float, height: float, turn: int) -> Glyph:
    if not turn:
        return glyph
    box = _turned_box(Box(glyph.x0, glyph.top, glyph.x1, glyph.bottom), width, height, turn)
    return Glyph(glyph.text, box.x0, box.top, box.x1, box.bottom)


def _turned_box(box: Box, width: float, height: float, turn: int) -> Box:
    """Where a box stands on a page that is shown turned; width and height are those of the page as shown."""
    if turn == 90:
        return Box(width - box.bottom, box.x0, width - box.top, box.x1)
    if turn == 180:
        return Box(width - box.x1, height - box.bottom, width - box.x0, height - box.top)
    if turn == 270:
        return Box(box.top, height - box.x1, box.bottom, height - box.x0)
    return box
