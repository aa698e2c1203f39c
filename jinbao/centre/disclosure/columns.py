"""Which column a figure stands in: by the row of column numbers, by the headings, or by arithmetic.

Undivided text loses the blanks of empty cells. Then the figures of a row are given to columns so that the row
adds up and
the column adds up; where several ways fit, the usual columns are preferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

from jinbao.centre.disclosure.model import Line
from jinbao.centre.disclosure.standards import TableForm
from jinbao.centre.disclosure.tokens import Token, tokens_of
from jinbao.centre.disclosure.values import bare

MOST_WAYS = 4000


def numbering(tokens: Sequence[Token]) -> list[Token]:
    """The column numbers of a 栏次 row, in order; empty if the row is none."""
    heads = [n for n, t in enumerate(tokens) if not t.is_number and "栏次" in bare(t.text)]
    tokens = tokens[heads[0] :] if heads else tokens
    if any(t.state or (t.number and t.whole is None) for t in tokens):
        return []
    numbers = [t for t in tokens if t.whole is not None]
    values = [t.whole for t in numbers]
    names = {bare(t.text) for t in tokens if not t.is_number}
    if len(values) < 2 or values != list(range(1, len(values) + 1)):
        return []
    return numbers if any("栏次" in n for n in names) or (not names and len(values) > 2) else []


def column_map(form: TableForm, lines: list[Line]) -> dict[int, str]:
    """Column position to field name for tables divided into cells; empty where it cannot be told."""
    fields = (*form.left, *[f"右/{name}" for name in form.right]) if form.shape == "sided" else form.fields
    for line in lines[:14]:
        if line.cells is None:
            continue
        numbers = numbering(tokens_of(line))
        if len(numbers) == len(fields):
            return {t.column: name for t, name in zip(numbers, fields, strict=True) if t.column is not None}
    return {} if form.shape in ("sided", "blocks") else _by_headings(form, lines)


def _by_headings(form: TableForm, lines: list[Line]) -> dict[int, str]:
    """Match each column's printed heading, put together over the header rows, with the fields."""
    columns: dict[int, list[str]] = {}
    seen = False
    for line in lines[:14]:
        tokens = tokens_of(line)
        if line.cells is None or (seen and any(t.number and t.whole is None for t in tokens)):
            continue
        if any(t.is_number for t in tokens) and numbering(tokens) == []:
            break
        seen = True
        for column, text in enumerate(line.cells):
            columns.setdefault(column, []).append(bare(text))
    found: dict[int, str] = {}
    for name in form.fields:
        names = [bare(n) for n in (name, *form.also.get(name, ()))]
        for column, texts in columns.items():
            if column not in found and ("".join(texts) in names or any(t in names for t in texts if t)):
                found[column] = name
                break
    return found if len(found) == len(form.fields) else {}


def ways(count: int, fields: Sequence[str]) -> list[tuple[str, ...]]:
    """Every way to give `count` figures to columns in order; the first column, the total, is always taken."""
    if count == 0 or count > len(fields):
        return []
    if count == len(fields):
        return [tuple(fields)]
    found = [(fields[0], *rest) for rest in combinations(fields[1:], count - 1)]
    return found[:MOST_WAYS]


def misfit(values: dict[str, Decimal], total: str, parts: Sequence[str], unit: Decimal) -> int:
    """How many roundings too far a row is from adding up; 0 if it does."""
    addends = [values[p] for p in parts if values.get(p)]
    gap = abs(values.get(total, Decimal(0)) - sum(addends, Decimal(0)))
    allowed = unit * (len(addends) + 1) / 2 if len(addends) > 1 else Decimal(0)
    return 0 if gap <= allowed else 1
