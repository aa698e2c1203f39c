"""Calls by minute with refusals and latencies, as the screen shows them: exact, and nobody else's."""

from __future__ import annotations

from datetime import datetime, timedelta

from jinbao.data.exchange import queries
from jinbao.data.exchange.models import Call
from jinbao.trust.actors import Actor
from tests.exchange.conftest import FUND, NOW, World


def log(number: int, at: datetime, micros: int, *, status: int = 200, partner: str = FUND) -> None:
    Call.objects.create(
        request_id=f"{number:032x}", at=at, partner=partner, key_id="k", family="jinbao", method="POST", path="/",
        query="", time="1", nonce=str(number), body_sm3="", signature="", status=status, micros=micros, answer_sm3="",
        journal="a",
    )  # fmt: skip


def test_calls_are_counted_by_whole_minutes(world: World, steward: Actor) -> None:
    log(1, NOW - timedelta(seconds=61), 900)
    log(2, NOW - timedelta(seconds=90), 1_950, status=429)
    log(3, NOW - timedelta(seconds=1), 5_000)
    log(4, NOW, 7_000)
    log(5, NOW - timedelta(minutes=10), 7_000)
    seen = queries.traffic(steward, NOW, 3)
    assert [(one.calls, one.refused) for one in seen.minutes] == [(0, 0), (2, 1), (1, 0)]
    assert [one.at for one in seen.minutes] == [NOW - timedelta(minutes=n) for n in (3, 2, 1)]
    assert (seen.calls, seen.refused, seen.last_at) == (3, 1, NOW)


def test_percentiles_say_within_which_tenth_of_a_millisecond(world: World, steward: Actor) -> None:
    for number in range(100):
        log(number, NOW - timedelta(seconds=30), 1_000 * (number + 1) + 50)
    seen = queries.traffic(steward, NOW, 1)
    assert [seen.percentile(percent) for percent in (50, 95, 99, 100)] == [501, 951, 991, 1001]


def test_without_calls_there_is_no_latency(world: World, steward: Actor) -> None:
    seen = queries.traffic(steward, NOW, 2)
    assert (seen.calls, seen.percentile(99), seen.last_at) == (0, None, None)


def test_calls_of_a_partner_elsewhere_are_not_counted(world: World, steward: Actor) -> None:
    log(1, NOW - timedelta(seconds=30), 900, partner="12990200G00000011A")
    assert queries.traffic(steward, NOW, 1).calls == 0
