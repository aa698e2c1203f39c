"""What if rules were otherwise: a folder laid over the policy folder, with supposed rules, parameters and names.

    假设/glossary.yaml                               only names that the law does not have
    假设/law/<branch>/<provision>/rules[.REGION].py   a rule takes the place of those of its name, region and days
    假设/law/<branch>/<provision>/parameters[.REGION].yaml
    假设/law/<branch>/<provision>/law.md              only where a rule cites a clause that the law does not have

The law in force stays as it is; the law that is derived knows that it is only supposed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from jinbao.kernel.errors import DeclarationError, Place
from jinbao.rules.errors import WrongAssumption
from jinbao.rules.glossary import Glossary
from jinbao.rules.law import Law
from jinbao.rules.lawbook import Lawbook, Rule
from jinbao.rules.lawtext import Clause, LawTexts
from jinbao.rules.loading import check_all, content_hash, read_all_rules, regional
from jinbao.rules.names import known_names
from jinbao.rules.overlay import Assumption, Supposed, read_overlay, spliced, suppose
from jinbao.rules.parameters import ASSUMED, Dated, Parameter, read_parameters


@dataclass(frozen=True)
class SupposedRule:
    """A rule that is supposed; `instead` is where those stand whose place it takes, empty for a new one."""

    name: str
    region: str
    start: date | None
    end: date | None
    at: Place
    instead: tuple[str, ...]

    def __str__(self) -> str:
        days = f"{self.start or '起初'} 起{f'，到 {self.end} 为止（不含）' if self.end else ''}"
        was = f"代替 {'、'.join(self.instead)}" if self.instead else "现行没有这条规则"
        return f"假设 规则“{self.name}”（地区 {self.region}，{days}）为 {self.at}（{was}）"

    def as_json(self) -> dict[str, Any]:
        """Return the assumption for programs."""
        days = {"from": str(self.start) if self.start else None, "to": str(self.end) if self.end else None}
        return {"rule": self.name, "region": self.region, **days, "at": str(self.at), "instead": list(self.instead)}


Supposition = Assumption | SupposedRule


def lay_over(law: Law, folder: Path) -> tuple[Law, tuple[Supposition, ...]]:
    """Derive the law with a folder laid over it, and say what each part of it replaces.

    Raises WrongAssumption for a folder without anything, and what loading the law raises, with the file:line of the
    overlay.
    """
    upper = folder / "law"
    files = sorted(path for kind in ("rules*.py", "parameters*.yaml") for path in upper.rglob(kind))
    if not files:
        raise WrongAssumption(
            f"{folder} 里没有规则也没有参数", advice="写在 law/<分支>/<条款>/rules.py 或 parameters.yaml。"
        )
    book = law.book
    glossary = _with_terms(book.glossary, folder / "glossary.yaml")
    supposed = read_parameters(regional(upper, "parameters", ".yaml", book.regions), glossary)
    parameters = {
        **book.parameters,
        **{name: _over(book.parameters.get(name), each) for name, each in supposed.items()},
    }
    texts = _BothTexts(upper, book.folder / "law")
    rules = read_all_rules(upper, book.regions, glossary, known_names(glossary, parameters), texts)
    rules = {name: tuple(map(_marked, own)) for name, own in rules.items()}
    merged = {**book.rules, **{name: _taking_over(book.rules.get(name, ()), own) for name, own in rules.items()}}
    recurrent = check_all(glossary, book.regions, merged, parameters)
    version = hashlib.sha256(f"{book.version}\0{content_hash(folder)}".encode()).hexdigest()
    derived = Lawbook(book.folder, glossary, book.regions, parameters, merged, version, recurrent)
    said: tuple[Supposition, ...] = (
        *_changed_rules(book, rules),
        *_changed_parameters(glossary, book.parameters, supposed),
    )
    return Law(derived, production=law.production, supposes=True), said


def supposed_law(
    law: Law, overlay: Path | None, wishes: Sequence[Supposed], *, on: date, region: str
) -> tuple[Law, tuple[Supposition, ...]]:
    """Derive the law of an overlay (a file of parameters or a folder) and of single wishes; itself where there is none.

    Raises WrongAssumption and DeclarationError with file:line.
    """
    said: tuple[Supposition, ...] = ()
    wished = list(wishes)
    if overlay is not None and overlay.is_dir():
        law, said = lay_over(law, overlay)
    elif overlay is not None:
        wished = [*read_overlay(overlay), *wished]
    if not wished:
        return law, said
    law, more = suppose(law, wished, on=on, region=region)
    return law, (*said, *more)


def _marked(rule: Rule) -> Rule:
    return replace(rule, source=replace(rule.source, confidence=ASSUMED))


def _with_terms(glossary: Glossary, path: Path) -> Glossary:
    if not path.exists():
        return glossary
    added = Glossary.read_file(path)
    for name in added:
        if name in glossary:
            advice = f"删去这一行；含义和单位以 {glossary[name].at} 为准。"
            raise DeclarationError(f"“{name}”已经在术语表里", at=added[name].at, advice=advice)
    return Glossary({**glossary, **added})


def _over(known: Parameter | None, supposed: Parameter) -> Parameter:
    """Put supposed values into the series of their region; a value holds on its days, the others on the rest."""
    marked = {
        region: tuple(replace(each, confidence=ASSUMED, note=each.note or "假设") for each in series)
        for region, series in supposed.values.items()
    }
    if known is None:
        return replace(supposed, values=marked)
    if known.key != supposed.key:
        message = f"参数“{supposed.name}”的 key 与 {known.at} 不同"
        raise DeclarationError(message, at=supposed.at, advice="写成一样。")
    values = dict(known.values)
    for region, series in marked.items():
        for dated in series:
            values[region] = spliced(values.get(region, ()), dated)
    return replace(known, values=values)


def _taking_over(known: Iterable[Rule], own: tuple[Rule, ...]) -> tuple[Rule, ...]:
    left = list(known)
    for rule in own:
        left = [part for other in left for part in _without(other, rule)]
    return (*left, *own)


def _without(rule: Rule, other: Rule) -> Iterator[Rule]:
    """Give what is left of a rule outside of the region and the days of another."""
    since, until = rule.source.since or date.min, rule.source.until or date.max
    start, end = other.source.since or date.min, other.source.until or date.max
    if rule.source.region != other.source.region or until <= start or end <= since:
        yield rule
        return
    if since < start:
        yield replace(rule, source=replace(rule.source, until=start))
    if end < until:
        yield replace(rule, source=replace(rule.source, since=end))


def _changed_rules(book: Lawbook, rules: Mapping[str, tuple[Rule, ...]]) -> Iterator[SupposedRule]:
    for name, own in rules.items():
        for rule in own:
            source, known = rule.source, book.rules.get(name, ())
            instead = tuple(other.where for other in known if list(_without(other, rule)) != [other])
            yield SupposedRule(name, source.region, source.since, source.until, source.at, instead)


def _changed_parameters(
    glossary: Glossary, known: Mapping[str, Parameter], supposed: Mapping[str, Parameter]
) -> Iterator[Assumption]:
    for name, parameter in supposed.items():
        for region, series in parameter.values.items():
            before = known[name].values.get(region, ()) if name in known else ()
            for dated in series:
                old = next((each for each in before if each.start <= dated.start <= (each.end or date.max)), None)
                new, was = (_shown(glossary, name, each) for each in (dated, old))
                yield Assumption(f"{name}（地区 {region}）", None, new or "", was, dated.start, dated.end)


def _shown(glossary: Glossary, name: str, dated: Dated | None) -> str | None:
    if dated is None or dated.missing:
        return None
    return f"{len(dated.value)}行的表" if isinstance(dated.value, dict) else glossary[name].show(dated.value)


class _BothTexts(LawTexts):
    """Clauses of the overlay first, then of the law."""

    def __init__(self, upper: Path, lower: Path) -> None:
        super().__init__(upper)
        self._lower = LawTexts(lower)

    def clauses(self, provision: str) -> dict[str, Clause]:
        """Return the clauses of a provision by anchor."""
        return {**self._lower.clauses(provision), **super().clauses(provision)}
