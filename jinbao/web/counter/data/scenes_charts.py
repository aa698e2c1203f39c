"""Pictures of a result, drawn on the server: bars that count rows, lines over time. The table beside says the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinbao.data.scenes.cells import text_of
from jinbao.data.scenes.declared import Chart, Column, Scene

WIDTH, HEIGHT = 640, 200
MOST_LINES = 6
DASHES = ("", "8 4", "2 4", "12 4 2 4", "4 2", "1 3")
"""Lines are told apart by their dashes too, not by colour alone."""


@dataclass(frozen=True)
class Bar:
    """How many rows have a value; `width` in percent of the longest bar."""

    label: str
    count: int
    width: int


@dataclass(frozen=True)
class Trend:
    """One line over time, with its first and last value as text."""

    label: str
    points: str
    dash: str
    first: str
    last: str


@dataclass(frozen=True)
class Picture:
    """Bars or trends under a title."""

    title: str
    bars: list[Bar]
    trends: list[Trend]
    first: str = ""
    last: str = ""


def picture(scene: Scene, rows: Sequence[dict[str, Any]]) -> Picture | None:
    """Draw what the scene declares; nothing where it declares nothing or there are no rows."""
    chart: Chart | None = scene.chart
    if chart is None or not rows:
        return None
    if chart.by:
        return Picture(chart.title, _bars(_column(scene, chart.by), [row[chart.by] for row in rows]), [])
    x = _column(scene, chart.x)
    steps = sorted({row[chart.x] for row in rows})
    return Picture(chart.title, [], _trends(scene, chart, rows, steps), text_of(x, steps[0]), text_of(x, steps[-1]))


def _column(scene: Scene, name: str) -> Column:
    found = scene.column(name)
    if found is None:
        raise LookupError(name)
    return found


def _bars(column: Column, values: Sequence[Any]) -> list[Bar]:
    counted = Counter(values)
    most = max(counted.values())
    return [Bar(text_of(column, value), n, n * 100 // most) for value, n in sorted(counted.items())]


def _trends(scene: Scene, chart: Chart, rows: Sequence[dict[str, Any]], steps: Sequence[Any]) -> list[Trend]:
    """Sum the value over everything but time and the column of the lines."""
    sums: dict[Any, Counter[Any]] = {}
    for row in rows:
        sums.setdefault(row[chart.of] if chart.of else "", Counter())[row[chart.x]] += row[chart.y] or 0
    top = max((value for line in sums.values() for value in line.values()), default=1) or 1
    across = max(len(steps) - 1, 1)
    y, of = _column(scene, chart.y), scene.column(chart.of)
    made = []
    for place, (value, line) in enumerate(sorted(sums.items())[:MOST_LINES]):
        points = " ".join(
            f"{at * WIDTH // across},{HEIGHT - max(line[step], 0) * HEIGHT // top}" for at, step in enumerate(steps)
        )
        label = text_of(of, value) if of else y.label
        made.append(Trend(label, points, DASHES[place], text_of(y, line[steps[0]]), text_of(y, line[steps[-1]])))
    return made
