"""What happens month by month: visits, settlements, wages, deposits, contracts, sales."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from jinbao.kernel.months import Month
from jinbao.project.demo.names import Text
from jinbao.project.demo.units.registers import HOSPITALS
from jinbao.project.demo.units.sheets import Desk, Sheet, yuan
from jinbao.project.demo.units.world import Ints

MONTHS = 3
"""How many months of flows a unit delivers."""
SALES_MONTHS = 12


def _visitors(desk: Desk, share: float) -> Ints:
    """Draw who leaves a trace in a month: pensioners only if they are said to be active, the others by age."""
    world = desk.world
    chance = np.where(world.age >= 60, 2.0, 1.0) * share
    chance[world.of_status("3")] = 0.0
    chance[desk.plot.active] = 2.5 * share
    chance[~world.alive] = 0.0
    chance[desk.plot.imprisoned] = 0.0
    return np.flatnonzero(desk.rng.random(len(world)) < chance)


def _days_of(desk: Desk, month: Month, count: int) -> Text:
    drawn = np.datetime64(month.first_day) + desk.rng.integers(0, month.last_day.day, count)
    return drawn.astype(str).astype(object)


def visits(desk: Desk) -> Iterator[Sheet]:
    """Visits of three months; the middle one comes late."""
    sheets = []
    for back in (2, 1, 0):
        month = desk.month - back
        at = _visitors(desk, 0.12)
        extra = {"visited_on": _days_of(desk, month, len(at)),
                 "kind": desk.choice(list("123"), len(at), [0.9, 0.04, 0.06]),
                 "hospital": desk.choice(HOSPITALS, len(at))}  # fmt: skip
        sheets.append(desk.register("medical_visit", at, extra, prefix="JZ", label=str(month)))
    yield from (sheets[0], sheets[2], sheets[1])


def settlements(desk: Desk) -> Iterator[Sheet]:
    """Settlements of three months; every active pensioner has one of the last month or an entry elsewhere."""
    for back in range(MONTHS - 1, -1, -1):
        month = desk.month - back
        at = _visitors(desk, 0.18)
        total = desk.rng.integers(1500, 90000, len(at))
        extra = {"settled_on": _days_of(desk, month, len(at)), "kind": desk.choice(list("1234"), len(at)),
                 "total_fen": yuan(total), "fund_fen": yuan(total * 6 // 10),
                 "hospital": desk.choice(HOSPITALS, len(at))}  # fmt: skip
        yield desk.register("medical_settlement", at, extra, prefix="JS", care=0.6, label=str(month))


def entries(desk: Desk) -> Iterator[Sheet]:
    """People who show their card at a museum, a library, a park."""
    at = _visitors(desk, 0.10)
    extra = {
        "entered_on": desk.days(len(at), 2),
        "venue": desk.choice(["演示市图书馆", "演示公园", "演示博物馆"], len(at)),
    }
    yield desk.register("venue_entry", at, extra, prefix="RG", care=1.2)


def _workers(desk: Desk) -> tuple[Ints, Text]:
    """Return who has wages, and from whom: those insured, and those of the plot who are not."""
    world, plot = desk.world, desk.plot
    insured = np.flatnonzero((world.employer != "") & world.alive & (world.status == "1"))
    employers = np.array([row[0] for row in world.employers], dtype=object)
    hidden = employers[desk.rng.integers(0, len(employers), len(plot.uninsured))]
    return np.concatenate([insured, plot.uninsured]), np.concatenate([world.employer[insured], hidden])


def wages_and_deposits(desk: Desk) -> Iterator[Sheet]:
    """Wages of three months (the last file with rows that come back and are corrected), deposits, contracts."""
    at, employer = _workers(desk)
    wage = desk.rng.integers(380000, 1600000, len(at))
    for back in range(MONTHS - 1, -1, -1):
        month = desk.month - back
        extra = {"employer_uscc": employer, "month": str(month), "income_fen": yuan(wage)}
        sheet = desk.register("tax_wage", at, extra, prefix="GS", care=0.4, label=str(month))
        yield from _with_correction(desk, sheet) if back == 0 else (sheet,)
    yield from _deposits(desk, at, employer, wage)
    yield _contracts(desk, at, employer, wage)


def _with_correction(desk: Desk, sheet: Sheet) -> Iterator[Sheet]:
    """Send some amounts as words, and the rows again as they should be."""
    wrong = desk.rng.choice(len(sheet), max(len(sheet) // 200, 1), replace=False)
    right = sheet.part(wrong, f"{sheet.label}更正")
    right.corrects = sheet.label
    sheet.columns["income_fen"] = sheet.columns["income_fen"].copy()
    sheet.columns["income_fen"][wrong] = "见附表"
    yield from (sheet, right)


def _deposits(desk: Desk, at: Ints, employer: Text, wage: Any) -> Iterator[Sheet]:
    chosen = np.flatnonzero(desk.rng.random(len(at)) < 0.4)
    account = desk.numbers("GJJ", len(chosen))
    for back in range(MONTHS - 1, -1, -1):
        month = desk.month - back
        extra = {"account_no": account, "employer_uscc": employer[chosen], "month": str(month),
                 "base_fen": yuan(wage[chosen]), "deposit_fen": yuan(wage[chosen] // 10)}  # fmt: skip
        sheet = desk.register("housing_fund", at[chosen], extra, prefix="", care=0.3, label=str(month))
        yield sheet.part(np.arange(len(chosen)), sheet.label)


def _contracts(desk: Desk, at: Ints, employer: Text, wage: Any) -> Sheet:
    kind = desk.choice(["1", "2"], len(at), [0.6, 0.4])
    ends = np.where(kind == "1", str((desk.month + 14).last_day), "").astype(object)
    extra = {"employer_uscc": employer, "kind": kind, "starts_on": desk.days(len(at), 60, since=6), "ends_on": ends,
             "wage_fen": yuan(wage), "status": "1"}  # fmt: skip
    return desk.register("labour_contract", at, extra, prefix="HT", care=0.8)


def job_seekers(desk: Desk) -> Iterator[Sheet]:
    """People who registered as unemployed."""
    at = desk.plot.job_seekers
    extra = {"registered_on": desk.days(len(at), 14, since=1), "reason": desk.choice(list("12345"), len(at)),
             "education": desk.choice(list("12345"), len(at)), "status": "1"}  # fmt: skip
    yield desk.register("job_seeker", at, extra, prefix="SY")


def farmers(desk: Desk) -> Iterator[Sheet]:
    """Subsidies of the year to people of the third district, from a register that is kept by hand."""
    world = desk.world
    at = np.flatnonzero((world.region == "990103") & (world.age >= 25) & world.alive & (world.status == ""))
    at = desk.sample(at, 0.6)
    area = desk.rng.integers(600, 8000, len(at))
    extra = {"village": desk.choice(["演示村一组", "演示村二组", "样例村"], len(at)),
             "paid_on": f"{desk.month.year}-06-15",
             "area_m2": area.astype(str).astype(object), "amount_fen": yuan(area * 10)}  # fmt: skip
    yield desk.register("farm_subsidy", at, extra, prefix="NY", care=2.5)


def companies(desk: Desk) -> Iterator[Sheet]:
    """Companies of the books and some that never insured anybody; some closed without telling us."""
    rows = desk.world.employers
    closed = desk.rng.random(len(rows)) < 0.02
    month = str(desk.month)
    legal = desk.world.name[desk.rng.integers(0, len(desk.world), len(rows))]
    columns = {
        "uscc": np.array([row[0] for row in rows], dtype=object),
        "name": np.array([row[1] for row in rows], dtype=object),
        "status": np.where(closed, "2", "1").astype(object),
        "registered_on": np.array([str(row[4]) for row in rows], dtype=object),
        "closed_on": np.where(closed, str((desk.month - 3).first_day), "").astype(object), "legal_person": legal,
        "industry": np.array([str(row[1])[4:-8] or "其他" for row in rows], dtype=object),
        "region": np.array([row[2] for row in rows], dtype=object), "as_of": np.full(len(rows), month, dtype=object),
    }  # fmt: skip
    yield Sheet("enterprise", month, columns, np.full(len(rows), "", dtype=object))


def sales(desk: Desk) -> Iterator[Sheet]:
    """Sales and people on the payroll over a year; those of failing companies shrink month by month."""
    rows = desk.world.employers
    usual = desk.rng.integers(10_000_000, 400_000_000, len(rows))
    heads = np.maximum(np.array([int(row[6]) for row in rows]), 1)
    failing = np.isin([str(row[0]) for row in rows], desk.plot.failing)
    usccs = np.array([row[0] for row in rows], dtype=object)
    parts = []
    for back in range(SALES_MONTHS - 1, -1, -1):
        left = np.where(failing, np.clip(20 + 12 * back, 0, 100), 100)
        noise = desk.rng.integers(90, 111, len(rows))
        parts.append((usual * left * noise // 10_000, np.maximum(heads * np.minimum(left + 10, 100) // 100, 1)))
    months = [str(desk.month - back) for back in range(SALES_MONTHS - 1, -1, -1)]
    columns = {
        "uscc": np.tile(usccs, SALES_MONTHS), "month": np.repeat(np.array(months, dtype=object), len(rows)),
        "sales_fen": yuan(np.concatenate([money for money, _ in parts])),
        "headcount": np.concatenate([people for _, people in parts]).astype(str).astype(object),
    }  # fmt: skip
    yield Sheet("enterprise_sales", str(desk.month), columns, np.full(len(columns["uscc"]), "", dtype=object))
