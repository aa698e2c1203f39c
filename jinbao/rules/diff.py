"""What changed in the law between two days: parameters with old and new value, rules that begin, end, are replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

from jinbao.kernel.errors import FormatError
from jinbao.rules.errors import NotInForce
from jinbao.rules.glossary import Term
from jinbao.rules.ir import Type
from jinbao.rules.law import Law
from jinbao.rules.lawbook import Rule
from jinbao.rules.parameters import Dated, Found
from jinbao.rules.result import value_json
from jinbao.rules.values import outer_value
from jinbao.rules.wording import Wording

ParameterKind = Literal["开始", "结束", "调整", "重新公布", "转为暂用"]
RuleKind = Literal["开始", "结束", "替换"]


@dataclass(frozen=True)
class Entry:
    """One line of a table that changed; None where a table does not have the key."""

    key: Any
    old: str | None
    new: str | None


@dataclass(frozen=True)
class ParameterChange:
    """A parameter that is not on the second day what it was on the first."""

    name: str
    region: str
    term: Term
    old: Found | None
    new: Found | None
    between: int
    """How many further values begin after the first day and end before the one of the second day."""
    used_by: tuple[str, ...]

    @property
    def kind(self) -> ParameterKind:
        """What happened to it."""
        if self.old is None:
            return "开始"
        if self.new is None:
            return "结束"
        if self.old.dated is self.new.dated:
            return "转为暂用"
        return "重新公布" if self.old.value == self.new.value else "调整"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The lines of a table that changed."""
        tables = [found.value if found and isinstance(found.value, dict) else {} for found in (self.old, self.new)]
        keys = dict.fromkeys((*tables[0], *tables[1]))
        old, new = tables
        return tuple(
            Entry(key, *(self._entry(table, key) for table in tables))
            for key in keys
            if old.get(key) != new.get(key) or (key in old) != (key in new)
        )

    def _entry(self, table: dict[Any, Any], key: Any) -> str | None:
        return self.shown(table[key]) if key in table else None

    def shown(self, value: Any) -> str:
        """Write a value with its unit."""
        if isinstance(value, dict):
            return f"{len(value)}行的表"
        return self.term.show(value)

    def as_json(self) -> dict[str, Any]:
        """Return the change for programs."""
        return {
            "name": self.name,
            "region": self.region,
            "kind": self.kind,
            "unit": self.term.unit or "",
            "old": self._found_json(self.old),
            "new": self._found_json(self.new),
            "entries": [{"key": str(each.key), "old": each.old, "new": each.new} for each in self.entries],
            "between": self.between,
            "used_by": list(self.used_by),
        }

    def _found_json(self, found: Found | None) -> dict[str, Any] | None:
        if found is None:
            return None
        dated = found.dated
        inner = Type.NUMBER if self.term.inner is Type.TABLE else self.term.inner
        table = dated.value if isinstance(dated.value, dict) else {}
        lines = {str(key): value_json(outer_value(inner, item)) for key, item in table.items()}
        return {
            "value": lines or value_json(outer_value(inner, dated.value)),
            "text": self.shown(dated.value),
            "from": str(dated.start),
            "to": str(dated.end) if dated.end else None,
            "region": dated.region,
            "source": dated.source,
            "confidence": dated.confidence,
            "carried": found.carried,
        }


@dataclass(frozen=True)
class RuleChange:
    """A rule whose definition on the second day is not that of the first."""

    name: str
    region: str
    old: Rule | None
    new: Rule | None

    @property
    def kind(self) -> RuleKind:
        """What happened to it."""
        if self.old is None:
            return "开始"
        return "结束" if self.new is None else "替换"

    def as_json(self) -> dict[str, Any]:
        """Return the change for programs."""
        both = {"old": self.old, "new": self.new}
        return {
            "name": self.name,
            "region": self.region,
            "kind": self.kind,
            **{key: rule and _rule_json(rule) for key, rule in both.items()},
        }


def _rule_json(rule: Rule) -> dict[str, Any]:
    source = rule.source
    return {
        "region": source.region,
        "since": str(source.since) if source.since else None,
        "until": str(source.until) if source.until else None,
        "formula": formula_of(rule),
        "cites": [clause.cite for clause in rule.cites],
        "confidence": source.confidence,
        "provision": rule.provision,
    }


