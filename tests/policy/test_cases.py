"""The worked cases beside the rules agree with the rules, and leave no rule without a case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest

from jinbao.kernel.errors import JinbaoError
from jinbao.kernel.months import Month
from jinbao.rules import Law, load_law
from jinbao.rules.cases import Case, read_cases, run_case
from jinbao.rules.lawbook import Rule
from tests.policy.conftest import DATA

LAW = load_law(production=False)
CASES = read_cases(LAW)
EXAMPLES = (DATA / "examples.txt").read_text(encoding="utf-8").split()
"""Examples with a known origin (award forms, agencies, statutes) that the law must reproduce; `source` names them."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.at.file.split('/law/')[-1]}:{case.at.line}")
def test_the_case_agrees(case: Case) -> None:
    assert [str(outcome) for outcome in run_case(LAW, case) if not outcome.agrees] == []


def test_every_example_of_known_origin_is_a_case() -> None:
    named = {found for case in CASES for found in re.findall(r"算例 (\w+)", case.source)}
    assert set(EXAMPLES) - named == set()


def test_names_of_cases_are_sentences_of_their_own() -> None:
    """A caseworker finds a case by its name; within a folder no two are the same."""
    seen = [(case.at.file, case.name) for case in CASES]
    assert len(seen) == len(set(seen))


def test_a_wrong_expectation_is_noticed() -> None:
    case = next(case for case in CASES if case.expect and "基本养老金" in case.expect)
    wrong = dict(case.expect) | {"基本养老金": case.expect["基本养老金"] + 1}
    spoilt = Case(case.name, case.on, case.region, case.origin, case.facts, wrong, source=case.source)
    assert any(not outcome.agrees for outcome in run_case(LAW, spoilt))


def touched(law: Law, case: Case) -> Iterator[Rule]:
    """Go through the definitions that a case evaluates, and those of the rows they lift."""
    lineage = law.book.regions.lineage(case.region)
    waiting = [*(case.expect or {}), *case.expect_error]
    for name in list(waiting):
        try:
            result = law.evaluate(name, case.facts or {}, on=case.on, region=case.region, explain=True)
        except JinbaoError:
            continue
        waiting += [step.name for step in result.steps if step.kind == "规则"]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in law.rules:
            continue
        seen.add(name)
        days = case_days(case) if law.glossary[name].grain != "人" else [case.on]
        for rule in law.rules[name]:
            if rule.source.region in lineage and any(rule.holds(day) for day in days):
                yield rule
                waiting += [
                    other for other in rule.reads if other in law.glossary and law.glossary[other].grain != "人"
                ]


def case_days(case: Case) -> list[date]:
    return [case.on, *(Month.parse(row["年月"]).first_day for row in (case.facts or {}).get("月", ()))]


def test_every_definition_of_every_rule_has_a_case() -> None:
    covered = {rule.where for case in CASES for rule in touched(LAW, case)}
    missing = [
        f"{rule.name} {rule.where}" for known in LAW.rules.values() for rule in known if rule.where not in covered
    ]
    assert missing == []
