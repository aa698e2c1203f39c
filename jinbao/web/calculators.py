"""Calculators made from rules: the form from the facts they may need, the answer from their explanations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, FormatError, NotFound, Place
from jinbao.rules import Law, Result, parse_day
from jinbao.rules.errors import EvaluationError, MissingFact
from jinbao.rules.ir import names_read
from jinbao.web.factforms import FactForm, read_form


@dataclass(frozen=True)
class Calculator:
    """One calculator as declared in policy/calculators.yaml, where each key is described."""

    slug: str
    title: str
    matter: str
    intro: str
    main: str
    region: str
    required: tuple[str, ...]
    gate: str = ""
    parts: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    on: date | None = None
    page: str = ""
    at: Place = NOWHERE

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule that is asked, the main one first."""
        return tuple(dict.fromkeys((self.main, *((self.gate,) if self.gate else ()), *self.parts, *self.more)))


def calculators(law: Law) -> dict[str, Calculator]:
    """Return the declared calculators by slug. Raises DeclarationError for names that the law does not have."""
    path = law.book.folder / "calculators.yaml"
    return _read(law, path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(law: Law, path: Path, _modified: int) -> dict[str, Calculator]:
    found = read_declared(path, tuple[Calculator, ...])
    for each in found:
        _check(law, each)
    return {each.slug: each for each in found}


def _check(law: Law, each: Calculator) -> None:
    unknown = [name for name in each.rules if name not in law.rules]
    unknown += [name for name in (*each.required, *each.typed, *each.hide, *each.first) if name not in law.glossary]
    if unknown:
        message = f"计算器“{each.slug}”用到的名字不存在：{'、'.join(unknown)}"
        raise DeclarationError(message, at=each.at, advice="jinbao law list 列出全部规则。")
    for code in (each.region, *each.regions):
        law.book.regions.lineage(code)


def calculator_of(law: Law, slug: str) -> Calculator:
    """Return one calculator. Raises NotFound."""
    known = calculators(law)
    if slug not in known:
        raise NotFound(f"没有“{slug[:40]}”这个计算器", advice="请从计算器清单中选择。")
    return known[slug]


def asked_facts(law: Law, each: Calculator, region: str) -> list[str]:
    """Name what a visitor types for a region: facts of the person, and results that stand for a career."""
    lineage = law.book.regions.lineage(region)
    found: dict[str, None] = {}
    waiting = list(reversed(each.rules))
    while waiting:
        name = waiting.pop()
        if name in found or name in each.hide or name in each.fixed:
            continue
        found[name] = None
        if name not in each.typed:
            here = (rule for rule in law.rules.get(name, ()) if rule.source.region in lineage)
            waiting.extend(other for rule in here for other in reversed(names_read(rule.body)))
    terms = law.glossary
    asked = [name for name in found if name in each.typed or (terms[name].kind == "事实" and terms[name].grain == "人")]
    order = {name: place for place, name in enumerate(dict.fromkeys((*each.first, *each.required)))}
    return sorted(asked, key=lambda name: order.get(name, len(order)))


@dataclass(frozen=True)
class Question:
    """What a visitor asks: place, day and facts; the part of an address that can be shared."""

    each: Calculator
    region: str
    on: date
    on_text: str
    on_error: str
    form: FactForm

    @property
    def ready(self) -> bool:
        """Whether it can be put to the law."""
        return self.form.ready and not self.on_error

    @property
    def facts(self) -> dict[str, Any]:
        """The facts as given, with the fixed ones."""
        return {**self.each.fixed, **self.form.facts}

    @property
    def query(self) -> str:
        """The query of the address that gives the same answer again; only what was filled in."""
        when = {"on": self.on_text} if self.on_text and not self.on_error else {}
        return urlencode({"region": self.region, **when, **self.form.told})


def read_question(law: Law, each: Calculator, data: Mapping[str, str], today: date) -> Question:
    """Read a visitor's question. Raises NotFound for a place the calculator does not serve."""
    region = data.get("region", each.region)
    if region not in dict(places(law, each)):
        law.book.regions.lineage(region)
        if each.regions:
            raise NotFound(f"没有代码为“{region[:12]}”的测算地区", advice="请从页面上的地区中选择。")
    on_text = data.get("on", "").strip()
    on, on_error = _day(on_text, each.on or today)
    names = asked_facts(law, each, region)
    asked = "go" in data or all(data.get(name, "").strip() for name in each.required if name in names)
    form = read_form(law.glossary, names, data, each.required, asked=asked, common=each.first)
    return Question(each, region, on, on_text, on_error, form)


def _day(text: str, today: date) -> tuple[date, str]:
    if not text:
        return today, ""
    try:
        return parse_day(text), ""
    except FormatError as error:
        return today, f"{error.message}。{error.advice}" if error.advice else f"{error.message}。"


def places(law: Law, each: Calculator) -> list[tuple[str, str]]:
    """List the places that can be chosen, with their names."""
    tree = law.book.regions
    return [(code, tree.name(code)) for code in each.regions or tree.codes]


@dataclass(frozen=True)
class Answer:
    """What the law says to a question: each rule by itself, because some may not apply."""

    question: Question
    results: Mapping[str, Result]
    errors: Mapping[str, EvaluationError]

    @property
    def main(self) -> Result | None:
        """The answer to the question."""
        return self.results.get(self.question.each.main)

    @property
    def refusal(self) -> EvaluationError | None:
        """Why there is none."""
        return self.errors.get(self.question.each.main)

    @property
    def gate(self) -> Result | None:
        """Whether one is entitled, with the reasons why not."""
        return self.results.get(self.question.each.gate)

    @property
    def entitled(self) -> bool:
        """Whether nothing stands in the way."""
        return self.gate is None or self.gate.value is not False

    @property
    def parts(self) -> list[Result]:
        """The parts that there are."""
        return [self.results[name] for name in self.question.each.parts if name in self.results]

    @property
    def more(self) -> list[Result]:
        """What else there is to know."""
        return [self.results[name] for name in self.question.each.more if name in self.results]

    @property
    def notes(self) -> list[str]:
        """Why other rules gave nothing, each reason once; facts that would be needed are `lacking`."""
        others = (error for name, error in self.errors.items() if name != self.question.each.main)
        return list(dict.fromkeys(error.message for error in others if not isinstance(error, MissingFact)))

    @property
    def lacking(self) -> list[tuple[str, str]]:
        """Which fact more would give which further answer."""
        others = ((name, error) for name, error in self.errors.items() if name != self.question.each.main)
        return [(error.name, name) for name, error in others if isinstance(error, MissingFact)]

    @property
    def every(self) -> list[Result]:
        """All results, the main one first."""
        return [self.results[name] for name in self.question.each.rules if name in self.results]

    @property
    def provisional(self) -> list[str]:
        """The sentences about values that stand in for others not yet published, each once."""
        return list(dict.fromkeys(text for result in self.every for text in result.provisional))


def answer_of(law: Law, question: Question) -> Answer:
    """Put a question to the law, rule by rule, explained."""
    results: dict[str, Result] = {}
    errors: dict[str, EvaluationError] = {}
    for rule in question.each.rules:
        try:
            results[rule] = law.evaluate(rule, question.facts, on=question.on, region=question.region, explain=True)
        except EvaluationError as error:
            errors[rule] = error
    return Answer(question, results, errors)


def with_missing(question: Question, answer: Answer) -> Question:
    """Mark the field of a fact without which the main rule cannot answer, as if it had been required."""
    error = answer.refusal
    if not isinstance(error, MissingFact):
        return question
    text = _("请填写“%(name)s”") % {"name": _(error.name)}
    fields = tuple(replace(each, error=text) if each.name == error.name else each for each in question.form.fields)
    return replace(question, form=replace(question.form, fields=fields))


def uncertain(results: Iterable[Result]) -> list[Result]:
    """Return the results that rest on sources that are not confirmed."""
    return [result for result in results if result.confidence in ("B", "C")]
