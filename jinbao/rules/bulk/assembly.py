"""Put the sections of a kernel together: the loop of persons, the career, the years, the pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinbao.rules.bulk.inputs import Column
from jinbao.rules.bulk.writer import indented

if TYPE_CHECKING:
    from jinbao.rules.bulk.expressions import Expressions
    from jinbao.rules.bulk.passes import Pass, Walk

EXACT, BROKEN = 1, 2
"""What a kernel says of a person: to be computed by the exact reading; the career is out of order."""


def assemble(made: Expressions, head: list[str]) -> str:
    """Return the source of the module that holds `kernel`."""
    body = [
        "if status[p] != 0:", "    continue",
        *(_career(made) if any(each.reads_rows for each in made.passes) else []),
        *(line for each in made.passes for line in (*each.pre.lines, *_years(made, each), *each.post.lines)),
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


def _career(made: Expressions) -> list[str]:
    """Take the person's stretches; without any there are no years; months beyond the tables go to the exact reading."""
    after = (made.scope.on.year + 1) * 12
    return [
        "a, z = offsets[p], offsets[p + 1]",
        "if a == z:", f"    s = e = {after}", f"    last = {after - 1}",
        "else:",
        "    s = np.int64(starts[a])", "    e = s + lengths[a]",
        "    last = np.int64(starts[z - 1]) + lengths[z - 1] - 1",
        f"if s < {max(made.findings.first_month, made.tables.first_year * 12)} or last > {made.last_month}:",
        "    status[p] = EXACT", "    continue",
        *(["first, ends = s, e"] if len(made.passes) > 1 else []),
    ]  # fmt: skip


def _years(made: Expressions, one: Pass) -> list[str]:
    """Write the years of one pass; every pass but the first begins anew at the first stretch."""
    if not one.reads_rows:
        return []
    walk = one.walk
    busy = bool(walk.pieces.lines or walk.each.lines)
    starts = [f"{code} = {initial}" for code, initial in one.initial.items()]
    bad = [f"{code}_bad = False" for code in one.initial]
    year = [
        "year_ends = y * 12 + 12",
        *(["i0, s0, e0 = i, s, e"] if one.walks_alone else []),
        *walk.start,
        *one.year_pre.lines,
        *(walk_lines(walk, list(made.months.values()), own=False) if busy or one.walks_alone else []),
        *walk.end,
        *one.year_post.lines,
    ]
    return [
        *starts, *bad, *one.start,
        *(["s, e = first, ends"] if len(made.passes) > 1 else []),
        "i = a",
        f"for y in range(s // 12, max(last // 12, {made.scope.on.year}) + 1):",
        *indented(year, 1),
        *one.end,
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
