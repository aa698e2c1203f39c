"""From rules and characters on a page to the cells of tables and the lines of text."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

NEAR = 3.0  # points: two rules closer than this are one
THIN = 3.0  # a box thinner than this is a rule
SMALLEST = 4  # fewer rules than this make no table


@dataclass(frozen=True)
class Glyph:
    """A character and its box; y grows downwards."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        """The centre of its box."""
        return (self.x0 + self.x1) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Box:
    """A drawn line or rectangle."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True)
class Rule:
    """A straight rule: `at` its coordinate across, from `start` to `end` along."""

    at: float
    start: float
    end: float


def _rules(boxes: list[Box]) -> tuple[list[Rule], list[Rule]]:
    """Horizontal and vertical rules; a box with area gives its four sides."""
    across: list[Rule] = []
    down: list[Rule] = []
    for box in boxes:
        wide, high = box.x1 - box.x0, box.bottom - box.top
        if high <= THIN < wide:
            across.append(Rule((box.top + box.bottom) / 2, box.x0, box.x1))
        elif wide <= THIN < high:
            down.append(Rule((box.x0 + box.x1) / 2, box.top, box.bottom))
        elif wide > THIN and high > THIN:
            across += [Rule(box.top, box.x0, box.x1), Rule(box.bottom, box.x0, box.x1)]
            down += [Rule(box.x0, box.top, box.bottom), Rule(box.x1, box.top, box.bottom)]
    return across, down


def _steps(values: list[float]) -> list[float]:
    steps: list[float] = []
    for value in sorted(values):
        if not steps or value - steps[-1] > NEAR:
            steps.append(value)
    return steps


def find_grids(boxes: list[Box]) -> list[Grid]:
    """Find the tables of a page: groups of rules that touch, with at least two rows or columns."""
    across, down = _rules(boxes)
    if len(across) + len(down) < SMALLEST or not down:
        return []
    bands = _bands(down, across)
    grids = [
        Grid(
            [r for r in across if low - NEAR <= r.at <= high + NEAR],
            [r for r in down if low - NEAR <= r.start and r.end <= high + NEAR],
        )
        for low, high in bands
    ]
    return [g for g in grids if len(g.xs) > 2 and len(g.ys) > 1]


def _bands(down: list[Rule], across: list[Rule]) -> list[tuple[float, float]]:
    """Vertical stretches of the page that a table covers."""
    spans = sorted((r.start, r.end) for r in down)
    bands: list[list[float]] = []
    for start, end in spans:
        if bands and start <= bands[-1][1] + NEAR:
            bands[-1][1] = max(bands[-1][1], end)
        else:
            bands.append([start, end])
    return [(low, high) for low, high in bands if sum(1 for r in across if low - NEAR <= r.at <= high + NEAR) > 1]


class Grid:
    """The cells of one table; neighbours without a rule between them are one cell."""

    def __init__(self, across: list[Rule], down: list[Rule]) -> None:
        self.xs = _steps([r.at for r in down])
        self.ys = _steps([r.at for r in across])
        self.across, self.down = _by_step(across, self.ys), _by_step(down, self.xs)
        self.columns, self.high = max(len(self.xs) - 1, 0), max(len(self.ys) - 1, 0)
        self.root = list(range(self.columns * self.high))
        self.words: dict[int, list[Glyph]] = {}
        if self.columns and self.high:
            self._merge()

    def _merge(self) -> None:
        """Join elementary cells over missing rules, the upper left one leading."""
        for row in range(self.high):
            middle = (self.ys[row] + self.ys[row + 1]) / 2
            for column in range(1, self.columns):
                if not _covers(self.down[column], middle):
                    self._join(row * self.columns + column - 1, row * self.columns + column)
        for row in range(1, self.high):
            for column in range(self.columns):
                middle = (self.xs[column] + self.xs[column + 1]) / 2
                if not _covers(self.across[row], middle):
                    self._join((row - 1) * self.columns + column, row * self.columns + column)

    def _join(self, one: int, two: int) -> None:
        a, b = self.leader(one), self.leader(two)
        self.root[max(a, b)] = min(a, b)

    def leader(self, cell: int) -> int:
        """The upper left elementary cell of a merged one."""
        while self.root[cell] != cell:
            cell = self.root[cell]
        return cell

    def take(self, glyph: Glyph) -> bool:
        """Take a character that lies inside; False if it lies outside."""
        x, y = glyph.middle
        if not (self.xs[0] <= x < self.xs[-1] and self.ys[0] <= y < self.ys[-1]):
            return False
        row, column = bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1
        self.words.setdefault(self.leader(row * self.columns + column), []).append(glyph)
        return True

    def rows(self) -> list[tuple[float, tuple[str, ...]]]:
        """Each row with its top and the text of its cells; rows without text are left out."""
        texts = {cell: " ".join(text for _, text in lines_of(glyphs)) for cell, glyphs in self.words.items()}
        found = []
        for row in range(self.high):
            cells = tuple(texts.get(row * self.columns + c, "") for c in range(self.columns))
            if any(cells):
                found.append((self.ys[row], cells))
        return found


def _by_step(rules: list[Rule], steps: list[float]) -> list[list[Rule]]:
    found: list[list[Rule]] = [[] for _ in steps]
    for rule in rules:
        nearest = min(range(len(steps)), key=lambda n: abs(steps[n] - rule.at))
        found[nearest].append(rule)
    return found


def _covers(rules: list[Rule], at: float) -> bool:
    return any(r.start - NEAR <= at <= r.end + NEAR for r in rules)


def lines_of(glyphs: list[Glyph]) -> list[tuple[float, str]]:
    """Characters put together into lines, each with its top; a wide gap becomes a blank."""
    if not glyphs:
        return []
    height = median(g.bottom - g.top for g in glyphs) or 1
    lines: list[tuple[float, list[Glyph]]] = []
    for glyph in sorted(glyphs, key=lambda g: (g.middle[1], g.x0)):
        if lines and abs(lines[-1][0] - glyph.middle[1]) <= height * 0.6:
            lines[-1][1].append(glyph)
        else:
            lines.append((glyph.middle[1], [glyph]))
    return [(min(g.top for g in row), _text(row, height)) for _, row in lines]


def _text(row: list[Glyph], height: float) -> str:
    row.sort(key=lambda g: g.x0)
    parts = [row[0].text]
    for before, glyph in pairwise(row):
        if glyph.x0 - before.x1 > height * 0.45:
            parts.append(" ")
        parts.append(glyph.text)
    return "".join(parts)
