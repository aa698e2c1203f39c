"""Working days with legal holidays and the working Saturdays and Sundays that make up for them (调休).

The State Council publishes each year's arrangement the autumn before; the package chinesecalendar carries them. Outside
the published years nothing is guessed: `CalendarNotCovered` names the covered span.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from functools import cache

from jinbao.kernel.errors import JinbaoError


class CalendarNotCovered(JinbaoError):
    """A day lies outside the years whose holidays have been published and installed."""

    code = "calendar-not-covered"


def is_workday(day: date) -> bool:
    """Tell whether people work on a day. Raises CalendarNotCovered outside the published years."""
    days = _workdays()
    at = bisect_left(days, _covered(day))
    return at < len(days) and days[at] == day


def add_workdays(day: date, n: int) -> date:
    """Return the n-th working day after `day`, or before it when n is negative; 0 leaves the day as it is.

    The day itself is not counted (民法典第二百零一条): five working days from a Monday end on the next Monday.
    Raises CalendarNotCovered when the count leaves the published years.
    """
    days = _workdays()
    _covered(day)
    if n == 0:
        return day
    at = bisect_right(days, day) + n - 1 if n > 0 else bisect_left(days, day) + n
    if not 0 <= at < len(days):
        raise _not_covered(f"从 {day} 起往{'后' if n > 0 else '前'}推 {abs(n)} 个工作日")
    return days[at]


def workdays_between(a: date, b: date) -> int:
    """Count the working days after `a` up to and including `b`; negative when `b` is before `a`.

    It undoes `add_workdays`: workdays_between(a, add_workdays(a, n)) == n for n >= 0.
    Raises CalendarNotCovered outside the published years.
    """
    days = _workdays()
    return bisect_right(days, _covered(b)) - bisect_right(days, _covered(a))


@cache
def coverage() -> tuple[date, date]:
    """Return the first and the last day whose arrangement is known."""
    from chinese_calendar.constants import holidays

    return date(min(holidays).year, 1, 1), date(max(holidays).year, 12, 31)


@cache
def _workdays() -> list[date]:
    """All known working days in order."""
    import chinese_calendar

    first, last = coverage()
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if chinese_calendar.is_workday(day)]


def _covered(day: date) -> date:
    first, last = coverage()
    if not first <= day <= last:
        raise _not_covered(str(day))
    return day


def _not_covered(what: str) -> CalendarNotCovered:
    first, last = coverage()
    return CalendarNotCovered(
        f"{what}超出工作日历的范围（{first} 至 {last}）",
        advice="国务院公布新一年放假安排后，请升级 chinesecalendar（uv lock --upgrade-package chinesecalendar）。",
    )
