"""Months are counted, spans are half-open, years of age are full on the birthday."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.kernel.errors import FormatError
from jinbao.kernel.months import DaySpan, Month, Span, age_in_months, age_on, union

months = st.builds(Month, st.integers(1900, 2100), st.integers(1, 12))
days = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@st.composite
def month_spans(draw: st.DrawFn, *, running: bool = True) -> Span:
    start = draw(months)
    length = draw(st.integers(0, 60) | st.none()) if running else draw(st.integers(0, 60))
    return Span(start, None if length is None else start + length)


@st.composite
def near_spans(draw: st.DrawFn) -> list[Span]:
    """Spans close enough to each other to overlap and to touch."""
    starts = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=8))
    return [Span(Month(2000, 1) + start, Month(2000, 1) + start + length) for start, length in starts]


def test_it_works() -> None:
    assert Month.parse("2026-01") + 12 == Month(2027, 1)
    assert Month(2026, 3) - Month(2025, 12) == 3
    assert Month(2026, 1) - 1 == Month(2025, 12)


@given(months, st.integers(-1000, 1000))
def test_going_forth_and_back_returns_to_the_month(month: Month, n: int) -> None:
    assert month + n - n == month
    assert (month + n) - month == n


@given(months)
def test_every_way_of_writing_a_month_reads_back(month: Month) -> None:
    assert Month.parse(str(month)) == month
    assert Month.parse(str(month.yyyymm)) == month
    assert Month.parse(f"{month.year}年{month.month}月") == month
    assert Month.from_yyyymm(month.yyyymm) == month
    assert Month.from_ordinal(month.ordinal) == month


@given(months)
def test_the_days_of_a_month_lie_in_it_and_the_next_day_does_not(month: Month) -> None:
    assert Month.of(month.first_day) == Month.of(month.last_day) == month
    assert Month.of(month.last_day + timedelta(days=1)) == month + 1


@given(months, months)
def test_months_are_ordered_as_they_follow_each_other(a: Month, b: Month) -> None:
    assert (a < b) == (a.ordinal < b.ordinal) == (b - a > 0)


@pytest.mark.parametrize("text", ["2026/1", "2026.01", "２０２６－０１", " 2026-1 ", "2026年01月"])
def test_other_spellings_are_understood(text: str) -> None:
    assert Month.parse(text) == Month(2026, 1)


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "20261", "2026-01-15", "26-01", "0000-01", "一月"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        Month.parse(text)


@pytest.mark.parametrize("number", [202613, 0, -1, True, "202601", 2026.01])
def test_a_number_must_be_year_and_month(number: Any) -> None:
    with pytest.raises(FormatError):
        Month.from_yyyymm(number)


def test_a_month_is_parsed_from_text_only() -> None:
    with pytest.raises(FormatError, match="应为文字"):
        Month.parse(202601)  # type: ignore[arg-type]  # the mistake under test


def test_months_can_be_keys() -> None:
    assert {Month(2026, 1): 1}[Month.parse("202601")] == 1


def test_a_span_holds_its_start_and_not_its_end() -> None:
    span = Span(Month(2026, 1), Month(2026, 4))
    assert span.contains(Month(2026, 1))
    assert span.contains(Month(2026, 3))
    assert not span.contains(Month(2026, 4))
    assert [str(month) for month in span.months()] == ["2026-01", "2026-02", "2026-03"]
    assert str(span) == "[2026-01, 2026-04)"


def test_a_form_says_from_through() -> None:
    span = Span.through(Month(2026, 1), Month(2026, 3))
    assert span == Span(Month(2026, 1), Month(2026, 4))
    assert span.last == Month(2026, 3)
    assert Span.through(Month(2026, 1), None).last is None


def test_a_running_span_has_no_length_until_it_is_cut() -> None:
    running = Span(Month(2026, 1))
    assert running
    assert running.contains(Month(2099, 1))
    with pytest.raises(FormatError, match="尚未结束") as caught:
        len(running)
    assert "until" in caught.value.advice
    assert len(running.until(Month(2027, 1))) == 12
    assert len(running.until(Month(2020, 1))) == 0


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(FormatError, match="早于起点"):
        Span(Month(2026, 2), Month(2026, 1))


@given(month_spans(running=False))
def test_a_span_is_as_long_as_its_months(span: Span) -> None:
    listed = list(span.months())
    assert len(listed) == len(span)
    assert bool(span) == bool(listed)
    assert all(span.contains(month) for month in listed)
    assert not span.contains(span.start + len(span))


@given(months, st.integers(0, 50), st.integers(0, 50))
def test_neighbours_touch_without_overlapping(start: Month, first: int, second: int) -> None:
    earlier = Span(start, start + first)
    later = Span(start + first, start + first + second)
    assert not earlier.overlaps(later)
    assert len(earlier) + len(later) == len(Span(start, start + first + second))


@given(month_spans(), month_spans(), months)
def test_the_intersection_holds_what_both_hold(a: Span, b: Span, month: Month) -> None:
    shared = a.intersection(b)
    assert shared == b.intersection(a)
    assert a.overlaps(b) == (shared is not None)
    assert (shared is not None and shared.contains(month)) == (a.contains(month) and b.contains(month))


@given(near_spans())
def test_a_union_counts_every_month_once(spans: list[Span]) -> None:
    joined = union(spans)
    assert sum(map(len, joined)) == len({month for span in spans for month in span.months()})
    assert all(a.end is not None and a.end < b.start for a, b in pairwise(joined))


@given(near_spans())
def test_a_union_is_already_joined(spans: list[Span]) -> None:
    assert union(union(spans)) == union(reversed(spans)) == union(spans)


def test_a_running_span_swallows_what_follows() -> None:
    spans = [Span(Month(2026, 1)), Span(Month(2027, 1), Month(2028, 1)), Span(Month(2020, 1), Month(2020, 2))]
    assert union(spans) == (Span(Month(2020, 1), Month(2020, 2)), Span(Month(2026, 1)))


@given(days, st.integers(0, 400), st.integers(0, 400))
def test_spans_of_days_follow_the_same_laws(start: date, first: int, second: int) -> None:
    middle = start + timedelta(days=first)
    earlier, later = DaySpan(start, middle), DaySpan(middle, middle + timedelta(days=second))
    assert not earlier.overlaps(later)
    assert len(earlier) == len(list(earlier.days())) == first
    assert union([later, earlier]) == ((DaySpan(start, later.end),) if first + second else ())
    assert DaySpan.through(start, middle).last == middle


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        (date(1966, 1, 15), date(2026, 1, 14), 59),
        (date(1966, 1, 15), date(2026, 1, 15), 60),
        (date(2004, 2, 29), date(2026, 2, 27), 21),
        (date(2004, 2, 29), date(2026, 2, 28), 22),
        (date(2004, 2, 29), date(2024, 2, 28), 19),
        (date(2004, 2, 29), date(2024, 2, 29), 20),
        (date(2026, 1, 1), date(2026, 1, 1), 0),
    ],
)
def test_a_year_of_age_is_full_on_the_birthday(birth: date, day: date, years: int) -> None:
    assert age_on(birth, day) == years


@given(days, st.integers(0, 40000))
def test_age_never_falls_as_days_pass(birth: date, passed: int) -> None:
    day = birth + timedelta(days=passed)
    assert age_on(birth, day) <= age_on(birth, day + timedelta(days=1)) <= age_on(birth, day) + 1


def test_nobody_has_an_age_before_birth() -> None:
    with pytest.raises(FormatError, match="早于出生日期"):
        age_on(date(2000, 1, 2), date(2000, 1, 1))


def test_age_in_months_is_counted_by_calendar_month() -> None:
    assert age_in_months(Month(1966, 1), Month(2026, 3)) == 60 * 12 + 2
