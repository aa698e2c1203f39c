"""Plain text and Markdown: lines, with cells where a line is divided by tabs or bars."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinbao.centre.disclosure.model import Line

_RULE = re.compile(r"\|?[\s:|-]+\|?")


def lines_of_text(text: str) -> list[Line]:
    """Split text into lines; a form feed begins a new page."""
    return list(_lines(text))


def _lines(text: str) -> Iterator[Line]:
    page = 1 if "\f" in text else None
    for number, raw in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if page is not None:
            page += raw.count("\f")
        plain = raw.replace("\f", " ")
        yield Line(number, plain, cells_of(plain), page)


def cells_of(raw: str) -> tuple[str, ...] | None:
    """The cells of a line, None if it is not divided."""
    if raw.count("\t") >= 2:
        return tuple(cell.strip() for cell in raw.split("\t"))
    stripped = raw.strip()
    if stripped.startswith("|") and stripped.count("|") >= 3:
        if _RULE.fullmatch(stripped):
            return ()
        return tuple(cell.strip() for cell in stripped.strip("|").split("|"))
    return None
