"""What a bulletin says, and its Word document: A4, names wide, numbers to the right, headings black."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

LATIN, SONG, HEI = "Times New Roman", "宋体", "黑体"
WIDTH_CM = 17.0
"""Of the text on A4 with margins of 2 cm."""
NARROW_CM = 1.9
"""Of a column of numbers or short words."""


@dataclass(frozen=True)
class Table:
    """One table of the bulletin; `empty` is what it says without rows, `note` what stands below it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str
    wide: tuple[int, ...] = ()
    """Columns of names, which share the room that the others leave."""
    figures: tuple[int, ...] = ()
    """Columns of numbers."""
    note: str = ""


@dataclass(frozen=True)
class Bulletin:
    """What a bulletin says."""

    title: str
    about: tuple[str, ...]
    tables: tuple[Table, ...]


def written(said: Bulletin) -> bytes:
    """Write a bulletin as a Word document."""
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm

    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2.0)
    _styles(document)
    _page_number(page.footer.paragraphs[0])
    document.add_heading(said.title, 0).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in said.about:
        document.add_paragraph(text)
    for table in said.tables:
        document.add_heading(table.title, 1)
        if table.rows:
            _table(document, table)
        else:
            document.add_paragraph(table.empty)
        if table.note:
            document.add_paragraph(table.note)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _page_number(paragraph: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _styles(document: Any) -> None:
    """Use Song for the text and Hei for headings, black, without the line below the title."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name, face, size in (("Normal", SONG, 10.5), ("Title", HEI, 18), ("Heading 1", HEI, 13)):
        style = document.styles[name]
        style.font.name, style.font.size = LATIN, Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), face)
    line = document.styles["Title"].element.pPr.find(qn("w:pBdr"))
    if line is not None:
        document.styles["Title"].element.pPr.remove(line)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)


def _table(document: Any, table: Table) -> None:
    from docx.oxml import OxmlElement

    made = document.add_table(rows=1 + len(table.rows), cols=len(table.head), style="Table Grid")
    made.autofit = False
    for column, width in zip(made.columns, _widths(table), strict=True):
        column.width = width
    for row, texts in zip(made.rows, (table.head, *table.rows), strict=True):
        _row(row, table, texts)
    made.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell in made.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True


def _widths(table: Table) -> list[Any]:
    """Return the width of each column."""
    from docx.shared import Cm

    room = (WIDTH_CM - NARROW_CM * (len(table.head) - len(table.wide))) / len(table.wide)
    return [Cm(room if at in table.wide else NARROW_CM) for at in range(len(table.head))]


def _row(row: Any, table: Table, texts: tuple[str, ...]) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    for at, (cell, text, width) in enumerate(zip(row.cells, texts, _widths(table), strict=True)):
        cell.width = width
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(1)
        paragraph.add_run(text).font.size = Pt(9)
        if at in table.figures:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
