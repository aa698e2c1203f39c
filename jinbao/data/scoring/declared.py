"""What is declared about quality: weights, and the rules of scoring.yaml that the columns alone do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from jinbao.data.datasets import Dataset
from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, Place
from jinbao.kernel.regions import policy_folder

Dimension = Literal["规范性", "完整性", "准确性", "一致性", "时效性", "可访问性"]
"""The six dimensions of GB/T 36344-2018."""
DIMENSIONS: tuple[str, ...] = get_args(Dimension)
SeverityName = Literal["致命", "严重", "一般", "提示"]
Kind = Literal[
    "not_null", "format", "code_list", "citizen_id", "uscc", "range", "order", "sum", "together", "required_when",
    "matches_id", "unique", "reference", "excluded", "consistent", "timely", "gate", "accessible",
]  # fmt: skip
DIMENSION_OF: Mapping[str, Dimension] = {
    "not_null": "完整性", "together": "完整性", "required_when": "完整性",
    "format": "规范性", "code_list": "规范性",
    "citizen_id": "准确性", "uscc": "准确性", "range": "准确性", "unique": "准确性", "gate": "准确性",
    "order": "一致性", "sum": "一致性", "matches_id": "一致性",
    "reference": "一致性", "excluded": "一致性", "consistent": "一致性",
    "timely": "时效性", "accessible": "可访问性",
}  # fmt: skip
"""Where a kind of rule counts unless its declaration says otherwise."""
BETWEEN = ("reference", "excluded", "consistent")
"""Kinds that look into another table."""


@dataclass(frozen=True)
class ScoredRule:
    """One rule over the rows of a standard table."""

    name: str
    kind: Kind
    columns: tuple[str, ...] = ()
    severity: SeverityName = "一般"
    weight: int = 1
    dimension: Dimension | None = None
    pattern: str = ""
    """For a format: the whole value matches this regular expression (RE2)."""
    min: str | None = None
    max: str | None = None
    """For a range, as written in a file; "today" stands for the day or month of the run."""
    when: Mapping[str, str] = field(default_factory=dict)
    """For required_when: column → code."""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Only rows whose columns hold one of these codes are checked."""
    table: str = ""
    to: tuple[str, ...] = ()
    """For rules between tables: the other table and its columns, in step with `columns`."""
    equal: Mapping[str, str] = field(default_factory=dict)
    """For consistent: our column → theirs, which must say the same wherever the other table has the row."""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise DeclarationError(f"规则“{self.name}”的 weight 不能为负")
        if self.kind == "format" and not self.pattern:
            raise DeclarationError(f"规则“{self.name}”应有 pattern")
        if self.kind == "range" and self.min is None and self.max is None:
            raise DeclarationError(f"规则“{self.name}”应有 min 或 max")
        if self.kind in BETWEEN and (not self.table or not self.columns or len(self.to) != len(self.columns)):
            raise DeclarationError(f"规则“{self.name}”应有 table，且 to 与 columns 一一对应")
        if (self.kind == "consistent") != (len(self.equal) == 1):
            raise DeclarationError(f"规则“{self.name}”：consistent（且只有它）应有 equal，写一对列")

    @property
    def counts_in(self) -> Dimension:
        """The dimension in which it counts."""
        return self.dimension or DIMENSION_OF[self.kind]

    @property
    def used(self) -> tuple[str, ...]:
        """Every column of the own table that it reads."""
        return (*self.columns, *self.when, *self.where, *self.equal)


@dataclass(frozen=True)
class Severity:
    """How much a severity counts, and within how many working days its tickets are due (without: no ticket)."""

    name: SeverityName
    factor: int
    workdays: int | None = None


@dataclass(frozen=True)
class Weights:
    """policy/quality/weights.yaml."""

    dimensions: Mapping[str, int]
    severities: tuple[Severity, ...]
    datasets: Mapping[str, int]
    remind_workdays: int
    target: int
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if set(self.dimensions) != set(DIMENSIONS):
            raise DeclarationError(f"dimensions 应恰好是：{'、'.join(DIMENSIONS)}")
        if {one.name for one in self.severities} != set(get_args(SeverityName)):
            raise DeclarationError(f"severities 应恰好是：{'、'.join(get_args(SeverityName))}")
        if min(*self.dimensions.values(), *(one.factor for one in self.severities), *self.datasets.values()) < 0:
            raise DeclarationError("权重不能为负")

    def severity(self, name: str) -> Severity:
        """Return a severity by name."""
        return next(one for one in self.severities if one.name == name)

    def of_dataset(self, name: str) -> int:
        """Return what a dataset counts within its unit and region."""
        return self.datasets.get(name, 1)


def weights() -> Weights:
    """Return the declared weights; a mistake is a DeclarationError with file:line."""
    file = policy_folder() / "quality" / "weights.yaml"
    return _weights(file, file.stat().st_mtime_ns)


@cache
def _weights(file: Path, _changed: int) -> Weights:
    return read_declared(file, Weights)


def declared_rules(dataset: Dataset) -> tuple[ScoredRule, ...]:
    """Return the rules of a dataset's scoring.yaml as written; none where it has no such file."""
    file = policy_folder() / "datasets" / dataset.name / "scoring.yaml"
    if not file.is_file():
        return ()
    return read_declared(file, tuple[ScoredRule, ...])
