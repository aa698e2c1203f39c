"""A question put to the law in force and to a supposed one, and the difference explained step by step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinbao.kernel.errors import FormatError, JinbaoError
from jinbao.rules.errors import EvaluationError, WrongAssumption
from jinbao.rules.glossary import Glossary
from jinbao.rules.ir import Type
from jinbao.rules.law import Law
from jinbao.rules.layer import Supposition, supposed_law
from jinbao.rules.layout import columns
from jinbao.rules.overlay import Supposed, parse_supposed
from jinbao.rules.result import Result, Step
from jinbao.rules.values import CONTEXT, read_value, settle, with_unit

_ROWS = re.compile(r"（各[年月]）$")
MOST_WISHES = 50


@dataclass(frozen=True)
class StepChange:
    """A step that came out otherwise; None where one of the two did not take it."""

    name: str
    before: Step | None
    after: Step | None
    gap: str
    """The difference with sign and unit, where it can be counted."""

    @property
    def supposed(self) -> bool:
        """Whether this is the assumption itself."""
        return self.after is not None and self.after.confidence == "假设" and self.after.kind == "参数"

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.name} {_said(self.after)}，现行规定下没有用到"
        if self.after is None:
            return f"{self.name} {_said(self.before)}，假设下不再用到"
        gap = f"（{self.gap}）" if self.gap else ""
        if self.supposed and not self.gap:
            return f"{self.name} {self.after.note}"
        if self.supposed:
            return f"{self.name} 现行 {_said(self.before)}，假设为 {_said(self.after)}{gap}"
        return f"{self.name} 由 {_said(self.before)} 变为 {_said(self.after)}{gap}"

    @property
    def details(self) -> tuple[str, ...]:
        """How it came about: other branches taken, then both formulas with the numbers put in."""
        before, after = self.before, self.after
        if before is None or after is None:
            return tuple(
                f"= {step.formula}" for step in (before, after) if step and step.kind == "规则" and step.formula
            )
        if after.kind != "规则":
            return ()
        branch = (f"现行：{'；'.join(before.because)}", f"假设：{'；'.join(after.because)}")
        formulas = (f"现行 = {before.formula}", f"假设 = {after.formula}")
        plain = before.formula == before.value and after.formula == after.value
        return (
            *(branch if before.because != after.because else ()),
            *(formulas if before.formula and before.formula != after.formula and not plain else ()),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the change for programs."""
        return {
            "name": self.name,
            "before": self.before and self.before.as_json(),
            "after": self.after and self.after.as_json(),
            "difference": self.gap,
            "text": str(self),
        }


def _said(step: Step | None) -> str:
    if step is None:
        return ""
    return step.formula if _ROWS.search(step.name) and step.formula else step.text


@dataclass(frozen=True)
class WhatIf:
    """Both answers side by side; where one of the laws declines to answer, its error stands in its place."""

    rule: str
    on: date
    region: str
    assumptions: tuple[Supposition, ...]
    actual: Result | EvaluationError
    supposed: Result | EvaluationError
    gap: str
    percent: str
    """The difference in per cent of the answer in force; empty where there is none."""
    steps: tuple[StepChange, ...]

    @property
    def same(self) -> bool:
        """Whether the assumptions change nothing."""
        both = [side.value if isinstance(side, Result) else side.message for side in (self.actual, self.supposed)]
        return both[0] == both[1]

    @property
    def untouched(self) -> bool:
        """Whether no assumption even entered the answer."""
        return isinstance(self.supposed, Result) and not self.supposed.assumed

    def as_json(self) -> dict[str, Any]:
        """Return the answer of `jinbao law whatif --json`."""
        return {
            "rule": self.rule,
            "on": str(self.on),
            "region": self.region,
            "assumptions": [assumption.as_json() for assumption in self.assumptions],
            "actual": _side_json(self.actual),
            "supposed": _side_json(self.supposed),
            "difference": self.gap,
            "percent": self.percent,
            "steps": [step.as_json() for step in self.steps],
        }


def _side_json(side: Result | EvaluationError) -> dict[str, Any]:
    if isinstance(side, Result):
        return side.as_json()
    return {"error": {"code": side.code, "message": side.message, "advice": side.advice}}


def what_if(
    law: Law,
    rule: str,
    facts: Mapping[str, Any],
    wishes: Sequence[Supposed],
    *,
    on: date,
    region: str,
    overlay: Path | None = None,
) -> WhatIf:
    """Answer one question under the law in force and under assumptions.

    Raises WrongAssumption, and what `Law.evaluate` raises when the law in force and the supposed one fail alike.
    """
    if not wishes and overlay is None:
        raise WrongAssumption("没有任何假设", advice="用 --set 名=值、--overlay 文件或文件夹 写明假设。")
    other, assumptions = supposed_law(law, overlay, wishes, on=on, region=region)
    actual, supposed = (_ask(each, rule, facts, on, region) for each in (law, other))
    if isinstance(actual, EvaluationError) and isinstance(supposed, EvaluationError):
        raise actual
    gap = percent = ""
    if isinstance(actual, Result) and isinstance(supposed, Result) and actual.tree and supposed.tree:
        gap = gap_of(law.glossary, actual.tree, supposed.tree)
        percent = _percent(actual.value, supposed.value)
    steps = tuple(_changes(law.glossary, actual, supposed))
    return WhatIf(rule, on, region, assumptions, actual, supposed, gap, percent, steps)


