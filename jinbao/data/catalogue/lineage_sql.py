"""What one SQL text reads and makes, by column, as sqlglot understands it; what it cannot follow is said in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage as sql_lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

Column = tuple[str, str]
"""Table and column."""

Schema = Mapping[str, Mapping[str, str]]


@dataclass
class SqlRead:
    """Values: (output column, source); conditions: columns that choose rows; and what could not be followed.

    Of the outputs, in their order, `passed` hand a column on unchanged, `fixed` are constants or counts of rows.
    """

    outputs: list[str] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    fixed: set[str] = field(default_factory=set)
    values: list[tuple[str, Column]] = field(default_factory=list)
    conditions: list[Column] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)


def read_sql(text: str, schema: Schema) -> SqlRead:
    """Follow each output column of a query to the columns of tables; `schema` is table → column → type."""
    read = SqlRead()
    try:
        tree: Any = parse_one(text, dialect="duckdb")
        made: Any = sql_lineage(None, tree, schema={k: dict(v) for k, v in schema.items()}, dialect="duckdb")
    except SqlglotError as error:
        read.unresolved.append(f"读不懂的 SQL：{str(error).splitlines()[0][:200]}")
        return read
    except RecursionError:
        read.unresolved.append("SQL 里套得太深，无法追溯")
        return read
    except (ValueError, KeyError, AttributeError) as error:  # sqlglot fails so on what is no query
        read.unresolved.append(f"不是可以追溯的查询：{str(error)[:200]}")
        return read
    for name, node in made.items():
        _keep(read, name, [step.expression.unalias() for step in node.walk()])
        for source in _leaves(node):
            _sort(read, name, source, schema)
    read.conditions += [column for column in _conditions(tree, schema) if column not in read.conditions]
    read.values = list(dict.fromkeys(read.values))
    read.unresolved = list(dict.fromkeys(read.unresolved))
    return read


def _keep(read: SqlRead, output: str, steps: list[Any]) -> None:
    """Take an output with everything that is done on the way to it."""
    read.outputs.append(output)
    made = [step for step in steps if not isinstance(step, exp.Table)]
    if all(_hands_on(step) for step in made):
        read.passed.add(output)
    if all(isinstance(step, exp.Literal) or (isinstance(step, exp.Count) and step.find(exp.Star)) for step in made):
        read.fixed.add(output)


def _hands_on(step: Any) -> bool:
    """Tell whether a step gives a column on as it is; JOIN … USING gives the first of two that there is."""
    columns = [step.this, *step.expressions] if isinstance(step, exp.Coalesce) else [step]
    return all(isinstance(one, exp.Column) for one in columns)


def _leaves(node: Any) -> Iterator[Any]:
    return (leaf for leaf in node.walk() if not leaf.downstream)


def _sort(read: SqlRead, output: str, leaf: Any, schema: Schema) -> None:
    """Take a leaf as a source column, as a constant, or as something that cannot be followed."""
    column = leaf.name.rpartition(".")[2].strip('"')
    if isinstance(leaf.source, exp.Table):
        table = leaf.source.name
        if column == "*":
            what = f"{table} 的全部列（SELECT *），该表的列没有声明" if table else "读文件的全部列（SELECT *）"
            read.unresolved.append(f"列 {output}：来自{what}")
        elif not table:
            read.unresolved.append(f"列 {output}：来自直接读取的文件或函数 {leaf.source.sql(dialect='duckdb')[:60]}")
        else:
            if table in schema and column not in schema[table]:
                read.unresolved.append(f"列 {output}：表 {table} 没有声明列 {column}")
            read.values.append((output, (table, column)))
    elif list(leaf.expression.find_all(exp.Column)):
        read.unresolved.append(f"列 {output}：追不到来源列（{leaf.expression.sql(dialect='duckdb')[:80]}）")


def _conditions(tree: Any, schema: Schema) -> list[Column]:
    """List the columns of tables that stand in WHERE, JOIN, HAVING and QUALIFY."""
    try:
        qualified = qualify(tree.copy(), schema={k: dict(v) for k, v in schema.items()}, dialect="duckdb")
    except SqlglotError:
        return []
    found: list[Column] = []
    for scope in traverse_scope(qualified):
        for column in scope.columns:
            holder = column.find_ancestor(exp.Where, exp.Join, exp.Having, exp.Qualify, exp.Select)
            source = scope.sources.get(column.table)
            if isinstance(holder, exp.Select | type(None)) or isinstance(source, Scope) or source is None:
                continue
            found.append((source.name, column.name))
    return list(dict.fromkeys(found))
