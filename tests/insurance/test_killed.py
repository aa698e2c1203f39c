"""kill -9 in the middle of recording, determining and settling; then the same again: nothing lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from jinbao.data.models import Batch
from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.award import MIGRATED
from jinbao.insurance.benefits.checks import CHECKS as BENEFITS
from jinbao.insurance.benefits.compute import PENSION
from jinbao.insurance.benefits.determine import candidates
from jinbao.insurance.benefits.models import Award, Determination
from jinbao.insurance.contributions import actions as contributions
from jinbao.insurance.contributions.checks import CHECKS as CONTRIBUTIONS
from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.payments.checks import CHECKS as PAYMENTS
from jinbao.insurance.payments.models import Payment, PaymentBatch
from jinbao.insurance.registry.checks import CHECKS as REGISTRY
from jinbao.insurance.registry.models import BankAccount, Employer, Enrolment, Person
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.kernel.identifiers.uscc import Uscc
from jinbao.kernel.months import Month
from jinbao.ledger import checks as ledger_checks
from jinbao.ledger import queries as ledger
from jinbao.trust import audit
from tests.insurance.banking import receipt, sent
from tests.insurance.conftest import CITY, CLERK, FINANCE, NOW, TODAY
from tests.insurance.files import WAGE, csv_file, noon, take_in
from tests.insurance.lives import worked
from tests.killing import run_and_kill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("killed")]

EMPLOYERS, PEOPLE = 16, 8
JUNE = Month(2026, 6)
BY = """
from datetime import date, datetime, UTC
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
clerk = Actor(None, "经办", "经办", Role.CLERK, "990100")
finance = Actor(None, "财务", "财务", Role.FINANCE, "990100")
"""


@pytest.fixture(autouse=True)
def everything_holds() -> Iterator[None]:
    yield
    checks = (*REGISTRY, *CONTRIBUTIONS, *BENEFITS, *PAYMENTS, *ledger_checks.CHECKS)
    assert not [str(row) for check in checks for row in check.rows()]
    assert audit.verify() is None


@pytest.fixture
def firms() -> list[Employer]:
    return Employer.objects.bulk_create(
        [
            Employer(
                uscc=Uscc.make("91", "990101", f"MA{n:06d}").number,
                name=f"演示{n}厂",
                region="990101",
                registered_on=date(2000, 1, 1),
            )
            for n in range(EMPLOYERS)
        ]
    )


@pytest.fixture
def people(firms: list[Employer]) -> list[Person]:
    """Men who reach their statutory month in 2026-05."""
    made = Person.objects.bulk_create(
        [
            Person(
                id_number=CitizenId.make("990101", date(1966, 1, 1 + n % 28), 1 + 2 * (n // 28)).number18,
                name="张三",
                sex="1",
                born_on=date(1966, 1, 1 + n % 28),
                region="990101",
                retirement_category="男职工",
            )
            for n in range(EMPLOYERS * PEOPLE)
        ]
    )
    Enrolment.objects.bulk_create(
        Enrolment(person=person, employer=firms[n % EMPLOYERS], scheme="110", start=Month(2000, 1))
        for n, person in enumerate(made)
    )
    return made


@pytest.fixture
def batch(firms: list[Employer], people: list[Person]) -> Batch:
    headings = ["证件号码", "姓名", "费款所属期", "缴费工资", "单位统一社会信用代码"]
    rows = [
        [person.id_number, "张三", month, str(WAGE // 100), firms[n % EMPLOYERS].uscc]
        for month in ("2026-01", "2026-02")
        for n, person in enumerate(people)
    ]
    return take_in("contribution_declaration", csv_file(headings, rows))


@pytest.mark.parametrize("delay_s", [0.0, 0.03, 0.1])
def test_recording_that_is_killed_is_run_again_and_records_every_row_once(
    batch: Batch, people: list[Person], var: Path, delay_s: float
) -> None:
    work = f"""
