"""What of a result may be read: the level of each column by where it comes from, and the masks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from jinbao.data import datasets
from jinbao.data.catalogue.lineage_sql import read_sql
from jinbao.data.exchange.masks import HIDDEN, MASKED, PLAIN, mask_of
from jinbao.data.extraction.declared import above, highest
from jinbao.data.extraction.workbench import Column, Result, Sight

DROPPED = "dropped"
MASKS = {PLAIN: "原值", MASKED: "脱敏", DROPPED: "不给"}
NOBODY = "内部"
"""Above this level a column is personal."""


def described(sql: str, result: Result, sight: Sight) -> list[dict[str, str]]:
    """Say of each column of a result its level, how it is masked and from where it comes.

    A column whose origin cannot be followed counts as the most sensitive of everything that was read.
    """
    schema = {table: {column.name: column.type for column in columns} for table, columns in result.read.items()}
    read = read_sql(sql, schema)
    seen = {(table, column.name): column for table, columns in result.read.items() for column in columns}
    worst = highest([_level(column, sight) for column in seen.values()])
    counts = _counts(sql)
    made = []
    for name, kind in zip(result.names, result.types, strict=True):
        sources = sorted({source for output, source in read.values if output.lower() == name.lower()})
        found = [seen[source] for source in sources if source in seen]
        lost = len(found) < len(sources) or (not found and name.lower() not in counts)
        level = worst if lost else highest([_level(column, sight) for column in found])
        single = found[0].kind if len({column.kind for column in found}) == 1 and not lost else ""
        origin = "、".join(f"{table}.{column}" for table, column in sources)
        made.append({"name": name, "type": kind, "level": level, "kind": single, "from": origin})
    return made


def _counts(sql: str) -> set[str]:
    """Name the columns of a result that count rows or are constants, and so come from no column."""
    try:
        tree: Any = parse_one(sql, dialect="duckdb")
    except SqlglotError:
        return set()
    found = set()
    for cell in getattr(tree, "selects", ()) if isinstance(tree, exp.Select) else ():
        said = cell.unalias()
        if isinstance(said, exp.Literal) or (isinstance(said, exp.Count) and isinstance(said.this, exp.Star)):
            found.add(str(cell.alias_or_name).lower())
    return found - {""} | {"count_star()"}


def _level(column: Column, sight: Sight) -> str:
    """Return the level of what a column shows: a code or nothing is not personal."""
    return column.level if column.shown(sight) == "plain" else NOBODY


def default_masks(columns: list[dict[str, str]]) -> dict[str, str]:
    """Return what is done with each column where nobody says otherwise: personal values are masked."""
    return {column["name"]: MASKED if above(column["level"], NOBODY) else PLAIN for column in columns}


def masked_rows(
    columns: list[dict[str, str]], masks: dict[str, str], rows: list[tuple[Any, ...]]
) -> Iterator[tuple[Any, ...]]:
    """Give the rows with their masks, without the columns that are dropped."""
    kept = [(at, _mask(column, masks)) for at, column in enumerate(columns) if masks[column["name"]] != DROPPED]
    return (tuple(mask(row[at]) for at, mask in kept) for row in rows)


def headings(columns: list[dict[str, str]], masks: dict[str, str]) -> list[str]:
    """Return the names of the columns that are given."""
    return [column["name"] for column in columns if masks[column["name"]] != DROPPED]


def _mask(column: dict[str, str], masks: dict[str, str]) -> Callable[[Any], Any]:
    if masks[column["name"]] == PLAIN:
        return lambda value: value
    if column["type"] != "VARCHAR" or not column["kind"] or column["kind"] in ("金额", "代码"):
        return lambda value: None if value is None else HIDDEN
    kind: Any = column["kind"]
    return mask_of(datasets.Column(name="masked", label="masked", type=kind))
