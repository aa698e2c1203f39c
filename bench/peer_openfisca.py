# ruff: noqa: N801, N805  # OpenFisca takes the name of a variable from its class and hands its formula the persons
"""The employees' pension as an OpenFisca country package; run by `bench/career_openfisca.py` in a venv of its own.

    python peer_openfisca.py INPUT.npz OUTPUT.npz

Reads arrays, computes index, account with interest and the pension for everybody at once, and writes them with the CPU
seconds of the computing alone. Nothing of the project is imported here and nothing of this is imported by the project:
OpenFisca is AGPL.
"""

from __future__ import annotations

import resource
import sys

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.populations import ADD
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

SPIRALS = 500
"""`max_spiral_loops`: with its default of 1 a balance that rests on the year before is silently wrong."""

Person = build_entity(key="person", plural="persons", label="", is_person=True)
given = np.load(sys.argv[1])
wage, share, rate, pay_base, months_table = (given[name] for name in ("wage", "share", "rate", "pay_base", "months"))
FIRST, ON, ACCOUNT_FROM = int(given["first_year"]), int(given["on_year"]), int(given["account_from"])
FIRST_ROW = int(given["first_row"])


def cents(values):
    return np.floor(values * 100 + 0.5) / 100


class base(Variable):
    value_type, entity, definition_period = float, Person, DateUnit.MONTH


class birth(Variable):
    value_type, entity, definition_period = int, Person, DateUnit.ETERNITY


class deemed(Variable):
    value_type, entity, definition_period = int, Person, DateUnit.ETERNITY


class chosen(Variable):
    value_type, entity, definition_period = int, Person, DateUnit.ETERNITY


class category(Variable):
    value_type, entity, definition_period = int, Person, DateUnit.ETERNITY


class retires(Variable):
    value_type, entity, definition_period = int, Person, DateUnit.ETERNITY

    def formula(person, period):
        kind = person("category", period)
        original = person("birth", period) + given["age"][kind]
        delay = np.minimum((original - 24300) // given["step"][kind] + 1, given["most"][kind])
        picked = person("chosen", period)
        return np.where(picked > 0, picked, original + np.where(original >= 24300, delay, 0))


def ordinal(period):
    return period.start.year * 12 + period.start.month - 1


class counts(Variable):
    value_type, entity, definition_period = float, Person, DateUnit.MONTH

    def formula(person, period):
        month = ordinal(period)
        inside = (month >= ACCOUNT_FROM) & (person("retires", period) >= month)
        return np.where(inside, person("base", period) > 0, 0)


class earlier(Variable):
    value_type, entity, definition_period = float, Person, DateUnit.MONTH

    def formula(person, period):
        return (person("base", period) > 0) * (1 if ordinal(period) < ACCOUNT_FROM else 0)


class counted_base(Variable):
    value_type, entity, definition_period = float, Person, DateUnit.MONTH

    def formula(person, period):
        return person("base", period) * person("counts", period)


class credited(Variable):
    value_type, entity, definition_period = float, Person, DateUnit.MONTH

    def formula(person, period):
        return cents(person("counted_base", period) * share[period.start.year - FIRST] / 100)


class weighted(Variable):
    value_type, entity, definition_period = float, Person, DateUnit.MONTH

    def formula(person, period):
        return person("credited", period) * np.maximum(person("retires", period) - ordinal(period), 0)


class index_of_year(Variable):
    value_type, entity, definition_period = float, Person, DateUnit.YEAR

    def formula(person, period):
        return person("counted_base", period, options=[ADD]) / (wage[period.start.year - FIRST] / 100)


class balance(Variable):
    value_type, entity, definition_period = float, Person, DateUnit.YEAR

    def formula(person, period):
        year = period.start.year
        if year < FIRST_ROW:
            return np.zeros(person.count)
        last, paid = person("balance", period.last_year), person("credited", period, options=[ADD])
        retires = person("retires", period)
        full = cents(last * rate[year - FIRST] / 10000 + paid * rate[year - FIRST] / 10000 * 1.083 / 2)
        ahead = person("weighted", period, options=[ADD])
        part = cents((last * (retires % 12) + ahead) * rate[year - 1 - FIRST] / 10000 / 12)
        ending = retires // 12
        return last + paid + np.where(year < ending, full, np.where(year == ending, part, 0))


class index(Variable):
    value_type, entity, definition_period = float, Person, DateUnit.YEAR

    def formula(person, period):
        years = [period.offset(-back, "year") for back in range(ON - FIRST_ROW + 1)]
        before = sum(person("earlier", year, options=[ADD]) for year in years) + person("deemed", period)
        total = before + sum(person("counts", year, options=[ADD]) for year in years)
        found = sum(person("index_of_year", year) for year in years) + before
        return np.floor(found / np.maximum(total, 1) * 10000 + 0.5) / 10000


class pension(Variable):
    value_type, entity, definition_period = float, Person, DateUnit.YEAR

    def formula(person, period):
        years = [period.offset(-back, "year") for back in range(ON - FIRST_ROW + 1)]
        before = sum(person("earlier", year, options=[ADD]) for year in years) + person("deemed", period)
        total = before + sum(person("counts", year, options=[ADD]) for year in years)
        retires, picked = person("retires", period), person("chosen", period) > 0
        post = pay_base[np.where(picked, retires, ON * 12) // 12 - FIRST] / 100
        indexed = cents(post * person("index", period))
        years_paid, years_before = cents(total / 12), cents(before / 12)
        basic = cents((post + indexed) / 2 * years_paid / 100)
        old = retires - person("birth", period)
        at = np.clip(old // 12, 40, 70) - 40
        exact = months_table[at] - (months_table[at] - months_table[np.minimum(at + 1, 30)]) * (old % 12) / 12
        between = (old % 12 > 0) & (old >= 480) & (old < 840) & (~picked | (retires >= 24300))
        divisor = np.where(between, np.floor(exact * 10 + 0.5) / 10, months_table[at])
        return basic + cents(person("balance", period) / divisor) + cents(indexed * years_before * 1.2 / 100)


def main() -> None:
    system = TaxBenefitSystem([Person])
    for variable in (base, birth, deemed, chosen, category, retires, counts, earlier, counted_base, credited, weighted,
                     index_of_year, balance, index, pension):  # fmt: skip
        system.add_variable(variable)
    matrix = given["base"]  # months by persons, fen
    simulation = SimulationBuilder().build_default_simulation(system, count=matrix.shape[1])
    simulation.max_spiral_loops = SPIRALS
    for name in ("birth", "deemed", "chosen", "category"):
        simulation.set_input(name, "eternity", given[name])
    for at, row in enumerate(matrix):
        year, month = divmod(FIRST_ROW * 12 + at, 12)
        simulation.set_input("base", f"{year}-{month + 1:02d}", row / 100)
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = {name: simulation.calculate(name, str(ON)) for name in ("pension", "balance", "index")}
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    np.savez(sys.argv[2], cpu=used, peak_mb=after.ru_maxrss / 1024, **found)


if __name__ == "__main__":
    main()
