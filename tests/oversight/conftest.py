"""Two districts with contributions, a late payment, a correction and a paid pension: what statements are made of."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.compute import PENSION
from jinbao.insurance.contributions import actions as contributions
from jinbao.insurance.contributions.models import Contribution, Declaration, LateFee
from jinbao.insurance.registry import actions as registry
from jinbao.kernel.months import Month
from jinbao.ledger import actions as ledger
from tests.insurance.banking import paid as pensions_paid
from tests.insurance.conftest import CLERK, FINANCE, NOW, REVIEWER, TODAY, City, city, employer, register
from tests.insurance.files import WAGE, corrected, declared
from tests.insurance.lives import worked

__all__ = ["books", "city", "employer", "register"]

JANUARY, FEBRUARY, JUNE = Month(2026, 1), Month(2026, 2), Month(2026, 6)
IN_TIME, LATE = date(2026, 1, 20), date(2026, 3, 10)


@pytest.fixture
def books(city: City) -> City:
    """张三 and 李四 are declared in 990101, 王五 in 990102; January is paid in time, February late and corrected."""
    for person, works_for in ((city.li, city.employer), (city.wang, city.other_employer)):
        registry.enrol(CLERK, person, works_for, JANUARY, today=TODAY, scheme="210")
    lines = [(person, month, WAGE) for month in ("2026-01", "2026-02") for person in (city.zhang, city.li)]
    contributions.record(CLERK, declared(city.employer, lines), today=TODAY)
    contributions.record(CLERK, declared(city.other_employer, [(city.wang, "2026-01", 700_000)]), today=TODAY)
    for declaration in Declaration.objects.order_by("pk"):
        on = IN_TIME if declaration.month == JANUARY else LATE
        contributions.receive_payment(FINANCE, declaration, on=on, bank_reference=f"R{declaration.pk}")
    for fee in LateFee.objects.all():
        contributions.receive_late_fee(FINANCE, fee, on=LATE, bank_reference=f"F{fee.pk}")
    downwards = corrected(city.employer, [(city.li, "2026-02", WAGE - 50_000)])
    for declaration in contributions.correct(CLERK, downwards, today=TODAY, case_number="办件9"):
        contributions.refund(FINANCE, declaration, on=TODAY, bank_reference=f"T{declaration.pk}")
    _pension(city)
    return city


def _pension(city: City) -> None:
    """张三 draws his pension from June on; the bank pays the first month."""
    worked(city.zhang, city.employer, Month(2006, 1), Month(2025, 12))
    rows = Contribution.objects.filter(declaration__kind=Declaration.Kind.MIGRATED).select_related("declaration")
    ledger.post_many([handed_over(row) for row in rows], now=NOW)
    registry.change_bank_account(CLERK, city.zhang, "演示银行", "9900000000000000010", "张三", since=IN_TIME)
    determination = benefits.determine(CLERK, city.zhang, PENSION, Month(2026, 5), now=NOW)
    benefits.award(REVIEWER, determination, "办件1", now=NOW)
    pensions_paid(JUNE, date(2026, 6, 15))


def handed_over(row: Contribution) -> ledger.Event:
    """Book what the former system handed over, as a migration does."""
    return ledger.Event(
        event="history_migrated",
        key=f"{row.declaration_id}",
        fund="110",
        region=row.declaration.region,
        month=row.month,
        on=row.month.last_day,
        amounts={"单位缴费": row.employer_fen, "个人缴费": row.individual_fen},
        source=("contributions.Declaration", row.declaration_id),
    )
