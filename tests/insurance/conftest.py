"""The people and the employer of every sentence in these tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Employer, Person
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.kernel.identifiers.uscc import Uscc
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

TODAY = date(2026, 3, 20)
NOW = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)
CITY = "990100"


def officer(name: str, role: Role, region: str = CITY) -> Actor:
    return Actor(None, name, name, role, region)


CLERK = officer("经办", Role.CLERK)
REVIEWER = officer("复核", Role.REVIEWER)
FINANCE = officer("财务", Role.FINANCE)
ELSEWHERE = officer("外地经办", Role.CLERK, "510000")


def citizen(person: Person) -> Actor:
    return Actor(None, person.name, person.name, Role.INSURED, subject=person.id_number)


def agent(employer: Employer) -> Actor:
    return Actor(None, "单位经办", "单位经办", Role.EMPLOYER, subject=employer.uscc)


def number(born: date = date(1966, 1, 15), sequence: int = 11) -> str:
    return CitizenId.make("990101", born, sequence).number18


@dataclass(frozen=True)
class City:
    """张三 and 李四 work for one employer; 王五 has nothing to do with them."""

    zhang: Person
    li: Person
    wang: Person
    employer: Employer
    other_employer: Employer


@pytest.fixture
def employer(db: None) -> Employer:
    code = Uscc.make("91", "990101", "MA000001").number
    return registry.register_employer(CLERK, code, "演示机械厂", region="990101", today=TODAY)


@pytest.fixture
def register(db: None) -> Callable[..., Person]:
    def make(name: str, born: date = date(1966, 1, 15), sequence: int = 11, **more: object) -> Person:
        facts = {"region": "990101", "today": TODAY} | more
        return registry.register_person(CLERK, number(born, sequence), name, **facts)

    return make


@pytest.fixture
def city(register: Callable[..., Person], employer: Employer) -> City:
    other = registry.register_employer(
        CLERK, Uscc.make("91", "990102", "MA000002").number, "演示纺织厂", region="990102", today=TODAY
    )
    zhang = register("张三", deemed_months=60)
    li = register("李四", date(1970, 5, 1), 13)
    wang = register("王五", date(1975, 8, 8), 15)
    for person in (zhang, li):
        registry.enrol(CLERK, person, employer, Month(2000, 1), today=TODAY)
    registry.enrol(CLERK, wang, other, Month(2005, 1), today=TODAY)
    return City(zhang, li, wang, employer, other)
