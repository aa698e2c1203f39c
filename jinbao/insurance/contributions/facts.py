"""Careers under the law's names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinbao.insurance.contributions.career import CareerMonth, career
from jinbao.insurance.registry.families import Who
from jinbao.kernel.money import fen_to_yuan
from jinbao.kernel.months import Month


def career_facts(person: Who, until: Month | None = None) -> dict[str, Any]:
    """Return {"月": [{"年月", "缴费基数"}, …]} of a person up to a month, amounts in yuan."""
    return facts_of(career(person, until))


def facts_of(months: Iterable[CareerMonth]) -> dict[str, Any]:
    """Return the facts of a career that is read already."""
    return {"月": [{"年月": str(row.month), "缴费基数": str(fen_to_yuan(row.base_fen))} for row in months]}
