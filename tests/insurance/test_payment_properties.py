"""Whatever is drafted, voided, returned, suspended, recalculated and claimed back: in the end the money is right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.award import MIGRATED
from jinbao.insurance.benefits.compute import PENSION
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.benefits.owed import totals
from jinbao.insurance.payments import actions
from jinbao.insurance.payments.checks import CHECKS
from jinbao.insurance.payments.models import Clawback, Payment, PaymentBatch
from jinbao.insurance.payments.recover import standing_of
from jinbao.insurance.registry.models import BankAccount, Person
from jinbao.kernel.errors import Conflict
from jinbao.kernel.months import Month
from jinbao.ledger import queries as ledger
from tests.insurance.banking import drafted, failed, paid
from tests.insurance.conftest import CITY, CLERK, FINANCE, NOW, REVIEWER

FIRST, LAST = Month(2026, 1), Month(2026, 12)
WAYS = ("pay", "return", "void", "suspend", "resume", "lose", "raise", "lower", "claim", "give back", "repay", "retry")
STEPS = st.lists(st.tuples(st.sampled_from(WAYS), st.integers(0, 4), st.integers(1, 100)), min_size=3, max_size=14)


def current() -> Award:
    return Award.objects.filter(end__isnull=True).get()


def change(award: Award, fen: int, start: Month) -> None:
    """Put another amount in the place of an award, as a recalculation does."""
    award.end = max(start, award.start)
    award.save()
    Award.objects.create(
        person=award.person,
        benefit=PENSION,
        start=award.end,
        monthly_fen=fen,
        ground=MIGRATED,
        replaces=award,
        paid_before=FIRST,
        region=award.region,
    )


def give_back_the_newest(day: date) -> None:
    for payment in Payment.objects.filter(status="paid", amount_fen__gt=0).order_by("-pk")[:1]:
        actions.give_back(FINANCE, payment, "隔日退回", on=day, now=NOW)


def repay_the_oldest(month: Month, part: int) -> None:
    for claim in Clawback.objects.order_by("pk")[:1]:
        fen = (claim.amount_fen - claim.recovered_fen) * part // 100
        actions.recover(FINANCE, claim, fen, on=month.last_day, bank_reference=f"{month}", now=NOW)


def retry_all() -> None:
    for payment in Payment.objects.filter(status="returned"):
        actions.retry(FINANCE, payment, "已解冻")


def do(verb: str, month: Month, n: int = 0, part: int = 1) -> None:
    """Do one thing in a month; `n` months and `part` of something more, where the thing has them."""
    day = month.first_day.replace(day=12)
    ways: dict[str, Callable[[], object]] = {
        "pay": lambda: paid(month, day),
        "return": lambda: paid(month, day, {"张三": failed("账户冻结")}),
        "void": lambda: actions.void(REVIEWER, drafted(month, day), "作废", now=NOW),
        "suspend": lambda: benefits.suspend(CLERK, current(), month - n, "测试"),
        "resume": lambda: benefits.resume(CLERK, current(), month + n),
        "lose": lambda: benefits.resume(CLERK, current(), month + n, arrears=False),
        "raise": lambda: change(current(), current().monthly_fen + part, month - n),
        "lower": lambda: change(current(), current().monthly_fen * (100 - part // 2) // 100, month - n),
        "claim": lambda: actions.clawback(
            CLERK, current(), FIRST, month, f"{month}", now=NOW, instalment_fen=part * 100 if n else None
        ),
        "give back": lambda: give_back_the_newest(day),
        "repay": lambda: repay_the_oldest(month, part),
        "retry": retry_all,
    }
    ways[verb]()


def settle_everything() -> None:
    """Lift what is suspended, try again what came back, and pay whatever is owed."""
    for verb in ("resume", "retry", "pay", "retry", "pay"):
        try:
            with transaction.atomic():
                do(verb, LAST)
        except Conflict:
            continue


@pytest.fixture
def pensioner(db: None, register: Callable[..., Person]) -> Person:
    person = register("张三")
    BankAccount.objects.create(
        person=person, bank="演示银行", number="6222020000000000000", holder="张三", since=date(2020, 1, 1)
    )
    Award.objects.create(
        person=person,
        benefit=PENSION,
        start=Month(2020, 1),
        monthly_fen=300_000,
        ground=MIGRATED,
        paid_before=FIRST,
        region="990101",
    )
    return person


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_in_the_end_the_money_is_right(pensioner: Person, steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        for number, (verb, n, part) in enumerate(steps):
            try:
                with transaction.atomic():
                    do(verb, FIRST + number % 11, n, part)
            except Conflict:
                continue
            assert not [str(row) for check in CHECKS for row in check.rows()], (number, verb)
        settle_everything()
        assert not [str(row) for check in CHECKS for row in check.rows()]
        standing = standing_of(current())
        owed = sum(totals(standing.entitlement.owed(LAST)).values())
        claims = Clawback.objects.filter(cancelled_at__isnull=True)
        open_fen = sum(claim.amount_fen - claim.recovered_fen for claim in claims)
        assert open_fen >= 0
        spent = ledger.balance("E10", "110", CITY)
        assert spent == owed + open_fen + sum(standing.overpaid().values())
        assert PaymentBatch.objects.exclude(status__in=["settled", "voided"]).count() == 0
        transaction.set_rollback(True)
