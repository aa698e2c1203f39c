"""Posting business events: under the declared rule, once, whole."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from jinbao.kernel.errors import Conflict, FormatError, NotFound
from jinbao.kernel.months import Month
from jinbao.ledger.actions import Event, post, post_many
from jinbao.ledger.models import Transfer
from jinbao.ledger.queries import balance

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
JANUARY = Month(2026, 1)


def due(key: str = "d1", unit: int = 1600_00, person: int = 800_00, **changes: Any) -> list[Transfer]:
    values: dict[str, Any] = {
        "key": key,
        "fund": "110",
        "region": "990101",
        "month": JANUARY,
        "on": date(2026, 1, 15),
        "amounts": {"单位缴费": unit, "个人缴费": person},
        "source": ("contributions.Declaration", 7),
        "now": NOW,
    }
    return post("contribution_due", **(values | changes))


def test_it_works() -> None:
    unit, person = due()
    assert (unit.debit.code, unit.credit.code, unit.amount_fen) == ("A41", "L10", 1600_00)
    assert (person.debit.code, person.credit.code, person.amount_fen) == ("A42", "L10", 800_00)
    assert balance("A41", "110", "990100") == 1600_00
    assert balance("L10", "110", "990101", JANUARY) == 2400_00


def test_a_region_includes_what_lies_below_it_and_nothing_beside_it() -> None:
    due()
    due("d2", region="990102")
    due("d3", region="990200")
    assert balance("A41", "110", "990101") == 1600_00
    assert balance("A41", "110", "990100") == 3200_00
    assert balance("A41", "110", "420000") == 4800_00
    assert balance("A41", "110", "000000") == 4800_00
    assert balance("A41", "110", "990103") == 0


def test_each_fund_keeps_its_own_books() -> None:
    due()
    assert balance("A41", "210", "990100") == 0


def test_posting_the_same_event_again_is_one_event() -> None:
    assert due() == due()
    assert Transfer.objects.count() == 2


@pytest.mark.parametrize("changes", [{"unit": 1}, {"person": 0}, {"month": Month(2026, 2)}, {"region": "990102"}])
def test_the_same_event_with_another_content_is_refused(changes: dict[str, Any]) -> None:
    due()
    with pytest.raises(Conflict, match="d1"):
        due(**changes)
    assert Transfer.objects.count() == 2


def test_nothing_is_posted_for_nothing() -> None:
    assert due(unit=0, person=0) == []
    [only] = due("d2", person=0)
    assert only.amount_fen == 1600_00


def test_a_negative_amount_reverses_the_accounts_where_the_rule_allows_it() -> None:
    due()
    unit, _ = due("d2", unit=-100_00, person=-50_00)
    assert (unit.debit.code, unit.credit.code, unit.amount_fen) == ("L10", "A41", 100_00)
    assert balance("A41", "110", "990100") == 1500_00


def test_a_negative_amount_is_refused_where_the_rule_does_not_allow_it() -> None:
    with pytest.raises(FormatError, match=r"postings\.yaml:\d+: .*不得为负"):
        post(
            "late_fee_received",
            key="f1",
            fund="110",
            region="990101",
            month=JANUARY,
            on=date(2026, 1, 15),
            amounts={"滞纳金": -1},
            source=("contributions.LateFee", 1),
            now=NOW,
        )


@pytest.mark.parametrize("amounts", [{"利息": 1}, {"单位缴费": 1.0}, {"单位缴费": True}, {"单位缴费": "1"}])
def test_an_amount_that_the_rule_does_not_have_or_that_is_no_fen_is_refused(amounts: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        due(amounts=amounts)
    assert not Transfer.objects.exists()


def test_an_event_that_is_not_declared_is_refused_with_a_suggestion() -> None:
    with pytest.raises(NotFound, match="contribution_due"):
        post_many([Event("contribution_du", "x", "110", "990101", JANUARY, date(2026, 1, 1), {}, ("a.B", 1))], now=NOW)


def events(count: int, start: int = 0) -> list[Event]:
    return [
        Event("contribution_due", f"d{n}", "110", "990101", JANUARY, date(2026, 1, 1), {"单位缴费": n + 1}, ("a.B", n))
        for n in range(start, start + count)
    ]


def test_many_events_are_posted_at_once_and_only_once() -> None:
    assert post_many(events(5000), now=NOW) == 5000
    assert post_many(iter(events(5000, 2500)), now=NOW) == 2500
    assert balance("A41", "110", "990100") == sum(range(1, 7501))


def test_an_event_twice_among_many_is_one_event_and_two_contents_are_refused() -> None:
    assert post_many(events(3) + events(3), now=NOW) == 3
    other = Event("contribution_due", "d9", "110", "990101", JANUARY, date(2026, 1, 1), {"单位缴费": 1}, ("a.B", 9))
    again = Event("contribution_due", "d9", "110", "990101", JANUARY, date(2026, 1, 1), {"单位缴费": 2}, ("a.B", 9))
    with pytest.raises(Conflict):
        post_many([other, again], now=NOW)


def test_one_wrong_event_among_many_posts_none() -> None:
    wrong = Event("contribution_due", "x", "110", "990101", JANUARY, date(2026, 1, 1), {"单位缴费": 0.5}, ("a.B", 1))  # type: ignore[dict-item]  # that is the point
    with pytest.raises(FormatError):
        post_many([*events(3000), wrong], now=NOW)
    assert not Transfer.objects.exists()
