"""Answers of scenes made by hand, kept as the runs of the house keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from jinbao.data.scenes import actions, engines, results
from jinbao.data.scenes.declared import scene
from jinbao.data.scenes.models import Run
from jinbao.trust.actors import Actor
from tests.conftest import DISTRICT, ZHANG_SAN

DEAD = "paid_after_death"
Row = Mapping[str, Any]


def dead(**changes: Any) -> dict[str, Any]:
    """Return the clue that 张三 died in January and is still paid."""
    row = {
        "person_no": "P1", "id_number": ZHANG_SAN, "name": "张三", "region": DISTRICT, "award_no": "1",
        "monthly_fen": 300_000, "died_on": date(2026, 1, 15), "cremation_on": date(2026, 1, 15),
        "overpaid_months": 2, "overpaid_fen": 600_000,
    }  # fmt: skip
    return row | changes


def many(count: int) -> list[dict[str, Any]]:
    """Return as many clues about as many people, a third of them in each of two districts and of no region."""
    regions = (DISTRICT, "990102", None)
    return [dead(person_no=f"P{n:05d}", id_number=None, region=regions[n % 3]) for n in range(count)]


def trace(n: int, **changes: Any) -> dict[str, Any]:
    """Return the clue that somebody who draws a benefit was seen lately."""
    row = {
        "person_no": f"P{n:05d}", "id_number": None, "name": "张三", "region": (DISTRICT, "990102")[n % 2],
        "award_no": str(n), "last_on": date(2026, 2, 1 + n % 28), "traces": n % 5, "sources": 1, "last_source": "1",
    }  # fmt: skip
    return row | changes


def answered(rows: Sequence[Row], now: datetime, name: str = DEAD) -> Run:
    """Let a scene find some rows, as its run on schedule would."""
    asked = scene(name)
    names = [column.name for column in asked.columns]
    table = engines.typed(asked, names, [[row.get(column) for column in names] for row in rows])
    results.folder(name).mkdir(parents=True, exist_ok=True)
    told = {
        "values": {}, "inputs": {"pension_in_payment": "1", "person": "1"}, "sql_sha256": "", "rows": len(rows),
        "file": results.write(name, table), "digest": engines.digest(table), "standing": True, "milliseconds": 1,
    }  # fmt: skip
    return actions._record(Actor.system(), asked, table, told, now=now)
