"""Working days know legal holidays and the weekends that make up for them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.kernel.errors import JinbaoError
from jinbao.kernel.workdays import CalendarNotCovered, add_workdays, coverage, is_workday, workdays_between

inner_days = st.dates(date(2005, 1, 1), date(2025, 12, 31))


def test_it_works() -> None:
    assert is_workday(date(2025, 3, 3))
    assert not is_workday(date(2025, 3, 2))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 9, 28), True),  # Sunday, makes up for National Day
        (date(2025, 10, 1), False),
        (date(2025, 10, 6), False),  # Monday, Mid-Autumn within the long holiday
        (date(2025, 10, 8), False),
        (date(2025, 10, 9), True),
        (date(2025, 10, 11), True),  # Saturday, makes up
        (date(2025, 1, 26), True),  # Sunday, makes up for Spring Festival
        (date(2025, 1, 28), False),  # New Year's Eve, a legal holiday since 2025
        (date(2025, 2, 4), False),
        (date(2025, 2, 5), True),
        (date(2025, 2, 8), True),  # Saturday, makes up
        (date(2025, 2, 9), False),
    ],
)
def test_holidays_rest_and_make_up_weekends_work(day: date, works: bool) -> None:
    assert is_workday(day) is works


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (date(2025, 3, 3), 5, date(2025, 3, 10)),  # Monday to Monday
        (date(2025, 3, 7), 1, date(2025, 3, 10)),  # over a weekend
        (date(2025, 9, 30), 1, date(2025, 10, 9)),  # over National Day
        (date(2025, 9, 30), 3, date(2025, 10, 11)),  # the Saturday counts
        (date(2025, 1, 27), 3, date(2025, 2, 7)),  # over Spring Festival
        (date(2025, 1, 27), 4, date(2025, 2, 8)),
        (date(2025, 10, 9), -1, date(2025, 9, 30)),
        (date(2025, 10, 4), 0, date(2025, 10, 4)),
    ],
)
def test_deadlines_skip_holidays_and_use_make_up_days(start: date, n: int, end: date) -> None:
    assert add_workdays(start, n) == end


@given(inner_days, st.integers(0, 100))
def test_counting_undoes_adding(day: date, n: int) -> None:
    assert workdays_between(day, add_workdays(day, n)) == n


@given(inner_days, st.integers(1, 100))
def test_a_deadline_is_always_a_working_day(day: date, n: int) -> None:
    assert is_workday(add_workdays(day, n))
    assert is_workday(add_workdays(day, -n))


@given(inner_days, st.integers(0, 60))
def test_counting_agrees_with_looking_at_each_day(day: date, length: int) -> None:
    later = day + timedelta(days=length)
    counted = sum(is_workday(day + timedelta(days=n)) for n in range(1, length + 1))
    assert workdays_between(day, later) == counted
    assert workdays_between(later, day) == -counted


def test_beyond_the_published_years_nothing_is_guessed() -> None:
    first, last = coverage()
    for act in (
        lambda: is_workday(last + timedelta(days=1)),
        lambda: is_workday(first - timedelta(days=1)),
        lambda: add_workdays(last, 1),
        lambda: add_workdays(first, -1),
        lambda: add_workdays(last + timedelta(days=1), 0),
        lambda: workdays_between(last, last + timedelta(days=1)),
    ):
        with pytest.raises(CalendarNotCovered):
            act()


def test_the_refusal_names_the_covered_span_and_what_to_do() -> None:
    first, last = coverage()
    with pytest.raises(JinbaoError) as caught:
        add_workdays(last, 5)
    assert f"{first} 至 {last}" in caught.value.message
    assert "chinesecalendar" in caught.value.advice
    assert caught.value.code == "calendar-not-covered"
