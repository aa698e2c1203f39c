"""Write what changed in the law as text for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from jinbao.rules.diff import LawDiff, ParameterChange, RuleChange, formula_of
from jinbao.rules.lawbook import Rule
from jinbao.rules.layout import columns
from jinbao.rules.parameters import Found

SHOWN_ENTRIES = 6
NameOf = Callable[[str], str]


def print_diff(diff: LawDiff, region_name: NameOf) -> str:
    """Write the differences: parameters in a table, rules with their formulas, what is still carried forward."""
    where = f"{region_name(diff.region)} {diff.region}" if diff.region else "各地区各自的规定"
    lines = [f"{diff.start} → {diff.end}（{where}）"]
    if not diff.parameters and not diff.rules:
        lines.append("参数和规则都没有变化。")
    changed = [change for change in diff.parameters if change.kind != "转为暂用"]
    if changed:
        lines += ["", f"参数：{len(changed)} 项", *_parameters(changed, region_name)]
    if diff.rules:
        lines += ["", f"规则：{len(diff.rules)} 条"]
        lines += [line for rule in diff.rules for line in _rule(rule, region_name)]
    if diff.carried:
        lines += [
            "",
            f"到 {diff.end} 仍暂用上一个值：{len(diff.carried)} 项",
            *columns(_carried(diff.carried, region_name)),
        ]
    return "\n".join(lines)


def _parameters(changes: Iterable[ParameterChange], region_name: NameOf) -> Iterator[str]:
    rows: list[list[str]] = []
    for change in changes:
        rows.append([change.kind, change.name, values_of(change), _since(change, region_name), _source(change)])
        rows += [["", "", text] for text in entries_of(change)]
    return columns(rows)


def values_of(change: ParameterChange) -> str:
    """Write old and new value."""
    old, new = (found and change.shown(found.value) for found in (change.old, change.new))
    if change.kind in ("重新公布", "转为暂用"):
        return f"{new}（未变）"
    if change.entries and change.old and change.new:
        return f"表中 {len(change.entries)} 行不同"
    return f"{old or '没有值'} → {new or '没有值'}"


def entries_of(change: ParameterChange) -> Iterator[str]:
    """Write the lines of a table that changed; the first few where there are many."""
    if not (change.old and change.new):
        return
    entries = change.entries
    for entry in entries[:SHOWN_ENTRIES]:
        yield f"{entry.key}：{entry.old or '没有'} → {entry.new or '没有'}"
    if len(entries) > SHOWN_ENTRIES:
        yield f"……另有 {len(entries) - SHOWN_ENTRIES} 行"


def _since(change: ParameterChange, region_name: NameOf) -> str:
    found = change.new
    if found is None:
        end = change.old.dated.end if change.old else None
        return f"{region_name(change.region)} {end} 止" if end else region_name(change.region)
    between = f"，其间另变 {change.between} 次" if change.between else ""
    return f"{region_name(found.dated.region)} {found.dated.start} 起{between}"


def _source(change: ParameterChange) -> str:
    found: Found | None = change.new or change.old
    if found is None:
        return ""
    mark = "" if found.dated.confidence == "A" else f"（可信度 {found.dated.confidence}）"
    return f"{found.dated.source}{mark}"


def _rule(change: RuleChange, region_name: NameOf) -> Iterator[str]:
    yield f"  {change.kind}  {change.name}（{region_name(change.region)}）"
    for label, rule in (("原", change.old), ("现", change.new)):
        if rule is not None:
            yield f"      {label}：{_dates(rule)} {formula_of(rule)}"
            if label == "现" or change.new is None:
                yield from (f"          依据 {clause}" for clause in rule.cites)


def _dates(rule: Rule) -> str:
    since, until = rule.source.since, rule.source.until
    return f"〔{f'{since:%Y-%m-%d}' if since else ''}～{f'{until:%Y-%m-%d}（不含）' if until else ''}〕"


def _carried(changes: Iterable[ParameterChange], region_name: NameOf) -> Iterator[list[str]]:
    for change, found in ((change, change.new) for change in changes):
        if found is not None:
            where = region_name(found.dated.region)
            yield [change.name, change.shown(found.value), f"{where} {found.dated.end} 止", found.dated.source]
