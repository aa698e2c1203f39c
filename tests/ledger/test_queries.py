"""Every total can be taken apart into its transfers and walked back to its rows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jinbao.kernel.errors import NotFound
from jinbao.kernel.months import Month
from jinbao.ledger.actions import post
from jinbao.ledger.models import Transfer
from jinbao.ledger.queries import account_name, balance, drill, events_of, trial_balance, turnover
from jinbao.trust.models import User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)


def record(event: str, key: str, month: Month, region: str = "990101", **amounts: int) -> list[Transfer]:
    return post(
        event,
        key=key,
        fund="110",
        region=region,
        month=month,
        on=month.first_day,
        amounts=amounts,
        source=("trust.User", 1),
        now=NOW,
    )


@pytest.fixture
def two_months() -> None:
    for month in (Month(2026, 1), Month(2026, 2)):
        record("contribution_due", f"d{month}", month, 单位缴费=1600, 个人缴费=800)
        record("contribution_received", f"r{month}", month, 单位缴费=1600, 个人缴费=700)
        record("contribution_received", f"r2{month}", month, "990102", 单位缴费=10)


def test_the_trial_balance_is_balanced(two_months: None) -> None:
    rows = trial_balance("990100", "110", Month(2026, 2))
    assert sum(row.debit_fen for row in rows) == sum(row.credit_fen for row in rows) > 0
    assert sum(row.closing_fen if row.side == "借" else -row.closing_fen for row in rows) == 0


def test_the_trial_balance_says_what_stood_what_moved_and_what_stands(two_months: None) -> None:
    rows = {row.name: row for row in trial_balance("990100", "110", Month(2026, 2))}
    cash, receivable = rows["收入户存款"], rows["应收个人缴费"]
    assert (cash.opening_fen, cash.debit_fen, cash.credit_fen, cash.closing_fen) == (2310, 2310, 0, 4620)
    assert (receivable.opening_fen, receivable.debit_fen, receivable.credit_fen, receivable.closing_fen) == (
        100,
        800,
        700,
        200,
    )
    assert rows["基本养老金支出"].closing_fen == 0


def test_the_trial_balance_takes_two_queries(two_months: None) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        trial_balance("990100", "110", Month(2026, 2))
    assert len(queries) == 2


def test_the_transfers_behind_a_turnover_add_up_to_it(two_months: None) -> None:
    transfers = events_of("A10", "110", "990100", Month(2026, 2))
    assert sum(transfer.amount_fen for transfer in transfers) == 2310
    assert {transfer.event for transfer in transfers} == {"contribution_received"}
    assert not events_of("A10", "110", "990200", Month(2026, 2)).exists()


def test_the_turnover_of_months_agrees_with_the_balance(two_months: None) -> None:
    rows = turnover("990100", "110", Month(2026, 1), Month(2026, 2))
    assert [(str(row.month), row.net_fen) for row in rows if row.code == "I10"] == [
        ("2026-01", 1610),
        ("2026-02", 1610),
    ]
    for code in {row.code for row in rows}:
        assert sum(row.net_fen for row in rows if row.code == code) == balance(code, "110", "990100")


def test_a_transfer_is_walked_back_to_its_row() -> None:
    user = User.objects.create(username="甲")
    [transfer] = post(
        "late_fee_received",
        key="f1",
        fund="110",
        region="990101",
        month=Month(2026, 1),
        on=date(2026, 1, 1),
        amounts={"滞纳金": 5},
        source=("trust.User", user.pk),
        now=NOW,
    )
    assert drill(transfer).row == user


@pytest.mark.parametrize("source", [("nobody.Nothing", 1), ("former system", "1999-01"), ("trust.User", "1999-01")])
def test_a_source_that_is_no_row_is_still_named(source: tuple[str, str | int]) -> None:
    month = Month(1999, 1)
    [transfer] = post(
        "history_migrated",
        key="h",
        fund="110",
        region="990100",
        month=month,
        on=month.last_day,
        amounts={"期初结余": 5},
        source=source,
        now=NOW,
    )
    assert (drill(transfer).model, drill(transfer).row) == (source[0], None)


def test_an_account_has_the_name_of_its_fund() -> None:
    assert account_name("E10", "110") == "基本养老金支出"
    assert account_name("E10", "999") == "待遇支出"
    with pytest.raises(NotFound):
        account_name("X99", "110")