from jinbao.data.models import Batch
from jinbao.insurance.contributions import actions
actions.record(clerk, Batch.objects.get(pk={batch.pk}), today=date(2026, 3, 20), progress=lambda n: print(n))
"""
    run_and_kill(BY + work, after_lines=2, delay_s=delay_s, var=var)
    before = Contribution.objects.count()
    assert 0 < before < 2 * len(people)
    made = contributions.record(CLERK, batch, today=TODAY)
    assert Contribution.objects.count() == 2 * len(people)
    assert len(made) == 2 * EMPLOYERS
    due = ledger.balance("A41", "110", CITY) + ledger.balance("A42", "110", CITY)
    assert due == sum(Declaration.objects.values_list("due_fen", flat=True)) == 2 * len(people) * 144_000


@pytest.mark.parametrize("delay_s", [0.0, 0.05])
def test_a_determination_of_everybody_that_is_killed_goes_on_where_it_was(
    people: list[Person], firms: list[Employer], var: Path, delay_s: float
) -> None:
    for person in people[:5]:
        worked(person, firms[0], Month(2025, 1), Month(2025, 3))
    work = """
from jinbao.insurance.benefits import determine
from jinbao.kernel.months import Month
determine.AT_ONCE = 5
determine.determine_all(clerk, Month(2026, 5), region="990100", now=datetime(2026, 3, 20, tzinfo=UTC),
                        progress=lambda done, total: print(done, total))
"""
    run_and_kill(BY + work, after_lines=3, delay_s=delay_s, var=var)
    before = Determination.objects.count()
    assert 0 < before < len(people)
    run = benefits.determine_all(CLERK, Month(2026, 5), region=CITY, now=NOW)
    assert (run.candidates, run.problems) == (len(people), [])
    assert Determination.objects.count() == candidates(Month(2026, 5), CITY).count() == len(people)
    assert set(Determination.objects.values_list("person", flat=True)) == {person.pk for person in people}


@pytest.mark.parametrize("delay_s", [0.0, 0.03])
def test_a_settlement_that_is_killed_is_run_again_and_pays_everybody_once(
    people: list[Person], var: Path, tmp_path: Path, delay_s: float
) -> None:
    BankAccount.objects.bulk_create(
        BankAccount(person=person, bank="演示银行", number="6222020000000000000", holder="张三", since=date(2020, 1, 1))
        for person in people
    )
    Award.objects.bulk_create(
        Award(
            person=person,
            benefit=PENSION,
            start=Month(2020, 1),
            monthly_fen=300_000 + n,
            ground=MIGRATED,
            paid_before=JUNE,
            region="990101",
        )
        for n, person in enumerate(people)
    )
    Enrolment.objects.update(end=Month(2020, 1))
    drafted, path = sent(JUNE, date(2026, 6, 10))
    answer = receipt(path, date(2026, 6, 15)).getvalue()
    (tmp_path / "receipt.csv").write_bytes(answer)
    work = f"""
from pathlib import Path
from jinbao.insurance.payments import settle
from jinbao.insurance.payments.models import PaymentBatch
settle.LINES_AT_ONCE = 10
original = settle.settle_lines
def told(*args, **more):
    print(original(*args, **more).paid)
    return settle.Settlement()
settle.settle_lines = told
settle.settle(finance, PaymentBatch.objects.get(pk={drafted.pk}), Path({str(tmp_path / "receipt.csv")!r}),
              now=datetime(2026, 6, 15, 4, tzinfo=UTC))
"""
    run_and_kill(BY + work, after_lines=3, delay_s=delay_s, var=var)
    before = Payment.objects.filter(status=Payment.Status.PAID).count()
    assert 0 < before < len(people)
    outcome = payments.settle(FINANCE, drafted, tmp_path / "receipt.csv", now=noon(date(2026, 6, 15)))
    assert (outcome.paid, outcome.repeated, outcome.complete) == (len(people) - before, before, True)
    drafted.refresh_from_db()
    assert drafted.status == PaymentBatch.Status.SETTLED
    assert ledger.balance("E10", "110", CITY) == sum(300_000 + n for n in range(len(people)))
