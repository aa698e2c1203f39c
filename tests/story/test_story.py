"""The way of one row, as a story: from 张三's employer's file to his pension, and from a published figure back."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from jinbao.cases import actions as cases
from jinbao.cases.models import Case
from jinbao.data import intake
from jinbao.insurance.benefits.models import Award, Determination
from jinbao.insurance.contributions import actions as contributions
from jinbao.insurance.contributions import queries as contribution_queries
from jinbao.insurance.contributions.models import Contribution, Declaration, Receipt
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.payments import treasury
from jinbao.insurance.payments.models import Payment
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Employer, Person
from jinbao.kernel.errors import JinbaoError, NotAllowed
from jinbao.kernel.months import Month, Span
from jinbao.ledger import actions as ledger
from jinbao.ledger import queries as ledger_queries
from jinbao.oversight import statements, statistics
from jinbao.project.checks import all_checks
from jinbao.trust import audit
from jinbao.trust.actors import Actor
from jinbao.trust.models import User
from tests.conftest import CITY, DISTRICT, EMPLOYER, LI_SI, ZHANG_SAN
from tests.insurance.banking import receipt
from tests.insurance.lives import worked

pytestmark = pytest.mark.django_db

FUND = "110"
FIRST, LAST = Month(2025, 6), Month(2026, 5)
"""The twelve months of this story; 张三 reaches his age in the last of them."""
WAGE = {"张三": "6800.00", "李四": "5200.00"}


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


def file_of(month: Month, people: dict[str, str]) -> io.BytesIO:
    lines = ["单位统一社会信用代码,证件号码,姓名,费款所属期,缴费工资"]
    lines += [f"{EMPLOYER},{number},{name},{month.yyyymm},{WAGE[name]}" for name, number in people.items()]
    return io.BytesIO("\r\n".join(lines).encode("gb18030"))


@pytest.fixture
def people(clerk: Actor) -> tuple[Person, Person, Employer]:
    """张三 (born 1966-01) and 李四 work for one employer; 张三 has twenty years from the former system."""
    day = date(2025, 5, 20)
    employer = registry.register_employer(clerk, EMPLOYER, "演示机械厂", region=DISTRICT, today=day)
    zhang = registry.register_person(clerk, ZHANG_SAN, "张三", region=DISTRICT, today=day)
    li = registry.register_person(clerk, LI_SI, "李四", region=DISTRICT, today=day, retirement_category="女职工55")
    worked(zhang, employer, Month(2005, 6), Month(2025, 5))
    book_history()
    for person in (zhang, li):
        registry.enrol(clerk, person, employer, FIRST, today=day)
    return zhang, li, employer


def book_history() -> None:
    """Book what the former system handed over, as a migration does."""
    for row in Declaration.objects.filter(kind=Declaration.Kind.MIGRATED):
        parts = row.rows.get()
        ledger.post(
            "history_migrated",
            key=f"{row.pk}",
            fund=FUND,
            region=row.region,
            month=row.month,
            on=row.month.last_day,
            amounts={"单位缴费": parts.employer_fen, "个人缴费": parts.individual_fen},
            source=("contributions.Declaration", row.pk),
            now=at(date(2025, 5, 20)),
        )


def declare(agent: Actor, clerk: Actor, reviewer: Actor, month: Month) -> Case:
    """The agent sends the month's file as a case; two officers let it into the books."""
    day = month.first_day + timedelta(days=4)
    batch = intake.receive(
        agent,
        file_of(month, {"张三": ZHANG_SAN, "李四": LI_SI}),
        f"{month}.csv",
        "contribution_declaration",
        sender=EMPLOYER,
        region=DISTRICT,
        now=at(day),
    )
    assert (batch.received, batch.rejected) == (2, 0)
    form = {"employer_uscc": EMPLOYER, "batch": str(batch.pk)}
    case = cases.open_case(agent, "contribution_declaration", form, now=at(day))
    return decide(case, clerk, reviewer, day + timedelta(days=1))


def decide(case: Case, clerk: Actor, reviewer: Actor, day: date) -> Case:
    case = cases.accept(clerk, case, version=case.version, now=at(day))
    case = cases.examine(clerk, case, version=case.version, now=at(day))
    return cases.approve(reviewer, case, version=case.version, now=at(day + timedelta(days=1)))


