"""The government catalogue's code lists and coding rule, declared in policy/catalogue.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinbao.data.units import units
from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, Place
from jinbao.kernel.regions import policy_folder

FRONT = re.compile(r"[123][0-9]{2}[0-9]{3}[0-9]*")
"""类 1 位、项 2 位、目 3 位、细目不定长."""

CODE = re.compile(rf"({FRONT.pattern})/([0-9]+)")
"""The front code, a slash, 顺序码 of any length."""

SENSITIVITIES = ("公开", "内部", "个人信息", "敏感个人信息")
"""Sensitivity of an information item, from the least; the grade of a resource is at least its position here."""


@dataclass(frozen=True)
class Standard:
    """What the guide lists: names of classes, types, ways of sharing, formats, cycles and grades."""

    source: str
    classes: Mapping[str, str]
    items_confidence: str
    items: Mapping[str, tuple[str, ...]]
    types: Mapping[str, str]
    share_types: Mapping[str, str]
    share_modes: Mapping[str, str]
    open_types: tuple[str, ...]
    formats: Mapping[str, tuple[str, ...]]
    cycles: tuple[str, ...]
    grades: Mapping[str, str]
    at: Place = NOWHERE

    def category_name(self, front: str) -> str:
        """Say a category in words: class and item; a department's item is a unit by its number in policy/units.yaml."""
        kind, item = front[:1], front[1:3]
        known = self.items.get(kind) or tuple(unit.short for unit in units())
        name = known[int(item) - 1] if item.isdigit() and 0 < int(item) <= len(known) else item
        return f"{self.classes.get(kind, kind)}/{name}" if item else self.classes.get(kind, kind)

    def accepts_format(self, text: str) -> bool:
        """Tell whether a format is written as 类/格式 of the list, such as 电子表格/xlsx or 自描述/Parquet."""
        kind, _, name = text.partition("/")
        return kind in self.formats and bool(name) and (name in self.formats[kind] or not self.formats[kind])


@cache
def standard() -> Standard:
    """Read the declared standard once; a mistake is a DeclarationError with file:line. A change needs a restart."""
    return read_declared(policy_folder() / "catalogue.yaml", Standard)
