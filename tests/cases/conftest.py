"""A small town that applies for things: 张三 and 李四 at one employer, 王五 elsewhere, two clerks and two reviewers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from jinbao.cases import actions
from jinbao.cases.models import Case
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Employer, Person
from jinbao.kernel.identifiers.bank_card import luhn
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, DISTRICT, EMPLOYER, LI_SI, OTHER_EMPLOYER, WANG_WU, ZHANG_SAN, make_actor

TODAY = date(2026, 3, 20)
NOW = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)
"""Friday, 10 o'clock in Beijing."""


def at(days: int = 0, hours: int = 0) -> datetime:
    """Return a time after NOW."""
    return NOW + timedelta(days=days, hours=hours)


def card(body: str = "621700001234567") -> str:
    """Return a bank card number with the right check digit."""
    return body + luhn(body)


@dataclass(frozen=True)
class Town:
    """Who lives here."""

    zhang: Person
    li: Person
    wang: Person
    employer: Employer
    other_employer: Employer


@pytest.fixture
def town(system: Actor, db: None) -> Town:
    works = registry.register_employer(system, EMPLOYER, "演示机械厂", region=DISTRICT, today=TODAY)
    other = registry.register_employer(system, OTHER_EMPLOYER, "演示纺织厂", region="990102", today=TODAY)
    people: dict[str, Any] = {"region": DISTRICT, "today": TODAY}
    zhang = registry.register_person(system, ZHANG_SAN, "张三", deemed_months=60, **people)
    li = registry.register_person(system, LI_SI, "李四", retirement_category="女职工50", **people)
    wang = registry.register_person(system, WANG_WU, "王五", region="990102", today=TODAY)
    for person in (zhang, li):
        for scheme in ("110", "210", "410"):
            registry.enrol(system, person, works, Month(2010, 1), today=TODAY, scheme=scheme)
    registry.enrol(system, wang, other, Month(2012, 5), today=TODAY)
    return Town(zhang, li, wang, works, other)


@pytest.fixture
def second_clerk(db: None) -> Actor:
    return make_actor("jingban_b", "钱经办", Role.CLERK, region=CITY)


@pytest.fixture
def second_reviewer(db: None) -> Actor:
    return make_actor("fuhe_b", "孙复核", Role.REVIEWER, region=CITY)


def account_form(**changes: Any) -> dict[str, Any]:
    """Return what 张三 fills in to change his account."""
    form = {"id_number": ZHANG_SAN, "bank": "演示银行", "account_number": card(), "account_holder": "张三"}
    return form | changes


@pytest.fixture
def opened(town: Town, zhang_san: Actor) -> Case:
    """张三 asks for another bank account."""
    return actions.open_case(zhang_san, "bank_account_change", account_form(), now=NOW)


@pytest.fixture
def examined(opened: Case, clerk: Actor) -> Case:
    """His case, accepted and examined by 经办."""
    accepted = actions.accept(clerk, opened, version=opened.version, now=at(hours=1))
    return actions.examine(clerk, accepted, version=accepted.version, now=at(hours=2), remark="材料齐全")


Opening = Callable[..., Case]
