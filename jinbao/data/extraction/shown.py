"""What of a result may be read: the level of each column by where it comes from, and the masks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from jinbao.data import datasets
from jinbao.data.catalogue.lineage_sql import SqlRead, read_sql
from jinbao.data.exchange.masks import HIDDEN, MASKED, PLAIN, mask_of
from jinbao.data.extraction.declared import above, highest
from jinbao.data.extraction.workbench import Column, Result, Sight
from jinbao.kernel.errors import Conflict, NotFound

DROPPED = "dropped"
MASKS = {PLAIN: "原值", MASKED: "脱敏", DROPPED: "不给"}
NOBODY = "内部"
"""Above this level a column is personal."""


def described(sql: str, result: Result, sight: Sight) -> list[dict[str, str]]:
    """Say of each column of a result its level, how it is masked and from where it comes.

    A column whose origin cannot be followed counts as the most sensitive of everything that was read. Only a value that
    is handed on unchanged is masked by what it is: the mask of a number, over a text made of numbers, would show them.
    """
    schema = {table: {column.name: column.type for column in columns} for table, columns in result.read.items()}
    read = read_sql(sql, schema)
    seen = {(table, column.name): column for table, columns in result.read.items() for column in columns}
    worst = highest([_level(column, sight) for column in seen.values()])
    made = []
    for name, output, kind in zip(result.names, _outputs(read, result), result.types, strict=True):
        sources = sorted({source for one, source in read.values if one == output})
        found = [seen[source] for source in sources if source in seen]
        lost = len(found) < len(sources) or not (found or output in read.fixed)
        level = worst if lost else highest([_level(column, sight) for column in found])
        kinds = {column.kind for column in found}
        single = found[0].kind if len(kinds) == 1 and not lost and output in read.passed else ""
        origin = "、".join(f"{table}.{column}" for table, column in sources)
        kept = _kept({*read.conditions, *(seen if lost else sources)})
        made.append({"name": name, "type": kind, "level": level, "kind": single, "from": origin, "kept": kept})
    return made


def _kept(sources: Iterable[tuple[str, str]]) -> str:
    """Name those of some columns that are shared with nobody."""
    found = []
    for table, name in sorted(sources):
        with suppress(NotFound):
            dataset = datasets.load_dataset(table)
            if dataset.sharing_of(dataset.column(name)) == datasets.NOT_SHARED:
                found.append(f"{table}.{name}")
    return "、".join(found)


def require_shareable(outside: bool, columns: list[dict[str, str]], masks: dict[str, str]) -> None:
    """Raise Conflict where another unit would be given, or told of, what is 不予共享; `kept` of a column says what."""
    told = {column["kept"] for column in columns if column.get("kept") and masks.get(column["name"]) != DROPPED}
    if outside and told:
        raise Conflict(
            f"{'、'.join(sorted(told))} 不予共享，不能提供给其他单位", advice="请选择“不给”，条件里用到的请改写查询。"
        )


def _outputs(read: SqlRead, result: Result) -> list[str | None]:
    """Say which output that was followed each column of a result is; none where the two do not agree about it.

    DuckDB and sqlglot are two readers: where they differ about the columns, nothing of them is believed.
    """
    if len(read.outputs) != len(result.names):
        return [None] * len(result.names)
    return [
        output if output.lower() == name.lower() or (name == "count_star()" and output in read.fixed) else None
        for output, name in zip(read.outputs, result.names, strict=True)
    ]


def _level(column: Column, sight: Sight) -> str:
    """Return the level of what a column shows: a code or nothing is not personal."""
    return column.level if column.shown(sight) == "plain" else NOBODY


def default_masks(columns: list[dict[str, str]], *, outside: bool = False) -> dict[str, str]:
    """Return what is done with each column where nobody says otherwise: personal values are masked.

    What is 不予共享 is not given `outside`.
    """
    return {
        column["name"]: DROPPED if outside and column["kept"] else MASKED if above(column["level"], NOBODY) else PLAIN
        for column in columns
    }


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
