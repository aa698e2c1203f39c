"""Whatever happens in whatever order: debits equal credits, and the sums are those of a naive model."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.kernel.errors import Conflict, NotFound
from jinbao.kernel.months import Month
from jinbao.ledger.actions import Event, post, post_many, resolve, resolve_many
from jinbao.ledger.chart import load_chart
from jinbao.ledger.checks import CHECKS
from jinbao.ledger.models import Transfer
from jinbao.ledger.queries import balance, trial_balance, turnover
from tests.killing import run_and_kill

NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)
MONTHS = [Month(2025, 12), Month(2026, 1), Month(2026, 2)]
CHART = load_chart()


@dataclass
class Naive:
    """The ledger as a list: what anybody would write without a database."""

    movements: list[tuple[Month, str, str, int]] = field(default_factory=list)
    """Effective: month, debit, credit, fen."""
    seen: dict[tuple[str, str], Any] = field(default_factory=dict)
    waiting: dict[str, list[tuple[Month, str, str, int]]] = field(default_factory=dict)
    resolved: dict[str, str] = field(default_factory=dict)

    def post(self, event: Event) -> bool:
        """Post, and tell whether the real one should accept it."""
        moved = []
        for line in CHART.posting(event.event).lines:
            fen = event.amounts.get(line.amount, 0)
            ends = (line.debit, line.credit) if fen > 0 else (line.credit, line.debit)
            moved += [(event.month, *ends, abs(fen))] if fen else []
        name = (event.event, event.key)
        if self.seen.get(name):
            return bool(self.seen[name] == moved)
        self.seen[name] = moved
        if moved and CHART.posting(event.event).pending:
            self.waiting[event.key] = moved
        elif moved:
            self.movements += moved
        return True

    def resolve(self, key: str, kind: str, month: Month) -> bool:
        """Resolve, and tell whether the real one should accept it."""
        if key not in self.waiting or self.resolved.get(key, kind) != kind:
            return False
        if kind == "post" and key not in self.resolved:
            self.movements += [(month, debit, credit, fen) for _, debit, credit, fen in self.waiting[key]]
        self.resolved[key] = kind
        return True

    def balance(self, code: str, until: Month) -> int:
        """Add it all up."""
        total = 0
        for month, debit, credit, fen in self.movements:
            if month <= until:
                total += fen * ((debit == code) - (credit == code))
        return total if CHART.account(code).side == "借" else -total


def an_event(name: str, key: str, month: Month, fens: list[int]) -> Event:
    rule = CHART.posting(name)
    sign = 1 if rule.reverse == "refused" else -1
    amounts = {amount: fen if fen >= 0 or sign < 0 else -fen for amount, fen in zip(rule.amounts, fens, strict=False)}
    return Event(name, key, "110", "990101", month, month.first_day, amounts, ("x.Y", key))


EVENTS = st.builds(
    an_event,
    st.sampled_from(sorted(CHART.postings) + ["benefit_reserved"] * 6),
    st.sampled_from("abcdef"),
    st.sampled_from(MONTHS),
    st.lists(st.integers(-(10**12), 10**12) | st.just(0), min_size=1, max_size=4),
)
RESOLUTIONS = st.tuples(st.sampled_from("abcdef"), st.sampled_from(["post", "void"]), st.sampled_from(MONTHS))


def apply(naive: Naive, step: Event | tuple[str, Literal["post", "void"], Month]) -> None:
    """Do one step in both ledgers; both must accept it or both must refuse it."""
    accepted = naive.post(step) if isinstance(step, Event) else naive.resolve(*step)
    try:
        if isinstance(step, Event):
            post_many([step], now=NOW)
        else:
            resolve(step[0], step[1], on=step[2].first_day, now=NOW)
    except (Conflict, NotFound):
        assert not accepted, step
    else:
        assert accepted, step


@pytest.mark.django_db
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(EVENTS | RESOLUTIONS, max_size=25))
def test_any_sequence_keeps_the_books_balanced_and_equal_to_the_naive_ones(steps: list[Any]) -> None:
    with transaction.atomic():
        naive = Naive()
        for step in steps:
            apply(naive, step)
        for month in MONTHS:
            rows = trial_balance("990100", "110", month)
            assert sum(row.debit_fen - row.credit_fen for row in rows) == 0
            assert sum(row.pending_debit_fen - row.pending_credit_fen for row in rows) == 0
            assert sum(row.closing_fen if row.side == "借" else -row.closing_fen for row in rows) == 0
            assert {row.code: row.closing_fen for row in rows} == {c: naive.balance(c, month) for c in CHART.accounts}
        moved = Counter({row.code: 0 for row in turnover("990100", "110", MONTHS[0], MONTHS[-1])})
        for row in turnover("990100", "110", MONTHS[0], MONTHS[-1]):
            moved[row.code] += row.net_fen
        assert all(fen == balance(code, "110", "990100") for code, fen in moved.items())
        assert [row for check in CHECKS for row in check.rows()] == []
        transaction.set_rollback(True)


WORK = """
from datetime import UTC, date, datetime
from jinbao.kernel.months import Month
from jinbao.ledger.actions import Event, post_many, resolve_many
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor

@action("test.pay", roles=())
def pay(by, number):
    "Reserve and pay twenty payments."
    month, on, now = Month(2026, 1), date(2026, 1, 5), datetime(2026, 1, 5, tzinfo=UTC)
    keys = [f"payment:{number}-{n}" for n in range(20)]
    amounts = {"待遇": 5, "抵扣": 1}
    events = [Event("benefit_reserved", key, "110", "990101", month, on, amounts, ("x.Y", key)) for key in keys]
    post_many(events, now=now)
    resolve_many(keys, "post", on=on, now=now)
    note(target=f"batch {number}")

for number in range(100000):
    pay(Actor.system(), number)
    print(number)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("delay_s", [0.0, 0.007, 0.03])
def test_killing_in_the_middle_leaves_nothing_half_posted_and_going_on_doubles_nothing(delay_s: float) -> None:
    lines = run_and_kill(WORK, after_lines=3, delay_s=delay_s)
    batches = Transfer.objects.values("key").distinct().count() / 20
    assert batches >= len(lines)
    assert Transfer.objects.count() == batches * 80
    assert balance("E10", "110", "990100") == batches * 100
    assert [row for check in CHECKS for row in check.rows()] == []
    keys = [f"payment:{number}-{n}" for number in range(int(batches) + 2) for n in range(20)]
    month = MONTHS[1]
    again = [
        Event("benefit_reserved", key, "110", "990101", month, month.first_day, {"待遇": 5, "抵扣": 1}, ("x.Y", key))
        for key in keys
    ]
    post_many(again, now=NOW)
    resolve_many(keys, "post", on=month.first_day, now=NOW)
    assert balance("E10", "110", "990100") == len(keys) * 5
    assert Transfer.objects.count() == len(keys) * 4


@pytest.mark.django_db(transaction=True)
def test_the_same_event_posted_by_several_at_once_is_one_event() -> None:
    from tests.trust.test_concurrency import at_once

    def work() -> list[int]:
        month = MONTHS[1]
        transfers = post(
            "contribution_due",
            key="d1",
            fund="110",
            region="990101",
            month=month,
            on=month.first_day,
            amounts={"单位缴费": 5, "个人缴费": 3},
            source=("x.Y", 1),
            now=NOW,
        )
        return [transfer.pk for transfer in transfers]

    first, *others = at_once(*[work] * 5)
    assert others == [first] * 4
    assert Transfer.objects.count() == 2
