"""Every branch on every day on which one of its rules or parameters begins or ends, in every region of its own.

The graph is complete, or the gap is declared: a parameter without a value says why (`missing:`), a rule says since
or until when it holds, or it refuses with its reason.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from jinbao.kernel.errors import JinbaoError
from jinbao.rules import Law, load_law
from jinbao.rules.errors import NotInForce, Refused
from jinbao.rules.lawbook import Rule
from tests.policy.person import PERSON

LAW = load_law(production=False)
BOOK = LAW.book
DAY = timedelta(days=1)
REGIONS = sorted(
    {rule.source.region for known in BOOK.rules.values() for rule in known}
    | {region for parameter in BOOK.parameters.values() for region in parameter.values}
)
READ = {name for known in BOOK.rules.values() for rule in known for name in rule.reads if name != rule.name}
ROOTS = [name for name in BOOK.rules if name not in READ and LAW.glossary[name].grain == "人"]
GAPS = {
    dated.missing for p in BOOK.parameters.values() for known in p.values.values() for dated in known if dated.missing
}
NOT_YET_OR_NO_MORE = re.compile(r"自 \S+ 起施行|施行到 \S+ 为止|没有规定；现有的地区")


def boundaries(names: frozenset[str], region: str) -> Iterator[date]:
    """Go through the days on which something among the names begins, and the days after something ends."""
    lineage = BOOK.regions.lineage(region)
    for name in names:
        for rule in BOOK.rules.get(name, ()):
            if rule.source.region in lineage:
                yield from (day for day in (rule.source.since, rule.source.until) if day)
        for code in lineage if name in BOOK.parameters else ():
            for dated in BOOK.parameters[name].values.get(code, ()):
                yield dated.start
                if dated.end:
                    yield dated.end + DAY


@functools.cache
def needed(root: str, region: str) -> frozenset[str]:
    return frozenset(LAW.needs(root, region=region))


def days_of_change(root: str, region: str) -> list[date]:
    """List the days on which a branch changes and the days before, from the eve of its first definition."""
    begins = min(rule.source.since or date.min for rule in BOOK.rules[root])
    days = set(boundaries(needed(root, region), region))
    return sorted(day for day in days | {day - DAY for day in days} if day >= begins - DAY)


def declared(error: JinbaoError) -> bool:
    """Tell whether an unanswered question is a gap that the law itself declares."""
    if isinstance(error, Refused):
        return True
    text = str(error)
    return isinstance(error, NotInForce) and (any(gap in text for gap in GAPS) or bool(NOT_YET_OR_NO_MORE.search(text)))


def test_there_is_something_to_look_at() -> None:
    assert len(REGIONS) > 30
    assert len(ROOTS) > 60
    assert len(GAPS) > 20


@pytest.mark.parametrize("region", REGIONS)
def test_every_branch_answers_on_every_day_on_which_it_changes(region: str) -> None:
    unanswered = []
    for root in ROOTS:
        for day in days_of_change(root, region):
            try:
                LAW.evaluate(root, PERSON, on=day, region=region)
            except JinbaoError as error:
                if not declared(error):
                    unanswered.append(f"{root} {day}: {error.message}")
    assert unanswered == []


def inputs_on(rule: Rule, region: str, day: date) -> Iterator[str]:
    """Say which inputs of a definition have neither a value nor a declared gap on a day."""
    lineage = BOOK.regions.lineage(region)
    for name in rule.reads:
        try:
            if name in BOOK.parameters:
                BOOK.parameters[name].find(lineage, day)
            elif name in BOOK.rules:
                BOOK.rule(name, lineage, day)
        except NotInForce as error:
            if not declared(error):
                yield f"{rule.name} ← {name} {region} {day}: {error.message}"


@pytest.mark.parametrize("region", REGIONS)
def test_every_input_of_every_definition_is_there_or_declared_missing(region: str) -> None:
    """The same without a person: also the paths that the sample person does not take."""
    lineage = BOOK.regions.lineage(region)
    holes = []
    for rule in (rule for known in BOOK.rules.values() for rule in known if rule.source.region in lineage):
        for day in sorted(set(boundaries(frozenset((rule.name, *rule.reads)), region))):
            if rule.holds(day) and BOOK.rule(rule.name, lineage, day) is rule:
                holes += inputs_on(rule, region, day)
    assert holes == []


def test_an_undeclared_gap_would_be_noticed(law: Law) -> None:
    """Without the declared gap of the crediting rates, 2015 would be a hole."""
    found = BOOK.parameters["记账利率"].values["000000"][0]
    assert found.missing in GAPS
    with pytest.raises(NotInForce) as caught:
        law.parameter("记账利率", on=date(2015, 6, 1), region="420000")
    assert declared(caught.value)
    assert not declared(NotInForce("参数“记账利率”在 2015-06-01 没有值：已有的值自 2016-01-01 起，至今"))
