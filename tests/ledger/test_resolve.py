"""Pending transfers: resolved once, whole, and only then part of the balance."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from jinbao.kernel.errors import Conflict, NotFound
from jinbao.kernel.months import Month
from jinbao.ledger.actions import Event, post, post_many, resolve, resolve_many
from jinbao.ledger.models import Transfer
from jinbao.ledger.queries import balance, trial_balance

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)
JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)
PAID_ON = date(2026, 2, 3)


def reserve(key: str = "payment:1", benefit: int = 3000_00, offset: int = 200_00) -> list[Transfer]:
    return post(
        "benefit_reserved",
        key=key,
        fund="110",
        region="990101",
        month=JANUARY,
        on=date(2026, 1, 10),
        amounts={"待遇": benefit, "抵扣": offset},
        source=("payments.Payment", 1),
        now=NOW,
    )


def pending(code: str, month: Month) -> tuple[int, int]:
    [row] = [row for row in trial_balance("990100", "110", month) if row.code == code]
    return row.pending_debit_fen, row.pending_credit_fen


def test_it_works() -> None:
    reserve()
    assert balance("E10", "110", "990100") == 0
    assert pending("E10", JANUARY) == (3000_00, 0)
    resolve("payment:1", "post", on=PAID_ON, now=NOW)
    assert balance("E10", "110", "990100") == 3000_00
    assert balance("A30", "110", "990100") == -3000_00
    assert pending("E10", FEBRUARY) == (0, 0)


def test_it_counts_in_the_month_in_which_it_takes_effect() -> None:
    reserve()
    resolve("payment:1", "post", on=PAID_ON, now=NOW)
    assert balance("E10", "110", "990100", JANUARY) == 0
    assert balance("E10", "110", "990100", FEBRUARY) == 3000_00
    assert pending("E10", JANUARY) == (3000_00, 0)


def test_what_is_voided_never_counts() -> None:
    resolve(reserve(), "void", on=PAID_ON, now=NOW)
    assert balance("E10", "110", "990100") == 0
    assert pending("E10", FEBRUARY) == (0, 0)


def test_resolving_again_is_one_resolution() -> None:
    transfers = reserve()
    first = resolve(transfers, "post", on=PAID_ON, now=NOW)
    assert resolve("payment:1", "post", on=date(2026, 3, 1), now=NOW) == first
    assert Transfer.objects.count() == 4


def test_what_was_posted_cannot_be_voided_and_the_error_says_when_it_was() -> None:
    resolve(reserve(), "post", on=PAID_ON, now=NOW)
    with pytest.raises(Conflict, match="2026-02-03"):
        resolve("payment:1", "void", on=PAID_ON, now=NOW)


def test_only_what_is_pending_can_be_resolved() -> None:
    resolutions = resolve(reserve(), "post", on=PAID_ON, now=NOW)
    with pytest.raises(Conflict):
        resolve(resolutions, "post", on=PAID_ON, now=NOW)
    with pytest.raises(NotFound, match="payment:2"):
        resolve("payment:2", "post", on=PAID_ON, now=NOW)


def test_many_keys_are_resolved_at_once() -> None:
    events = [
        Event(
            "benefit_reserved", f"payment:{n}", "110", "990101", JANUARY, PAID_ON, {"待遇": n}, ("payments.Payment", n)
        )
        for n in range(1, 3001)
    ]
    assert post_many(events, now=NOW) == 3000
    keys = [f"payment:{n}" for n in range(1, 3001)]
    assert resolve_many(keys[:2500], "post", on=PAID_ON, now=NOW) == 2500
    assert resolve_many(keys[1000:2500], "post", on=PAID_ON, now=NOW) == 0
    assert resolve_many(iter(keys[2500:]), "void", on=PAID_ON, now=NOW) == 500
    assert balance("E10", "110", "990100") == sum(range(1, 2501))


def test_one_unknown_key_among_many_resolves_none() -> None:
    reserve()
    with pytest.raises(NotFound, match="payment:9"):
        resolve_many(["payment:1", "payment:9"], "post", on=PAID_ON, now=NOW)
    assert balance("E10", "110", "990100") == 0
