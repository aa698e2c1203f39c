"""A paper written as Word, PDF, Excel and HTML."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from jinbao.centre.disclosure.produce.blocks import Chart, Grid, Heading, Paper, Prose
from jinbao.centre.disclosure.produce.drawing import bars, image
from jinbao.centre.disclosure.writers.paper import compiled, quoted

WIDE = 7  # tables with more columns are set on a page turned sideways


def write_all(paper: Paper, out: Path, stem: str) -> list[Path]:
    """Write a paper in every form; gives the files back."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for suffix, make in FORMS.items():
        path = out / f"{stem}.{suffix}"
        path.write_bytes(make(paper))
        written.append(path)
    return written


def html_of(paper: Paper) -> bytes:
    """One page that needs nothing else."""
    parts = [f"<h1>{escape(paper.title)}</h1>"]
    for block in paper.blocks:
        if isinstance(block, Heading):
            parts.append(f"<h{block.level + 1}>{escape(block.text)}</h{block.level + 1}>")
        elif isinstance(block, Prose):
            parts.append(f"<p>{escape(block.text)}</p>")
        elif isinstance(block, Chart):
            picture = base64.b64encode(image(block, "svg")).decode()
            parts.append(
                f'<figure><img alt="{escape(block.caption)}" src="data:image/svg+xml;base64,'
                f'{picture}"><figcaption>{escape(block.caption)}</figcaption></figure>'
            )
        else:
            parts.append(_html_grid(block))
    style = (
        "body{font:16px/1.8 'Noto Serif CJK SC',SimSun,serif;max-width:64rem;margin:auto;padding:1rem}"
        "table{border-collapse:collapse;width:100%;font-size:.85rem}td,th{border:1px solid #777;padding:.2rem .4rem}"
        "td.n{text-align:right}p{text-indent:2em}.meta{display:flex;justify-content:space-between;text-indent:0}"
    )
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(paper.title)}</title>'
        f"<style>{style}</style></head><body>{chr(10).join(parts)}</body></html>"
    ).encode()


def _html_grid(grid: Grid) -> str:
    rows = []
    for line in grid.head:
        cells = "".join(f"<th{_span(h.wide, h.high)}>{escape(h.text)}</th>" for h in line)
        rows.append(f"<tr>{cells}</tr>\n")
    for body in grid.body:
        cells = "".join(f"<td{'' if n in grid.names else ' class=n'}>{escape(c)}</td>" for n, c in enumerate(body))
        rows.append(f"<tr>{cells}</tr>\n")
    meta = (
        (
            f'<p class="meta"><span>{escape(grid.label)}</span></p><p class="meta"><span>'
            f"单位：{escape(grid.holder)}</span><span>　单位：{grid.unit}</span></p>"
        )
        if grid.unit
        else ""
    )
    notes = "".join(f"\n<p>{escape(n)}</p>" for n in grid.notes)
    return f"<h4>{escape(grid.title)}</h4>{meta}<table>{''.join(rows)}</table>{notes}"


def _span(wide: int, high: int) -> str:
    return (f' colspan="{wide}"' if wide > 1 else "") + (f' rowspan="{high}"' if high > 1 else "")


def pdf_of(paper: Paper) -> bytes:
    """Set by typst, A4; wide tables on pages turned sideways."""
    parts = [
        (
            '#set page(paper: "a4", margin: 2cm, numbering: "1")\n'
            '#set text(font: ("Noto Serif CJK SC", "Noto Sans CJK SC"), size: 11pt, lang: "zh")\n'
            "#set par(first-line-indent: (amount: 2em, all: true), leading: 0.9em)\n"
            "#show heading: set par(first-line-indent: 0pt)\n"
        )
    ]
    parts.append(f'#align(center)[#text(size: 18pt, weight: "bold")[#{quoted(paper.title)}]]\n')
    for block in paper.blocks:
        if isinstance(block, Heading):
            parts.append(f"#heading(level: {block.level})[#{quoted(block.text)}]\n")
        elif isinstance(block, Prose):
            parts.append(f"#par[#{quoted(block.text)}]\n")
        elif isinstance(block, Chart):
            parts.append(f"#block(breakable: false)[{bars(block)}#align(center)[#{quoted(block.caption)}]]\n")
        else:
            parts.append(_typst_grid(block))
    return compiled("\n".join(parts))


