"""Administrative divisions of GB/T 2260 with their history since 1981.

A person's identity number keeps the area code of its first issue, so a code counts as known when it was listed in any
year. The table (jinbao/kernel/data/README.md) knows years, not days: in the year of a change both names hold, and the
one that is still listed at the end of the year is preferred.

Codes beginning with 99 are no divisions; they are kept for demonstrations (演示地区). "000000" is the whole country.
"""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from io import StringIO

from jinbao.kernel.errors import FormatError, NotFound

NATION = "000000"

_DEMONSTRATION = re.compile(r"99[0-9]{4}")
_SUCCESSOR = re.compile(r"([0-9]{6})(?:\[([0-9]{4})\])?")


@dataclass(frozen=True, slots=True)
class Area:
    """A code under one name, listed from the end of the year `since` until the year `until` (None while in use)."""

    code: str
    name: str
    since: int
    until: int | None
    successor_text: str = ""

    @property
    def successors(self) -> tuple[tuple[str, int | None], ...]:
        """Codes that took over, each with the year of a partial transfer, or None for what remained at the end."""
        found = (match.groups() for match in _SUCCESSOR.finditer(self.successor_text))
        return tuple((code, int(year) if year else None) for code, year in found)

    def listed_in(self, year: int) -> bool:
        """Tell whether the code had this name at the end of a year."""
        return self.since <= year and (self.until is None or year < self.until)


def is_demonstration(code: str) -> bool:
    """Tell whether a code is kept for demonstrations."""
    return _DEMONSTRATION.fullmatch(code) is not None


def is_known(code: str) -> bool:
    """Tell whether a code was listed in any year, is the nation, or is a demonstration area."""
    return code in _areas() or code == NATION or is_demonstration(code)


def history_of(code: str) -> tuple[Area, ...]:
    """Return what a code has meant, oldest first; empty for a code that was never listed."""
    return _areas().get(code, ())


def name_of(code: str, on: date | None = None) -> str:
    """Return the name of a division on a day, or its latest name.

    Raises NotFound when the code was never listed, or not in that year.
    """
    if code == NATION:
        return "全国"
    if is_demonstration(code):
        return "演示市" if code == "990100" else "演示地区"
    return _area(code, on.year if on else None).name


def path_of(code: str, on: date | None = None) -> tuple[str, ...]:
    """Return the names from province to division, for example ("湖北省", "武汉市", "江岸区").

    Upper names are those of the same day; without a day, those of the last year in which the division was listed.
    Raises NotFound as `name_of` does.
    """
    if code == NATION or is_demonstration(code):
        return (name_of(code),)
    area = _area(code, on.year if on else None)
    year = on.year if on else None if area.until is None else area.until - 1
    uppers = [upper for upper in dict.fromkeys((f"{code[:2]}0000", f"{code[:4]}00")) if upper != code]
    return (*(found.name for upper in uppers if (found := _find(upper, year))), area.name)


def _area(code: str, year: int | None) -> Area:
    if not re.fullmatch(r"[0-9]{6}", code):
        raise FormatError(f"“{code}”不是六位行政区划代码", advice="例如 420100。")
    found = _find(code, year)
    if found:
        return found
    known = "；".join(f"{area.name} {area.since}–{area.until or '今'}" for area in history_of(code))
    if known:
        raise NotFound(f"行政区划代码 {code} 在 {year} 年未启用", advice=f"该代码的历史：{known}。")
    raise NotFound(f"行政区划代码 {code} 从未启用（GB/T 2260，1981 年至 2024 年）", advice="请核对代码。")


def _find(code: str, year: int | None) -> Area | None:
    """Return the name valid at the end of the year, else the one given up in that year; without a year the latest."""
    history = history_of(code)
    if year is None:
        return history[-1] if history else None
    listed = [area for area in history if area.listed_in(year)] or [area for area in history if area.until == year]
    return listed[-1] if listed else None


@cache
def _areas() -> dict[str, tuple[Area, ...]]:
    packed = files("jinbao.kernel").joinpath("data/gb2260_history.csv.gz").read_bytes()
    rows = csv.reader(StringIO(gzip.decompress(packed).decode("utf-8")))
    next(rows)
    areas: dict[str, list[Area]] = {}
    for code, name, since, until, successors in rows:
        areas.setdefault(code, []).append(Area(code, name, int(since), int(until) if until else None, successors))
    return {code: tuple(history) for code, history in areas.items()}
