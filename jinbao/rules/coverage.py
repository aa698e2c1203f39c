"""Which clauses of policy/law are coded, which are not and why, on what they stand, and which cases try them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinbao.rules.cases import Case, read_cases
from jinbao.rules.graph import closure
from jinbao.rules.law import Law
from jinbao.rules.lawbook import Rule
from jinbao.rules.lawtext import Clause, LawTexts
from jinbao.rules.parameters import Dated, worst

_NOT_CODED = re.compile(r"^未编码：(?P<why>.+)$", re.MULTILINE)
STATES = ("已编码", "部分编码", "未编码", "没有说明")


@dataclass(frozen=True)
class ClauseCoverage:
    """One clause: the rules that cite it, the parameters that these read, and how sure all of it is."""

    provision: str
    clause: Clause
    rules: tuple[Rule, ...]
    parameters: tuple[str, ...]
    why_not: str
    """Why it is not coded, or not all of it."""
    confidences: dict[str, int]
    """How many definitions and values there are of each confidence."""
    sources: tuple[str, ...]
    last_change: date | None
    direct_cases: int
    """Worked cases that expect a value of one of the rules."""
    cases: int
    """Worked cases whose expected values may rest on one of them."""

    @property
    def state(self) -> str:
        """已编码, 部分编码, 未编码; 没有说明 would be a defect."""
        if self.rules:
            return "部分编码" if self.why_not else "已编码"
        return "未编码" if self.why_not else "没有说明"

    @property
    def confidence(self) -> str:
        """The worst confidence in it; empty where nothing is coded."""
        return worst(self.confidences) if self.rules else ""

    @property
    def names(self) -> tuple[str, ...]:
        """The rules, each once."""
        return tuple(dict.fromkeys(rule.name for rule in self.rules))

    def as_json(self) -> dict[str, Any]:
        """Return the clause for programs."""
        return {
            "provision": self.provision,
            "document": self.clause.document,
            "article": self.clause.article,
            "link": self.clause.link,
            "state": self.state,
            "why_not": self.why_not,
            "rules": list(self.names),
            "parameters": list(self.parameters),
            "confidence": self.confidence,
            "confidences": self.confidences,
            "sources": list(self.sources),
            "last_change": str(self.last_change) if self.last_change else None,
            "direct_cases": self.direct_cases,
            "cases": self.cases,
        }


@dataclass(frozen=True)
class Uncertain:
    """A value or rule of confidence C: used in a demonstration only, and marked wherever it enters a result."""

    name: str
    region: str
    since: date | None
    text: str
    source: str
    note: str

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "name": self.name,
            "region": self.region,
            "from": str(self.since) if self.since else None,
            "value": self.text,
            "source": self.source,
            "note": self.note,
        }


@dataclass(frozen=True)
class Coverage:
    """All of policy/law."""

    clauses: tuple[ClauseCoverage, ...]
    uncertain: tuple[Uncertain, ...]
    version: str
    cases: int

    @property
    def states(self) -> dict[str, int]:
        """How many clauses there are in each state."""
        found = Counter(clause.state for clause in self.clauses)
        return {state: found[state] for state in STATES}

    def as_json(self) -> dict[str, Any]:
        """Return the answer of `jinbao law coverage --json`."""
        return {
            "version": self.version,
            "states": self.states,
            "cases": self.cases,
            "clauses": [clause.as_json() for clause in self.clauses],
            "uncertain": [each.as_json() for each in self.uncertain],
        }


def coverage_of(law: Law) -> Coverage:
    """Go through every clause of policy/law. Raises DeclarationError or RuleError for files that cannot be read."""
    cases = read_cases(law)
    survey = _Survey(law, cases)
    texts = LawTexts(law.book.folder / "law")
    clauses = [
        survey.clause(provision, clause)
        for provision in _provisions(law)
        for clause in texts.clauses(provision).values()
    ]
    return Coverage(tuple(clauses), tuple(_uncertain(law)), law.version, len(cases))


def _provisions(law: Law) -> list[str]:
    folder = law.book.folder / "law"
    return sorted(path.parent.relative_to(folder).as_posix() for path in folder.rglob("law.md"))


class _Survey:
    def __init__(self, law: Law, cases: Iterable[Case]) -> None:
        self.law = law
        self.cited: dict[str, list[Rule]] = defaultdict(list)
        for known in law.rules.values():
            for rule in known:
                for clause in rule.cites:
                    self.cited[clause.link].append(rule)
        self.reach: dict[tuple[str, tuple[str, ...]], frozenset[str]] = {}
        self.expected: dict[str, set[int]] = defaultdict(set)
        self.reached: dict[str, set[int]] = defaultdict(set)
        for number, case in enumerate(cases):
            self._count(number, case)

    def _count(self, number: int, case: Case) -> None:
        lineage = self.law.book.regions.lineage(case.region)
        for name in (*(case.expect or {}), *case.expect_error):
            self.expected[name].add(number)
            for other in self._needs(name, lineage):
                self.reached[other].add(number)

    def _needs(self, name: str, lineage: tuple[str, ...]) -> frozenset[str]:
        key = (name, lineage)
        if key not in self.reach:
            self.reach[key] = frozenset(closure(self.law.rules, name, lineage))
        return self.reach[key]

    def clause(self, provision: str, clause: Clause) -> ClauseCoverage:
        rules = tuple(self.cited.get(clause.link, ()))
        parameters = self._parameters(rules)
        values = [dated for name in parameters for dated in self._values(name)]
        match = _NOT_CODED.search(clause.text)
        names = {rule.name for rule in rules}
        changes = [day for rule in rules for day in (rule.source.since, rule.source.until) if day]
        return ClauseCoverage(
            provision=provision,
            clause=clause,
            rules=rules,
            parameters=parameters,
            why_not=match["why"].strip() if match else "",
            confidences=dict(Counter([*(r.source.confidence for r in rules), *(d.confidence for d in values)])),
            sources=tuple(dict.fromkeys(dated.source for dated in values)),
            last_change=max([*changes, *(dated.start for dated in values)], default=None),
            direct_cases=len({number for name in names for number in self.expected[name]}),
            cases=len({number for name in names for number in self.reached[name]}),
        )

    def _parameters(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        read = (name for rule in rules for name in rule.reads if name in self.law.book.parameters)
        return tuple(dict.fromkeys(read))

    def _values(self, name: str) -> Iterator[Dated]:
        for known in self.law.book.parameters[name].values.values():
            yield from (dated for dated in known if not dated.missing)


def _uncertain(law: Law) -> Iterator[Uncertain]:
    for name, known in law.rules.items():
        for rule in (rule for rule in known if rule.source.confidence == "C"):
            yield Uncertain(name, rule.source.region, rule.source.since, "规则", "", rule.source.note)
    for name, parameter in sorted(law.book.parameters.items()):
        term = law.glossary[name]
        for region, values in sorted(parameter.values.items()):
            for dated in (dated for dated in values if dated.confidence == "C" and not dated.missing):
                text = f"{len(dated.value)}行的表" if isinstance(dated.value, dict) else term.show(dated.value)
                yield Uncertain(name, region, dated.start, text, dated.source, dated.note)


def print_coverage(coverage: Coverage) -> Iterator[str]:
    """Write the coverage as text: one line a clause, provision by provision."""
    provision = ""
    for each in coverage.clauses:
        if each.provision != provision:
            provision = each.provision
            yield f"\n{provision}"
        title = f"{each.clause.document}{each.clause.article}"
        yield f"  {each.state}  {title}"
        if each.rules:
            change = f"，最近变化 {each.last_change}" if each.last_change else ""
            cases = f"算例 {each.direct_cases}（涉及 {each.cases}）"
            yield f"      {'、'.join(each.names)}；可信度 {each.confidence}，{cases}{change}"
        if each.why_not:
            yield f"      未编码：{each.why_not}"
    counts = "，".join(f"{state} {number}" for state, number in coverage.states.items() if number)
    uncertain = f"可信度 C 的值和规则 {len(coverage.uncertain)} 个"
    yield f"\n共 {len(coverage.clauses)} 条：{counts}。{uncertain}，算例 {coverage.cases} 个。"
