"""Put the sections of a kernel together: the loop of persons, the career, the years, the pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinbao.rules.bulk.inputs import Column
from jinbao.rules.bulk.writer import indented

if TYPE_CHECKING:
    from jinbao.rules.bulk.expressions import Expressions
    from jinbao.rules.bulk.lifts import Walk

EXACT, BROKEN = 1, 2
"""What a kernel says of a person: to be computed by the exact reading; the career is out of order."""


def assemble(made: Expressions, head: list[str]) -> str:
    """Return the source of the module that holds `kernel`."""
    body = [
        "if status[p] != 0:", "    continue",
        *(_career(made) if _reads_rows(made) else []),
        *made.pre.lines,
        *(_years(made) if _reads_rows(made) else []),
        *made.post.lines,
    ]  # fmt: skip
    lines = [
        '"""Written by jinbao.rules.bulk; do not edit.', *(["", *head]), '"""', "",
        "import numba", "import numpy as np", "",
        "from jinbao.rules.bulk.native import ceiling, floor, half_even, half_up, plain, quotient, truncate", "",
        f"EXACT, NULL = {EXACT}, -(2**63)", "FAR = 2**40", "",
        *(f"# T{n}: {name}" for n, name in enumerate(made.tables.names)),
        *(f"# x{n}: {name}" for n, name in enumerate(made.columns)),
        *(f"# c{n}: {name}" for n, name in enumerate(made.months)),
        *(f"# out{n}: {name}" for n, name in enumerate(made.outputs)), "",
        '@numba.njit(nogil=True, cache=True, error_model="numpy")',
        f"def kernel({', '.join(_arguments(made))}):",
        "    for p in range(status.size):",
        *indented(body, 2),
    ]  # fmt: skip
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _arguments(made: Expressions) -> list[str]:
    return [
        "status", "offsets", "starts", "lengths",
        *(f"m{n}" for n in range(len(made.months))),
        *(f"x{n}" for n in range(len(made.columns))),
        *(f"T{n}" for n in range(len(made.tables.arrays))),
        *(f"out{n}" for n in range(len(made.outputs))),
    ]  # fmt: skip


def _reads_rows(made: Expressions) -> bool:
    return bool(made.lifted or made.picked or made.states)


def _career(made: Expressions) -> list[str]:
    """Take the person's stretches; who has none, or months beyond the tables, goes to the exact reading."""
    return [
        "a, z = offsets[p], offsets[p + 1]",
        "if a == z:", "    status[p] = EXACT", "    continue",
        "s = np.int64(starts[a])", "e = s + lengths[a]", "last = np.int64(starts[z - 1]) + lengths[z - 1] - 1",
        f"if s < {max(made.findings.first_month, made.tables.first_year * 12)} or last > {made.last_month}:",
        "    status[p] = EXACT", "    continue",
    ]  # fmt: skip


def _years(made: Expressions) -> list[str]:
    walk = made.fused
    columns = list(made.months.values())
    busy = bool(walk.pieces.lines or walk.each.lines)
    starts = [f"last{n} = {initial}" for n, initial in enumerate(made.states.values())]
    bad = [f"last{n}_bad = False" for n in range(len(made.states))]
    year = [
        "year_ends = y * 12 + 12",
        *(["i0, s0, e0 = i, s, e"] if made.walks_alone else []),
        *walk.start,
        *made.year_pre.lines,
        *(walk_lines(walk, columns, own=False) if busy or made.walks_alone else []),
        *made.year_end,
        *made.year_post.lines,
    ]
    return [
        *starts, *bad, *made.person_start,
        "i = a",
        f"for y in range(s // 12, max(last // 12, {made.scope.on.year}) + 1):",
        *indented(year, 1),
        *made.person_end,
    ]  # fmt: skip


def walk_lines(walk: Walk, columns: list[Column], *, own: bool) -> list[str]:
    """Write one walk through the stretches of a year; its own one begins again at the year's first stretch."""
    i, s, e = ("j", "js", "je") if own else ("i", "s", "e")
    cuts = [line for cut in walk.cut_codes for line in (f"if ym < {cut} < till:", f"    till = {cut}")]
    each = ["for ym in range(till - n, till):", *indented(walk.each.lines, 1)] if walk.each.lines else []
    piece = ["till = stop", *cuts, "n = till - ym", *walk.pieces.lines, *each, "ym = till"]
    return [
        *([*walk.start, "j, js, je = i0, s0, e0"] if own else []),
        f"while {s} < year_ends:",
        *(f"    c{n} = np.int64(m{n}[{i}])" for n in range(len(columns))),
        f"    ym = max({s}, y * 12)",
        f"    stop = min({e}, year_ends)",
        "    while ym < stop:",
        *indented(piece, 2),
        f"    if {e} > year_ends:", "        break",
        f"    {i} += 1",
        f"    if {i} < z:",
        f"        {s} = np.int64(starts[{i}])",
        f"        {e} = {s} + lengths[{i}]",
        "    else:",
        f"        {s} = FAR",
    ]  # fmt: skip
