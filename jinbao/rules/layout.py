"""Text in columns for terminals, where a Chinese character is as wide as two letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def columns(rows: Iterable[Sequence[str]], *, indent: str = "  ", most: int = 44) -> Iterator[str]:
    """Set rows in aligned columns; a cell wider than `most` does not widen its column."""
    table = [list(row) for row in rows]
    count = max((len(row) for row in table), default=0)
    widths = [
        max((width(row[n]) for row in table if n < len(row) and width(row[n]) <= most), default=0) for n in range(count)
    ]
    for row in table:
        cells = [cell + " " * max(widths[n] - width(cell), 0) for n, cell in enumerate(row)]
        yield f"{indent}{'  '.join(cells)}".rstrip()
