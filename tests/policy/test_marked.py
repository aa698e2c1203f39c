"""No value of confidence C passes unmarked, wherever an answer is shown."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.kernel.errors import JinbaoError
from jinbao.rules import Result, load_law
from jinbao.rules.coverage import STATES, coverage_of
from jinbao.rules.errors import NotInProduction
from jinbao.rules.paper import Sheet, typst_source
from jinbao.rules.printing import print_result
from jinbao.rules.sentences import sentences
from tests.policy.person import PERSON
from tests.policy.test_every_date import REGIONS, ROOTS

LAW = load_law(production=False)
STRICT = load_law(production=True)
COVERAGE = coverage_of(LAW)
DAYS = (date(2012, 6, 1), date(2020, 6, 1), date(2023, 6, 1), date(2025, 6, 1), date(2026, 6, 1))


def uncertain_days(region: str) -> list[date]:
    """List the days on which an uncertain value or rule of a region begins, and some days in between."""
    lineage = LAW.book.regions.lineage(region)
    found = {each.since for each in COVERAGE.uncertain if each.since and each.region in lineage[:2]}
    return sorted({day for day in found if day.year >= 2006} | set(DAYS))


def refused(root: str, region: str, day: date) -> bool:
    """Tell whether production refuses the answer: the other way to find that an uncertain value enters it."""
    try:
        STRICT.evaluate(root, PERSON, on=day, region=region)
    except NotInProduction:
        return True
    except JinbaoError:
        return False
    return False


def answer(root: str, region: str, day: date) -> Result | None:
    try:
        return LAW.evaluate(root, PERSON, on=day, region=region, explain=True)
    except JinbaoError:
        return None


def shown_without_mark(result: Result) -> list[str]:
    """Name the ways of showing an answer that do not say that it is uncertain."""
    ways = {
        "json": '"confidence": "C"' in result.json_text,
        "steps": any(step.confidence == "C" for step in result.steps),
        "text": "可信度 C" in print_result(result, "某地"),
        "sentences": "可信度 C" in "".join(sentences(result)),
        "sheet": "来源尚待核实" in typst_source(Sheet("x", (result,), "某地"), ("x",)),
    }
    return [way for way, marked in ways.items() if not marked]


@pytest.mark.parametrize("region", REGIONS)
def test_what_production_refuses_is_marked_in_a_demonstration(region: str) -> None:
    unmarked, tried = [], 0
    for root in ROOTS:
        for day in uncertain_days(region):
            result = answer(root, region, day)
            if result is None or (result.confidence != "C" and not refused(root, region, day)):
                continue
            tried += 1
            if result.confidence != "C" or not refused(root, region, day):
                unmarked.append(f"{root} {day}: {result.confidence}")
            unmarked += [f"{root} {day}: {way}" for way in shown_without_mark(result)]
    assert unmarked == []
    assert tried


def test_the_coverage_lists_every_uncertain_value_and_rule() -> None:
    listed = {(each.name, each.region, each.since) for each in COVERAGE.uncertain}
    for name, parameter in LAW.book.parameters.items():
        for region, values in parameter.values.items():
            for dated in values:
                is_uncertain = dated.confidence == "C" and not dated.missing
                assert ((name, region, dated.start) in listed) is is_uncertain, (name, region, dated.start)
    rules = {
        (n, r.source.region, r.source.since) for n, k in LAW.rules.items() for r in k if r.source.confidence == "C"
    }
    assert rules <= listed


def test_the_coverage_knows_every_clause_and_says_why_it_is_not_coded() -> None:
    assert sum(COVERAGE.states.values()) == len(COVERAGE.clauses) > 200
    assert COVERAGE.states["没有说明"] == 0
    assert set(COVERAGE.states) == set(STATES)
    for each in COVERAGE.clauses:
        assert each.rules or len(each.why_not) > 5, each.clause.link
        assert not each.rules or each.cases, f"no case tries {each.clause.link}"
        assert not each.rules or each.confidence


def test_a_clause_is_as_sure_as_the_worst_value_behind_it() -> None:
    transfer = next(each for each in COVERAGE.clauses if each.clause.link.endswith("transfer/funds/law.md#66-4-2"))
    assert transfer.confidence == "C"
    assert transfer.last_change
    assert "转移统筹基金" in transfer.names
    assert transfer.as_json()["state"] == "已编码"
