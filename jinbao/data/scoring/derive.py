"""The rules of a dataset: what its columns and its gate imply, then what scoring.yaml adds.

So a dataset is scored from the day it is declared.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinbao.data.datasets import Column, Dataset, Rule
from jinbao.data.scoring import fitting
from jinbao.data.scoring.declared import Kind, ScoredRule, SeverityName, declared_rules
from jinbao.kernel.errors import DeclarationError

IDENTITY = ("公民身份号码", "证件号码")
PATTERNS = {
    "姓名": r"[^0-9?？*＊\s�]{2,}|[^0-9?？*＊�]+[·. ][^0-9?？*＊�]+",
    "电话": r"\+?[0-9][0-9-]{5,18}[0-9]",
    "银行账号": r"[0-9]{6,32}",
    "行政区划": r"[0-9]{6}",
}
"""Forms that a type implies; the check characters have rules of their own."""
_FROM_GATE: dict[str, Kind] = {
    "unique": "unique", "range": "range", "order": "order", "sum": "sum", "together": "together",
    "required_when": "required_when", "matches_id": "matches_id",
}  # fmt: skip
"""Rules of the gate that say something about a whole table; the key of a table is unique in it by its making."""


def rules_of(dataset: Dataset) -> tuple[ScoredRule, ...]:
    """Return every rule of a dataset, names unique; a rule of scoring.yaml replaces an implied one of its name."""
    implied = {rule.name: rule for rule in _implied(dataset)}
    named: dict[str, ScoredRule] = {}
    for rule in declared_rules(dataset):
        if rule.name in named:
            raise DeclarationError(f"规则名“{rule.name}”重复", at=rule.at)
        fitting.check(rule, dataset)
        named[rule.name] = rule
    return tuple((implied | named).values())


def _implied(dataset: Dataset) -> Iterator[ScoredRule]:
    yield ScoredRule("数据可读取", "accessible", severity="致命")
    if dataset.supplied:
        yield ScoredRule("报送的行通过入口校验", "gate", severity="严重", weight=2)
    if dataset.cycle not in ("", "不定期"):
        yield ScoredRule("按更新周期更新", "timely", severity="严重")
    for column in dataset.columns:
        yield from _of_column(column)
    yield from _of_identity(dataset)
    for rule in dataset.rules:
        yield from _of_gate(dataset, rule)


def _of_column(column: Column) -> Iterator[ScoredRule]:
    one, label = (column.name,), column.label
    if column.required:
        yield ScoredRule(f"必填：{label}", "not_null", one, "严重")
    elif column.type in IDENTITY:
        yield ScoredRule(f"应有：{label}", "not_null", one, "一般")
    if column.type in IDENTITY:
        yield ScoredRule(f"校验码：{label}", "citizen_id", one, "致命")
    elif column.type == "统一社会信用代码":
        yield ScoredRule(f"校验码：{label}", "uscc", one, "严重")
    elif column.type == "代码":
        yield ScoredRule(f"代码表：{label}", "code_list", one, "严重")
    elif column.type in PATTERNS:
        yield ScoredRule(f"格式：{label}", "format", one, "一般", pattern=PATTERNS[column.type])
    elif column.type == "日期":
        yield ScoredRule(f"合理范围：{label}", "range", one, "一般", min="1900-01-01", max="2099-12-31")
    elif column.type == "年月":
        yield ScoredRule(f"合理范围：{label}", "range", one, "一般", min="1949-10", max="2099-12")


def _of_identity(dataset: Dataset) -> Iterator[ScoredRule]:
    """Date of birth and sex beside an identity number agree with it."""
    number = next((column for column in dataset.columns if column.type in IDENTITY), None)
    if number is None:
        return
    for column in dataset.columns:
        is_sex = column.type == "代码" and {"男", "女"} <= set(column.codes.values())
        if is_sex or (column.type == "日期" and column.label == "出生日期"):
            name = f"{column.label}与{number.label}一致"
            yield ScoredRule(name, "matches_id", (number.name, column.name), "严重")


def _of_gate(dataset: Dataset, rule: Rule) -> Iterator[ScoredRule]:
    """Look again over the whole table at what the gate looks at file by file."""
    severity: SeverityName = "严重" if rule.severity == "错误" else "一般"
    kind = _FROM_GATE.get(rule.kind)
    if kind is None or (kind == "unique" and set(rule.columns) == set(dataset.key)):
        return
    yield ScoredRule(rule.name, kind, rule.columns, severity, min=rule.min, max=rule.max, when=rule.when)
