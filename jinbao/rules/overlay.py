"""What if: the law with some parameters supposed to be otherwise; the law in force stays as it is.

An overlay is a file in the form of parameters.yaml, or shorter, `名: 值`; or texts `名=值`, `名[键]=值` for one line of
a table, `名=值@2026-01-01` from a day on; a ratio may be written 9%.

Without a day a value takes the place of the one in force on the day of the question, for exactly as long as that one
holds. Everything supposed holds in the region of the question and below it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from jinbao.kernel.declared import place_of, read_declared, read_yaml
from jinbao.kernel.errors import NOWHERE, DeclarationError, JinbaoError, Place
from jinbao.rules.errors import NotInForce, WrongAssumption, did_you_mean
from jinbao.rules.glossary import Glossary, Scalar, Term
from jinbao.rules.ir import Type
from jinbao.rules.law import Law, parse_day
from jinbao.rules.parameters import ASSUMED, Dated, Found, Parameter
from jinbao.rules.values import CONTEXT, read_value

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Supposed:
    """One supposed value as written: a whole value, a whole table, or the line `key` of a table."""

    name: str
    value: Any = None
    table: Mapping[Any, Any] | None = None
    key: str | None = None
    start: date | None = None
    end: date | None = None
    source: str = ""
    unit: str | None = None
    """The unit that was written; it must be that of the glossary."""
    at: Place = NOWHERE


@dataclass(frozen=True)
class OverlayValue:
    """A value of an overlay file; source and confidence need not be written, and a confidence is not believed."""

    from_: date
    value: Scalar | None = None
    table: Any = None
    to: date | None = None
    source: str = ""
    confidence: str = ""
    note: str = ""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if (self.value is None) == (self.table is None):
            raise DeclarationError("每个值写 value 或 table，二者必居其一")
        if self.to is not None and self.to < self.from_:
            raise DeclarationError(f"to {self.to} 早于 from {self.from_}")


@dataclass(frozen=True)
class OverlayParameter:
    """A parameter of an overlay file in the form of parameters.yaml."""

    values: tuple[OverlayValue, ...]
    unit: str | None = None
    key: str | None = None
    period: str | None = None
    carry_forward: bool | None = None
    note: str = ""
    at: Place = NOWHERE


@dataclass(frozen=True)
class Assumption:
    """What is supposed, and the value of the law in force that it replaces."""

    name: str
    key: str | None
    new: str
    old: str | None
    start: date
    end: date | None

    @property
    def label(self) -> str:
        """The name, with the line of the table."""
        return f"{self.name}〔{self.key}〕" if self.key is not None else self.name

    @property
    def period(self) -> str:
        """The days for which it is supposed."""
        return f"{self.start} {f'至 {self.end}' if self.end else '起'}"

    def __str__(self) -> str:
        return f"假设 {self.label} 为 {self.new}（现行 {self.old or '没有值'}；{self.period}）"

    def as_json(self) -> dict[str, Any]:
        """Return the assumption for programs."""
        end = str(self.end) if self.end else None
        return {
            "name": self.name,
            "key": self.key,
            "new": self.new,
            "old": self.old,
            "from": str(self.start),
            "to": end,
        }


_SET = re.compile(r"(?P<name>[^=\[\]@]+?)\s*(?:\[(?P<key>[^\]]+)\])?\s*=\s*(?P<value>[^@]+?)\s*(?:@\s*(?P<day>\S+))?")


def parse_supposed(text: str) -> Supposed:
    """Read `名=值`, `名[键]=值` or `名=值@2026-01-01`. Raises WrongAssumption, FormatError for the day."""
    match = _SET.fullmatch(text.strip())
    if match is None:
        advice = "写成 名=值、名[键]=值 或 名=值@2026-01-01，例如 缴费基数标准=8000。"
        raise WrongAssumption(f"看不懂“{text[:60]}”", advice=advice)
    start = parse_day(match["day"]) if match["day"] else None
    return Supposed(match["name"].strip(), match["value"], key=match["key"], start=start)


def read_overlay(path: Path) -> list[Supposed]:
    """Read an overlay file. Raises DeclarationError with file:line."""
    kind = dict[str, bool | int | Decimal | date | str | OverlayParameter]
    items, places = read_declared(path, kind), read_yaml(path)
    return [wish for name, item in items.items() for wish in _declared(name, item, place_of(places, name))]


def _declared(name: str, item: Any, at: Place) -> Iterator[Supposed]:
    if not isinstance(item, OverlayParameter):
        yield Supposed(name, item, at=at)
        return
    for value, following in zip(item.values, (*item.values[1:], None), strict=True):
        if following and following.from_ <= (value.to or value.from_):
            raise DeclarationError(f"“{name}”的值日期重叠或未由早到晚", at=following.at, advice="由早到晚排列。")
        end = value.to or (following.from_ - DAY if following else None)
        yield Supposed(name, value.value, value.table, None, value.from_, end, value.source, item.unit, value.at)


def suppose(law: Law, wishes: Sequence[Supposed], *, on: date, region: str) -> tuple[Law, tuple[Assumption, ...]]:
    """Derive a law in which the wishes hold in a region, and say what each replaces.

    `on` is the day of the question. The given law is not changed. Raises WrongAssumption for what is no parameter or no
    value of it, NotFound for the region.
    """
    if not wishes:
        raise WrongAssumption("没有任何假设", advice="用 --set 名=值 或 --overlay 文件 写明假设。")
    parameters = dict(law.book.parameters)
    assumptions = []
    for wish in wishes:
        parameter = _parameter(law, parameters, wish)
        dated, assumption = _Reading(law.glossary, wish, parameter, law.book.regions.lineage(region), on).result()
        own = spliced(parameter.values.get(region, ()), replace(dated, region=region))
        parameters[wish.name] = replace(parameter, values={**parameter.values, region: own})
        assumptions.append(assumption)
    version = hashlib.sha256("\0".join([law.version, region, *map(str, assumptions)]).encode()).hexdigest()
    book = replace(law.book, parameters=parameters, version=version)
    return Law(book, production=law.production, supposes=True), tuple(assumptions)


def _parameter(law: Law, parameters: Mapping[str, Parameter], wish: Supposed) -> Parameter:
    if wish.name in parameters:
        _check_unit(law.glossary[wish.name], wish)
        return parameters[wish.name]
    if wish.name not in law.glossary:
        advice = did_you_mean(wish.name, parameters) or "jinbao law show 规则名 列出它用到的参数。"
        raise WrongAssumption(f"没有“{wish.name}”这个参数", at=wish.at, advice=advice)
    term = law.glossary[wish.name]
    below = [name for name in law.needs(wish.name) if name in parameters] if term.kind == "规则" else []
    use = f"或假设它用到的参数：{'、'.join(below[:8])}。" if below else ""
    message = f"“{wish.name}”是{term.kind}，不是参数"
    raise WrongAssumption(message, at=wish.at, advice=f"把它写进事实，{use}".rstrip("，"))


def _check_unit(term: Term, wish: Supposed) -> None:
    if wish.unit is not None and wish.unit != (term.unit or ""):
        message = f"“{wish.name}”的单位是“{term.unit or '无'}”，不是“{wish.unit}”"
        raise WrongAssumption(message, at=wish.at, advice="换算成术语表的单位再写，或删去 unit。")


def spliced(known: Iterable[Dated], new: Dated) -> tuple[Dated, ...]:
    """Cut the days of a new value out of a series and put it there."""
    found = [new]
    for dated in known:
        if dated.start < new.start:
            end = new.start - DAY
            found.append(dated if dated.end and dated.end < end else replace(dated, end=end))
        if new.end is not None and (dated.end is None or dated.end > new.end):
            found.append(replace(dated, start=max(dated.start, new.end + DAY)))
    return tuple(sorted(found, key=lambda dated: dated.start))


@dataclass(frozen=True)
class _Reading:
    """Reads one wish in the light of the value that holds."""

    glossary: Glossary
    wish: Supposed
    parameter: Parameter
    lineage: tuple[str, ...]
    on: date

    def result(self) -> tuple[Dated, Assumption]:
        wish, holds = self.wish, self.holds(self.wish.start or self.on)
        start, end = self.period(holds)
        value = self.value(holds)
        old = self.shown(holds.value) if holds else None
        assumption = Assumption(wish.name, wish.key, self.shown(value) or "", old, start, end)
        note = f"{self.noted(assumption)}（现行 {old or '没有值'}）"
        source = wish.source or "假设"
        return Dated(value, start, end, self.lineage[0], source, ASSUMED, note, wish.at), assumption

    @staticmethod
    def noted(assumption: Assumption) -> str:
        line = f"〔{assumption.key}〕" if assumption.key is not None else ""
        return f"假设{line}为 {assumption.new}"

    @property
    def term(self) -> Term:
        return self.glossary[self.wish.name]

    def holds(self, day: date) -> Found | None:
        try:
            return self.parameter.find(self.lineage, day)
        except NotInForce:
            return None

    def period(self, holds: Found | None) -> tuple[date, date | None]:
        """The days asked for; else those of the value that holds; else the year of the question and after."""
        if self.wish.start is not None:
            return self.wish.start, self.wish.end
        if holds is None:
            return date(self.on.year, 1, 1), None
        if holds.carried and holds.dated.end:
            return holds.dated.end + DAY, None
        return holds.dated.start, holds.dated.end

    def value(self, holds: Found | None) -> Any:
        wish, is_table = self.wish, self.parameter.key is not None
        if not is_table:
            if wish.key is not None or wish.table is not None:
                self.fail(f"“{wish.name}”不是表", f"写成 {wish.name}=值。")
            return self.read(wish.value)
        if wish.table is not None:
            if not isinstance(wish.table, Mapping) or not wish.table:
                self.fail(f"“{wish.name}”的 table 应为 键: 值", "照 parameters.yaml 的写法。")
            return {key: self.read(item) for key, item in wish.table.items()}
        if wish.key is None:
            keys = "、".join(str(key) for key in list(holds.value)[:6]) if holds else "…"
            self.fail(f"“{wish.name}”是一张表", f"写明哪一行：{wish.name}[键]=值；现有的键：{keys}。")
        if holds is None:
            self.fail(f"“{wish.name}”在 {self.on} 没有值，不能只改一行", "用文件写出整张表。")
        return {**holds.value, self.line(holds.value): self.read(wish.value)}

    def line(self, table: Mapping[Any, Any]) -> Any:
        wanted = str(self.wish.key).strip()
        for key in table:
            if str(key) == wanted:
                return key
        if wanted.isdecimal() and len(wanted) <= 9 and not any(isinstance(key, str) for key in table):
            return int(wanted)  # a further bracket of a table by number
        return self.fail(f"“{self.wish.name}”没有“{wanted}”这一行", f"现有的键：{'、'.join(map(str, table))}。")

    def read(self, value: Any) -> Any:
        kind = Type.NUMBER if self.term.inner is Type.TABLE else self.term.inner
        try:
            if isinstance(value, str) and value.strip().endswith(("%", "％")) and self.term.type == "比例":
                value = CONTEXT.divide(read_value(kind, value.strip()[:-1]), Decimal(100))
            if self.parameter.key is not None:
                return read_value(kind, value)
            return self.glossary.read_fact(self.wish.name, value)
        except JinbaoError as error:
            return self.fail(f"假设的“{self.wish.name}”：{error.message}", error.advice)

    def shown(self, value: Any) -> str | None:
        if not isinstance(value, dict):
            return self.term.show(value)
        if self.wish.key is None:
            return f"{len(value)}行的表"
        line = self.line(value)
        return self.term.show(value[line]) if line in value else None

    def fail(self, message: str, advice: str) -> NoReturn:
        raise WrongAssumption(message, at=self.wish.at, advice=advice)
