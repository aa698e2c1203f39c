"""Whatever is declared, corrected, paid and offset, in whatever order: rows, declarations and ledger agree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.insurance.contributions import actions, queries
from jinbao.insurance.contributions.checks import CHECKS
from jinbao.insurance.contributions.counting import open_amounts
from jinbao.insurance.contributions.models import Contribution, Declaration, Receipt
from jinbao.kernel.errors import Conflict
from jinbao.kernel.months import Month
from jinbao.ledger import queries as ledger
from tests.insurance.conftest import CITY, CLERK, FINANCE, TODAY, City

MONTHS = (Month(2026, 1), Month(2026, 2))
WAGES = st.sampled_from([0, 1, 449_900, 523_457, 600_000, 777_777, 2_300_000])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("declare"), st.integers(0, 1), WAGES.filter(bool)),
        st.tuples(st.just("correct"), st.integers(0, 1), WAGES),
        st.tuples(st.just("pay"), st.integers(0, 5), st.integers(1, 100)),
        st.tuples(st.just("offset"), st.integers(0, 5), st.integers(0, 5)),
    ),
    max_size=12,
)


def take(step: tuple[str, int, int], city: City, number: int) -> None:
    """Do one step, as far as the state of things allows it."""
    verb, first, second = step
    declarations = list(Declaration.objects.order_by("pk"))
    if verb in {"declare", "correct"}:
        row = actions.Declared(city.zhang.id_number, "张三", MONTHS[first], second, city.employer.uscc)
        (actions.record if verb == "declare" else actions.correct)(CLERK, [row], today=TODAY)
    elif verb == "pay" and declarations:
        declaration = declarations[first % len(declarations)]
        amounts = {
            part.scheme: (part.employer_fen * second // 100, part.individual_fen * second // 100)
            for part in open_amounts(declaration)
        }
        on = TODAY + timedelta(days=number)
        actions.receive_payment(FINANCE, declaration, on=on, bank_reference=f"R{number}", amounts=amounts)
    elif declarations:
        back, against = (declarations[n % len(declarations)] for n in (first, second))
        actions.offset(FINANCE, back, against, on=TODAY)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_rows_declarations_and_ledger_agree(city: City, steps: list[tuple[str, int, int]]) -> None:
    from django.db import transaction

    with transaction.atomic():
        for number, step in enumerate(steps):
            try:
                take(step, city, number)
            except Conflict:
                continue
        assert not [str(row) for check in CHECKS for row in check.rows()]
        live = Contribution.objects.filter(live=True)
        owed = sum(row.employer_fen + row.individual_fen for row in live)
        assert owed == sum(Declaration.objects.values_list("due_fen", flat=True))
        money = Receipt.objects.filter(kind="money")
        received = sum(row.employer_fen + row.individual_fen for row in money)
        receivable = ledger.balance("A41", "110", CITY) + ledger.balance("A42", "110", CITY)
        assert receivable == owed - received
        assert ledger.balance("A10", "110", CITY) == received
        assert all(row.base_fen > 0 for row in queries.career(city.zhang))
        transaction.set_rollback(True)
