"""The ledger is only ever added to, whoever tries and however."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from jinbao.kernel.months import Month
from jinbao.ledger.actions import post, resolve
from jinbao.ledger.checks import CHECKS
from jinbao.ledger.models import Account, Transfer
from jinbao.trust.append_only import AppendOnlyViolation, guards_lifted

NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)


@pytest.fixture
def transfer(db: None) -> Transfer:
    month = Month(2026, 1)
    [made] = post(
        "benefit_reserved",
        key="payment:1",
        fund="110",
        region="990101",
        month=month,
        on=month.first_day,
        amounts={"待遇": 5},
        source=("payments.Payment", 1),
        now=NOW,
    )
    return made


def test_the_model_refuses(transfer: Transfer) -> None:
    transfer.amount_fen = 6
    with pytest.raises(AppendOnlyViolation):
        transfer.save()
    with pytest.raises(AppendOnlyViolation):
        transfer.delete()
    with pytest.raises(AppendOnlyViolation):
        Transfer.objects.filter(pk=transfer.pk).update(amount_fen=6)
    with pytest.raises(AppendOnlyViolation):
        Transfer.objects.bulk_update([transfer], ["amount_fen"])
    with pytest.raises(AppendOnlyViolation):
        Transfer.objects.all().delete()


@pytest.mark.parametrize("sql", ["UPDATE ledger_transfer SET amount_fen = 6", "DELETE FROM ledger_transfer"])
def test_the_database_refuses(transfer: Transfer, sql: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Transfer.objects.get().amount_fen == 5


def broken() -> set[str]:
    return {check.name for check in CHECKS if list(check.rows())}


@pytest.mark.django_db
def test_the_checks_are_clean_before_anything_happens() -> None:
    assert broken() == set()


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE ledger_transfer SET amount_fen = 6 WHERE kind = 'post'", "ledger.resolution_mirrors"),
        ("UPDATE ledger_account SET fund = '210' WHERE code = 'E10'", "ledger.one_fund"),
        ("UPDATE ledger_account SET region = '990102' WHERE code = 'E10'", "ledger.one_fund"),
        ("UPDATE ledger_account SET code = 'X99' WHERE code = 'E10'", "ledger.chart"),
    ],
)
def test_a_check_finds_what_was_changed_behind_its_back(transfer: Transfer, sql: str, name: str) -> None:
    resolve([transfer], "post", on=transfer.on, now=NOW)
    assert broken() == set()
    with guards_lifted(connection), connection.cursor() as cursor:
        cursor.execute(sql)
    assert broken() == {name}


@pytest.mark.django_db
def test_a_check_finds_an_event_that_was_resolved_by_half() -> None:
    month = Month(2026, 1)
    first, _ = post(
        "benefit_reserved",
        key="payment:1",
        fund="110",
        region="990101",
        month=month,
        on=month.first_day,
        amounts={"待遇": 5, "抵扣": 1},
        source=("payments.Payment", 1),
        now=NOW,
    )
    assert broken() == set()
    resolve([first], "post", on=first.on, now=NOW)
    assert broken() == {"ledger.resolved_whole"}
    assert Account.objects.exists()
