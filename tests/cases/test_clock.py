"""The clock over holidays, make-up Saturdays, pauses and midnight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.cases import clock
from jinbao.cases.clock import Light, beyond_the_law, dues, is_paused, light, local_day, shows, used_days
from jinbao.cases.machine import CLOSED
from jinbao.cases.models import Case
from jinbao.cases.services import Promise, Service, service_of
from jinbao.kernel.errors import FormatError
from jinbao.kernel.workdays import add_workdays, coverage, is_workday

DAYS = st.dates(date(2023, 12, 1), date(2026, 8, 31))
SERVICE = service_of("pension_application")


def promising(days: int) -> Service:
    return replace(SERVICE, promised=Promise(days))


@given(DAYS, st.integers(1, 60))
def test_without_pauses_the_last_day_is_the_nth_working_day(opened: date, n: int) -> None:
    found = dues(promising(n), opened)
    assert found.promised == add_workdays(opened, n)
    assert found.statutory == add_workdays(opened, 20)
    assert not found.provisional


@given(DAYS, st.integers(1, 60))
def test_the_last_day_is_a_working_day_and_the_lights_come_in_order(opened: date, n: int) -> None:
    found = dues(promising(n), opened)
    assert is_workday(found.promised)
    assert opened < found.amber_from <= found.red_from <= found.promised


PAUSES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=4)


@given(DAYS, st.integers(1, 30), PAUSES)
def test_exactly_the_promised_working_days_are_used_on_the_last_day_however_often_it_was_paused(
    opened: date, n: int, gaps: list[tuple[int, int]]
) -> None:
    pauses = [(opened + timedelta(days=after), opened + timedelta(days=after + length)) for after, length in gaps]
    last = dues(promising(n), opened, pauses).promised
    assert used_days(opened, last, pauses) == n
    assert used_days(opened, last - timedelta(days=1), pauses) == n - 1
    assert not is_paused(last, pauses)


@given(DAYS, st.integers(1, 30), st.integers(0, 20), st.integers(0, 30))
def test_a_pause_moves_the_last_day_by_the_working_days_it_took(opened: date, n: int, after: int, length: int) -> None:
    since = opened + timedelta(days=after)
    until = since + timedelta(days=length)
    without, paused = dues(promising(n), opened).promised, dues(promising(n), opened, [(since, until)]).promised
    if since >= without:
        assert paused == without
    else:
        last = min(until, paused)
        taken = sum(is_workday(since + timedelta(days=d)) for d in range(1, (last - since).days + 1))
        assert paused == add_workdays(without, taken)


@given(DAYS, st.integers(0, 60))
def test_days_used_never_go_down_and_grow_by_one_a_day_at_most(opened: date, offset: int) -> None:
    day = opened + timedelta(days=offset)
    before, after = used_days(opened, day), used_days(opened, day + timedelta(days=1))
    assert 0 <= before <= after <= before + 1


def test_before_the_regulation_there_was_no_statutory_limit() -> None:
    assert dues(SERVICE, date(2023, 11, 30)).statutory is None
    assert dues(SERVICE, date(2023, 12, 1)).statutory == add_workdays(date(2023, 12, 1), 20)


def test_before_the_opening_day_nothing_is_used() -> None:
    assert used_days(date(2026, 3, 20), date(2026, 3, 1)) == 0


def test_a_make_up_saturday_counts_and_the_holiday_before_it_does_not() -> None:
    # 29 April 2026 is a Wednesday; 1 to 5 May are a holiday, Saturday 9 May is worked.
    assert dues(promising(5), date(2026, 4, 29)).promised == date(2026, 5, 9)
    assert dues(promising(6), date(2026, 4, 29)).promised == date(2026, 5, 11)


def test_the_day_is_the_day_in_beijing_on_both_sides_of_midnight() -> None:
    before, after = datetime(2026, 3, 20, 15, 59, 59, tzinfo=UTC), datetime(2026, 3, 20, 16, 0, tzinfo=UTC)
    assert local_day(before) == date(2026, 3, 20)
    assert local_day(after) == date(2026, 3, 21)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(FormatError):
        local_day(datetime(2026, 3, 20))  # noqa: DTZ001  # that is the point


def test_a_second_before_midnight_and_a_second_after_may_differ_by_a_working_day() -> None:
    thursday, friday = date(2026, 3, 19), date(2026, 3, 20)
    assert dues(SERVICE, friday).promised == add_workdays(dues(SERVICE, thursday).promised, 1)


def test_beyond_the_published_calendar_weekdays_count_and_the_day_is_marked_provisional() -> None:
    last = coverage()[1]
    found = dues(promising(10), last - timedelta(days=3))
    assert found.provisional
    assert found.promised > last
    assert found.promised.weekday() < 5


CASE = Case(
    state=Case.State.ACCEPTED,
    opened_on=date(2026, 3, 2),
    promised_due=date(2026, 3, 16),
    statutory_due=date(2026, 3, 30),
    amber_from=date(2026, 3, 9),
    red_from=date(2026, 3, 12),
)


@pytest.mark.parametrize(
    ("today", "colour"),
    [
        (date(2026, 3, 2), Light.GREEN),
        (date(2026, 3, 8), Light.GREEN),
        (date(2026, 3, 9), Light.AMBER),
        (date(2026, 3, 11), Light.AMBER),
        (date(2026, 3, 12), Light.RED),
        (date(2026, 3, 16), Light.RED),
        (date(2026, 3, 17), Light.OVERDUE),
    ],
)
def test_the_light_changes_on_the_day_and_not_before(today: date, colour: Light) -> None:
    assert light(CASE, today) is colour


def test_ten_promised_days_turn_amber_on_the_fifth_and_red_on_the_eighth() -> None:
    found = dues(promising(10), date(2026, 3, 2))
    assert (found.amber_from, found.red_from) == (add_workdays(date(2026, 3, 2), 5), add_workdays(date(2026, 3, 2), 8))


def test_the_law_is_missed_the_day_after_its_last_day() -> None:
    assert not beyond_the_law(CASE, date(2026, 3, 30))
    assert beyond_the_law(CASE, date(2026, 3, 31))
    assert not beyond_the_law(Case(promised_due=date(2026, 3, 16), statutory_due=None), date(2027, 1, 1))


@pytest.mark.django_db
@given(st.data())
def test_the_light_of_a_page_and_the_light_of_the_database_agree(data: st.DataObject) -> None:
    opened = data.draw(st.dates(date(2026, 1, 5), date(2026, 6, 1)))
    state = data.draw(st.sampled_from(Case.State.values))
    is_paused_now = state not in CLOSED and data.draw(st.booleans())
    case = Case(number="x", item=SERVICE.code, region="990101", applicant="zhangsan", state=state, opened_on=opened)
    case.opened_at = datetime(2026, 1, 1, tzinfo=UTC)
    clock.set_dues(case, promising(data.draw(st.integers(1, 20))))
    case.paused_since = opened if is_paused_now else None
    case.save()
    today = opened + timedelta(days=data.draw(st.integers(0, 60)))
    answering = [colour for colour in Light if Case.objects.filter(shows(colour, today), pk=case.pk).exists()]
    assert answering == [light(case, today)]
    case.delete()
