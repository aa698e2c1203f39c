"""Sources: a file of any accepted kind becomes numbered lines."""

from __future__ import annotations

from pathlib import Path

from jinbao.centre.disclosure.model import Line
from jinbao.centre.disclosure.sources.guard import MOST_LINES, Unreadable, decode, kind_of, load, refuse
from jinbao.centre.disclosure.sources.html import lines_of_html
from jinbao.centre.disclosure.sources.office import lines_of_docx, lines_of_excel
from jinbao.centre.disclosure.sources.pdf import lines_of_pdf
from jinbao.centre.disclosure.sources.text import lines_of_text

__all__ = ["Unreadable", "read_lines"]


def read_lines(source: Path | bytes, name: str) -> list[Line]:
    """Read a file (path or content, with its name) into lines.

    Raises Unreadable with advice for anything that is not a readable document.
    """
    data = load(source, name)
    kind = kind_of(data, name)
    if kind == "pdf":
        lines = lines_of_pdf(data, name)
    elif kind == "docx":
        lines = lines_of_docx(data, name)
    elif kind in ("xlsx", "xls"):
        lines = lines_of_excel(data, name)
    else:
        text = decode(data, name)
        lines = lines_of_html(text) if kind == "html" else lines_of_text(text)
    if len(lines) > MOST_LINES:
        raise refuse(name, "文档过长", "请只保留公开文件本身。")
    return lines
