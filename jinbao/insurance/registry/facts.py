"""What the registry knows of a person, under the law's names."""

from __future__ import annotations

from typing import Any

from jinbao.insurance.registry.models import Person
from jinbao.kernel.months import Month


def person_facts(person: Person) -> dict[str, Any]:
    """Return 出生年月, 退休类别 and 视同缴费月数 of the kept identity."""
    return {
        "出生年月": str(Month.of(person.born_on)),
        "退休类别": person.retirement_category,
        "视同缴费月数": person.deemed_months,
    }