def _typst_grid(grid: Grid) -> str:
    columns = grid.width
    size = 9 if columns <= 4 else 8 if columns <= WIDE else 7
    cells = [
        f"table.cell(colspan: {h.wide}, rowspan: {h.high}, align: center + horizon)[#{quoted(h.text)}]"
        for line in grid.head
        for h in line
    ]
    header = f"table.header({', '.join(cells)})," if cells else ""
    body = ", ".join(
        f"table.cell(align: {'left' if n in grid.names else 'right'} + horizon)[#{quoted(c)}]"
        for row in grid.body
        for n, c in enumerate(row)
    )
    widths = ", ".join("1.6fr" if n in grid.names and columns > 3 else "1fr" for n in range(columns))
    meta = (
        (
            f"#par(first-line-indent: 0pt)[#{quoted(grid.label)}]\n#par(first-line-indent: "
            f"0pt)[#{quoted('单位：' + grid.holder)} #h(1fr) #{quoted('单位：' + grid.unit)}]\n"
        )
        if grid.unit
        else ""
    )
    notes = "".join(f"#par(first-line-indent: 0pt)[#{quoted(n)}]\n" for n in grid.notes)
    title = f'#align(center)[#text(size: 13pt, weight: "bold")[#{quoted(grid.title)}]]'
    settings = "#set par(first-line-indent: 0pt, leading: 0.5em)"
    rows = f"#table(columns: ({widths}), stroke: 0.5pt, inset: 3pt, {header} {body})"
    table = f"{title}\n{meta}#text(size: {size}pt)[{settings}\n{rows}]\n{notes}"
    return f"#page(flipped: true, margin: 1.5cm)[{table}]\n" if columns > WIDE else f"#block[{table}]\n"


def docx_of(paper: Paper) -> bytes:
    """A Word document with real headings and tables; heading rows repeat on every page."""
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document = docx.Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "SimSun", Pt(11)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "宋体")
    document.add_heading(paper.title, 0)
    for block in paper.blocks:
        if isinstance(block, Heading):
            document.add_heading(block.text, block.level)
        elif isinstance(block, Prose):
            document.add_paragraph(block.text).paragraph_format.first_line_indent = Cm(0.8)
        elif isinstance(block, Chart):
            document.add_picture(io.BytesIO(image(block, "png")), width=Cm(14))
            document.add_paragraph(block.caption)
        else:
            _docx_grid(document, block)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _docx_grid(document: Any, grid: Grid) -> None:
    document.add_paragraph(grid.title).alignment = 1
    if grid.unit:
        document.add_paragraph(grid.label)
        document.add_paragraph(f"单位：{grid.holder}　　单位：{grid.unit}")
    xml = "".join(_docx_row(cells, head=True) for cells in _head_rows(grid)) + "".join(
        _docx_row([(c, 1, "", n not in grid.names) for n, c in enumerate(row)], head=False) for row in grid.body
    )
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    borders = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="777777"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid_columns = "<w:gridCol/>" * grid.width
    table = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>'
        f"{borders}</w:tblBorders></w:tblPr><w:tblGrid>{grid_columns}</w:tblGrid>{xml}</w:tbl>"
    )
    document.element.body.insert(len(document.element.body) - 1, table)
    for note in grid.notes or [""]:
        document.add_paragraph(note)


def _head_rows(grid: Grid) -> list[list[tuple[str, int, str, bool]]]:
    """Heading rows with the continued cells of vertical spans filled in: text, width, merge state, right-aligned."""
    rows: list[list[tuple[str, int, str, bool]]] = []
    open_: dict[int, tuple[int, int]] = {}
    for line in grid.head:
        row: list[tuple[str, int, str, bool]] = []
        position, heads = 0, iter(line)
        while position < grid.width:
            if open_.get(position, (0, 0))[0] > 0:
                left, wide = open_[position]
                open_[position] = (left - 1, wide)
                row.append(("", wide, "continue", False))
                position += wide
                continue
            head = next(heads, None)
            if head is None:
                break
            if head.high > 1:
                open_[position] = (head.high - 1, head.wide)
            row.append((head.text, head.wide, "restart" if head.high > 1 else "", False))
            position += head.wide
        rows.append(row)
    return rows


