"""The books on the day of the handover: what history brought in and paid out, and who has died."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

import numpy as np

from jinbao.insurance.benefits.models import Award
from jinbao.insurance.registry.models import Person, Scheme
from jinbao.kernel.months import Month
from jinbao.ledger.actions import Event, post_many
from jinbao.project.demo.city import FIRST, People, Plan
from jinbao.project.demo.history import Keys, Migrated


def write_deaths(plan: Plan, people: People, keys: Keys) -> None:
    """Record the deaths known at the handover; those of the live months are reported through the counter."""
    known = np.flatnonzero(people.died < np.datetime64(plan.live_from.first_day))
    found = Person.objects.in_bulk([int(key) for key in keys.person[known]])
    for position in known.tolist():
        found[int(keys.person[position])].died_on = people.died[position].astype(object)
    Person.objects.bulk_update(found.values(), ["died_on"], batch_size=1000)


def _paid_out(plan: Plan) -> dict[tuple[str, int], int]:
    """Sum the pensions that the former system paid, by region and month."""
    paid: dict[tuple[str, int], int] = defaultdict(int)
    for region, start, fen in Award.objects.values_list("region", "start", "monthly_fen"):
        for ordinal in range(max(start.ordinal, FIRST.ordinal), plan.live_from.ordinal):
            paid[region, ordinal] += fen
    return paid


def post_history(plan: Plan, migrated: list[Migrated]) -> None:
    """Post one event for each region and month: contributions in, pensions out, and what the fund began with."""
    paid = _paid_out(plan)
    events = []
    lowest: dict[str, int] = defaultdict(int)
    running: dict[str, int] = defaultdict(int)
    for row in sorted(migrated, key=lambda row: row.month):
        out = paid.get((row.region, row.month.ordinal), 0)
        running[row.region] += row.employer_fen + row.individual_fen - out
        lowest[row.region] = min(lowest[row.region], running[row.region])
        amounts = {"单位缴费": row.employer_fen, "个人缴费": row.individual_fen, "待遇": out}
        events.append(_event(row.region, row.month, row.declaration, amounts))
    for region, low in sorted(lowest.items()):
        reserve = -low + 6 * max(event.amounts.get("待遇", 0) for event in events if event.region == region)
        events.append(_event(region, FIRST, "opening", {"期初结余": reserve}))
    post_many(events, now=datetime.now(UTC))


def _event(region: str, month: Month, declaration: int | str, amounts: dict[str, int]) -> Event:
    return Event(
        event="history_migrated",
        key=f"{region}:{month}" + (":opening" if declaration == "opening" else ""),
        fund=Scheme.PENSION.value,
        region=region,
        month=month,
        on=month.last_day,
        amounts={name: fen for name, fen in amounts.items() if fen},
        source=("contributions.Declaration", declaration),
    )
