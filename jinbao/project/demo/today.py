"""What lies on the officers' desks on the day of the visit: cases in every state, some of them late."""

from __future__ import annotations

from datetime import date, timedelta

from jinbao.cases import actions as cases
from jinbao.cases.models import Case
from jinbao.insurance.registry.models import BankAccount, Employer, Enrolment, Person, Scheme
from jinbao.kernel.months import Month
from jinbao.project.demo import pensions
from jinbao.project.demo.city import Plan
from jinbao.project.demo.moment import on
from jinbao.project.demo.pensions import Officers

AGES = (0, 0, 1, 1, 2, 3, 4, 6, 9, 13)
"""How many days ago the cases on the desks were opened."""


def leave(officers: Officers, plan: Plan, visitor: Person | None) -> None:
    """Open cases of several items in the days before `plan.as_of` and take each a different way."""
    month = Month.of(plan.as_of)
    made = pensions.determine(month, min(month.first_day + timedelta(days=4), plan.as_of))
    for n, one in enumerate([one for one in made if one.person != visitor][:24]):
        _pension(officers, one.person, month, _day(plan, n), n)
    receivers = (
        Person.objects.filter(awards__end=None, awards__isnull=False, died_on=None)
        .filter(bank_accounts__isnull=False, bank_accounts__until=None)
        .order_by("pk")[:9]
    )
    for n, person in enumerate(receivers):
        _new_account(officers, person, _day(plan, n), n)
    for n, employer in enumerate(Employer.objects.order_by("pk")[:8]):
        _correction(officers, employer, plan.until, _day(plan, n), n)


def _day(plan: Plan, n: int) -> date:
    return plan.as_of - timedelta(days=AGES[n % len(AGES)])


def _pension(officers: Officers, person: Person, month: Month, day: date, n: int) -> None:
    day = max(day, month.first_day)
    case = pensions.apply(officers, person, month, day)
    if n % 4 == 1:
        with on(day) as now:
            cases.take(officers.clerk, case, now=now)
            cases.accept(officers.clerk, case, version=case.version, now=now)
    elif n % 4 == 2:
        pensions.examine(officers, case, day)
    elif n % 8 == 3:
        with on(day) as now:
            text = "开户银行名称与银行卡不符，请核对后重新填写"
            cases.ask_correction(officers.clerk, case, version=case.version, now=now, remark=text)


def _new_account(officers: Officers, person: Person, day: date, n: int) -> None:
    account = BankAccount.objects.get(person=person, until=None)
    form = {
        "id_number": person.id_number,
        "bank": "示范农商银行",
        "account_number": pensions.other_account(account.number),
        "account_holder": person.name,
    }
    with on(day) as now:
        case = cases.open_case(officers.citizen(person), "bank_account_change", form, now=now)
    if n % 3:
        case = pensions.examine(officers, case, day)
    if n % 3 == 2:
        pensions.approve(officers, case, day)


def _correction(officers: Officers, employer: Employer, month: Month, day: date, n: int) -> None:
    enrolment = (
        Enrolment.objects.filter(employer=employer, scheme=Scheme.PENSION, end=None, start__lt=month)
        .select_related("person")
        .order_by("pk")
        .first()
    )
    if enrolment is None:
        return
    form = {
        "employer_uscc": employer.uscc,
        "id_number": enrolment.person.id_number,
        "name": enrolment.person.name,
        "month": str(month),
        "scheme": "all",
        "wage_fen": f"{6000 + 150 * n}.00",
        "ground": "1",
    }
    with on(day) as now:
        case: Case = cases.open_case(officers.agent(employer), "contribution_correction", form, now=now)
    if n % 2:
        pensions.examine(officers, case, day)
