"""Compute a benefit from facts, without the database: the same facts and the same law give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinbao.insurance import law
from jinbao.kernel.money import yuan_to_fen
from jinbao.kernel.months import Month
from jinbao.rules import Result
from jinbao.rules.errors import EvaluationError

PENSION = "基本养老金"
ELIGIBLE = "可否领取基本养老金"
CONFIDENCES = ("A", "A-", "A-formula", "B", "C")
"""From sure to unsure."""


@dataclass(frozen=True)
class Computed:
    """The answer of the law for one person and month of retirement."""

    benefit: str
    retires: Month
    region: str
    eligible: bool
    monthly_fen: int
    reasons: tuple[str, ...]
    """Why not, and what is missing by how much."""
    provisional: tuple[str, ...]
    confidence: str
    law_version: str
    facts: dict[str, Any]
    facts_hash: str
    trace: dict[str, Any]
    """{"eligible": …, "amount": …}: the explanations as `jinbao law eval --json` prints them."""
    results: tuple[Result, ...]
    """The answers with their trees, for pages that draw them: eligibility, then the amount if there is one."""

    @property
    def starts(self) -> Month:
        """The first month owed: the month after retirement (人社部发〔2024〕94号)."""
        return self.retires + 1


def compute(
    facts: Mapping[str, Any], retires: Month, region: str, benefit: str = PENSION, *, explain: bool = True
) -> Computed:
    """Ask the law whether and how much, as of the first day of the month of retirement.

    Without `explain` the same amount comes three times as fast, with an empty trace: it can be compared, not kept.

    Raises EvaluationError where the law cannot answer (a fact or parameter is missing), OnlySupposed for an answer
    that rests on assumptions.
    """
    on = retires.first_day
    try:
        both = law.law().evaluate_many([ELIGIBLE, benefit], facts, on=on, region=region, explain=explain)
        may, amount = both[ELIGIBLE], both[benefit]
    except EvaluationError:
        may, amount = law.evaluate(ELIGIBLE, facts, on=on, region=region, explain=explain), None
        if may.value is True:
            raise
    eligible = may.value is True and amount is not None
    results = tuple(each.require_law() for each in (may, amount if eligible else None) if each is not None)
    return Computed(
        benefit=benefit,
        retires=retires,
        region=region,
        eligible=eligible,
        monthly_fen=yuan_to_fen(_number(amount)) if eligible and amount is not None else 0,
        reasons=may.reasons,
        provisional=tuple(dict.fromkeys(text for result in results for text in result.provisional)),
        confidence=max((result.confidence for result in results), key=CONFIDENCES.index),
        law_version=version(benefit, region),
        facts=dict(facts),
        facts_hash=may.facts_hash,
        trace=_trace(results) if explain else {},
        results=results,
    )


def _trace(results: tuple[Result, ...]) -> dict[str, Any]:
    return {name: result.as_json() for name, result in zip(("eligible", "amount"), results, strict=False)}


def _number(result: Result) -> Any:
    return result.value


def version(benefit: str, region: str) -> str:
    """Return the version of everything in the law that can enter a determination in a region."""
    return "-".join(law.law().rule_version(rule, region) for rule in (ELIGIBLE, benefit))
