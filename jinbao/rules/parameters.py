"""Dated, regional, sourced parameters: read from YAML, found by day along the lineage of a region."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from jinbao.kernel.declared import place_of, read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, JinbaoError, Place
from jinbao.kernel.located import LocatedDict
from jinbao.kernel.regions import NATION
from jinbao.rules.errors import LawConflict, NotInForce
from jinbao.rules.glossary import Glossary, Scalar, Term, plain_unit
from jinbao.rules.ir import Type
from jinbao.rules.values import read_value

CONFIDENCES = ("A", "A-", "A-formula", "B", "C")
"""From found in a source to uncertain; a result is as good as the worst value in it."""

ASSUMED = "假设"
"""The confidence of a value that somebody only supposes; below every other, so that no answer hides it."""
_ORDER = (*CONFIDENCES, ASSUMED)


def worst(confidences: Iterable[str]) -> str:
    """Return the lowest of several confidences, the highest there is for none."""
    return max({*confidences, _ORDER[0]}, key=_ORDER.index)


@dataclass(frozen=True)
class DeclaredValue:
    """A value as written in parameters.yaml; `to` is the last day, `missing` says why no value is known."""

    from_: date
    source: str = ""
    confidence: Literal["A", "A-", "A-formula", "B", "C"] | None = None
    value: Scalar | None = None
    table: Any = None
    missing: str = ""
    to: date | None = None
    note: str = ""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if (self.value is not None) + (self.table is not None) + bool(self.missing) != 1:
            raise DeclarationError("每个值写 value、table 或 missing（为什么没有），三者必居其一")
        if not self.missing and not (self.source and self.confidence):
            raise DeclarationError("每个值都要有 source（出处）和 confidence（可信度）")
        if self.to is not None and self.to < self.from_:
            raise DeclarationError(f"to {self.to} 早于 from {self.from_}")


@dataclass(frozen=True)
class DeclaredParameter:
    """A parameter as written in one file."""

    values: tuple[DeclaredValue, ...]
    unit: str | None = None
    key: str | None = None
    period: Literal["年"] | None = None
    carry_forward: bool | None = None
    note: str = ""
    at: Place = NOWHERE


@dataclass(frozen=True)
class Dated:
    """An inner value in force from `start` through `end` in one region."""

    value: Any
    start: date
    end: date | None
    region: str
    source: str
    confidence: str
    note: str
    at: Place
    missing: str = ""
    """Why no value is known here; such an entry keeps the region from inheriting another region's value."""


@dataclass(frozen=True)
class Found:
    """What a parameter is on a day; `carried` when the last published value stands in for it."""

    name: str
    dated: Dated
    carried: bool

    @property
    def value(self) -> Any:
        """The inner value."""
        return self.dated.value


@dataclass(frozen=True)
class Parameter:
    """A parameter with its values by region, oldest first."""

    name: str
    key: str | None
    carry_forward: bool
    values: Mapping[str, tuple[Dated, ...]]
    at: Place

    def find(self, lineage: Iterable[str], day: date) -> Found:
        """Return the value in force on a day in the nearest region that has one.

        Raises NotInForce that says which values exist.
        """
        series = [self.values[region] for region in lineage if region in self.values]
        gap = ""
        for position, values in enumerate(series):
            last = _last_before(values, day)
            if last and (last.end is None or day <= last.end):
                if not last.missing:
                    return Found(self.name, last, carried=False)
                gap, series = last.missing, series[: position + 1]
                break
        earlier = [last for values in series if (last := _last_known(values, day))]
        if earlier and self.carry_forward:
            latest = max(earlier, key=lambda dated: dated.start)  # the nearest region where several are as late
            return Found(self.name, latest, carried=True)
        reason = gap or _extent(series)
        raise NotInForce(f"参数“{self.name}”在 {day} 没有值：{reason}", advice=_advice(self, series, day))


def _last_before(values: tuple[Dated, ...], day: date) -> Dated | None:
    position = bisect_right(values, day, key=lambda dated: dated.start)
    return values[position - 1] if position else None


def _last_known(values: tuple[Dated, ...], day: date) -> Dated | None:
    return next((dated for dated in reversed(values) if dated.start <= day and not dated.missing), None)


def _extent(series: list[tuple[Dated, ...]]) -> str:
    if not series:
        return "这个地区及其上级都没有声明"
    first = min(values[0].start for values in series)
    ends = [values[-1].end for values in series]
    last = "至今" if None in ends else f"{max(end for end in ends if end)} 止"
    return f"已有的值自 {first} 起，{last}"


def _advice(parameter: Parameter, series: list[tuple[Dated, ...]], day: date) -> str:
    file = series[0][0].at.file if series else parameter.at.file
    if series and day < min(values[0].start for values in series):
        return f"更早的值未收集，不外推；查到出处后补入 {file}，或把该值作为事实给定。"
    return f"公布后补入 {file}；允许暂用上一个值的参数，声明 carry_forward: true。"


