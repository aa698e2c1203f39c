"""The exact reading of one person from a row of the lake: the same facts, `Law.evaluate`, the same integers out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from jinbao.kernel.months import Month
from jinbao.rules.bulk.careers import CAREER, LENGTH, PERSON, START
from jinbao.rules.bulk.compiler import Program
from jinbao.rules.bulk.inputs import Output
from jinbao.rules.errors import EvaluationError
from jinbao.rules.ir import Type
from jinbao.rules.law import Law
from jinbao.rules.values import Age


def person_facts(law: Law, row: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a row of a bucket file into facts by glossary name, months written out."""
    facts = {
        name: _fact(law, name, value)
        for name, value in row.items()
        if value is not None and name not in (PERSON, CAREER) and name in law.glossary
    }
    facts["月"] = [month for stretch in row[CAREER] or () for month in _months(law, stretch)]
    return facts


def _months(law: Law, stretch: Mapping[str, Any]) -> list[dict[str, Any]]:
    start = Month.from_yyyymm(stretch[START])
    amounts = {name: _fact(law, name, value) for name, value in stretch.items() if name not in (START, LENGTH)}
    return [{"年月": start + later, **amounts} for later in range(stretch[LENGTH])]


def _fact(law: Law, name: str, value: Any) -> Any:
    term = law.glossary[name]
    if term.inner is Type.MONTH and isinstance(value, int):
        return Month.from_yyyymm(value)
    if term.inner is Type.AGE and isinstance(value, int):
        return Age(value)
    return Decimal(value).scaleb(-2) if term.type == "金额" and isinstance(value, int) else value


_REFUSING = re.compile(r"规则“([^”]+)”：(.*)", re.DOTALL)


def refusal_of(reason: str) -> tuple[str, str]:
    """Return the rule that refuses (empty where no rule does) and what it says, from a reason given here."""
    found = _REFUSING.search(reason)
    return (found[1], found[2]) if found else ("", reason.partition("：")[2] or reason)


def exact_row(law: Law, program: Program, row: Mapping[str, Any]) -> tuple[list[int | None], str]:
    """Compute the outputs of one person exactly; None where a rule gives no answer, with the first reason."""
    facts = person_facts(law, row)
    names = [output.name for output in program.outputs]
    try:
        results = law.evaluate_many(names, facts, on=program.on, region=program.region)
    except EvaluationError:
        return _one_by_one(law, program, facts)
    return [as_integer(program, output, results[output.name].value) for output in program.outputs], ""


Known: TypeAlias = dict[tuple[Any, ...], tuple[list[int | None], str]]
"""What came out for people without any career, by their facts."""


def exact_row_once(
    law: Law, program: Program, row: Mapping[str, Any], known: Known
) -> tuple[list[int | None], str]:  # fmt: skip
    """Compute a person, but only one of those who have no career and the same facts: a city registers many such."""
    if row[CAREER]:
        return exact_row(law, program, row)
    facts = tuple(value for name, value in row.items() if name not in (PERSON, CAREER))
    if facts not in known:
        known[facts] = exact_row(law, program, row)
    return known[facts]


def _one_by_one(law: Law, program: Program, facts: Mapping[str, Any]) -> tuple[list[int | None], str]:
    """Compute what can be computed where one of the answers is refused."""
    numbers: list[int | None] = []
    reason = ""
    for output in program.outputs:
        try:
            result = law.evaluate(output.name, facts, on=program.on, region=program.region)
        except EvaluationError as error:
            reason = reason or f"{output.name}：{error.message}"
            numbers.append(None)
        else:
            numbers.append(as_integer(program, output, result.value))
    return numbers, reason


def as_integer(program: Program, output: Output, value: Any) -> int:
    """Return an outer value as the integer of the result column."""
    if isinstance(value, Month):
        return value.yyyymm
    if isinstance(value, str):
        return program.codes.setdefault(value, len(program.codes))
    if output.type is Type.DATE:
        return int(value.toordinal())
    number = Decimal(value) * output.scale if not isinstance(value, bool) else Decimal(int(value))
    assert number == int(number)  # noqa: S101  # the kernel's scale holds every decimal of a rounded value
    return int(number)