def formula_of(rule: Rule) -> str:
    """Write the body of a rule with names."""
    return Wording().text(rule.body)


@dataclass(frozen=True)
class LawDiff:
    """The differences of the law between two days."""

    start: date
    end: date
    region: str | None
    parameters: tuple[ParameterChange, ...]
    rules: tuple[RuleChange, ...]
    carried: tuple[ParameterChange, ...]
    """The parameters that on the second day still stand at the last published value."""

    def as_json(self) -> dict[str, Any]:
        """Return the answer of `jinbao law diff --json`."""
        return {
            "from": str(self.start),
            "to": str(self.end),
            "region": self.region,
            "parameters": [change.as_json() for change in self.parameters],
            "rules": [change.as_json() for change in self.rules],
            "carried": [change.as_json() for change in self.carried],
        }


def diff_law(law: Law, start: date, end: date, region: str | None = None) -> LawDiff:
    """Compare the law of two days: as it holds in one region, or, without a region, each region's own definitions.

    Raises FormatError when `end` is before `start`, NotFound for an unknown region.
    """
    if end < start:
        raise FormatError(f"终止日 {end} 早于起始日 {start}", advice="请把较早的一天写在 --from。")
    comparison = _Comparison(law, start, end, region)
    changes = list(comparison.parameters())
    return LawDiff(
        start,
        end,
        region,
        tuple(change for change in changes if comparison.differs(change)),
        tuple(comparison.rules()),
        tuple(change for change in changes if change.new and change.new.carried),
    )


class _Comparison:
    def __init__(self, law: Law, start: date, end: date, region: str | None) -> None:
        self.law, self.start, self.end, self.region = law, start, end, region
        self.lineage = law.book.regions.lineage(region) if region else ()

    def lineages(self, regions: set[str]) -> list[tuple[str, ...]]:
        """The lineage of the region that is asked about, or each region by itself."""
        return [self.lineage] if self.lineage else [(code,) for code in sorted(regions)]

    def parameters(self) -> Iterator[ParameterChange]:
        for name, parameter in sorted(self.law.book.parameters.items()):
            for lineage in self.lineages(set(parameter.values)):
                old, new = (self._found(name, lineage, day) for day in (self.start, self.end))
                if old is None and new is None:
                    continue
                count = len(self._between(name, lineage, new))
                used = self.readers.get(name, ())
                yield ParameterChange(name, lineage[0], self.law.glossary[name], old, new, count, used)

    def differs(self, change: ParameterChange) -> bool:
        old, new = change.old, change.new
        return old is None or new is None or old.dated is not new.dated or (new.carried and not old.carried)

    def _found(self, name: str, lineage: tuple[str, ...], day: date) -> Found | None:
        try:
            return self.law.book.parameters[name].find(lineage, day)
        except NotInForce:
            return None

    def _between(self, name: str, lineage: tuple[str, ...], new: Found | None) -> list[Dated]:
        """The values that came and went again: in force on neither day, in the region that decides on the second."""
        region = new.dated.region if new else lineage[0]
        known = self.law.book.parameters[name].values.get(region, ())
        last = new.dated.start if new else self.end
        return [dated for dated in known if self.start < dated.start < last and not dated.missing]

    @cached_property
    def readers(self) -> dict[str, tuple[str, ...]]:
        """The rules that read each name directly."""
        found: dict[str, dict[str, None]] = {}
        for name, known in self.law.rules.items():
            for rule in known:
                if not self.lineage or rule.source.region in self.lineage:
                    for read in rule.reads:
                        found.setdefault(read, {})[name] = None
        return {name: tuple(readers) for name, readers in found.items()}

    def rules(self) -> Iterator[RuleChange]:
        for name, known in self.law.rules.items():
            for lineage in self.lineages({rule.source.region for rule in known}):
                old, new = (self._rule(name, lineage, day) for day in (self.start, self.end))
                if old is not new:
                    yield RuleChange(name, lineage[0], old, new)

    def _rule(self, name: str, lineage: tuple[str, ...], day: date) -> Rule | None:
        try:
            return self.law.book.rule(name, lineage, day)
        except NotInForce:
            return None