def _docx_row(cells: list[tuple[str, int, str, bool]], *, head: bool) -> str:
    parts = []
    for text, wide, merge, right in cells:
        span = f'<w:gridSpan w:val="{wide}"/>' if wide > 1 else ""
        joined = "" if not merge else '<w:vMerge w:val="restart"/>' if merge == "restart" else "<w:vMerge/>"
        side = "center" if head else "right" if right else "left"
        parts.append(
            f'<w:tc><w:tcPr>{span}{joined}</w:tcPr><w:p><w:pPr><w:jc w:val="{side}"/></w:pPr><w:r><w:rPr>'
            f'<w:sz w:val="16"/></w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p></w:tc>'
        )
    return f"<w:tr>{'<w:trPr><w:tblHeader/></w:trPr>' if head else ''}{''.join(parts)}</w:tr>"


def xlsx_of(paper: Paper) -> bytes:
    """A workbook: each table a sheet, the sentences on the first, the charts as native charts on the last."""
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_numbers": False}) as book:
        style = {
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "head": book.add_format(
                {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
            ),
            "left": book.add_format({"border": 1, "num_format": "@"}),
            "right": book.add_format({"border": 1, "align": "right", "num_format": "@"}),
            "title": book.add_format({"bold": True, "font_size": 14}),
        }
        sheet = book.add_worksheet("说明")
        sheet.set_column(0, 0, 110)
        sheet.write_string(0, 0, paper.title, style["title"])
        lines = [b.text if not isinstance(b, Chart) else b.caption for b in paper.blocks if not isinstance(b, Grid)]
        for n, line in enumerate(lines, 1):
            sheet.write_string(n, 0, line, style["text"])
        for n, grid in enumerate(paper.grids, 1):
            _excel_grid(book.add_worksheet(f"表{n}"), grid, style)
        _excel_charts(book, [b for b in paper.blocks if isinstance(b, Chart)])
    return stream.getvalue()


def _excel_grid(sheet: Any, grid: Grid, style: dict[str, Any]) -> None:
    sheet.write_string(0, 0, grid.title, style["title"])
    row = 1
    if grid.unit:
        sheet.write_string(1, 0, grid.label)
        sheet.write_string(2, 0, f"单位：{grid.holder}")
        sheet.write_string(3, 0, f"单位：{grid.unit}")
        row = 4
    taken: set[tuple[int, int]] = set()
    for offset, line in enumerate(grid.head):
        column = 0
        for head in line:
            while (offset, column) in taken:
                column += 1
            taken |= {(offset + y, column + x) for y in range(head.high) for x in range(head.wide)}
            if head.wide > 1 or head.high > 1:
                sheet.merge_range(
                    row + offset, column, row + offset + head.high - 1, column + head.wide - 1, head.text, style["head"]
                )
            else:
                sheet.write_string(row + offset, column, head.text, style["head"])
            column += head.wide
    row += len(grid.head)
    for body in grid.body:
        for n, cell in enumerate(body):
            sheet.write_string(row, n, cell, style["left" if n in grid.names else "right"])
        row += 1
    for note in grid.notes:
        sheet.write_string(row, 0, note)
        row += 1
    sheet.set_column(0, grid.width - 1, 16)


def _excel_charts(book: Any, charts: list[Chart]) -> None:
    if not charts:
        return
    sheet = book.add_worksheet("图")
    row = 0
    for chart in charts:
        for n, (name, value) in enumerate(chart.bars):
            sheet.write_string(row + n, 0, name)
            sheet.write_number(row + n, 1, value / 100)
        drawn = book.add_chart({"type": "bar"})
        last = row + len(chart.bars) - 1
        drawn.add_series({"categories": ["图", row, 0, last, 0], "values": ["图", row, 1, last, 1]})
        drawn.set_title({"name": chart.caption})
        drawn.set_legend({"none": True})
        sheet.insert_chart(row, 3, drawn)
        row += max(len(chart.bars) + 1, 16)


FORMS: dict[str, Callable[[Paper], bytes]] = {"docx": docx_of, "pdf": pdf_of, "xlsx": xlsx_of, "html": html_of}
