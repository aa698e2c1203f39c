"""From broken relations to the wrong cell.

One wrong figure breaks several relations: its row, its column, its twin in another table. The figure that mends most of
them at once, and spoils fewest that hold, is named.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from jinbao.centre.disclosure.addresses import Found
from jinbao.centre.disclosure.findings import Book, Finding, Severity
from jinbao.centre.disclosure.relations import Equation, equations, explain, is_last_place, severity_of
from jinbao.centre.disclosure.repairs import one_unit, solve
from jinbao.centre.disclosure.standards import Standard
from jinbao.centre.disclosure.values import show, swapped

Key = tuple[int, int, str]


def key_of(found: Found) -> Key:
    """What makes a cell the same cell."""
    return (id(found.table), id(found.row), found.field)


class _Suspects:
    """Every cell with the equations it takes part in, holding and broken."""

    def __init__(self, book: Book, standard: Standard) -> None:
        self.by_cell: dict[Key, list[Equation]] = defaultdict(list)
        for equation in equations(book.document, standard):
            for found in equation.cells:
                self.by_cell[key_of(found)].append(equation)

    def weigh(self, found: Found, broken: list[Equation]) -> tuple[int, int, Decimal | None, list[Equation]]:
        """Score a cell: relations mended less relations spoiled, for its best other value."""
        key = key_of(found)
        mine = [e for e in broken if any(key_of(f) == key for f in e.cells)]
        best: tuple[int, int, Decimal | None, list[Equation]] = (-99, 0, None, [])
        values = {solve(e, _in(e, key)) for e in mine if not e.at_least and one_unit(e)}
        for value in values:
            mended = [e for e in mine if self.would_hold(e, key, value)]
            spoiled = [
                e for e in self.by_cell[key] if (e.holds or e.within_rounding) and not self.would_hold(e, key, value)
            ]
            slip = 1 if swapped(found.cell.value, value) else 0
            score = (2 * len(mended) - 2 * len(spoiled) + slip, len(mended), value, mended)
            if score[:2] > best[:2]:
                best = score
        return best

    @staticmethod
    def would_hold(equation: Equation, key: Key, value: Decimal) -> bool:
        """True if the equation holds, within its rounding, once the cell has this value."""
        found = _in(equation, key)
        if equation.at_least:
            return value >= equation.computed if found is equation.total else equation.total.cell.value >= value
        needed = solve(equation, found)
        printed = len([f for f in equation.printed if f is not found]) + (
            0 if found is equation.total or not value else 1
        )
        unit = Decimal(1).scaleb(-equation.places)
        return abs(needed - value) <= ((printed + 1) * unit / 2 if printed > 1 else Decimal(0))


def _in(equation: Equation, key: Key) -> Found:
    return next(f for f in equation.cells if key_of(f) == key)


def diagnose(book: Book, broken: list[Equation], standard: Standard) -> None:
    """Report broken relations, together where one cell explains them."""
    suspects = _Suspects(book, standard) if broken else None
    while broken and suspects:
        cells = {key_of(f): f for e in broken for f in e.cells}
        scored = [(suspects.weigh(f, broken), n, f) for n, f in enumerate(cells.values())]
        (score, _, value, mended), _, culprit = max(scored, key=lambda s: (s[0][0], s[0][1], -s[1]))
        if not mended:
            book.add(_finding(broken[0], broken[0].total, None, [broken[0]], sure=False))
            broken = broken[1:]
            continue
        rivals = [s for s in scored if s[0][0] == score and s[2] is not culprit]
        book.add(_finding(mended[0], culprit, value, mended, sure=not rivals))
        broken = [e for e in broken if all(e is not m for m in mended)]


def _finding(
    equation: Equation, culprit: Found, value: Decimal | None, mended: list[Equation], *, sure: bool
) -> Finding:
    severity: Severity = max((severity_of(e) for e in mended), key=["low", "medium", "high"].index)
    tables = {f.table.kind for e in mended for f in e.cells}
    kind = "cross-table" if len(tables) > 1 and all(len({f.table.kind for f in e.cells}) > 1 for e in mended) else "sum"
    relation = "；".join(dict.fromkeys(f"{e.relation.id} {e.relation.name}" for e in mended))
    if value is None:
        value = equation.computed if culprit is equation.total else None
    cause = explain(culprit, mended, value)
    sure = sure and not is_last_place(culprit, mended, value)
    twins = [f.name for e in mended for f in e.cells if len(e.parts) == 1 and f is not culprit][:2]
    return Finding(
        severity,
        kind,
        culprit.cell.spot,
        relation,
        culprit.table.title,
        culprit.name,
        "；".join(dict.fromkeys(_spelled(e) for e in mended[:4])),
        show(culprit.cell.value) if culprit.cell.number else "（空）",
        show(value),
        cause or ("" if sure else "同一关系中的任何一个数都可能有误"),
        _suggest(culprit, value, twins, sure=sure),
    )


def _suggest(culprit: Found, value: Decimal | None, twins: list[str], *, sure: bool) -> str:
    target = f"核对{culprit.name}" + (f"，与{'、'.join(dict.fromkeys(twins))}对照" if twins else "")
    if value is None:
        return target
    return f"{target}；{'应' if sure else '可能'}为 {show(value)}"


def _spelled(equation: Equation) -> str:
    sign = "<" if equation.at_least else "≠"
    label = equation.total.table.label
    if equation.at_least:
        return f"{equation.relation.id}（{label}）{show(equation.total.cell.value)} {sign} {show(equation.computed)}"
    return f"{equation.relation.id}（{label}）{equation.formula} {sign} {show(equation.total.cell.value)}"