def _ask(law: Law, rule: str, facts: Mapping[str, Any], on: date, region: str) -> Result | EvaluationError:
    try:
        return law.evaluate(rule, facts, on=on, region=region, explain=True)
    except EvaluationError as error:
        return error


def _percent(one: Any, other: Any) -> str:
    if not all(isinstance(value, Decimal) for value in (one, other)) or not one:
        return ""
    share = CONTEXT.multiply(CONTEXT.divide(CONTEXT.subtract(other, one), abs(one)), Decimal(100))
    return f"{share:+.2f}%"


def _changes(
    glossary: Glossary, actual: Result | EvaluationError, supposed: Result | EvaluationError
) -> Iterator[StepChange]:
    """Go through what differs, inputs before what is made of them; what only the law in force took comes first."""
    sides = [side.steps if isinstance(side, Result) else () for side in (actual, supposed)]
    if not all(sides):
        return
    before, after = ({step.name: step for step in side} for side in sides)
    for name, step in before.items():
        if name not in after:
            yield StepChange(name, step, None, "")
    for name, step in after.items():
        old = before.get(name)
        if old is None or _said(old) != _said(step) or old.value != step.value or _changed_source(old, step):
            yield StepChange(name, old, step, gap_of(glossary, old, step) if old else "")


def _changed_source(old: Step, new: Step) -> bool:
    return new.kind == "参数" and (old.cites, old.confidence) != (new.cites, new.confidence)


def gap_of(glossary: Glossary, old: Step, new: Step) -> str:
    """Write the difference of two values of one name with sign and unit; empty where it cannot be counted."""
    term = glossary.get(old.name.partition("（")[0])
    if term is None or _ROWS.search(old.name) or old.value == new.value:
        return ""
    kind = Type.NUMBER if term.inner is Type.TABLE else term.inner
    if kind in (Type.BOOL, Type.CHOICE):
        return ""
    try:
        one, other = read_value(kind, old.value), read_value(kind, new.value)
    except JinbaoError:
        return ""
    difference = CONTEXT.subtract(other, one) if isinstance(one, Decimal) else other - one
    sign = "+" if difference > 0 else "−"
    size = abs(difference)
    if kind in (Type.MONTH, Type.AGE):
        return f"{sign}{size}个月"
    if kind is Type.DATE:
        return f"{sign}{size}天"
    if isinstance(size, Decimal):
        size = _short(settle(size * 100 if term.type == "比例" else size))
    return f"{sign}{with_unit(kind, size, '个百分点' if term.type == '比例' else term.unit)}"


def _short(value: Decimal) -> Decimal:
    text = format(value, "f")
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def print_what_if(answer: WhatIf, region_name: str) -> str:
    """Write both answers and the difference as text."""
    lines = [
        f"{answer.rule}（{answer.on}，{region_name} {answer.region}）——假设测算，不是核定",
        "",
        *map(str, answer.assumptions),
        "",
        *columns([["现行规定", _answer(answer.actual)], ["假设之下", _answer(answer.supposed)], *_difference(answer)]),
    ]
    if answer.untouched:
        lines += ["", "这些假设没有进入计算：规则没有用到它们，或给定的事实代替了它们。"]
    if answer.steps:
        lines += ["", "差在哪里："]
    for step in answer.steps:
        lines += [f"  {step}", *(f"      {detail}" for detail in step.details)]
    return "\n".join(lines)


def _answer(side: Result | EvaluationError) -> str:
    if isinstance(side, EvaluationError):
        return f"算不出来：{side.message}"
    text = side.tree.text if side.tree else side.text
    return f"{text}{f'（{reasons}）' if (reasons := '；'.join(side.reasons)) else ''}"


def _difference(answer: WhatIf) -> list[list[str]]:
    if answer.same:
        return [["相差", "没有变化"]]
    if not answer.gap:
        return []
    return [["相差", f"{answer.gap}{f'（{answer.percent}）' if answer.percent else ''}"]]


def wishes_of(texts: Sequence[str]) -> list[Supposed]:
    """Read several `名=值`. Raises WrongAssumption."""
    if len(texts) > MOST_WISHES:
        raise FormatError(f"假设太多（{len(texts)} 项）", advice=f"一次至多 {MOST_WISHES} 项。")
    return [parse_supposed(text) for text in texts]
