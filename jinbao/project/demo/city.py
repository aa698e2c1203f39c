"""What the demonstration city is made of, before anything is written: arrays drawn from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jinbao.kernel.identifiers.citizen_id import check_character
from jinbao.kernel.months import Month
from jinbao.project.demo import names

Ints = NDArray[np.int64]
REGIONS = ("990101", "990102", "990103")
FIRST = Month(1992, 1)
"""Contribution rows begin here; service before it is 视同缴费."""


@dataclass(frozen=True)
class Plan:
    """How large a city, from which seed, until which month, how many months through the real pipeline."""

    persons: int = 20_000
    employers: int = 800
    seed: int = 20260901
    until: Month = Month(2026, 10)
    live_months: int = 2
    as_of: date = date(2026, 11, 16)
    """The day on which a visitor finds the officers' desks; open cases are dated before it."""

    @property
    def live_from(self) -> Month:
        """First month that goes through intake, determination and payment; earlier months are migrated history."""
        return self.until - (self.live_months - 1)


LAST_KNOWN = Month(2026, 12)
"""The demonstration city's own parameters and the working-day calendar reach this far."""


def plan_for(today: date, **given: Any) -> Plan:
    """Plan a city whose data ends with the last complete month and whose desks are as they are today."""
    until = given.pop("until", None) or min(Month.of(today) - 1, LAST_KNOWN)
    latest = (until + 1).last_day
    return Plan(until=until, as_of=given.pop("as_of", None) or min(max(today, until.last_day), latest), **given)


@dataclass(frozen=True)
class People:
    """One row a person; months are ordinals (year * 12 + month - 1)."""

    id_number: names.Text
    name: names.Text
    sex: Ints
    born: NDArray[np.datetime64]
    region: names.Text
    category: names.Text
    retires: Ints
    """Ordinal of 法定退休年月."""
    died: NDArray[np.datetime64]
    """NaT for the living."""
    level: NDArray[np.float64]
    """Personal wage level against the average; drives generated wages only, never an amount owed."""


def ordinals(days: NDArray[np.datetime64]) -> Ints:
    """Turn days into month ordinals."""
    return days.astype("datetime64[M]").astype(np.int64) + 1970 * 12


def _births(rng: np.random.Generator, plan: Plan) -> NDArray[np.datetime64]:
    """Draw birthdays of people from 22 to 90 years old, with the generations of the 1960s and 1980s the largest."""
    ages = np.arange(22, 91)
    weights = 1.2 * np.exp(-(((ages - 40) / 11.0) ** 2)) + np.exp(-(((ages - 60) / 9.0) ** 2)) + 0.06
    age = rng.choice(ages, size=plan.persons, p=weights / weights.sum())
    first_day = np.datetime64(f"{plan.until.year}-01-01") - 365 * age - age // 4
    born: NDArray[np.datetime64] = first_day.astype("datetime64[D]") + rng.integers(0, 365, plan.persons).astype(
        "timedelta64[D]"
    )
    return born


def _id_numbers(born: NDArray[np.datetime64], region: names.Text, sex: Ints) -> names.Text:
    """Number each person as GB 11643 says, in an area beginning 99 that no real number has."""
    taken: dict[str, int] = {}
    numbers = []
    for day, area, male in zip(born.astype(str), region, sex, strict=True):
        stem = area + day.replace("-", "")
        sequence = taken.get(stem + str(male), 0)
        taken[stem + str(male)] = sequence + 1
        body = f"{stem}{sequence * 2 + (1 if male == 1 else 2):03d}"
        numbers.append(body + check_character(body))
    return np.array(numbers)


def _deaths(rng: np.random.Generator, born: NDArray[np.datetime64], plan: Plan) -> NDArray[np.datetime64]:
    """Let people die within the last three years; the chance doubles every eight years of age (no statistic)."""
    end = np.datetime64(plan.until.last_day)
    age = (end - born).astype(np.int64) / 365.25
    dies = rng.random(plan.persons) < 3 * 0.0005 * 2 ** ((age - 30) / 8)
    day = end - rng.integers(0, 3 * 365, plan.persons).astype("timedelta64[D]")
    return np.where(dies, day, np.datetime64("NaT"))


def draw_people(plan: Plan, retires: Callable[[Month, str], Month]) -> People:
    """Draw the people; `retires` answers 法定退休年月 for a birth month and a category from the law itself."""
    rng = np.random.default_rng([plan.seed, 1])
    born = _births(rng, plan)
    sex = rng.choice([1, 2], size=plan.persons, p=[0.54, 0.46]).astype(np.int64)
    region = rng.choice(REGIONS, size=plan.persons, p=[0.5, 0.3, 0.2])
    cadre = rng.random(plan.persons) < 0.4
    category = np.where(sex == 1, "男职工", np.where(cadre, "女职工55", "女职工50"))
    months = ordinals(born)
    answers = {
        (month, kind): retires(Month(int(month) // 12, int(month) % 12 + 1), str(kind)).ordinal
        for month, kind in {*zip(months.tolist(), category.tolist(), strict=True)}
    }
    return People(
        id_number=_id_numbers(born, region, sex),
        name=names.people(rng, plan.persons),
        sex=sex,
        born=born,
        region=region,
        category=category,
        retires=np.array([answers[pair] for pair in zip(months.tolist(), category.tolist(), strict=True)]),
        died=_deaths(rng, born, plan),
        level=np.clip(rng.lognormal(-0.25, 0.45, plan.persons), 0.35, 4.0),
    )
