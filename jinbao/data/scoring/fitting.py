"""Whether a declared rule fits the columns it names: said with file:line when it is read, not by the database later."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.data.datasets import Column, Dataset, load_dataset
from jinbao.data.scoring.declared import BETWEEN, ScoredRule
from jinbao.data.supply.standard import SQL_TYPES
from jinbao.kernel import duck
from jinbao.kernel.errors import DeclarationError, NotFound

_MANY = 99
_COLUMNS: Mapping[str, tuple[int, int]] = {
    "not_null": (1, 1), "format": (1, 1), "code_list": (1, 1), "citizen_id": (1, 1), "uscc": (1, 1), "range": (1, 1),
    "order": (2, 2), "matches_id": (2, 2), "sum": (2, _MANY), "together": (2, _MANY),
    "required_when": (1, _MANY), "unique": (1, _MANY), "reference": (1, _MANY), "excluded": (1, _MANY),
    "consistent": (1, _MANY), "timely": (0, 0), "gate": (0, 0), "accessible": (0, 0),
}  # fmt: skip
"""How many columns a kind of rule takes, at least and at most."""
_OF_TEXT, _OF_NUMBERS, _OF_DAYS = ("format", "citizen_id", "uscc"), ("整数", "金额"), ("日期", "年月")


def check(rule: ScoredRule, dataset: Dataset) -> None:
    """Raise DeclarationError with file:line unless the rule can be asked of its columns."""
    if problem := _unknown(rule, dataset, rule.used) or _wrong(rule, dataset) or _wrong_between(rule, dataset):
        raise DeclarationError(f"规则“{rule.name}”{problem}", at=rule.at)


def _unknown(rule: ScoredRule, dataset: Dataset, names: tuple[str, ...]) -> str:
    known = {column.name for column in dataset.columns}
    unknown = [name for name in names if name not in known]
    return f"提到“{dataset.title}”没有的列：{'、'.join(unknown)}" if unknown else ""


def _wrong(rule: ScoredRule, dataset: Dataset) -> str:
    least, most = _COLUMNS[rule.kind]
    if not least <= len(rule.columns) <= most:
        wanted = str(least) if least == most else f"至少 {least}"
        return f"：{rule.kind} 应有 {wanted} 列，实有 {len(rule.columns)} 列"
    columns = [dataset.column(name) for name in rule.columns]
    return (
        _wrong_types(rule.kind, columns)
        or (_wrong_pattern(rule.pattern) if rule.kind == "format" else "")
        or ("：required_when 应有 when" if rule.kind == "required_when" and not rule.when else "")
        or _wrong_codes(dataset, {name: (code,) for name, code in rule.when.items()} | dict(rule.where))
    )


def _wrong_types(kind: str, columns: list[Column]) -> str:
    types = {column.type for column in columns}
    are_texts, are_numbers = not types & set(SQL_TYPES), types <= set(_OF_NUMBERS)
    fits = {
        **dict.fromkeys(_OF_TEXT, (are_texts, "只能用于文本列")),
        "range": (types <= set(SQL_TYPES), "只能用于数、日期和年月"),
        "order": (are_numbers or types <= set(_OF_DAYS), "的两列应都是时间或都是数"),
        "sum": (are_numbers and len(types) == 1, "的各列应同为金额或同为整数"),
        "code_list": (all(column.codes for column in columns), "的列应有代码表"),
        "matches_id": (
            len(columns) > 1 and columns[0].type not in SQL_TYPES and ("日期" in types or _is_sex(columns[1])),
            "应写证件号码列，再写日期列或有男、女两个代码的列",
        ),
    }
    does_fit, wanted = fits.get(kind, (True, ""))
    said = "、".join(f"{column.name}（{column.type}）" for column in columns)
    return "" if does_fit else f"：{kind} {wanted}，实为 {said}"


def _is_sex(column: Column) -> bool:
    return all(sign in column.codes or sign in column.codes.values() for sign in "男女")


def _wrong_pattern(pattern: str) -> str:
    with duck.connect(threads=1) as connection:
        try:
            connection.execute(f"SELECT regexp_full_match('', {duck.literal(pattern)})")
        except duck.Error as error:
            return f"的 pattern 不是 RE2 正则表达式：{str(error).removeprefix('Invalid Input Error: ')}"
    return ""


def _wrong_codes(dataset: Dataset, asked: Mapping[str, tuple[str, ...]]) -> str:
    for name, codes in asked.items():
        column = dataset.column(name)
        if column.type in SQL_TYPES:
            return f"：when 和 where 只能问代码和文本，{name} 是{column.type}"
        if not codes:
            return f"：where 的 {name} 没有写代码"
        if column.codes and (unknown := [code for code in codes if code not in column.codes]):
            return f"：{name} 的代码表没有 {'、'.join(unknown)}"
    return ""


def _wrong_between(rule: ScoredRule, dataset: Dataset) -> str:
    if rule.kind not in BETWEEN:
        return ""
    try:
        other = load_dataset(rule.table)
    except NotFound as error:
        return f"：{error.message}"
    if problem := _unknown(rule, other, (*rule.to, *rule.equal.values())):
        return problem
    for ours, theirs in (*zip(rule.columns, rule.to, strict=True), *rule.equal.items()):
        kinds = [SQL_TYPES.get(of.column(name).type, "VARCHAR") for of, name in ((dataset, ours), (other, theirs))]
        if kinds[0] != kinds[1]:
            types = f"{dataset.column(ours).type}、{other.column(theirs).type}"
            return f"：{ours} 和 {rule.table} 的 {theirs} 类型不同，不能比较（{types}）"
    return ""
