"""Each invariant finds what breaks it: an invariant that cannot fail guards nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

import pytest

from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.checks import CHECKS as BENEFITS
from jinbao.insurance.benefits.compute import PENSION
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.contributions import actions as contributions
from jinbao.insurance.contributions.checks import CHECKS as CONTRIBUTIONS
from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.insurance.payments.checks import CHECKS as PAYMENTS
from jinbao.insurance.payments.models import Payment, PaymentBatch
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.checks import CHECKS as REGISTRY
from jinbao.insurance.registry.models import Enrolment, Person, RefusedRow
from jinbao.kernel.checks import Check
from jinbao.kernel.months import Month
from tests.insurance.banking import paid
from tests.insurance.conftest import CLERK, FINANCE, NOW, REVIEWER, TODAY, City
from tests.insurance.files import WAGE, declared
from tests.insurance.lives import worked

pytestmark = pytest.mark.django_db

JUNE = Month(2026, 6)


@pytest.fixture
def books(city: City) -> City:
    """Books with a little of everything, in which every invariant holds."""
    worked(city.zhang, city.employer, Month(1996, 1), Month(2026, 3))
    batch = declared(city.employer, [(city.li, "2026-01", WAGE), (city.wang, "2026-01", WAGE)])
    for declaration in contributions.record(CLERK, batch, today=TODAY):
        contributions.receive_payment(FINANCE, declaration, on=TODAY, bank_reference=f"R{declaration.pk}")
    row = contributions.Declared(city.li.id_number, "李四", Month(2026, 1), 700_000, city.employer.uscc)
    contributions.correct(CLERK, [row], today=TODAY)
    registry.change_bank_account(CLERK, city.zhang, "演示银行", "6222020000000000000", "张三", since=TODAY)
    made = benefits.determine(CLERK, city.zhang, PENSION, Month(2026, 5), now=NOW)
    benefits.award(REVIEWER, made, "办件1", now=NOW)
    paid(JUNE, date(2026, 6, 15))
    return city


def broken(checks: Iterable[Check]) -> set[str]:
    return {check.name for check in checks if list(check.rows())}


ALL = (*REGISTRY, *CONTRIBUTIONS, *BENEFITS, *PAYMENTS)


def test_nothing_is_broken_in_good_books(books: City) -> None:
    assert broken(ALL) == set()


Harm = Callable[[City], object]
HARMS: list[tuple[str, Harm]] = [
    ("registry.merge", lambda city: Person.objects.filter(pk=city.wang.pk).update(merged_into=city.li)),
    ("registry.death", lambda city: Person.objects.filter(pk=city.li.pk).update(died_on=TODAY)),
    (
        "registry.enrolment",
        lambda city: Enrolment.objects.create(
            person=city.li, employer=city.employer, scheme="110", start=Month(2001, 1), end=Month(2002, 1)
        ),
    ),
    ("registry.former-number", lambda city: city.li.former_numbers.create(number=city.wang.id_number, reason="测试")),
    ("contributions.due", lambda _: Declaration.objects.filter(kind="20").update(due_fen=1)),
    ("contributions.live", lambda _: Contribution.objects.filter(supersedes__isnull=False).update(live=False)),
    (
        "contributions.same",
        lambda city: Contribution.objects.filter(supersedes__isnull=False).update(person=city.wang),
    ),
    ("contributions.belongs", lambda _: Contribution.objects.filter(line=1).update(month=Month(2026, 2))),
    ("contributions.received", lambda _: Declaration.objects.filter(kind="90").update(received_on=TODAY)),
    (
        "contributions.chain",
        lambda _: (
            Declaration.objects.filter(kind="90").update(received_on=TODAY),
            Declaration.objects.filter(kind="20").update(received_on=None),
        ),
    ),
    ("contributions.batch", lambda _: RefusedRow.objects.all().delete()),
    ("benefits.ground", lambda _: Award.objects.update(ground="")),
    ("benefits.amount", lambda _: Award.objects.update(monthly_fen=1)),
    ("benefits.death", lambda city: Person.objects.filter(pk=city.zhang.pk).update(died_on=date(2026, 7, 1))),
    (
        "benefits.once",
        lambda _: (
            Award.objects.update(end=Month(2027, 1)),
            Award.objects.create(
                person=Award.objects.get().person,
                benefit=PENSION,
                start=Month(2026, 9),
                monthly_fen=1,
                ground="办件2",
                determination=Award.objects.get().determination,
                region="990101",
            ),
        ),
    ),
    ("payments.totals", lambda _: PaymentBatch.objects.update(amount_fen=1)),
    ("payments.status", lambda _: Payment.objects.update(status="pending")),
    ("payments.ledger", lambda _: Payment.objects.update(gross_fen=1, amount_fen=1)),
    ("payments.ledger", lambda _: Payment.objects.update(status="returned")),
    ("payments.death", lambda city: Person.objects.filter(pk=city.zhang.pk).update(died_on=date(2026, 5, 1))),
    ("payments.recovered", lambda _: Payment.objects.update(offset_fen=1, gross_fen=1, amount_fen=0)),
    ("payments.once", lambda _: Payment.objects.update(gross_fen=10**9, amount_fen=10**9)),
]


@pytest.mark.parametrize(("name", "harm"), HARMS, ids=[f"{n}-{name}" for n, (name, _) in enumerate(HARMS)])
def test_the_check_finds_the_harm(books: City, name: str, harm: Harm) -> None:
    harm(books)
    assert name in broken(ALL)
