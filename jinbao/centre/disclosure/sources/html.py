"""HTML: text blocks as lines, table rows as cells at their grid position."""

from __future__ import annotations

from html.parser import HTMLParser

from jinbao.centre.disclosure.model import Line

BLOCKS = {
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "br",
    "section",
    "article",
    "figure",
    "figcaption",
    "dt",
    "dd",
}
SILENT = {"script", "style", "head", "template", "noscript", "svg"}
WIDEST_SPAN = 60


class _Reader(HTMLParser):
    """Collects lines; nested tables are read as rows of their own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[Line] = []
        self.text: list[str] = []
        self.at = 1
        self.silent = 0
        self.row: list[str] | None = None
        self.cell: list[str] | None = None
        self.spans: dict[int, int] = {}
        self.size = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent += 1
        elif tag == "table":
            self.flush()
            self.spans = {}
        elif tag == "tr":
            self.flush()
            self.end_row()
            self.row, self.at = [], self.getpos()[0]
        elif tag in ("td", "th") and self.row is not None:
            self.end_cell()
            self.cell, self.size = [], _spans(attrs)
        elif tag in BLOCKS and self.cell is None:
            self.flush()

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in ("td", "th"):
            self.end_cell()
        elif tag in ("tr", "table"):
            self.end_row()
        elif tag in BLOCKS and self.cell is None:
            self.flush()

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if self.cell is not None:
            self.cell.append(data)
        elif data.strip():
            if not self.text:
                self.at = self.getpos()[0]
            self.text.append(data)

    def flush(self) -> None:
        text = " ".join("".join(self.text).split())
        if text:
            self.lines.append(Line(self.at, text))
        self.text = []

    def end_cell(self) -> None:
        if self.cell is None or self.row is None:
            return
        self.skip_spans()
        position, (wide, high) = len(self.row), self.size
        self.row += [" ".join("".join(self.cell).split()), *[""] * (wide - 1)]
        if high > 1:
            self.spans.update(dict.fromkeys(range(position, position + wide), high))
        self.cell = None

    def skip_spans(self) -> None:
        """Leave the places open that a cell above still covers."""
        while self.row is not None and self.spans.get(len(self.row), 0) > 1:
            self.row.append("")

    def end_row(self) -> None:
        self.end_cell()
        if self.row is not None:
            open_ = set(range(len(self.row)))
            self.skip_spans()
            self.lines.append(Line(self.at, " ".join(c for c in self.row if c), tuple(self.row)))
            self.spans = {k: v - 1 for k, v in self.spans.items() if v > 1 and (k in open_ or v > 1)}
        self.row = None


def _spans(attrs: list[tuple[str, str | None]]) -> tuple[int, int]:
    found = dict(attrs)

    def number(key: str) -> int:
        text = (found.get(key) or "1").strip()
        return min(max(int(text), 1), WIDEST_SPAN) if text.isdecimal() else 1

    return number("colspan"), number("rowspan")


def lines_of_html(text: str) -> list[Line]:
    """Read a page into lines; markup that is never closed does no harm."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.end_row()
    reader.flush()
    return reader.lines
