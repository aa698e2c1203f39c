"""What holds in one region on one day: which definition of each rule, which value of each parameter."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NoReturn

from jinbao.kernel.errors import Place
from jinbao.rules.errors import EvaluationError, NotInForce, NotInProduction
from jinbao.rules.graph import closure
from jinbao.rules.lawbook import Lawbook, Rule
from jinbao.rules.parameters import Found


@dataclass(frozen=True)
class Known:
    """What has been looked up for one region; it depends on days asked for, not on the day of the evaluation."""

    rules: dict[tuple[str, date], Rule] = field(default_factory=dict)
    found: dict[tuple[str, date], Found] = field(default_factory=dict)
    at: dict[tuple[str, str, int], Found] = field(default_factory=dict)
    alike: dict[tuple[str, int], dict[int, Any]] = field(default_factory=dict)
    distinct: dict[tuple[str, int, bool], Found] = field(default_factory=dict)
    behind: dict[tuple[str, frozenset[str]], frozenset[str]] = field(default_factory=dict)


class Scope:
    """The law of one region on one day: which definition and value of each name holds, remembered between runs."""

    def __init__(self, law: Lawbook, region: str, on: date, *, production: bool, known: Known | None = None) -> None:
        self.law = law
        self.on = on
        self.region = region
        self.lineage = law.regions.lineage(region)
        self.production = production
        self._known = known or Known()

    def rule(self, name: str, day: date | None = None) -> Rule:
        """Return the definition of a name on a day, by default the day of the evaluation."""
        key = (name, day or self.on)
        rule = self._known.rules.get(key)
        if rule is None:
            rule = self.law.rule(name, self.lineage, key[1])
            if self.production and rule.source.confidence == "C":
                self._refuse(f"规则“{name}”", rule.source.at)
            self._known.rules[key] = rule
        return rule

    def parameter(self, name: str, day: date) -> Found:
        """Return the value of a parameter on a day. Raises NotInForce, or NotInProduction for confidence C."""
        key = (name, day)
        found = self._known.found.get(key)
        if found is None:
            found = self._known.found[key] = self._find(name, day)
        return found

    def _find(self, name: str, day: date) -> Found:
        if name not in self.law.parameters:
            raise NotInForce(f"参数“{name}”没有任何值", advice="在 parameters.yaml 中声明，或作为事实给定。")
        found = self.law.parameters[name].find(self.lineage, day)
        if self.production and found.dated.confidence == "C":
            self._refuse(f"参数“{name}”（{found.dated.start} 起）", found.dated.at)
        return self._known.distinct.setdefault((name, id(found.dated), found.carried), found)

    def parameter_at(self, name: str, grain: str, key: int) -> Found:
        """Return the value of a parameter in a year or an ordinal month."""
        if grain == "年" and key == self.on.year:
            return self.parameter(name, self.on)
        found = self._known.at.get((name, grain, key))
        if found is None:
            day = self.year_day(key) if grain == "年" else first_day(key)
            found = self._known.at[name, grain, key] = self._find(name, day)
        return found

    def months_alike(self, name: str, month: int) -> dict[int, Any]:
        """Return the values of a parameter in the months of a year that rest on the same record as one of them."""
        found = self._known.alike.get((name, month))
        if found is None:
            same = self.parameter_at(name, "月", month)
            january = month // 12 * 12
            found = {m: same.dated.value for m in range(january, january + 12) if self._record(name, m) is same}
            self._known.alike.update(dict.fromkeys(((name, m) for m in found), found))
        return found

    def _record(self, name: str, month: int) -> Found | None:
        try:
            return self.parameter_at(name, "月", month)
        except EvaluationError:
            return None

    def behind(self, name: str, given: frozenset[str]) -> frozenset[str]:
        """Name everything that a name may need when some are given, itself included."""
        found = self._known.behind.get((name, given))
        if found is None:
            found = frozenset(closure(self.law.rules, name, self.lineage, stop=given))
            self._known.behind[name, given] = found
        return found

    def changes(self, name: str, months: list[int]) -> set[int]:
        """Return the indices of months at which another definition of a monthly rule may begin."""
        sources = [rule.source for rule in self.law.rules[name] if rule.source.region in self.lineage]
        days = [day for source in sources for day in (source.since, source.until) if day]
        starts = [day.year * 12 + day.month - (day.day == 1) for day in days]
        return {bisect_left(months, start) for start in starts}

    def year_day(self, year: int) -> date:
        """The day that stands for a year: its last, or the day of the evaluation in its own year."""
        return self.on if year == self.on.year else date(year, 12, 31)

    def _refuse(self, what: str, at: Place) -> NoReturn:
        advice = "取得出处、提高可信度后再用；或在演示模式下计算，或把该值作为事实给定。"
        raise NotInProduction(f"{what}的可信度为 C，正式环境不予采用", at=at, advice=advice)


def first_day(month: int) -> date:
    """Return the first day of an ordinal month."""
    return date(month // 12, month % 12 + 1, 1)
