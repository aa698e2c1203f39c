"""Worked cases (cases.yaml beside the rules): read them, run them, say how each came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, FormatError, JinbaoError, Place
from jinbao.rules.law import Law
from jinbao.rules.result import Result, value_text
from jinbao.rules.values import outer_value, read_value


@dataclass(frozen=True)
class Case:
    """A worked case as declared; `expect_error` and `expect_reason` are texts that must appear."""

    name: str
    on: date
    region: str
    origin: str
    facts: Any = None
    expect: Any = None
    expect_error: Mapping[str, str] = field(default_factory=dict)
    expect_reason: str = ""
    source: str = ""
    confidence: str = "A"
    sure: bool = True
    note: str = ""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if not self.expect and not self.expect_error:
            raise DeclarationError(f"算例“{self.name}”没有 expect，也没有 expect_error")
        if not self.sure and not self.note:
            raise DeclarationError(f"算例“{self.name}”写了 sure: false，须写 note 说明为什么不确定")


@dataclass(frozen=True)
class Outcome:
    """How one expectation of a case came out."""

    case: Case
    rule: str
    expected: str
    actual: str
    agrees: bool

    @property
    def failed(self) -> bool:
        """Tell whether this is a defect; a case that is not sure may differ."""
        return not self.agrees and self.case.sure

    def __str__(self) -> str:
        sign = "相符" if self.agrees else ("不符" if self.case.sure else "不符（算例本身不确定）")
        text = f"{self.case.at}: {self.case.name}：{self.rule} 应为 {self.expected}，实为 {self.actual}，{sign}"
        return f"{text}（{self.case.note}）" if self.case.note and not self.agrees else text


def read_cases(law: Law) -> list[Case]:
    """Read every cases.yaml below policy/law, in order of path. Raises DeclarationError with file:line."""
    folder: Path = law.book.folder / "law"
    return [case for path in sorted(folder.rglob("cases.yaml")) for case in read_declared(path, tuple[Case, ...])]


def run_cases(law: Law, select: Callable[[Case], bool] | None = None) -> list[Outcome]:
    """Run the worked cases that `select` accepts (all by default), explained, and compare every expected value."""
    return [outcome for case in read_cases(law) if select is None or select(case) for outcome in run_case(law, case)]


def run_case(law: Law, case: Case) -> Iterator[Outcome]:
    """Run one case: each expected rule is an outcome of its own; amounts must agree to the last digit."""
    for rule, expected in (case.expect or {}).items():
        try:
            result = law.evaluate(rule, case.facts or {}, on=case.on, region=case.region, explain=True)
        except JinbaoError as error:
            yield Outcome(case, rule, str(expected), f"错误：{error.message}", agrees=False)
        else:
            yield _compare(law, case, rule, expected, result)
    for rule, text in case.expect_error.items():
        yield _expect_error(law, case, rule, text)


def _compare(law: Law, case: Case, rule: str, expected: Any, result: Result) -> Outcome:
    kind = law.glossary[rule].inner
    try:
        wanted = None if expected is None else outer_value(kind, read_value(kind, expected))
    except FormatError as error:
        return Outcome(case, rule, str(expected), f"算例写错：{error.message}", agrees=False)
    agrees = result.value == wanted
    actual = value_text(result.value)
    if case.expect_reason and result.value is False:
        agrees = agrees and any(_squeezed(case.expect_reason) in _squeezed(reason) for reason in result.reasons)
        actual = f"{actual}（{'；'.join(result.reasons)}）"
    return Outcome(case, rule, str(expected), actual, agrees)


def _expect_error(law: Law, case: Case, rule: str, text: str) -> Outcome:
    try:
        result = law.evaluate(rule, case.facts or {}, on=case.on, region=case.region)
    except JinbaoError as error:
        return Outcome(case, rule, f"错误“{text}”", f"错误：{error.message}", text in str(error))
    return Outcome(case, rule, f"错误“{text}”", value_text(result.value), agrees=False)


def _squeezed(text: str) -> str:
    """Drop spaces, which people set differently around numbers."""
    return "".join(text.split())
