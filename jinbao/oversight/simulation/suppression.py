"""Small cells: fewer than ten people are not shown, and cannot be recovered by subtraction from what is shown.

Cells of tables are linked by relations (groups add up to the total, after = before + gained − lost). A cell that rests
on 1 to 9 people is hidden. Then more cells are hidden until no linear combination of what is shown gives such a cell,
or a sum of two hidden cells that rests on fewer than ten people. Zeros are shown.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LEAST = 10
"""From how many people on a cell may be shown."""

_PRIME = 2**31 - 1

Key = Hashable
Relation = Mapping[Key, int]
"""Cells with their signs; the signed values add up to nothing."""


@dataclass(frozen=True)
class Cell:
    """How many people a cell rests on, and whether it is a total, which is hidden last."""

    people: int
    total: bool = False

    @property
    def small(self) -> bool:
        """Whether it must not be shown."""
        return 0 < self.people < LEAST


def hide(cells: Mapping[Key, Cell], relations: Sequence[Relation]) -> frozenset[Key]:
    """Return the cells that must not be shown."""
    hidden = {key for key, cell in cells.items() if cell.small}
    while True:
        _hide_within_relations(cells, relations, hidden)
        risk = next(iter(at_risk(cells, relations, hidden)), None)
        if risk is None:
            return frozenset(hidden)
        _hide_one_more(cells, relations, hidden, risk)


def _hide_within_relations(cells: Mapping[Key, Cell], relations: Sequence[Relation], hidden: set[Key]) -> None:
    """Bring every single relation to hidden cells that rest on ten people and more together."""
    changed = True
    while changed:
        changed = False
        for relation in relations:
            while _needs_more({key: sign for key, sign in relation.items() if key in hidden}, cells):
                candidate = _best(cells, (key for key in relation if key not in hidden))
                if candidate is None:
                    break
                hidden.add(candidate)
                changed = True


def _needs_more(combination: Relation, cells: Mapping[Key, Cell]) -> bool:
    """Tell whether a relation needs another hidden cell: it gives away a hidden one, or a sum over few people."""
    return _weak(combination, cells) or (len(combination) == 1 and any(cells[key].people for key in combination))


def _weak(combination: Relation, cells: Mapping[Key, Cell]) -> bool:
    """Tell whether knowing a combination tells too much: it is a small cell, or a sum over few people.

    A larger cell that was hidden for the sake of another may be known, and so may a difference of two hidden cells.
    """
    sums = len(set(combination.values())) == 1
    return sums and 0 < sum(cells[key].people for key in combination) < LEAST


def _best(cells: Mapping[Key, Cell], candidates: Iterable[Key]) -> Key | None:
    """Choose what is lost least: no total, somebody in it, few people."""
    return min(candidates, key=lambda key: (cells[key].total, not cells[key].people, cells[key].people), default=None)


def _hide_one_more(cells: Mapping[Key, Cell], relations: Sequence[Relation], hidden: set[Key], risk: set[Key]) -> None:
    """Hide the cell that is lost least, near a combination that tells too much; further away if nothing is near."""
    near = {key for relation in relations if risk & relation.keys() for key in relation} - hidden
    candidate = _best(cells, near or (cells.keys() - hidden))
    if candidate is None:
        raise ValueError("nothing is left that could be hidden")
    hidden.add(candidate)


def at_risk(cells: Mapping[Key, Cell], relations: Sequence[Relation], hidden: set[Key]) -> Iterator[set[Key]]:
    """Go through small cells, and sums over few people, that what is shown gives away.

    What is shown determines a combination of hidden cells if and only if it lies in the space of the relations,
    restricted to hidden cells: if nothing is left of it when it is reduced by their echelon form. Every single cell,
    every sum of two and every row of the form is tried.
    """
    order = [key for key in cells if key in hidden]
    at = {key: column for column, key in enumerate(order)}
    lines = [{at[key]: sign for key, sign in relation.items() if key in hidden} for relation in relations]
    form = _echelon([line for line in lines if line], len(order))
    for row in form:
        combination = {order[column]: int(row[column]) for column in np.flatnonzero(row)}
        if _weak(combination, cells):
            yield set(combination)
    few = [(key, left) for key, left in zip(order, _left(form, len(order)), strict=True) if cells[key].people < LEAST]
    seen: dict[bytes, list[Key]] = {}
    for key, left in few:
        if not left.any() and cells[key].people:
            yield {key}
        for other in seen.get((-left % _PRIME).tobytes(), ()):
            if _weak({key: 1, other: 1}, cells):
                yield {key, other}
        seen.setdefault(left.tobytes(), []).append(key)


def _left(form: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.int64]:
    """Return for every cell what is left of it when it is reduced."""
    left = np.eye(width, dtype=np.int64)
    for row in form:
        left[np.argmax(row != 0)] = -row % _PRIME
        left[np.argmax(row != 0), np.argmax(row != 0)] = 0
    return left


def _echelon(lines: Sequence[Mapping[int, int]], width: int) -> npt.NDArray[np.int64]:
    """Return the reduced row echelon form modulo a prime."""
    matrix = np.zeros((len(lines), width), np.int64)
    for number, line in enumerate(lines):
        for column, sign in line.items():
            matrix[number, column] = sign % _PRIME
    done = 0
    for column in range(width):
        rows = np.flatnonzero(matrix[done:, column])
        if not rows.size:
            continue
        matrix[[done, done + rows[0]]] = matrix[[done + rows[0], done]]
        matrix[done] = matrix[done] * pow(int(matrix[done, column]), -1, _PRIME) % _PRIME
        others = np.flatnonzero(matrix[:, column])
        others = others[others != done]
        matrix[others] = (matrix[others] - matrix[others, column][:, None] * matrix[done]) % _PRIME
        done += 1
        if done == len(lines):
            break
    return matrix[:done]
