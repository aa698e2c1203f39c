"""Small cells cannot be recovered by subtraction, in any combination."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.oversight.simulation.suppression import LEAST, Cell, Key, Relation, hide


def table(rows: list[list[int]]) -> tuple[dict[Key, Cell], list[Relation]]:
    """A table of counts with margins in both directions."""
    width = len(rows[0])
    full = [[*row, sum(row)] for row in rows]
    full.append([sum(row[column] for row in full) for column in range(width + 1)])
    height = len(rows)
    cells: dict[Key, Cell] = {
        (r, c): Cell(full[r][c], total=r == height or c == width) for r in range(height + 1) for c in range(width + 1)
    }
    relations: list[Relation] = [{**{(r, c): 1 for c in range(width)}, (r, width): -1} for r in range(height + 1)]
    relations += [{**{(r, c): 1 for r in range(height)}, (height, c): -1} for c in range(width + 1)]
    return cells, relations


def rank(rows: list[list[Fraction]]) -> int:
    """Count independent rows, in exact fractions."""
    rows, done = [row[:] for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((at for at in range(done, len(rows)) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        for at in range(done + 1, len(rows)):
            factor = rows[at][column] / rows[done][column]
            rows[at] = [one - factor * other for one, other in zip(rows[at], rows[done], strict=True)]
        done += 1
    return done


def recovered(relations: list[Relation], hidden: Any, chosen: tuple[Key, ...]) -> bool:
    """Tell whether the sum of some hidden cells follows from what is shown: adding it raises no rank."""
    order = list(hidden)
    lines = [[Fraction(relation.get(key, 0)) for key in order] for relation in relations]
    return rank([*lines, [Fraction(key in chosen) for key in order]]) == rank(lines)


counts = st.lists(
    st.lists(st.one_of(st.integers(0, 12), st.integers(0, 300)), min_size=3, max_size=3), min_size=2, max_size=5
)


@settings(max_examples=60, deadline=None)
@given(counts)
def test_no_small_cell_is_shown_or_follows_from_what_is_shown(rows: list[list[int]]) -> None:
    cells, relations = table(rows)
    hidden = hide(cells, relations)
    assert {key for key, cell in cells.items() if cell.small} <= hidden
    assert not any(recovered(relations, hidden, (key,)) for key, cell in cells.items() if cell.small)


@settings(max_examples=40, deadline=None)
@given(counts)
def test_no_sum_of_hidden_cells_of_a_line_rests_on_few(rows: list[list[int]]) -> None:
    cells, relations = table(rows)
    hidden = hide(cells, relations)
    for relation in relations:
        mine = [key for key in relation if key in hidden]
        for pair in combinations(mine, 2):
            few = 0 < sum(cells[key].people for key in pair) < LEAST
            assert not (few and recovered(relations, hidden, pair))


def test_a_table_without_small_cells_is_shown_whole_and_zeros_too() -> None:
    cells, relations = table([[10, 0, 30], [40, 50, 0]])
    assert not hide(cells, relations)


def test_the_cell_hidden_beside_a_small_one_is_the_smallest() -> None:
    cells, relations = table([[3, 40, 500], [30, 60, 700], [400, 900, 800]])
    assert hide(cells, relations) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_totals_are_hidden_last() -> None:
    cells, relations = table([[3, 500, 600], [400, 500, 600]])
    assert all(not cells[key].total for key in hide(cells, relations))
