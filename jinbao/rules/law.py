"""The law engine's front door: load the law, put a question, get an answer."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import localcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinbao.kernel.errors import FormatError
from jinbao.kernel.months import Month
from jinbao.kernel.regions import policy_folder
from jinbao.rules.errors import EvaluationError, MissingFact, UnknownName, did_you_mean
from jinbao.rules.explain import explain_rows, explain_rule
from jinbao.rules.glossary import Glossary
from jinbao.rules.graph import closure
from jinbao.rules.lawbook import Lawbook, Rule
from jinbao.rules.loading import Snapshot, load_lawbook
from jinbao.rules.parameters import ASSUMED, Found
from jinbao.rules.result import Given, Result, Step
from jinbao.rules.runtime import Run
from jinbao.rules.scope import Known, Scope
from jinbao.rules.trace import carried_note
from jinbao.rules.values import CONTEXT, outer_value
from jinbao.rules.verbs import look_up

_DAY = re.compile(r"([0-9]{4})(?:[-/.年])([0-9]{1,2})(?:[-/.月])([0-9]{1,2})日?")
DAY_ADVICE = "请写成 2026-01-31；写 2026-01 表示该月一日。"


def load_law(policy: Path | None = None, *, production: bool | None = None) -> Law:
    """Load the law of a policy folder, by default the project's; the same content is loaded once.

    `production` refuses values of confidence C; by default it is on where JINBAO_PRODUCTION=1.
    Raises DeclarationError, RuleError or LawConflict with file:line.
    """
    folder = (policy or policy_folder()).resolve()
    strict = os.environ.get("JINBAO_PRODUCTION") == "1" if production is None else production
    seen = _seen.get(folder)
    if seen is None or not seen.is_current():
        seen = _seen[folder] = Snapshot.take(folder)
    return _load(folder, seen.version, strict)


_seen: dict[Path, Snapshot] = {}
"""Each policy folder as it was last read, so that asking for the law again costs well under a millisecond."""


@lru_cache(maxsize=8)
def _load(folder: Path, _content: str, production: bool) -> Law:
    return Law(load_lawbook(folder), production=production)


class Law:
    """The loaded law. Evaluations share nothing but what does not change."""

    def __init__(self, book: Lawbook, *, production: bool = False, supposes: bool = False) -> None:
        self.book = book
        self.production = production
        self.supposes = supposes
        """Whether some of its parameters are only supposed (see `jinbao.rules.overlay`)."""
        self._scope = lru_cache(maxsize=64)(self._make_scope)
        self._known: dict[str, Known] = defaultdict(Known)
        self.rule_version = lru_cache(maxsize=4096)(self._rule_version)
        self._behind = lru_cache(maxsize=4096)(self._find_behind)

    @property
    def rules(self) -> Mapping[str, tuple[Rule, ...]]:
        """Every definition of every rule, by name."""
        return self.book.rules

    @property
    def glossary(self) -> Glossary:
        """Every statutory name."""
        return self.book.glossary

    @property
    def version(self) -> str:
        """Hash of every file that decides what the law says."""
        return self.book.version

    def evaluate(
        self, rule: str, facts: Mapping[str, Any], *, on: date, region: str, explain: bool = False
    ) -> Result:  # fmt: skip
        """Answer one question. See `evaluate_many`."""
        return self.evaluate_many([rule], facts, on=on, region=region, explain=explain)[rule]

    def evaluate_many(
        self, rules: Iterable[str], facts: Mapping[str, Any], *, on: date, region: str, explain: bool = False
    ) -> dict[str, Result]:
        """Answer several questions about one person; shared steps are computed once.

        `facts` are by glossary name, careers in facts["月"] and facts["年"]. The value is the same with and without
        `explain`. Raises EvaluationError (missing or wrong facts, rule not in force, …) and NotFound for the region.
        """
        names = list(rules)
        for name in names:
            self._check_known(name)
        with localcontext(CONTEXT):
            run = Run(self._scope(region, on), facts)
            given = Given(facts)
            return {name: self._answer(run, name, given, explain) for name in names}

    def rows(self, name: str, facts: Mapping[str, Any], *, on: date, region: str) -> tuple[Step, ...]:
        """Explain every row of a monthly or yearly rule, for example the personal account year by year.

        Raises what `evaluate` raises.
        """
        self._check_known(name)
        if self.glossary[name].grain == "人":
            raise EvaluationError(f"“{name}”是人级的，只有一个值", advice="用 evaluate（jinbao law eval）。")
        with localcontext(CONTEXT):
            return explain_rows(Run(self._scope(region, on), facts), name)

    def parameter(self, name: str, *, on: date, region: str, key: Any = None) -> Found:
        """Return a parameter on a day, with source and confidence; with `key`, the entry of a table.

        The value (`.value`) is as the engine keeps it. Raises UnknownName, NotInForce, or EvaluationError for the key.
        """
        self._check_known(name)
        found = self._scope(region, on).parameter(name, on)
        if key is None:
            return found
        return replace(found, dated=replace(found.dated, value=look_up(found.dated.value, key)))

    def needs(self, rule: str, *, region: str | None = None, given: Container[str] = ()) -> list[str]:
        """Name everything a rule may need, itself first: rules, parameters and facts.

        With `region`, only what holds there; what lies behind a name in `given` is left out. Raises UnknownName.
        """
        self._check_known(rule)
        return closure(self.rules, rule, self.book.regions.lineage(region) if region else None, stop=given)

    def _make_scope(self, region: str, on: date) -> Scope:
        return Scope(self.book, region, on, production=self.production, known=self._known[region])

    def _find_behind(self, name: str, lineage: tuple[str, ...], given: frozenset[str]) -> frozenset[str]:
        """Name everything that may enter a rule when some names are given."""
        return frozenset(closure(self.rules, name, lineage, stop=given))

    def _rule_version(self, rule: str, region: str) -> str:
        """Hash of every definition and value that can enter a rule in a region."""
        lineage = self.book.regions.lineage(region)
        digest = hashlib.sha256()
        for name in sorted(closure(self.rules, rule, lineage)):
            for definition in self.rules.get(name, ()):
                if definition.source.region in lineage:
                    digest.update(definition.source.text.encode())
            if name in self.book.parameters:
                values = self.book.parameters[name].values
                digest.update(repr([_identity(dated) for code in lineage for dated in values.get(code, ())]).encode())
            digest.update(f"\0{name}\0{self.glossary.default(name)}\0".encode())
        return f"{'假设-' if self.supposes else ''}{digest.hexdigest()[:16]}"

    def _check_known(self, name: str) -> None:
        if name not in self.glossary:
            advice = did_you_mean(name, self.rules) or self.glossary.advice(name)
            raise UnknownName(f"没有“{name}”这条规则", advice=advice)

    def _answer(self, run: Run, name: str, given: Given, explain: bool) -> Result:
        term = self.glossary[name]
        if term.grain != "人":
            advice = "逐行查看用 jinbao law rows（Law.rows），或求用到它的人级规则。"
            raise EvaluationError(f"“{name}”是{term.grain}级的，一个人有许多个值，不能直接求", advice=advice)
        if name in self.book.parameters and self.book.parameters[name].key is not None:
            advice = "求由它查出的值；整张表见 jinbao law show 和 policy/law。"
            raise EvaluationError(f"“{name}”是一张表，不能直接求", advice=advice)
        try:
            value = run.V[name]
        except MissingFact as error:
            raise self._explained(run, error) from error
        confidence, used = run.evidence(name)
        tree, reasons = explain_rule(run, name) if explain else (None, ())
        return Result(
            rule=name,
            value=outer_value(term.inner, value),
            unit=term.unit or "",
            on=run.scope.on,
            region=run.scope.region,
            confidence=confidence,
            provisional=tuple(carried_note(found, term_of=self.glossary) for found in used if found.carried),
            reasons=reasons,
            tree=tree,
            assumed=(
                *(f"{f.name} {f.dated.note}" for f in used if f.dated.confidence == ASSUMED),
                *(f"规则“{rule}”为假设" for rule in (run.supposed_rules(name) if self.supposes else ())),
            ),
            version=self.rule_version(name, run.scope.region),
            given=given,
        )

    def _explained(self, run: Run, error: MissingFact) -> MissingFact:
        """Say which rule needs the missing fact, along which way, and what else may be missing."""
        target = error.path[-1] if error.path else error.name
        way = " → ".join([*reversed(error.path), error.name])
        needed = closure(self.rules, target, run.scope.lineage, stop=run.given)
        others = [name for name in needed if name != error.name and self._may_be_missing(run, name)]
        more = f"另外还可能需要：{'、'.join(others)}。" if others else ""
        near = did_you_mean(error.name, run.given)
        given = f"给定的事实里有相近的名字，{near}" if near and error.name not in run.given else ""
        path = f"；规则“{error.path[0]}”需要它" + (f"（{way}）" if len(error.path) > 1 else "") if error.path else ""
        advice = error.advice or f"在事实中补上“{error.name}”。"
        found = MissingFact(error.name, f"{error.message}{path}", advice=f"{advice}{given}{more}")
        found.path = error.path
        return found

    def _may_be_missing(self, run: Run, name: str) -> bool:
        term = self.glossary[name]
        known = name in run.given or self.glossary.default(name) is not None or term.optional
        return term.kind == "事实" and term.grain == "人" and not known


def _identity(dated: Any) -> tuple[Any, ...]:
    value = sorted(dated.value.items()) if isinstance(dated.value, dict) else dated.value
    return (value, dated.start, dated.end, dated.source, dated.confidence)


def parse_day(text: str) -> date:
    """Read a day (2026-01-31, 2026-1-31, 2026年1月31日) or a month, which means its first day.

    Raises FormatError.
    """
    written = _DAY.fullmatch(text.strip())
    try:
        return date(*map(int, written.groups())) if written else Month.parse(text).first_day
    except ValueError:
        raise FormatError(f"没有 {text} 这一天", advice=DAY_ADVICE) from None
    except FormatError as error:
        raise FormatError(error.message, advice=DAY_ADVICE) from None
