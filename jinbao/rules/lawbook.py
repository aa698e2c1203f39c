"""The law as loaded: every definition of every name, and which of them holds on a day in a region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from jinbao.kernel.regions import RegionTree
from jinbao.rules.codegen import Compiled, compile_rule
from jinbao.rules.errors import NotInForce
from jinbao.rules.glossary import Glossary
from jinbao.rules.ir import Grain, Node, names_read
from jinbao.rules.lawtext import Clause
from jinbao.rules.parameters import Parameter
from jinbao.rules.source import RuleSource


@dataclass(frozen=True)
class Rule:
    """One definition of a name: where and when it holds, what it says, where it is written."""

    source: RuleSource
    body: Node
    cites: tuple[Clause, ...]
    provision: str
    """The folder below policy/law, for example pension/basic."""

    @property
    def name(self) -> str:
        """The statutory name."""
        return self.source.name

    @property
    def grain(self) -> Grain:
        """人, 年 or 月."""
        return self.source.grain

    @cached_property
    def compiled(self) -> Compiled:
        """The exact reading, made when it is first needed."""
        return compile_rule(self.body, self.grain)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The names that the rule may read, in the order in which it would."""
        return names_read(self.body)

    def holds(self, day: date) -> bool:
        """Tell whether the definition is in force on a day."""
        since, until = self.source.since, self.source.until
        return (since is None or since <= day) and (until is None or day < until)

    @property
    def where(self) -> str:
        """File and line."""
        return str(self.source.at)


@dataclass(frozen=True)
class Lawbook:
    """Everything under policy/ that the engine needs, checked."""

    folder: Path
    glossary: Glossary
    regions: RegionTree
    parameters: Mapping[str, Parameter]
    rules: Mapping[str, tuple[Rule, ...]]
    version: str
    recurrent: frozenset[str] = frozenset()
    """Yearly rules that look back with 上年."""

    def rule(self, name: str, lineage: tuple[str, ...], day: date) -> Rule:
        """Return the definition in force: the nearest region first. Raises NotInForce that says since when."""
        known = self.rules[name]
        for region in lineage:
            for rule in known:
                if rule.source.region == region and rule.holds(day):
                    return rule
        advice = "换一个日期或地区；jinbao law show 列出各版本。"
        raise NotInForce(self._not_in_force(name, lineage, day), advice=advice)

    def _not_in_force(self, name: str, lineage: tuple[str, ...], day: date) -> str:
        here = [rule.source for rule in self.rules[name] if rule.source.region in lineage]
        if not here:
            regions = sorted({rule.source.region for rule in self.rules[name]})
            names = "、".join(f"{self.regions.name(region)}（{region}）" for region in regions)
            return f"规则“{name}”在{self.regions.name(lineage[0])}（{lineage[0]}）没有规定；现有的地区：{names}"
        later = sorted(source.since for source in here if source.since and source.since > day)
        if later:
            return f"规则“{name}”自 {_month_or_day(later[0])} 起施行，{day} 尚不适用"
        last = max((source.until for source in here if source.until), default=day)
        return f"规则“{name}”施行到 {_month_or_day(last)} 为止（不含），{day} 已不适用"


def _month_or_day(day: date) -> str:
    return f"{day:%Y-%m}" if day.day == 1 else str(day)
