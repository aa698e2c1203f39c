"""The SQL that a scene may be written in: one SELECT over tables of the lake, the same on DuckDB and on Spark.

No division and no floating point (engines round differently), no unordered result, no function that is not listed.
Values come in as `$name` only, and are bound as typed literals, never pasted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from sqlglot import exp, parse
from sqlglot.errors import ParseError, TokenError

from jinbao.data.datasets import all_datasets
from jinbao.kernel.errors import DeclarationError, Place

SUBJECTS = ("person", "person_best")
"""Tables of the subject layer that a scene may read: whose a row is, and the best values of a person."""

FORBIDDEN: tuple[tuple[type[exp.Expression], str], ...] = (
    (exp.Div, "除法 /；整除请写 //"),
    (exp.Star, "SELECT *；请写出每一列"),
    (exp.Anonymous, "未列入的函数"),
    (exp.Rand, "随机数"),
    (exp.CurrentDate, "当前日期；请用参数 $on"),
    (exp.CurrentTimestamp, "当前时间；请用参数 $on"),
)
FLOATS = (exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT)
MOST = 20_000
"""Characters of one query."""


def checked(
    text: str, path: Path, *, columns: Iterable[str], parameters: Iterable[str], key: Iterable[str]
) -> tuple[str, ...]:
    """Check a query against what its scene declares and return the tables it reads; raise DeclarationError."""
    tree = parsed(text, path)
    for kind, what in FORBIDDEN:
        for node in tree.find_all(kind):
            if not (isinstance(node, exp.Star) and isinstance(node.parent, exp.Count)):
                _fail(path, node, f"场景 SQL 不能用{what}")
    for node in tree.find_all(exp.DataType):
        if node.this in FLOATS:
            _fail(path, node, "场景 SQL 不能用浮点数")
    _same(path, "结果的列", [one.alias_or_name for one in tree.selects], list(columns), ordered=True)
    _same(path, "参数", {one.name for one in tree.find_all(exp.Parameter, exp.Placeholder)}, set(parameters))
    _ordered(path, tree, set(key))
    return _tables(path, tree)


def parsed(text: str, path: Path) -> exp.Query:
    """Parse one query; raise DeclarationError with file:line for anything else."""
    if len(text) > MOST:
        raise DeclarationError(f"场景 SQL 超过 {MOST} 个字符", at=Place(str(path)))
    try:
        found = [one for one in parse(text, dialect="duckdb") if one is not None]
    except ParseError as error:
        said: Mapping[str, Any] = error.errors[0] if error.errors else {}
        what = f"读不懂的 SQL：{said.get('description') or error}"
        raise DeclarationError(what, at=Place(str(path), said.get("line"))) from None
    except TokenError as error:
        raise DeclarationError(f"读不懂的 SQL：{error}", at=Place(str(path))) from None
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise DeclarationError("场景 SQL 应为一个 SELECT", at=Place(str(path), 1), advice="只读，且只有一句。")
    return found[0]


def bound(tree: exp.Query, values: Mapping[str, int | date | str]) -> exp.Query:
    """Put typed literals in the place of `$name`; a text stays one literal whatever it contains."""

    def put(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Parameter | exp.Placeholder):
            return node
        value = values[node.name]
        if isinstance(value, date):
            return exp.cast(exp.Literal.string(value.isoformat()), exp.DataType.Type.DATE)
        return exp.Literal.number(value) if isinstance(value, int) else exp.Literal.string(value)

    made: exp.Query = tree.copy().transform(put)  # type: ignore[assignment]  # a query stays a query
    return made


def _same(path: Path, what: str, written: Any, declared: Any, *, ordered: bool = False) -> None:
    if written == declared:
        return
    missing, extra = sorted(set(declared) - set(written)), sorted(set(written) - set(declared))
    said = "；".join(
        f"{word}：{'、'.join(names)}"
        for word, names in (("SQL 里没有", missing), ("scene.yaml 里没有", extra))
        if names
    )
    raise DeclarationError(f"{what}与 scene.yaml 不一致：{said or '次序不同'}", at=Place(str(path)))


def _ordered(path: Path, tree: exp.Query, key: set[str]) -> None:
    """Refuse an order that leaves two rows equal: the key columns must be in it."""
    order = tree.args.get("order")
    named = {one.this.name for one in order.expressions} if order else set()
    if missing := sorted(key - named):
        raise DeclarationError(f"ORDER BY 缺少键列：{'、'.join(missing)}", at=Place(str(path)), advice="次序须唯一。")


def _tables(path: Path, tree: exp.Query) -> tuple[str, ...]:
    known = {dataset.name for dataset in all_datasets()} | set(SUBJECTS)
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    found = set()
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.db:
            _fail(path, table, f"场景 SQL 不能读 {table.sql(dialect='duckdb')[:40]}")
        if table.name in own:
            continue
        if table.name not in known:
            _fail(path, table, f"数据湖里没有表 {table.name}")
        found.add(table.name)
    return tuple(sorted(found))


def _fail(path: Path, node: exp.Expression, what: str) -> NoReturn:
    lines = (one.meta.get("line") for one in node.walk())
    line = next((int(line) for line in lines if line), None)
    raise DeclarationError(f"{what}（{node.sql(dialect='duckdb')[:60]}）", at=Place(str(path), line))
