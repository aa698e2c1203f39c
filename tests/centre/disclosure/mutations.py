"""Errors put into a clean document, one at a time: what the mutation test and the measurements share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

from jinbao.centre.disclosure.checker import check_document
from jinbao.centre.disclosure.findings import Finding
from jinbao.centre.disclosure.model import Document, Line
from jinbao.centre.disclosure.reader import understand
from jinbao.centre.disclosure.standards import standard

AMOUNT = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})*\.\d{2}(?=万元|%)")
CELL = re.compile(r"\d{1,3}(?:,\d{3})*\.\d{2}")


@dataclass(frozen=True)
class Mutation:
    """One error: the changed lines, where it is, and what was done."""

    kind: str
    lines: list[Line]
    places: frozenset[int]  # indices of changed lines
    said: str
    shown: tuple[str, ...] = ()  # the changed figure or the names of the changed rows, as a formula would show them
    words: str = ""  # for what leaves no line behind: words the finding must hold


def change_digit(text: str, random: Random) -> str:
    """Another digit somewhere in a figure; never one that leaves its value."""
    spots = [n for n, c in enumerate(text) if c.isdigit()]
    while True:
        n = random.choice(spots)
        changed = text[:n] + random.choice([d for d in "0123456789" if d != text[n]]) + text[n + 1 :]
        if not re.match(r"0[\d,]", changed):
            return changed


def swap_digits(text: str, random: Random) -> str | None:
    """Two neighbouring different digits exchanged; None if the figure has none."""
    digits = [n for n, c in enumerate(text) if c.isdigit()]
    pairs = [
        (a, b) for a, b in pairwise(digits) if text[a] != text[b] and not (a == 0 and text[b] == "0" and len(text) > 4)
    ]
    if not pairs:
        return None
    a, b = random.choice(pairs)
    changed = list(text)
    changed[a], changed[b] = changed[b], changed[a]
    return "".join(changed)


class Mutator:
    """Makes random errors in one document."""

    def __init__(self, document: Document, random: Random) -> None:
        self.document, self.random = document, random
        self.lines = document.lines
        self.index = {(line.sheet, line.number, line.text): n for n, line in enumerate(self.lines)}
        self.sentences = [
            (n, m)
            for n, line in enumerate(self.lines)
            if line.cells is None
            for m in AMOUNT.finditer(line.text)
            if m[0] != "0.00"
        ]
        self.cells = [
            (n, c)
            for n, line in enumerate(self.lines)
            if line.cells
            for c, text in enumerate(line.cells)
            if CELL.fullmatch(text)
        ]

    def figure(self, change: Callable[[str, Random], str | None], kind: str) -> Mutation | None:
        """Change one figure, in a table or in a sentence."""
        if self.random.random() < 0.5 and self.sentences:
            n, match = self.random.choice(self.sentences)
            new = change(match[0], self.random)
            if new is None or new == match[0]:
                return None
            line = self.lines[n]
            text = line.text[: match.start()] + new + line.text[match.end() :]
            return self.made(kind, n, replace(line, text=text), f"{match[0]} → {new}")
        n, column = self.random.choice(self.cells)
        cells = list(self.lines[n].cells or ())
        new = change(cells[column], self.random)
        if new is None or new == cells[column]:
            return None
        said, cells[column] = f"{cells[column]} → {new}", new
        made = self.made(
            kind, n, replace(self.lines[n], cells=tuple(cells), text=" ".join(c for c in cells if c)), said
        )
        return replace(made, shown=(new,))

    def made(self, kind: str, n: int, line: Line, said: str) -> Mutation:
        lines = list(self.lines)
        lines[n] = line
        return Mutation(kind, lines, frozenset({n}), said)

    def digit(self) -> Mutation | None:
        return self.figure(change_digit, "改一位数字")

    def swap(self) -> Mutation | None:
        return self.figure(swap_digits, "颠倒两位数字")

    def unit(self) -> Mutation | None:
        """万元 becomes 元, in a sentence or above a table."""
        heads = [
            n for n, line in enumerate(self.lines) if line.cells is None and re.search("单位：.*单位：万元", line.text)
        ]
        if self.random.random() < 0.3 and heads:
            n = self.random.choice(heads)
            return self.made(
                "改单位",
                n,
                replace(self.lines[n], text=self.lines[n].text.replace("单位：万元", "单位：元")),
                "表的单位",
            )
        places = [(n, m) for n, m in self.sentences if self.lines[n].text[m.end() : m.end() + 2] == "万元"]
        n, match = self.random.choice(places)
        text = self.lines[n].text
        return self.made(
            "改单位", n, replace(self.lines[n], text=text[: match.end()] + text[match.end() + 1 :]), f"{match[0]}元"
        )

    def shift(self) -> Mutation | None:
        """The figures of a row printed one row too low: exchanged with the next row's."""
        table = self.random.choice(
            [t for t in self.document.tables if t.kind in ("决02", "决03", "决05", "决06", "预3", "预1-2", "预3-1")]
        )
        rows = sorted({self.at(cell.spot.line, table) for _, _, cell in table.cells() if cell.number})
        pairs = [(a, b) for a, b in pairwise(rows) if b == a + 1 and self.figures(a) != self.figures(b)]
        if not pairs:
            return None
        a, b = self.random.choice(pairs)
        lines = list(self.lines)
        lines[a], lines[b] = self.with_figures(a, self.figures(b)), self.with_figures(b, self.figures(a))
        figures = tuple({*self.figures(a).values(), *self.figures(b).values()})
        names = tuple(
            t for n in (a, b) for t in self.lines[n].cells or () if re.fullmatch(r"[\u4e00-\u9fff（）]{3,}", t)
        )
        return Mutation("错行", lines, frozenset({a, b}), f"{table.title} {a}/{b}", (*figures, *names))

    def at(self, number: int, table: object) -> int:
        _ = table
        return next(n for n, line in enumerate(self.lines) if line.number == number and line.cells)

    def figures(self, n: int) -> dict[int, str]:
        return {c: t for c, t in enumerate(self.lines[n].cells or ()) if CELL.fullmatch(t)}

    def with_figures(self, n: int, figures: dict[int, str]) -> Line:
        cells = ["" if CELL.fullmatch(t) else t for t in self.lines[n].cells or ()]
        for column, text in figures.items():
            cells[column] = text
        return replace(self.lines[n], cells=tuple(cells), text=" ".join(c for c in cells if c))

    def drop(self) -> Mutation | None:
        """A whole table is left out."""
        table = self.random.choice(self.document.tables)
        first = next(
            n for n, line in enumerate(self.lines) if line.number == table.spot.line and table.title[-6:] in line.text
        )
        lines = self.lines[:first] + self.lines[table.end :]
        return Mutation("缺表", lines, frozenset(), table.title, words=table.title)

    def code(self) -> Mutation | None:
        """A code or a name of a 科目 is changed."""
        rows = [
            (n, c)
            for n, line in enumerate(self.lines)
            if line.cells
            for c, t in enumerate(line.cells[:8])
            if re.fullmatch(r"\d{7}|\d{5}", t)
        ]
        n, column = self.random.choice(rows)
        cells = list(self.lines[n].cells or ())
        if self.random.random() < 0.5:
            new = change_digit(cells[column][3:], self.random)
            said, cells[column] = f"{cells[column]} → {cells[column][:3]}{new}", cells[column][:3] + new
        else:
            names = [
                c.name for c in standard().codes if c.name != cells[column + 1] and len(c.code) == len(cells[column])
            ]
            said, cells[column + 1] = f"{cells[column + 1]} → ", self.random.choice(names)
            said += cells[column + 1]
        return self.made(
            "改科目", n, replace(self.lines[n], cells=tuple(cells), text=" ".join(c for c in cells if c)), said
        )

    def any(self) -> Mutation:
        """One random error of a random kind."""
        makers = (self.digit, self.swap, self.unit, self.shift, self.drop, self.code)
        while True:
            made = self.random.choices(makers, weights=(30, 30, 12, 12, 4, 12))[0]()
            if made is not None:
                return made


def findings_of(mutation: Mutation, name: str) -> list[Finding]:
    """Check the changed document."""
    report = check_document(understand(mutation.lines, name, standard()))
    return [f for f in report.findings if f.severity != "unverifiable"]


def found_at_place(mutation: Mutation, findings: list[Finding]) -> bool:
    """True if a finding stands on a changed line, shows the changed figure in its formula, or names the missing
    table."""
    if mutation.words:
        return any(
            mutation.words in (f.recomputed, f.table, f.suggestion) or mutation.words in f.suggestion for f in findings
        )
    numbers = {(mutation.lines[n].sheet, mutation.lines[n].number) for n in mutation.places}
    if any((f.spot.sheet, f.spot.line) in numbers for f in findings):
        return True
    return any(word in f.formula for word in mutation.shown for f in findings)
