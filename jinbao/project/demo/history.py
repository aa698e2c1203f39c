"""What the former system hands over: people, employers, careers up to the live months, and awards being paid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import repeat
from typing import Any

import numpy as np

from jinbao.insurance.benefits.models import Award
from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.insurance.registry.models import BankAccount, Employer, Enrolment, FormerNumber, Person, Scheme
from jinbao.kernel.identifiers.check_digits import luhn
from jinbao.kernel.identifiers.uscc import Uscc
from jinbao.kernel.months import Month
from jinbao.project.demo import bulk, names
from jinbao.project.demo.careers import Rows, Spells
from jinbao.project.demo.city import FIRST, REGIONS, Ints, People, Plan
from jinbao.project.demo.tariff import Tariff

BANKS = ("演示银行", "示范农商银行", "样例银行")
SCHEMES = (Scheme.PENSION, Scheme.UNEMPLOYMENT, Scheme.WORK_INJURY)


@dataclass(frozen=True)
class Keys:
    """Primary keys in the books, by position in the arrays."""

    person: Ints
    employer: Ints


def write_employers(plan: Plan) -> Ints:
    """Register the employers; return their keys."""
    rng = np.random.default_rng([plan.seed, 5])
    made = [
        Employer(
            uscc=Uscc.make("91", REGIONS[n % 3], f"9{n:07d}").number,
            name=name,
            region=REGIONS[n % 3],
            industry_class=risk,
            registered_on=date(1991, 1, 1) + timedelta(days=int(rng.integers(0, 365))),
            contact=str(names.people(rng, 1)[0]),
            phone=f"1990000{n % 10000:04d}",
        )
        for n, (name, risk) in enumerate(names.employers(rng, plan.employers))
    ]
    Employer.objects.bulk_create(made)
    return np.array([employer.pk for employer in made])


def write_people(people: People, deemed: Ints) -> Ints:
    """Register the people; return their keys."""
    made = [
        Person(
            id_number=number,
            name=name,
            sex=str(sex),
            born_on=born,
            region=region,
            phone=f"199{n % 10**8:08d}",
            retirement_category=category,
            deemed_months=min(months, 600),
        )
        for n, (number, name, sex, born, region, category, months) in enumerate(
            zip(
                people.id_number.tolist(), people.name.tolist(), people.sex.tolist(), people.born.tolist(),
                people.region.tolist(), people.category.tolist(), deemed.tolist(), strict=True,
            )
        )
    ]  # fmt: skip
    Person.objects.bulk_create(made, batch_size=2000)
    return np.array([person.pk for person in made])


def write_former_numbers(plan: Plan, people: People, keys: Keys) -> None:
    """Keep the 15-digit numbers of people born before 1980 who were first registered under one."""
    rng = np.random.default_rng([plan.seed, 6])
    old = np.flatnonzero((people.born < np.datetime64("1980-01-01")) & (rng.random(people.born.size) < 0.15))
    rows: dict[str, FormerNumber] = {}
    for person in old.tolist():
        number = str(people.id_number[person])
        short = number[:6] + number[8:17]
        rows[short] = FormerNumber(person_id=int(keys.person[person]), number=short, reason="15位旧号")
    FormerNumber.objects.bulk_create(rows.values(), batch_size=2000, ignore_conflicts=True)


def write_bank_accounts(people: People, keys: Keys, chosen: Ints, since: date) -> None:
    """Give an account to everybody who is paid, or soon will be."""
    BankAccount.objects.bulk_create(
        [
            BankAccount(
                person_id=int(keys.person[n]),
                bank=BANKS[n % len(BANKS)],
                number=_account_number(n),
                holder=str(people.name[n]),
                since=since,
            )
            for n in chosen.tolist()
        ],
        batch_size=2000,
    )


def _account_number(n: int) -> str:
    """Make a 19-digit card number of an issuer that does not exist, with its Luhn digit."""
    body = f"990000{n:012d}"
    return body + luhn(body)


def write_enrolments(plan: Plan, spells: Spells, keys: Keys) -> None:
    """Write one enrolment a spell; spells that reach the end of the data are still open.

    The former system hands over 养老 only: 失业 and 工伤 begin with the last month.
    """
    open_end = plan.until.ordinal + 1
    rows: dict[tuple[int, int, int], tuple[int, int]] = {}
    for person, employer, start, end in zip(*(column.tolist() for column in vars(spells).values()), strict=True):
        key = (person, employer, end if end < open_end else 0)
        earlier = rows.get(key)
        rows[key] = (min(start, earlier[0]) if earlier else start, end)
    fields = ("person", "employer", "scheme", "start", "end", "end_reason")
    bulk.insert(
        Enrolment,
        fields,
        (
            (
                int(keys.person[person]),
                None if employer < 0 else int(keys.employer[employer]),
                scheme.value,
                Month.from_ordinal(start if scheme == Scheme.PENSION else max(start, plan.until.ordinal)).yyyymm,
                None if end >= open_end else Month.from_ordinal(end).yyyymm,
                "" if end >= open_end else "历史数据转入",
            )
            for (person, employer, _), (start, end) in rows.items()
            for scheme in SCHEMES
            if scheme == Scheme.PENSION or (employer >= 0 and end > plan.until.ordinal)
        ),
    )


def write_declarations(months: Ints) -> dict[tuple[str, int], int]:
    """Make one migrated declaration for each region and month; amounts are filled once the rows are there."""
    made = [
        Declaration(
            region=region,
            month=(month := Month.from_ordinal(int(ordinal))),
            kind=Declaration.Kind.MIGRATED,
            declared_on=month.last_day,
            due_on=month.last_day,
            due_fen=0,
            received_on=month.last_day,
        )
        for ordinal in months
        for region in REGIONS
    ]
    Declaration.objects.bulk_create(made, batch_size=1000)
    return {(row.region, row.month.ordinal): row.pk for row in made if row.month}


@dataclass(frozen=True)
class Amounts:
    """What each row makes due, in fen, by the tariff of its month."""

    base: Ints
    employer: Ints
    individual: Ints
    account: Ints


def amounts(tariff: Tariff, rows: Rows) -> Amounts:
    """Apply floor, ceiling and rates to every row; a flexible worker pays the whole rate alone."""
    base = np.clip(rows.wage_fen, tariff.at(tariff.floor_fen, rows.month), tariff.at(tariff.ceiling_fen, rows.month))
    alone = rows.employer < 0
    employer = np.where(alone, 0, tariff.share(base, tariff.at(tariff.employer_rate, rows.month)))
    own_rate = np.where(
        alone, tariff.at(tariff.flexible_rate, rows.month), tariff.at(tariff.individual_rate, rows.month)
    )
    account = tariff.share(base, tariff.at(tariff.account_rate, rows.month))
    return Amounts(base, employer, tariff.share(base, own_rate), account)


def _region(people: People, rows: Rows) -> Ints:
    """Say in which region (by position) each row is declared: the employer's, or a flexible worker's own."""
    own = np.searchsorted(np.array(REGIONS), people.region)[rows.person]
    return np.where(rows.employer < 0, own, rows.employer % len(REGIONS))


def write_rows(people: People, keys: Keys, rows: Rows, due: Amounts, declarations: dict[tuple[str, int], int]) -> None:
    """Write the migrated contribution rows."""
    region = _region(people, rows)
    by_region = np.array(
        [
            [declarations.get((area, month), 0) for month in range(rows.month.min(), rows.month.max() + 1)]
            for area in REGIONS
        ]
    )
    columns = (
        by_region[region, rows.month - rows.month.min()],
        keys.person[rows.person],
        np.where(rows.employer < 0, -1, keys.employer[rows.employer]),
        rows.month // 12 * 100 + rows.month % 12 + 1,
        rows.wage_fen, due.base, due.employer, due.individual, due.account,
    )  # fmt: skip
    fields = (
        "declaration", "person", "employer", "month",
        "wage_fen", "base_fen", "employer_fen", "individual_fen", "account_fen", "scheme", "live",
    )  # fmt: skip
    with bulk.without_indexes(Contribution):
        bulk.insert(Contribution, fields, _stream(columns))


def _stream(columns: tuple[Ints, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield rows from columns in chunks, so that memory stays flat; tuples are made by zip alone, for speed."""
    for start in range(0, columns[0].size, bulk.CHUNK):
        declaration, person, employer, *rest = [column[start : start + bulk.CHUNK].tolist() for column in columns]
        nobody = [None if key < 0 else key for key in employer]
        yield from zip(declaration, person, nobody, *rest, repeat(Scheme.PENSION.value), repeat(True), strict=False)


