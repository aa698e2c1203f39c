"""One SELECT over known tables, or an error that says where: SQL as DuckDB itself reads it.

The tree that is looked through comes from the very parser that will run the text, so that nothing can mean one thing
here and another there (decision 0034). What is not on a list of what may be is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from jinbao.data.extraction.declared import policy
from jinbao.data.extraction.functions import ALLOWED, CHANGING, TABLES
from jinbao.kernel import duck
from jinbao.kernel.errors import JinbaoError, Place

ONE_SELECT = "工作台只能查询：写一条 SELECT（或 WITH … SELECT）。"
DEEPEST = 250
"""Levels of the tree; an expression within another takes two or three."""
_CLASSES = frozenset(
    """
    BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF OPERATOR STAR
    SUBQUERY TYPE WINDOW
    """.split()  # noqa: SIM905  # a list of names is read more easily so
)
_NODES = frozenset(
    """
    SELECT_NODE SET_OPERATION_NODE CTE_NODE RECURSIVE_CTE_NODE BASE_TABLE SUBQUERY JOIN EMPTY EXPRESSION_LIST
    TABLE_FUNCTION ORDER_MODIFIER LIMIT_MODIFIER DISTINCT_MODIFIER ORDER_DEFAULT ASCENDING DESCENDING
    """.split()  # noqa: SIM905  # as above
)


class SqlError(JinbaoError):
    """SQL that the workbench does not run, with line and column where they are known."""

    code = "sql"


@dataclass(frozen=True)
class Statement:
    """A query that may be run, and the tables that it reads."""

    text: str
    tables: tuple[str, ...]


def read_statement(text: str, known: Iterable[str]) -> Statement:
    """Check a text against the tables that there are; raise SqlError."""
    if len(text) > policy().characters:
        raise SqlError(f"SQL 超过 {policy().characters} 个字符", advice="请拆成几次提取，或先在主题层做好中间表。")
    if not text.strip():
        raise SqlError("还没有写 SQL", advice=ONE_SELECT)
    with duck.connect(threads=1, memory="200MB", folders=[]) as connection:
        try:
            tree = _parsed(connection, text)
            taken = connection.execute(
                "SELECT lower(view_name) FROM duckdb_views() UNION SELECT lower(table_name) FROM duckdb_tables()"
            ).fetchall()
            reading = _Reading({name.lower(): name for name in known}, {name for (name,) in taken})
            reading.node(tree, frozenset())
        except duck.Error as error:
            raise sql_error(type(error).__name__, str(error)) from None
        except RecursionError:
            raise SqlError("SQL 里套得太深", advice="请用 WITH 分成几步，或减少括号和嵌套的层数。") from None
    return Statement(text, tuple(sorted(reading.tables)))


def _parsed(connection: Any, text: str) -> Any:
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise SqlError(f"这里有 {len(statements)} 条语句", advice=ONE_SELECT)
    if statements[0].type.name not in ("SELECT", "SELECT_STATEMENT"):
        raise SqlError(f"不能运行 {statements[0].type.name} 语句", advice=ONE_SELECT)
    (told,) = connection.execute("SELECT json_serialize_sql(?)", [text]).fetchone()
    tree = json.loads(told)
    if tree.get("error"):
        raise SqlError("不能运行这种语句", advice=ONE_SELECT)
    return tree["statements"]


class _Reading:
    """A walk through the tree that refuses what is not allowed and collects the tables."""

    def __init__(self, known: dict[str, str], taken: set[str]) -> None:
        self.known = known
        self.taken = taken
        self.tables: set[str] = set()

    def node(self, node: Any, named: frozenset[str], depth: int = 0) -> None:
        """Look at one part of the tree; `named` are the names that WITH has given to what is around it."""
        if depth > DEEPEST:
            raise RecursionError
        if isinstance(node, dict):
            named = named | {self._new_name(name) for name in _given_names(node)}
            self._kind(node)
            self._function(node)
            self._table(node, named)
            self._column(node)
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            self.node(child, named, depth + 1)

    def _new_name(self, name: str) -> str:
        """Refuse a name by which WITH could make one thing look like another, or a file."""
        lowered = name.lower()
        if lowered in self.known or lowered in self.taken or not re.fullmatch(r"\w{1,64}", name):
            raise SqlError(f"WITH 里不能用“{name[:64]}”作名称", advice="请换一个不与表重名、只含字母数字的名称。")
        return lowered

    def _kind(self, node: dict[str, Any]) -> None:
        kind, family = node.get("type"), node.get("class")
        if not isinstance(kind, str):
            return
        if (family not in _CLASSES) if family is not None else (kind not in _NODES):
            raise SqlError(f"不能用 {str(family or kind)[:40]} 这种写法", advice=ONE_SELECT)

    def _function(self, node: dict[str, Any]) -> None:
        name = node.get("function_name")
        if not name:
            return
        if node.get("catalog") or node.get("schema") or name.lower() not in ALLOWED | TABLES:
            raise SqlError(
                f"不能用函数 {name}",
                advice="只能用由数据本身算出结果的函数；当天日期请写成 DATE '2026-01-01' 这样的常量。",
            )
        if name.lower() in TABLES - ALLOWED and not node.get("_in_from"):
            raise SqlError(f"{name} 只能写在 FROM 里", advice="例如 FROM range(12)。")

    def _table(self, node: dict[str, Any], named: frozenset[str]) -> None:
        if node.get("type") == "TABLE_FUNCTION":
            called = node.get("function", {})
            if called.get("function_name", "").lower() not in TABLES:
                raise SqlError(f"FROM 里不能用 {called.get('function_name', '')}", advice="请只用左边列出的表。")
            called["_in_from"] = True
        if node.get("type") != "BASE_TABLE":
            return
        name = str(node.get("table_name", ""))
        if node.get("column_name_alias"):
            raise SqlError(f"FROM 里不能给表 {name[:80]} 的列改名", advice="请在 SELECT 里用 AS 改名。")
        qualified = node.get("schema_name") or node.get("catalog_name") or node.get("at_clause")
        if not qualified and name.lower() in named:
            return
        if qualified or name.lower() not in self.known:
            raise SqlError(f"没有表 {name[:80]}", advice="请只用左边列出的表，直接写表名。")
        self.tables.add(self.known[name.lower()])

    def _column(self, node: dict[str, Any]) -> None:
        names = node.get("column_names") or []
        if node.get("class") == "COLUMN_REF" and len(names) == 1 and names[0].lower() in CHANGING:
            raise SqlError(f"不能用 {names[0]}", advice="预览和交付须一致，请写明日期，如 DATE '2026-01-01'。")


def _given_names(node: dict[str, Any]) -> Iterator[str]:
    for entry in (node.get("cte_map") or {}).get("map", ()):
        yield str(entry["key"])
    if node.get("cte_name"):
        yield str(node["cte_name"])


_LINE = re.compile(r"LINE (\d+): (.*)\n(\s*)\^")
_ADVICE = {
    "InterruptException": "请缩小范围：加上条件、先汇总再关联，或分几次提取。",
    "OutOfMemoryException": "请缩小范围：检查关联条件有没有漏写，先汇总再关联。",
}


_OF_TEXT = frozenset({"ParserException", "SyntaxException", "BinderException", "CatalogException"})
"""Errors about the text alone; all others come from running it and quote values that nobody has masked."""
_OF_DATA = {
    "ConversionException": "有的值不能转换成所要的类型；可以用 TRY_CAST，或先用条件去掉这样的行",
    "InvalidInputException": "有的值不合函数的要求，或子查询给出了不止一行",
    "OutOfRangeException": "计算结果超出了类型的范围；可以先 CAST 成 HUGEINT 或 DECIMAL",
}


def sql_error(kind: str, told: str) -> SqlError:
    """Turn what DuckDB said into an error with line and column that quotes no value of the data."""
    if kind == "InterruptException":
        return SqlError(f"查询超过 {policy().seconds} 秒，已停止", advice=_ADVICE[kind])
    if kind == "OutOfMemoryException":
        return SqlError(f"查询超过 {policy().memory} 内存，已停止", advice=_ADVICE[kind])
    found = _LINE.search(told)
    first = _OF_DATA.get(kind, "运行这条查询时出错") if kind not in _OF_TEXT else _first(told)
    if not found:
        return SqlError(first, advice="请按提示修改后重试。")
    column = max(1, len(found[3]) - len(f"LINE {found[1]}: ") + 1)
    place = Place(file="SQL", line=int(found[1]), column=str(column))
    return SqlError(first, at=place, advice=f"第 {found[1]} 行第 {column} 列：{found[2].strip()[:120]}")


def _first(told: str) -> str:
    return told.split("\n\nLINE", maxsplit=1)[0].strip()[:600]