def pay_in(finance: Actor, month: Month) -> None:
    day = month.first_day + timedelta(days=20)
    for declaration in Declaration.objects.filter(month=month, received_on=None):
        contributions.receive_payment(finance, declaration, on=day, bank_reference=f"YH{month.yyyymm}")


def apply(zhang_san: Actor, day: date) -> Case:
    form = {
        "id_number": ZHANG_SAN,
        "way": "法定",
        "retire_month": str(LAST),
        "bank": "演示银行",
        "account_number": "9900000000000000010",
        "account_holder": "张三",
    }
    return cases.open_case(zhang_san, "pension_application", form, now=at(day), key="the form was sent twice")


def pay_out(clerk: Actor, reviewer: Actor, finance: Actor, month: Month) -> None:
    day = month.first_day + timedelta(days=11)
    batch = payments.draft(clerk, month, CITY, FUND, now=at(day))
    with pytest.raises(NotAllowed):
        payments.approve(clerk, batch, now=at(day))
    treasury.draw(finance, CITY, FUND, batch.amount_fen, on=day, reference=f"BK{month.yyyymm}", now=at(day))
    payments.approve(reviewer, batch, now=at(day))
    sent = payments.bank_file(finance, batch, now=at(day))
    payments.settle(finance, batch, receipt(sent, day), now=at(day))


def test_the_way_of_one_row(
    people: tuple[Person, Person, Employer],
    agent: Actor,
    clerk: Actor,
    reviewer: Actor,
    finance: Actor,
    zhang_san: Actor,
    wang_wu: Actor,
    client: Client,
) -> None:
    zhang, _, _ = people

    # Twelve months of files, each decided by two officers and paid by the employer.
    for month in Span.through(FIRST, LAST).months():
        declare(agent, clerk, reviewer, month)
        pay_in(finance, month)
    assert Contribution.objects.filter(person=zhang, scheme=FUND, live=True).count() == 252

    # 张三 applies; sending the form twice is one case; two officers decide.
    case = apply(zhang_san, date(2026, 5, 22))
    assert apply(zhang_san, date(2026, 5, 22)).pk == case.pk
    case = decide(case, clerk, reviewer, date(2026, 5, 25))
    assert case.state == Case.State.DONE
    award = Award.objects.get(person=zhang)
    determination = Determination.objects.get(pk=award.determination_id)
    assert award.ground == case.number
    assert award.start == Month(2026, 6)
    assert determination.monthly_fen == award.monthly_fen > 0
    assert determination.confidence == "C"  # the demonstration city's own values are marked wherever they enter

    # The bank pays in June; the fund's statement and the dashboard's figures show it.
    pay_out(clerk, reviewer, finance, Month(2026, 6))
    paid = Payment.objects.get(person=zhang)
    assert (paid.status, paid.amount_fen) == (Payment.Status.PAID, award.monthly_fen)
    june = statements.monthly(finance, CITY, FUND, Month(2026, 6))
    assert june.line("待遇支出").month_fen == award.monthly_fen
    statistics.rebuild(Actor.system(), FIRST, Month(2026, 6))
    point = statistics.series(finance, CITY, FUND, Month(2026, 6), Month(2026, 6))[0]
    assert (point.pensioners, point.benefits_fen) == (1, award.monthly_fen)

    # From the statement's income of May back to the line of the file.
    may = statements.monthly(finance, CITY, FUND, LAST)
    line = may.line("个人缴费收入")
    transfers = list(ledger_queries.events_of(line.account, FUND, CITY, LAST))
    assert sum(transfer.amount_fen for transfer in transfers) == line.month_fen
    source = ledger_queries.drill(transfers[0]).row
    assert isinstance(source, Receipt)
    row = source.declaration.rows.get(person=zhang, scheme=FUND)
    origin = contribution_queries.walk_back(finance, row)
    assert ZHANG_SAN in origin.text
    assert "6800.00" in origin.text

    # 王五 sees nothing of it, neither by verb nor by page.
    with pytest.raises(JinbaoError):
        contribution_queries.walk_back(wang_wu, row)
    client.force_login(User.objects.get(username=wang_wu.username))
    assert client.get(f"/my/cases/{case.number}/").status_code in {403, 404}

    # And every invariant of the house holds.
    broken = [f"{check.name}: {row}" for check in all_checks() for row in check.rows()]
    assert not broken
    assert audit.verify() is None
