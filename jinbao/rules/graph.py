"""What depends on what: conflicts, cycles, and everything a rule needs."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations

from jinbao.kernel.regions import RegionTree
from jinbao.rules.errors import LawConflict, RuleError
from jinbao.rules.ir import names_read
from jinbao.rules.lawbook import Rule


def check_conflicts(rules: Mapping[str, Iterable[Rule]]) -> None:
    """Refuse two definitions of one name in one region on one day. Raises LawConflict with both places."""
    for name, definitions in rules.items():
        for one, other in combinations(definitions, 2):
            if one.source.region == other.source.region and _overlap(one, other):
                raise LawConflict(
                    f"规则“{name}”在地区 {one.source.region} 的同一天有两条：{one.where} 与 {other.where}",
                    at=other.source.at,
                    advice="给旧的一条写 until，给新的一条写 since；地区特有的写 region。",
                )


def _overlap(one: Rule, other: Rule) -> bool:
    start = max(one.source.since or date.min, other.source.since or date.min)
    end = min(one.source.until or date.max, other.source.until or date.max)
    return start < end


def check_cycles(rules: Mapping[str, tuple[Rule, ...]], regions: RegionTree) -> None:
    """Refuse a rule that needs its own value. Raises RuleError that shows the circle.

    All definitions together are tried first; only when they form a circle is each region and day looked at, because
    definitions of different provinces never meet.
    """
    together = {name: _needs(definitions) for name, definitions in rules.items()}
    if find_cycle(together) is None:
        return
    days = {day for rule in _all(rules) for day in (rule.source.since, rule.source.until) if day} | {date.min}
    for region in {rule.source.region for rule in _all(rules)}:
        lineage = regions.lineage(region)
        for day in sorted(days):
            graph = {name: _needs(_in_force(known, lineage, day)) for name, known in rules.items()}
            circle = find_cycle(graph)
            if circle:
                _refuse(circle, [_in_force(rules[name], lineage, day)[0] for name in circle[:-1]], region, day)


def _refuse(circle: list[str], rules: list[Rule], region: str, day: date) -> None:
    places = "；".join(f"{rule.name}（{rule.where}）" for rule in rules)
    when = f"（{region}）" if day == date.min else f"（{region}，{day}）"
    raise RuleError(
        f"规则互相依赖成圈{when}：{' → '.join(circle)}。各在 {places}",
        at=rules[0].source.at,
        advice="断开其中一环；年级的递推用 上年(名, 初值)。",
    )


def _all(rules: Mapping[str, tuple[Rule, ...]]) -> Iterator[Rule]:
    for definitions in rules.values():
        yield from definitions


def _needs(definitions: Iterable[Rule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for rule in definitions for name in names_read(rule.body, back=False)))


def _in_force(definitions: Iterable[Rule], lineage: tuple[str, ...], day: date) -> list[Rule]:
    found = [rule for rule in definitions if rule.source.region in lineage and rule.holds(day)]
    found.sort(key=lambda rule: lineage.index(rule.source.region))
    return found[:1]


def find_cycle(graph: Mapping[str, Iterable[str]]) -> list[str] | None:
    """Return a circle of names, the first repeated at the end, or None."""
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> list[str] | None:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done or name not in graph:
            return None
        path.append(name)
        for other in graph[name]:
            circle = visit(other)
            if circle:
                return circle
        path.pop()
        done.add(name)
        return None

    return next((circle for name in graph if (circle := visit(name))), None)


def closure(
    rules: Mapping[str, tuple[Rule, ...]],
    name: str,
    lineage: tuple[str, ...] | None = None,
    stop: Container[str] = (),
) -> list[str]:
    """Name everything that a name may need, itself first.

    Only definitions along a lineage count where one is given; what lies behind a name in `stop` is not needed.
    """
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found[current] = None
        for rule in () if current in stop else rules.get(current, ()):
            if lineage is None or rule.source.region in lineage:
                waiting.extend(reversed(rule.reads))
    return list(found)