def read_parameters(files: Mapping[Path, str], glossary: Glossary) -> dict[str, Parameter]:
    """Read parameter files, each with its region, into parameters by name.

    Raises DeclarationError or LawConflict with file:line.
    """
    declared: dict[str, dict[str, DeclaredParameter]] = {}
    for path, region in files.items():
        for name, parameter in read_declared(path, dict[str, DeclaredParameter]).items():
            regions = declared.setdefault(name, {})
            if region in regions:
                twin = regions[region].at
                raise LawConflict(f"参数“{name}”在地区 {region} 重复声明，{twin} 已有", at=parameter.at)
            regions[region] = parameter
    return {name: _merge(name, regions, glossary) for name, regions in declared.items()}


def _merge(name: str, regions: Mapping[str, DeclaredParameter], glossary: Glossary) -> Parameter:
    head = regions.get(NATION) or next(iter(regions.values()))
    if name not in glossary:
        raise DeclarationError(f"参数“{name}”不在 glossary.yaml 中", at=head.at, advice=glossary.advice(name))
    term = glossary[name]
    if term.kind != "参数":
        raise DeclarationError(f"“{name}”在 glossary 中是{term.kind}，不是参数", at=head.at, advice=f"见 {term.at}。")
    for declared in regions.values():
        _check_alike(name, head, declared, term)
    return Parameter(
        name=name,
        key=head.key,
        carry_forward=any(declared.carry_forward for declared in regions.values()),
        values={region: _dated(name, declared, region, head, term) for region, declared in regions.items()},
        at=head.at,
    )


def _check_alike(name: str, head: DeclaredParameter, declared: DeclaredParameter, term: Term) -> None:
    unit = plain_unit(declared.unit)
    if declared.unit is not None and unit != plain_unit(term.unit):
        message = f"参数“{name}”的单位是“{declared.unit}”，glossary 中是“{term.unit or '无'}”"
        raise DeclarationError(message, at=declared.at, advice=f"两处写成一样，见 {term.at}。")
    if declared.key != head.key:
        raise DeclarationError(f"参数“{name}”的 key 与 {head.at} 不同", at=declared.at)
    if not declared.values:
        raise DeclarationError(f"参数“{name}”没有值", at=declared.at)


def _dated(
    name: str, declared: DeclaredParameter, region: str, head: DeclaredParameter, term: Term
) -> tuple[Dated, ...]:
    values = declared.values
    yearly = (declared.period or head.period) == "年"
    found = []
    for value, following in zip(values, (*values[1:], None), strict=True):
        if following and following.from_ <= (value.to or value.from_):
            message = f"参数“{name}”在地区 {region} 的值日期重叠或未由早到晚：{value.at} 与 {following.at}"
            raise LawConflict(message, at=following.at, advice="同一天只能有一个值；由早到晚排列。")
        end = value.to or _open_end(value.from_, following.from_ if following else None, yearly and not value.missing)
        inner = _inner(name, value, head.key, term)
        source, confidence, note = value.source, value.confidence or "A", value.note
        found.append(Dated(inner, value.from_, end, region, source, confidence, note, value.at, value.missing))
    return tuple(found)


def _open_end(start: date, following: date | None, yearly: bool) -> date | None:
    ends = [following - timedelta(days=1)] if following else []
    ends += [date(start.year, 12, 31)] if yearly else []
    return min(ends) if ends else None


def _inner(name: str, value: DeclaredValue, key: str | None, term: Term) -> Any:
    if value.missing:
        return None
    if (value.table is not None) != (key is not None):
        raise DeclarationError(f"参数“{name}”：有 key 的写 table，没有 key 的写 value", at=value.at)
    if value.table is None:
        return _read(term, value.value, value.at)
    if not isinstance(value.table, LocatedDict) or not value.table:
        raise DeclarationError(f"参数“{name}”的 table 应为 键: 值", at=value.at)
    if len({isinstance(entry, str) for entry in value.table}) > 1:
        raise DeclarationError(f"参数“{name}”的键要么都是数，要么都是文字", at=value.at)
    return {entry: _read(term, item, place_of(value.table, entry)) for entry, item in value.table.items()}


def _read(term: Term, value: Any, at: Place) -> Any:
    kind = Type.NUMBER if term.inner is Type.TABLE else term.inner
    try:
        if isinstance(value, Decimal | int) and not isinstance(value, bool) and kind is Type.NUMBER:
            return Decimal(value)
        return read_value(kind, value)
    except JinbaoError as error:
        raise DeclarationError(error.message, at=at, advice=error.advice) from error
