"""The facts of a benefit, by the law's names, from registry and contributions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jinbao.insurance import law
from jinbao.insurance.contributions.career import CareerMonth, family_career
from jinbao.insurance.contributions.facts import facts_of
from jinbao.insurance.registry.facts import person_facts
from jinbao.insurance.registry.families import Seen, Who, identities_of, root_of
from jinbao.insurance.registry.models import Person
from jinbao.kernel.months import Month

CHOSEN = "选择退休年月"


def facts_for(person: Who, month: Month) -> dict[str, Any]:
    """Return what the law needs to know of a person who retires in a month: birth, category, deemed months, career.

    选择退休年月 is there only if the month is not the statutory one. Contributions count up to that month.
    """
    family = person.identities if isinstance(person, Seen) else identities_of(root_of(person))
    return facts_from(family[0], month, family_career(family, until=month))


def facts_from(root: Person, month: Month, months: list[CareerMonth]) -> dict[str, Any]:
    """Return the facts of a person whose career is read already."""
    facts = person_facts(root) | facts_of(months)
    return facts if month == statutory_month(root) else facts | {CHOSEN: str(month)}


def statutory_month(person: Person) -> Month:
    """Return 法定退休年月 of a person."""
    return statutory(Month.of(person.born_on), person.retirement_category, person.region)


def statutory(birth: Month, category: str, region: str) -> Month:
    """Return 法定退休年月 of everybody born in a month, by category."""
    return _statutory(birth, category, region, law.law().version)


@lru_cache(maxsize=100_000)
def _statutory(birth: Month, category: str, region: str, version: str) -> Month:
    """Ask the law that is in force when the original age is reached, which is not known before it is asked."""
    facts = {"出生年月": str(birth), "退休类别": category}
    first = law.evaluate("原法定退休年月", facts, on=(birth + 12 * 50).first_day, region=region).value
    assert isinstance(first, Month)  # noqa: S101  # the glossary says so
    found = law.evaluate("法定退休年月", facts, on=first.first_day, region=region).value
    assert isinstance(found, Month)  # noqa: S101  # the glossary says so
    return found
