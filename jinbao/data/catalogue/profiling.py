"""What a standard table looks like, read in one pass: counts, ranges, frequent values, examples that reveal nobody.

What a column may show follows from the sensitivity of its item: of personal data only lengths and masked examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinbao.data.datasets import Column, load_dataset
from jinbao.data.supply import tables
from jinbao.kernel import duck
from jinbao.trust import masking

PERSONAL = ("个人信息", "敏感个人信息")
LEAST_SHARED_BY = 5
"""A value that fewer rows share is not shown: it could point at somebody."""

_MASKS = {
    "姓名": masking.mask_name,
    "公民身份号码": masking.mask_id,
    "证件号码": masking.mask_id,
    "电话": masking.mask_phone,
    "银行账号": masking.mask_account,
}
_TOP, _EXAMPLES = 5, 3
_LONGEST_SHOWN = 60


def profile(dataset: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the number of rows of a dataset's standard table and the profile of each of its own columns."""
    declared = {column.name: column for column in load_dataset(dataset).columns}
    with duck.connect(folders=tables.folders(), threads=2, memory="2GB") as connection:
        tables.attach(connection, [dataset])
        name = duck.quoted(dataset)
        described = connection.execute(f"DESCRIBE {name}").fetchall()
        shape = {str(column): str(kind) for column, kind, *_ in described if not str(column).startswith("_")}
        rows, counted = _count(connection, name, shape)
        return rows, [
            _column(connection, name, column, kind, counted[column], declared.get(column))
            for column, kind in shape.items()
        ]


_PER_COLUMN = (
    "count({c})",
    "approx_count_distinct({c})",
    "min({c})::VARCHAR",
    "max({c})::VARCHAR",
    "min(length({c}::VARCHAR))",
    "max(length({c}::VARCHAR))",
)


def _count(connection: Any, name: str, shape: Mapping[str, str]) -> tuple[int, dict[str, tuple[Any, ...]]]:
    """Count every column in one scan."""
    asked = [part.format(c=duck.quoted(column)) for column in shape for part in _PER_COLUMN]
    found = connection.execute(f"SELECT {', '.join(['count(*)', *asked])} FROM {name}").fetchone()  # noqa: S608  # quoted
    size = len(_PER_COLUMN)
    parts = {column: tuple(found[1 + at * size : 1 + (at + 1) * size]) for at, column in enumerate(shape)}
    return int(found[0]), parts


def _column(
    connection: Any, name: str, column: str, kind: str, counted: tuple[Any, ...], declared: Column | None
) -> dict[str, Any]:
    filled, distinct, least, greatest, shortest, longest = counted
    sensitivity = declared.sensitivity if declared else PERSONAL[-1]
    open_values = sensitivity not in PERSONAL
    return {
        "name": column,
        "label": declared.label if declared else column,
        "type": kind,
        "sensitivity": sensitivity,
        "filled": int(filled),
        "distinct": int(distinct),
        "least": _short(least) if open_values else "",
        "greatest": _short(greatest) if open_values else "",
        "shortest": shortest,
        "longest": longest,
        "top": _top(connection, name, column) if open_values or (declared and declared.codes) else [],
        "examples": _examples(connection, name, column, declared) if filled else [],
    }


def _top(connection: Any, name: str, column: str) -> list[list[Any]]:
    """Return the most frequent values with their numbers, leaving out those that few rows share."""
    quoted = duck.quoted(column)
    sql = (
        f"SELECT {quoted}::VARCHAR, count(*) FROM {name} WHERE {quoted} IS NOT NULL GROUP BY 1"  # noqa: S608  # quoted
        f" HAVING count(*) >= {LEAST_SHARED_BY} ORDER BY 2 DESC, 1 LIMIT {_TOP}"
    )
    return [[_short(value), int(number)] for value, number in connection.execute(sql).fetchall()]


def _examples(connection: Any, name: str, column: str, declared: Column | None) -> list[str]:
    quoted = duck.quoted(column)
    some = f"SELECT {quoted} FROM {name} WHERE {quoted} IS NOT NULL LIMIT 200"  # noqa: S608  # quoted
    sql = f"SELECT DISTINCT {quoted}::VARCHAR FROM ({some}) ORDER BY 1 LIMIT {_EXAMPLES}"  # noqa: S608  # quoted
    return sorted({masked(str(value), declared) for (value,) in connection.execute(sql).fetchall()})


def masked(value: str, declared: Column | None) -> str:
    """Show a value as far as its item allows; a column that nobody declared shows nothing."""
    if declared is not None and declared.sensitivity not in PERSONAL:
        return _short(value)
    mask = _MASKS.get(declared.type) if declared else None
    return _short(mask(value)) if mask else masking.STAR * min(len(value), 8)


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
