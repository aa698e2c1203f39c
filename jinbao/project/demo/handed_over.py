"""What the former system states of the awards that it determined last: computed by the law, and sometimes wrongly.

Older awards come with nothing but the amount that is paid, as in real handovers; those of the last two years keep what
was determined at first. One in seven was determined with a mistake that a recalculation finds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jinbao.insurance import law
from jinbao.insurance.benefits.compute import ELIGIBLE, PENSION
from jinbao.insurance.benefits.facts import facts_from
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.contributions.career import careers
from jinbao.insurance.law import fen_of
from jinbao.insurance.registry.families import Families
from jinbao.kernel.months import Month
from jinbao.project.demo.city import Plan
from jinbao.rules.errors import EvaluationError

AT_MOST = 60
"""How many awards are computed: a visitor needs no more, and building stays quick."""
PARTS = ("基础养老金", "个人账户养老金", "过渡性养老金")
MISTAKE = 1 / 7


def state_first_amounts(plan: Plan) -> None:
    """Replace the drawn amounts of the newest awards by computed ones and state them as determined at first."""
    rng = np.random.default_rng([plan.seed, 12])
    newest = list(Award.objects.select_related("person").order_by("-start", "pk")[:AT_MOST])
    lives = careers([award.person for award in newest], families=Families())
    stated = []
    for award in newest:
        retires = award.start - 1
        months = [row for row in lives[award.person_id] if row.month <= retires]
        facts = facts_from(award.person, retires, months)
        if rng.random() < MISTAKE:
            facts = _mistaken(facts)
        fen = _amount(facts, retires, award.region)
        if fen is None:
            continue
        adjusted = award.start.year < plan.live_from.year
        award.first_fen, award.monthly_fen = fen, fen + (_adjustment(fen) if adjusted else 0)
        stated.append(award)
    Award.objects.bulk_update(stated, ["first_fen", "monthly_fen"], batch_size=100)


def _mistaken(facts: dict[str, Any]) -> dict[str, Any]:
    """Forget the deemed months, or where there are none the last half year."""
    if facts.get("视同缴费月数"):
        return facts | {"视同缴费月数": 0}
    return facts | {"月": facts["月"][:-6]}


def _amount(facts: dict[str, Any], retires: Month, region: str) -> int | None:
    """Compute what is determined; None for who is not eligible by the law of then: the drawn amount stays."""
    try:
        found = law.law().evaluate_many([ELIGIBLE, PENSION], facts, on=retires.first_day, region=region)
    except EvaluationError:
        return None
    return fen_of(found[PENSION]) if found[ELIGIBLE].value is True else None


def _adjustment(fen: int) -> int:
    """Draw the adjustments since: about two in a hundred, to whole yuan (no statutory value)."""
    return fen * 2 // 100 // 100 * 100
