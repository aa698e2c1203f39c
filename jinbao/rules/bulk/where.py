"""`--where`: a condition in SQL on the facts of one person, checked before anything runs and asked without files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa

from jinbao.kernel import duck
from jinbao.rules.bulk.careers import CAREER, PERSON
from jinbao.rules.bulk.errors import LakeError

_EXAMPLE = "例如 退休类别 = '男职工' AND 出生年月 < 197001；文字用单引号，可用的列见 jinbao careers show。"
_UNSTEADY = frozenset({"uuid", "gen_random_uuid", "now", "today", "get_current_time", "transaction_timestamp"})
_KINDS = {**dict.fromkeys(("SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "整数"), "VARCHAR": "文字", "DOUBLE": "小数"}


def check_where(where: str, schema: pa.Schema) -> None:
    """Refuse what is no condition on the facts of one person. Raises LakeError that says where and what instead."""
    if not where:
        return
    unknown = [name for name in columns_in(where) if name not in schema.names]
    if unknown:
        facts = "、".join(name for name in schema.names if name != CAREER)
        raise _refusal(f"里的“{'”“'.join(unknown)}”在湖里没有这一列", f"可用的列：{facts}；文字用单引号。")
    if CAREER in columns_in(where):
        raise _refusal("不能用逐月的履历", "条件只看人的事实；要看履历，先算出结果再选。")
    kind = _kind_of(where, schema)
    if kind != "BOOLEAN":
        said = _KINDS.get(kind, "空值" if kind == '"NULL"' else kind)
        raise _refusal(f"“{where.strip()}”不是是或否的判断，而是{said}", f"写成比较，{_EXAMPLE}")


def columns_in(where: str) -> tuple[str, ...]:
    """Name the facts that a condition speaks of, in its order. Raises LakeError for anything but one condition."""
    return _parsed(where) if where.strip() else ()


@lru_cache(maxsize=16)
def _parsed(where: str) -> tuple[str, ...]:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        found = [each for each in sqlglot.parse(where, read="duckdb") if each is not None]
    except SqlglotError as error:
        raise _refusal(f"不是完整的条件{_place_of(error)}", f"核对引号、括号和 AND 的两边；{_EXAMPLE}") from None
    if len(found) != 1:
        raise _refusal(f"是 {len(found)} 条语句", "只写一个条件，不要分号。")
    for said, advice in _improper(found[0]):
        raise _refusal(said, advice)
    columns = list(found[0].find_all(exp.Column))
    dotted = [each.sql() for each in columns if each.table]
    if dotted:
        raise _refusal(f"“{dotted[0]}”带了表名", "只写列名。")
    return tuple(dict.fromkeys(each.name for each in columns))


def _improper(condition: object) -> Iterator[tuple[str, str]]:
    """Say what a condition on one person may not contain: its answer must not depend on others, on files or the day."""
    from sqlglot import exp

    assert isinstance(condition, exp.Expr)  # noqa: S101  # sqlglot's only kind of tree
    if condition.find(exp.Query, exp.Exists, exp.DDL, exp.DML, exp.Command, exp.Drop):
        yield "里有查询或别的语句，不是条件", f"不能用子查询，也读不到文件；{_EXAMPLE}"
    if condition.find(exp.AggFunc, exp.Window):
        yield "用了汇总或窗口函数", "条件逐人判断，一个人选不选与别人无关。"
    unsteady = (exp.Rand, exp.Uuid, exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp)
    named = {each.name.lower() for each in condition.find_all(exp.Anonymous)}
    if condition.find(*unsteady) or named & _UNSTEADY:
        yield "用了随机数或当前的时间", "同样的输入要得到同样的结果：把日子写出来，例如 出生年月 < 196512。"
    for each in condition.find_all(exp.Div):
        divisor = each.expression
        if not (isinstance(divisor, exp.Literal) and divisor.is_number and float(divisor.name)):
            advice = "写成乘法，或除以一个不为零的数；年份写 出生年月 // 100。"
            yield f"“{each.sql('duckdb')}”里除以不是固定的数，除数可能为零", advice


def _kind_of(where: str, schema: pa.Schema) -> str:
    """Return the type of what a condition gives, as DuckDB names it."""
    with duck.connect(threads=1, folders=[]) as connection:
        connection.register("persons", schema.empty_table().drop_columns([CAREER]))
        try:
            found = connection.execute(f"SELECT ({where}\n) AS holds FROM persons").description  # noqa: S608  # one condition, parsed above, on a connection without files
        except duck.Error as error:
            raise _refusal(f"不成立：{_first(error)}", _EXAMPLE) from None
    return str(found[0][1])


def selected(table: pa.Table, where: str) -> pa.Array:
    """Return the rows for whom a condition holds; it sees the facts of the person under their names. Raises LakeError
    where it cannot be computed of somebody."""
    names = [name for name in columns_in(where) if name in table.column_names]
    persons = table.select(names or [PERSON]).append_column("_row", pa.array(np.arange(table.num_rows)))
    with duck.connect(threads=1, folders=[]) as connection:
        connection.register("persons", persons)
        try:
            found = connection.execute(f"SELECT _row FROM persons WHERE ({where}\n) ORDER BY _row").fetchnumpy()  # noqa: S608  # the filter is the operator's own, on a connection without files
        except duck.Error as error:
            said = "除数为零" if "Division by zero" in str(error) else _first(error)
            raise _refusal(f"对有的人算不出来：{said}", "先用 AND 排除这些人，或者改写条件。") from None
    return pa.array(np.asarray(found["_row"]))


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]


def _place_of(error: object) -> str:
    """Say where a condition breaks off, from what the parser says."""
    known = (getattr(error, "errors", None) or [{}])[0]
    at, text = known.get("col"), known.get("highlight")
    return f"：第 {at} 个字符“{text}”附近读不下去" if at and text else ""


def _refusal(said: str, advice: str) -> LakeError:
    return LakeError(f"--where 的条件{said}", advice=advice)
