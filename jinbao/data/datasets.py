"""Datasets: what a file must look like, declared in policy/datasets/<name>/dataset.yaml and quality.yaml.

A dataset's columns say what a value is (type, code list) and whether it must be there; its quality rules say what must
hold within a row and within the file. Both are read into frozen dataclasses; a mistake is an error with file:line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, NotFound, Place
from jinbao.kernel.regions import policy_folder

TypeName = Literal[
    "文本",
    "姓名",
    "金额",
    "整数",
    "年月",
    "日期",
    "代码",
    "公民身份号码",
    "证件号码",
    "统一社会信用代码",
    "银行账号",
    "电话",
    "行政区划",
]
"""公民身份号码 must hold (form, date, check character); 证件号码 is kept as another unit wrote it, faults and all."""
Sensitivity = Literal["公开", "内部", "个人信息", "敏感个人信息"]
Sharing = Literal["无条件共享", "有条件共享", "不予共享"]
Severity = Literal["错误", "提示"]
Delivery = Literal["", "full", "incremental"]
Cycle = Literal["", "实时", "每日", "每周", "每月", "每季度", "每半年", "每年", "不定期"]
NOT_SHARED = "不予共享"
Kind = Literal["unique", "range", "order", "sum", "together", "required_when", "sender", "matches_id", "known_area"]


@dataclass(frozen=True)
class Column:
    """A column: `name` is ours, `label` and `aliases` are what senders write above it."""

    name: str
    label: str
    type: TypeName
    required: bool = False
    aliases: tuple[str, ...] = ()
    field_code: str = ""
    """Code of the information structure of human resources and social security (AAC002, …)."""
    sensitivity: Sensitivity = "内部"
    codes: Mapping[str, str] = field(default_factory=dict)
    """Code list: code → meaning."""
    max_length: int = 128
    about: str = ""
    sharing: Sharing | Literal[""] = ""
    """How other units may have it, where that is not as for the whole dataset."""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if (self.type == "金额") != self.name.endswith("_fen"):
            raise DeclarationError(f"列“{self.label}”：金额列的英文名（且只有金额列）应以 _fen 结尾")
        if (self.type == "代码") != bool(self.codes):
            raise DeclarationError(f"列“{self.label}”：代码列（且只有代码列）应有代码表 codes")

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every heading under which the column is recognised."""
        return (self.label, self.name, *((self.field_code,) if self.field_code else ()), *self.aliases)


@dataclass(frozen=True)
class Rule:
    """A quality rule that goes beyond the type of one column."""

    name: str
    kind: Kind
    columns: tuple[str, ...]
    severity: Severity = "错误"
    min: str | None = None
    """For a range: the least value, as it would be written in the file."""
    max: str | None = None
    """For a range: the greatest value; "today" stands for the day (or month) of receipt."""
    when: Mapping[str, str] = field(default_factory=dict)
    """For required_when: column → code for which the rule's columns must be filled in."""
    message: str = ""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        least = {"range": 1, "sender": 1, "known_area": 1, "unique": 1, "required_when": 1}.get(self.kind, 2)
        if len(self.columns) < least:
            raise DeclarationError(f"规则“{self.name}”至少要有 {least} 列")
        if self.kind == "range" and self.min is None and self.max is None:
            raise DeclarationError(f"规则“{self.name}”应有 min 或 max")
        if self.kind == "required_when" and not self.when:
            raise DeclarationError(f"规则“{self.name}”应有 when")


@dataclass(frozen=True)
class _Declared:
    """The content of dataset.yaml."""

    title: str
    about: str
    owner: str
    basis: str
    sharing: Sharing
    columns: tuple[Column, ...]
    sharing_terms: str = ""
    ignored: tuple[str, ...] = ()
    """Headings that may be there and are not read, such as 序号."""
    delivery: Delivery = ""
    """What a file of a unit is: `full` replaces what the sender delivered before, `incremental` adds and replaces by
    key; empty for the files of our own business, which end up in the books and are all kept."""
    key: tuple[str, ...] = ()
    """Columns that make a row the same row in a later delivery; without them every row is its own."""
    period: str = ""
    """Column (年月, 日期) that says of when a row speaks: an older one never replaces a newer one."""
    cycle: Cycle = ""
    """更新周期: how often a delivery is due."""
    grace_days: int = 10
    """Days after the end of a cycle until the delivery counts as late."""
    at: Place = NOWHERE