@dataclass(frozen=True)
class Migrated:
    """What one migrated declaration brought in: the sums of its rows, in fen."""

    region: str
    month: Month
    declaration: int
    employer_fen: int
    individual_fen: int


def fill_declarations(
    rows: Rows, people: People, due: Amounts, declarations: dict[tuple[str, int], int]
) -> list[Migrated]:
    """Set what each migrated declaration was due and paid, the sum of its rows; return the sums."""
    region = _region(people, rows)
    cell = rows.month * len(REGIONS) + region
    sums = [np.zeros(int(cell.max()) + 1, dtype=np.int64) for _ in range(2)]
    for total, part in zip(sums, (due.employer, due.individual), strict=True):
        np.add.at(total, cell, part)
    found = Declaration.objects.in_bulk(list(declarations.values()))
    migrated = []
    for (area, month), key in declarations.items():
        employer, individual = (int(total[month * len(REGIONS) + REGIONS.index(area)]) for total in sums)
        found[key].due_fen = employer + individual
        migrated.append(Migrated(area, Month.from_ordinal(month), key, employer, individual))
    Declaration.objects.bulk_update(found.values(), ["due_fen"], batch_size=500)
    return migrated


def write_careers(plan: Plan, people: People, keys: Keys, rows: Rows, tariff: Tariff) -> list[Migrated]:
    """Write the migrated careers: declarations by region and month, and their rows."""
    due = amounts(tariff, rows)
    declarations = write_declarations(np.arange(FIRST.ordinal, plan.until.ordinal + 1))
    write_rows(people, keys, rows, due, declarations)
    return fill_declarations(rows, people, due, declarations)


def write_awards(plan: Plan, people: People, keys: Keys, worked: Ints, tariff: Tariff) -> Ints:
    """Hand over the pensions that the former system pays; return who gets one. Amounts are drawn, not computed."""
    rng = np.random.default_rng([plan.seed, 7])
    dead = ~np.isnat(people.died)
    alive = ~dead | (people.died >= np.datetime64(plan.live_from.first_day))
    chosen = np.flatnonzero((people.retires < plan.live_from.ordinal) & (worked >= 180) & alive)
    average = tariff.average_fen[-1]
    level = 0.16 + 0.0105 * worked[chosen] / 12 * (0.5 + people.level[chosen] / 2)
    monthly = np.rint(average * level * rng.normal(1, 0.06, chosen.size)).astype(np.int64)
    Award.objects.bulk_create(
        [
            Award(
                person_id=int(keys.person[n]),
                benefit="基本养老金",
                start=Month.from_ordinal(int(people.retires[n]) + 1),
                monthly_fen=int(max(fen, 120_000)),
                ground="历史数据转入",
                paid_before=plan.live_from,
                region=str(people.region[n]),
            )
            for n, fen in zip(chosen.tolist(), monthly.tolist(), strict=True)
        ],
        batch_size=2000,
    )
    return chosen
