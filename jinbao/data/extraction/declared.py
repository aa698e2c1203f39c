"""What is decided about data requests, read from policy/extraction.yaml: levels, limits, days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jinbao.data.datasets import Sensitivity
from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, Place
from jinbao.kernel.regions import policy_folder

LEVELS: tuple[Sensitivity, ...] = ("公开", "内部", "个人信息", "敏感个人信息")
"""How sensitive a column is, from the least to the most."""
HIGHEST: Sensitivity = LEVELS[-1]


@dataclass(frozen=True)
class Policy:
    """Levels, limits of one query, and how long a delivery lives."""

    default_level: Sensitivity
    due_workdays: int
    link_days: int
    most_downloads: int
    seconds: int
    memory: str
    rows: int
    columns: int
    characters: int
    subjects: Mapping[str, Mapping[str, Sensitivity]] = field(default_factory=dict)
    """Subject table → column → level; a column that is not named is of the highest."""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        days = (self.due_workdays, self.link_days, self.most_downloads, self.seconds)
        if min(*days, self.rows, self.columns, self.characters) < 1:
            raise DeclarationError("期限、次数和限额都应至少为 1")
        if not re.fullmatch(r"[1-9][0-9]{0,6}[MG]B", self.memory):
            raise DeclarationError(f"memory 应写成 1GB 或 500MB，实为“{self.memory}”")


def policy() -> Policy:
    """Return what policy/extraction.yaml says now."""
    path = policy_folder() / "extraction.yaml"
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, _changed: int) -> Policy:
    return read_declared(path, Policy)


def above(one: str, other: str) -> bool:
    """Tell whether one level is more sensitive than another."""
    return LEVELS.index(one) > LEVELS.index(other)


def lower(one: str, other: str) -> str:
    """Return the less sensitive of two levels."""
    return other if above(one, other) else one


def highest(levels: list[str]) -> str:
    """Return the most sensitive of some levels; of none 内部, for what comes from no column is no open data."""
    return max(levels, key=LEVELS.index, default="内部")