@dataclass(frozen=True)
class Dataset:
    """A declared dataset with its quality rules."""

    name: str
    title: str
    about: str
    owner: str
    basis: str
    sharing: str
    sharing_terms: str
    columns: tuple[Column, ...]
    ignored: tuple[str, ...]
    rules: tuple[Rule, ...]
    delivery: Delivery = ""
    key: tuple[str, ...] = ()
    period: str = ""
    cycle: Cycle = ""
    grace_days: int = 10

    @property
    def supplied(self) -> bool:
        """Whether units supply it for the platform, rather than employers for our own business."""
        return bool(self.delivery)

    def column(self, name: str) -> Column:
        """Return a column by our name; raise NotFound."""
        for column in self.columns:
            if column.name == name:
                return column
        raise NotFound(f"数据集“{self.title}”没有名为 {name} 的列")

    def sharing_of(self, column: Column) -> str:
        """Return how a column may be shared: of a dataset that is not shared, no column is."""
        return self.sharing if self.sharing == NOT_SHARED else column.sharing or self.sharing

    @property
    def shared(self) -> tuple[Column, ...]:
        """The columns that other units may have."""
        return tuple(column for column in self.columns if self.sharing_of(column) != NOT_SHARED)

    @property
    def first_required(self) -> Column:
        """The first required column: a row without it is no row but a total or a remark."""
        return next(column for column in self.columns if column.required)


def load_dataset(name: str) -> Dataset:
    """Read a dataset by name; raise NotFound for an unknown name, DeclarationError with file:line for a mistake."""
    folder = _folder() / name
    if not name.isidentifier() or not (folder / "dataset.yaml").is_file():
        known = "、".join(f"{dataset.name}（{dataset.title}）" for dataset in all_datasets())
        raise NotFound(f"没有名为“{name}”的数据集", advice=f"可用的数据集：{known}。")
    files = (folder / "dataset.yaml", folder / "quality.yaml")
    return _load(folder, tuple(file.stat().st_mtime_ns for file in files if file.exists()))


def all_datasets() -> tuple[Dataset, ...]:
    """Return every declared dataset in alphabetical order."""
    return tuple(load_dataset(file.parent.name) for file in sorted(_folder().glob("*/dataset.yaml")))


def _folder() -> Path:
    return policy_folder() / "datasets"


@cache
def _load(folder: Path, _changed: tuple[int, ...]) -> Dataset:
    declared = read_declared(folder / "dataset.yaml", _Declared)
    quality = folder / "quality.yaml"
    rules = read_declared(quality, tuple[Rule, ...]) if quality.exists() else ()
    _check_columns(declared)
    _check_rules(declared, rules)
    return Dataset(
        folder.name,
        declared.title,
        declared.about,
        declared.owner,
        declared.basis,
        declared.sharing,
        declared.sharing_terms,
        declared.columns,
        declared.ignored,
        rules,
        declared.delivery,
        declared.key,
        declared.period,
        declared.cycle,
        declared.grace_days,
    )


def _check_columns(declared: _Declared) -> None:
    """Refuse two columns under one heading, a dataset without a required column, and keys that are no columns."""
    taken: dict[str, Column] = {}
    for column in declared.columns:
        for spelling in column.spellings:
            other = taken.setdefault(spelling, column)
            if other is not column:
                raise DeclarationError(f"“{spelling}”同时指“{other.label}”和“{column.label}”", at=column.at)
    if not any(column.required for column in declared.columns):
        raise DeclarationError("至少要有一个必填列", at=declared.at)
    types = {column.name: column.type for column in declared.columns}
    for name in filter(None, (*declared.key, declared.period)):
        if name not in types:
            raise DeclarationError(f"key 或 period 提到不存在的列：{name}", at=declared.at)
    if declared.period and types[declared.period] not in ("年月", "日期"):
        raise DeclarationError(f"period 列 {declared.period} 应为年月或日期", at=declared.at)


def _check_rules(declared: _Declared, rules: tuple[Rule, ...]) -> None:
    """Refuse rules about unknown columns and rules of one name."""
    names = {column.name for column in declared.columns}
    taken: set[str] = set()
    for rule in rules:
        unknown = [name for name in (*rule.columns, *rule.when) if name not in names]
        if unknown:
            raise DeclarationError(f"规则“{rule.name}”提到不存在的列：{'、'.join(unknown)}", at=rule.at)
        if rule.name in taken:
            raise DeclarationError(f"规则名“{rule.name}”重复", at=rule.at)
        taken.add(rule.name)
