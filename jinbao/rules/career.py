"""The rows of a career: sorted, checked, and laid out as columns for the lifting verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from jinbao.kernel.errors import FormatError
from jinbao.rules.errors import MissingFact, WrongFact
from jinbao.rules.glossary import Glossary
from jinbao.rules.ir import FINENESS, Type
from jinbao.rules.values import read_value, reader


class Absent:
    """Stands where a row gives no value."""


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one grain in order of time: their keys (ordinal months or years) and what each gives, still unread."""

    grain: str
    keys: list[int]
    rows: list[Mapping[str, Any]]
    names: frozenset[str]


def read_rows(grain: str, given: Any, glossary: Glossary) -> Rows:
    """Sort the rows of facts["月"] or facts["年"] and check their keys and names.

    Raises WrongFact for a row without its key or a month (year) given twice, UnknownName for a foreign name.
    """
    key = "年月" if grain == "月" else "年度"
    if isinstance(given, str | Mapping) or not isinstance(given, Sequence):
        raise WrongFact(f"facts[“{grain}”] 应为各行的列表", advice=f'写成 [{{"{key}": …}}, …]。')
    keys, rows = _keys(grain, key, given), given
    if any(one >= other for one, other in pairwise(keys)):
        order = sorted(range(len(keys)), key=keys.__getitem__)
        keys, rows = [keys[n] for n in order], [given[n] for n in order]
    for one, other in pairwise(keys):
        if one == other:
            advice = "同一个月的几笔缴费先合并或取舍（例如两个单位重叠缴费），再交给规则。"
            raise WrongFact(f"履历中 {_shown(grain, one)} 出现了两次", advice=advice)
    names = frozenset().union(*given) - {"年月", "年度"}
    for name in names:
        _check_name(grain, name, glossary)
    return Rows(grain, keys, list(rows), names)


def _keys(grain: str, key: str, given: Sequence[Any]) -> list[int]:
    """Read the keys at one go; where one is wrong, read again to say which."""
    read = reader(Type.MONTH if grain == "月" else Type.INTEGER)
    try:
        keys = [read(row[key]) for row in given]
    except (FormatError, KeyError, TypeError, IndexError):
        return [_key(grain, key, row, n) for n, row in enumerate(given, 1)]
    if grain == "年" and not all(1 <= year <= 9999 for year in keys):
        return [_key(grain, key, row, n) for n, row in enumerate(given, 1)]
    return keys


def _key(grain: str, key: str, row: Any, number: int) -> int:
    if not isinstance(row, dict | Mapping) or row.get(key) is None:
        raise WrongFact(f"facts[“{grain}”] 第 {number} 行没有“{key}”", advice=f"每行都要有 {key}。")
    try:
        ordinal: int = read_value(Type.MONTH if grain == "月" else Type.INTEGER, row[key])
    except FormatError as error:
        raise WrongFact(f"facts[“{grain}”] 第 {number} 行：{error.message}", advice=error.advice) from error
    if grain == "年" and not 1 <= ordinal <= 9999:
        raise WrongFact(f"facts[“年”] 第 {number} 行：{ordinal} 不是年份")
    return ordinal


def _check_name(grain: str, name: str, glossary: Glossary) -> None:
    term = glossary[name]
    if term.kind != "参数" and FINENESS[term.grain] != FINENESS[grain]:
        advice = f"请写在 facts[“{term.grain}”] 的行里。" if term.grain != "人" else "请写在 facts 的最外层。"
        raise WrongFact(f"“{name}”是{term.grain}级的，不能写在{grain}的行里", advice=advice)


def _shown(grain: str, key: int) -> str:
    return f"{key // 12:04d}-{key % 12 + 1:02d}" if grain == "月" else f"{key}年"


def column(rows: Rows, name: str, glossary: Glossary) -> list[Any]:
    """Read one given name of every row; ABSENT where a row does not give it. Raises WrongFact with the row."""
    term = glossary[name]
    given = [row.get(name, ABSENT) for row in rows.rows]
    try:
        values = _read_all(name, given, glossary)
    except WrongFact:
        _name_the_row(rows, name, given, glossary)
        raise
    if term.kind != "事实":
        return values
    default = glossary.default(name)
    return values if default is None else [default if value is ABSENT else value for value in values]


def _read_all(name: str, given: list[Any], glossary: Glossary) -> list[Any]:
    """Read the values of a column; neighbours that are the same text or object are read once."""
    values: list[Any] = []
    last: Any = ABSENT
    inner: Any = ABSENT
    for value in given:
        if value is not last and not (type(value) is type(last) is str and value == last):
            last, inner = value, value if value is ABSENT else glossary.read_fact(name, value)
        values.append(inner)
    return values


def _name_the_row(rows: Rows, name: str, given: list[Any], glossary: Glossary) -> None:
    """Read again to say which row is wrong. Raises WrongFact."""
    for key, value in zip(rows.keys, given, strict=True):
        if value is not ABSENT:
            glossary.read_fact(name, value, f"{_shown(rows.grain, key)} 的")


def fact_column(rows: Rows, name: str, glossary: Glossary) -> list[Any]:
    """Read a fact of every row; its default where it is not given. Raises MissingFact that names the row."""
    values = column(rows, name, glossary)
    for key, value in zip(rows.keys, values, strict=True):
        if value is ABSENT:
            message = f"{_shown(rows.grain, key)} 的行缺少“{name}”（{glossary[name].meaning}）"
            raise MissingFact(name, message, advice=f"请在该行补上，或在 glossary.yaml 给“{name}”声明 default。")
    return values
