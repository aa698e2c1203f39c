"""Working lives: spells with employers, gaps between them, and the wage of every month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jinbao.project.demo.city import FIRST, Ints, People, Plan, ordinals

FLEXIBLE_FROM = 2006 * 12
"""Flexible workers pay at a declared rate from 2006-01 on (国发〔2005〕38号)."""


@dataclass(frozen=True)
class Spells:
    """One row a spell of insured work; `end` is the first month after it; employer -1 is a flexible worker."""

    person: Ints
    employer: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True)
class Rows:
    """One row a month of one spell, with the declared wage in fen."""

    person: Ints
    employer: Ints
    month: Ints
    wage_fen: Ints


def first_work(rng: np.random.Generator, people: People) -> Ints:
    """Say when each person began to work: at 18 to 26 years, whether or not rows exist for it."""
    return ordinals(people.born) + rng.integers(18 * 12, 26 * 12, len(people.born))


def deemed_months(people: People, began: Ints) -> Ints:
    """Count service before the first row (视同缴费); half of the older generation worked without a break."""
    before = np.maximum(FIRST.ordinal - began, 0)
    return np.where(np.arange(len(began)) % 2 == 0, before, 0)


def draw_spells(plan: Plan, people: People, began: Ints) -> Spells:
    """Draw spells of about six years with gaps of up to three years, until retirement, death or the end of the data."""
    rng = np.random.default_rng([plan.seed, 2])
    count = len(people.born)
    stop = np.minimum(people.retires, plan.until.ordinal + 1)
    dead = ~np.isnat(people.died)
    stop[dead] = np.minimum(stop[dead], ordinals(people.died[dead]) + 1)
    leaves = np.where(rng.random(count) < 0.12, began + rng.integers(60, 300, count), 10**6)
    stop = np.minimum(stop, leaves)
    weights = 1.0 / np.arange(2, plan.employers + 2) ** 0.8
    late = np.where(rng.random(count) < 0.75, rng.integers(12, 300, count), 0)
    now = np.maximum(began + late, FIRST.ordinal)
    parts: list[tuple[Ints, Ints, Ints, Ints]] = []
    person = np.arange(count)
    while (working := person[now[person] < stop[person]]).size:
        person = working
        end = np.minimum(now[person] + 6 + rng.exponential(72, person.size).astype(np.int64), stop[person])
        employer = rng.choice(plan.employers, size=person.size, p=weights / weights.sum())
        employer[(rng.random(person.size) < 0.08) & (now[person] >= FLEXIBLE_FROM)] = -1
        parts.append((person, employer, now[person], end))
        gap = np.where(rng.random(person.size) < 0.35, rng.integers(1, 37, person.size), 0)
        now[person] = end + gap
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Spells(*columns)


def overlaps(plan: Plan, spells: Spells) -> Spells:
    """Let one spell in sixty run on for a few months beside the next employer, as real files do."""
    rng = np.random.default_rng([plan.seed, 3])
    chosen = np.flatnonzero((rng.random(spells.person.size) < 1 / 60) & (spells.employer >= 0))
    length = rng.integers(1, 5, chosen.size)
    other = (spells.employer[chosen] + 1 + rng.integers(plan.employers - 1, size=chosen.size)) % plan.employers
    start = np.maximum(spells.end[chosen] - length, spells.start[chosen])
    return Spells(
        np.concatenate([spells.person, spells.person[chosen]]),
        np.concatenate([spells.employer, other]),
        np.concatenate([spells.start, start]),
        np.concatenate([spells.end, spells.end[chosen]]),
    )


def draw_rows(plan: Plan, people: People, spells: Spells, average_fen: Ints, first_year: int) -> Rows:
    """Expand spells to months; the wage changes each January and is a multiple of ten yuan, as payrolls are.

    `average_fen[y]` is the monthly average wage of year `first_year + y`, in fen.
    """
    rng = np.random.default_rng([plan.seed, 4])
    length = spells.end - spells.start
    offsets = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    month = np.repeat(spells.start, length) + offsets
    person = np.repeat(spells.person, length)
    spell_level = np.repeat(rng.lognormal(0, 0.12, length.size), length)
    year = month // 12
    yearly = rng.lognormal(0, 0.05, (1 << 16))[(person * 131 + year * 7919) & 0xFFFF]
    average = average_fen[np.clip(year - first_year, 0, average_fen.size - 1)]
    wage = average * people.level[person] * spell_level * yearly
    return Rows(person, np.repeat(spells.employer, length), month, np.rint(wage / 1000).astype(np.int64) * 1000)


def handed_over(rows: Rows, ordinal: int) -> Rows:
    """Return the rows of months before one, once per person, employer and month.

    Flexible workers pay through their bank: their rows are handed over for every month.
    """
    return _chosen(rows, (rows.month < ordinal) | (rows.employer < 0))


def declared(rows: Rows, ordinal: int) -> Rows:
    """Return the rows that employers declare from a month on, once per person, employer and month."""
    return _chosen(rows, (rows.month >= ordinal) & (rows.employer >= 0))


def _chosen(rows: Rows, mask: NDArray[np.bool_]) -> Rows:
    place = np.flatnonzero(mask)
    key = (rows.person[place] << 40) + ((rows.employer[place] + 1) << 20) + rows.month[place]
    place = place[np.sort(np.unique(key, return_index=True)[1])]
    return Rows(rows.person[place], rows.employer[place], rows.month[place], rows.wage_fen[place])
