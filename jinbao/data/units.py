"""The units that provide data (提供方), declared in policy/units.yaml: code, name, and how datasets call them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, FormatError, NotFound, Place
from jinbao.kernel.identifiers import Uscc
from jinbao.kernel.regions import policy_folder


@dataclass(frozen=True)
class Unit:
    """An agency that provides data: 统一社会信用代码, full name, short name as in `owner` of a dataset."""

    code: str
    name: str
    short: str
    region: str
    also: tuple[str, ...] = ()
    """Other names under which datasets speak of it."""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        try:
            Uscc.parse(self.code)
        except FormatError as error:
            raise DeclarationError(f"“{self.name}”的代码：{error.message}") from error

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it is called, its code too."""
        return (self.code, self.name, self.short, *self.also)


def units() -> tuple[Unit, ...]:
    """Return every declared unit in the order of the file."""
    path = policy_folder() / "units.yaml"
    return _read(path, path.stat().st_mtime_ns)


def unit(name: str) -> Unit:
    """Return the unit of a code, full name, short name or other name; raise NotFound with the known ones."""
    for one in units():
        if name in one.names:
            return one
    known = "、".join(one.short for one in units())
    raise NotFound(f"没有名为“{name}”的供数单位", advice=f"可用的单位：{known}；新单位登记在 policy/units.yaml。")


@cache
def _read(path: Path, _changed: int) -> tuple[Unit, ...]:
    found = read_declared(path, tuple[Unit, ...])
    taken: dict[str, Unit] = {}
    for one in found:
        for name in one.names:
            if taken.setdefault(name, one) is not one:
                raise DeclarationError(f"“{name}”同时指“{taken[name].name}”和“{one.name}”", at=one.at)
    return found
