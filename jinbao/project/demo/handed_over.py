"""What the former system states of the awards that it determined last: computed by the law, and sometimes wrongly.

Older awards come with nothing but the amount that is paid, as in real handovers; those of the last two years keep what
was determined at first. One in four was determined with a mistake that a recalculation finds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jinbao.insurance import law
from jinbao.insurance.benefits.compute import ELIGIBLE
from jinbao.insurance.benefits.facts import facts_from
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.contributions.career import careers
from jinbao.insurance.law import fen_of
from jinbao.insurance.registry.families import Families
from jinbao.kernel.errors import JinbaoError
from jinbao.kernel.months import Month
from jinbao.project.demo.city import Plan

AT_MOST = 120
"""About how many awards are computed: a visitor needs no more, and building stays quick."""
MONTHS = 24
"""How far back the former system kept what it determined."""
PARTS = ("基础养老金", "个人账户养老金", "过渡性养老金", "增发养老金")
MISTAKE = 1 / 4


def state_first_amounts(plan: Plan) -> None:
    """Replace the drawn amounts of the newest awards by computed ones and state them as determined at first."""
    rng = np.random.default_rng([plan.seed, 12])
    recent = Award.objects.filter(start__gt=plan.live_from - MONTHS).select_related("person").order_by("pk")
    newest = list(recent)[:: max(1, recent.count() // AT_MOST)]
    lives = careers([award.person for award in newest], families=Families())
    stated = []
    for award in newest:
        retires = award.start - 1
        months = [row for row in lives[award.person_id] if row.month <= retires]
        facts = facts_from(award.person, retires, months)
        if rng.random() < MISTAKE:
            facts = _mistaken(facts)
        parts = _parts(facts, retires, award.region)
        if not parts:  # the amount stays as it was drawn
            continue
        fen, adjusted = sum(parts.values()), award.start.year < plan.live_from.year
        award.first_parts = parts
        award.first_fen, award.monthly_fen = fen, fen + (_adjustment(fen) if adjusted else 0)
        stated.append(award)
    Award.objects.bulk_update(stated, ["first_fen", "first_parts", "monthly_fen"], batch_size=100)


def _mistaken(facts: dict[str, Any]) -> dict[str, Any]:
    """Forget the deemed months, or where there are none the last half year."""
    if facts.get("视同缴费月数"):
        return facts | {"视同缴费月数": 0}
    return facts | {"月": facts["月"][:-6]}


def _parts(facts: dict[str, Any], retires: Month, region: str) -> dict[str, int]:
    """Compute the parts that are determined; none for who is not eligible by the law of then."""
    try:
        found = law.law().evaluate_many([ELIGIBLE, *PARTS], facts, on=retires.first_day, region=region)
        if found[ELIGIBLE].value is not True:
            return {}
        return {name: fen for name in PARTS if (fen := fen_of(found[name]))}
    except JinbaoError:
        return {}


def _adjustment(fen: int) -> int:
    """Draw the adjustments since: about two in a hundred, to whole yuan (no statutory value)."""
    return fen * 2 // 100 // 100 * 100
