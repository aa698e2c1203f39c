"""Column lineage as a graph: drawn on the server, reachable by keyboard, with a table that says the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jinbao.data.catalogue.lineage import Edge, Lineage, Place, lineage
from jinbao.trust.actors import Actor
from jinbao.web.acting import only
from jinbao.web.counter.data.home import READERS

WIDTH, HEIGHT, GAP_X, GAP_Y = 220, 46, 70, 14
MOST_DRAWN = 60
"""Nodes of a drawing; the table shows all."""


@dataclass(frozen=True)
class Node:
    """A box of the drawing."""

    place: Place
    x: int
    y: int
    url: str
    here: bool


@dataclass(frozen=True)
class Line:
    """A curve from one box to another."""

    path: str
    is_condition: bool


@dataclass(frozen=True)
class Drawing:
    """Boxes, curves and the size of the picture."""

    nodes: list[Node]
    lines: list[Line]
    width: int
    height: int


@require_safe
@only(*READERS)
def page(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the jobs and what they could not follow; with ?column= the way of one column in both directions."""
    found, asked = lineage(), request.GET.get("column", "").strip()[:200]
    table = request.GET.get("table", "").strip()[:100]
    shown: dict[str, object] = {
        "jobs": found.jobs,
        "unresolved": found.unresolved,
        "tables": sorted({place.table for place in found.places}),
        "table": table,
        "columns": sorted(str(place) for place in found.places if table and place.table == table),
    }
    if asked:
        shown |= _of_column(found, asked)
    return render(request, "counter/data/lineage.html", shown)


def _of_column(found: Lineage, asked: str) -> dict[str, object]:
    start = found.find(asked)
    up, down = found.walk(start, up=True), found.walk(start, up=False)
    tables = ((_("从哪里来"), up), (_("用到哪里去"), down))
    return {"start": start, "tables_of_edges": tables, "drawing": draw(start, up, down)}


def address(place: Place) -> str:
    """Return the page of a column."""
    return f"{reverse('counter-lineage')}?{urlencode({'column': str(place)})}"


def draw(start: Place, up: list[Edge], down: list[Edge]) -> Drawing:
    """Lay the columns out in layers by their distance from the one that was asked for: sources left, results right."""
    layers = {start: 0}
    for edge in up:
        layers.setdefault(edge.source, layers[edge.target] - 1)
    for edge in down:
        layers.setdefault(edge.target, layers[edge.source] + 1)
    kept = list(layers)[:MOST_DRAWN]
    by_layer: dict[int, list[Place]] = defaultdict(list)
    for place in kept:
        by_layer[layers[place]].append(place)
    left, tallest = min(by_layer), max(map(len, by_layer.values()))
    nodes = {
        place: Node(
            place,
            (layer - left) * (WIDTH + GAP_X) + 10,
            10 + at * (HEIGHT + GAP_Y) + (tallest - len(places)) * (HEIGHT + GAP_Y) // 2,
            address(place),
            place == start,
        )
        for layer, places in sorted(by_layer.items())
        for at, place in enumerate(places)
    }
    lines = [
        Line(_curve(nodes[edge.source], nodes[edge.target]), edge.how == "条件")
        for edge in dict.fromkeys((*up, *down))
        if edge.source in nodes and edge.target in nodes
    ]
    width = len(range(left, max(by_layer) + 1)) * (WIDTH + GAP_X) - GAP_X + 20
    return Drawing(list(nodes.values()), lines, width, tallest * (HEIGHT + GAP_Y) - GAP_Y + 20)


def _curve(source: Node, target: Node) -> str:
    x1, y1, x2, y2 = source.x + WIDTH, source.y + HEIGHT // 2, target.x, target.y + HEIGHT // 2
    if source.x == target.x:
        return f"M{x1} {y1} C{x1 + 40} {y1} {x1 + 40} {y2} {x1} {y2}"
    middle = (x1 + x2) // 2
    return f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"
