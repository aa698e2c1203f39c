"""The clock of a case: last days in working days, pauses, and the light that tells how much is used.

The day on which something happens is not counted; the first working day after it is (民法典第二百零一条). A pause that
begins on one day and ends on another therefore stops the clock on the days after the first up to and including the
other, just as the opening day itself does not count. Days are days in Beijing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Q

from jinbao.cases.machine import CLOSED
from jinbao.cases.models import Case
from jinbao.cases.services import Service
from jinbao.cases.timelimits import LawLimit, law_limit
from jinbao.kernel.errors import FormatError
from jinbao.kernel.workdays import CalendarNotCovered, is_workday

BEIJING = ZoneInfo("Asia/Shanghai")
AMBER_PERCENT, RED_PERCENT = 50, 80
"""Of the promised days; 超时分级提醒 50%/80%/100% of the 12333 tickets, here the house rule for every case."""

ONE_DAY = timedelta(days=1)
Paused = tuple[date, date | None]


class Light(StrEnum):
    """What the traffic light of a case shows."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    OVERDUE = "overdue"
    PAUSED = "paused"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The light in words."""
        return _LABELS[self]


_LABELS = {
    Light.GREEN: "正常",
    Light.AMBER: "过半",
    Light.RED: "将到期",
    Light.OVERDUE: "已超时",
    Light.PAUSED: "暂停计时",
    Light.CLOSED: "已办结",
}


@dataclass(frozen=True)
class Dues:
    """The days that matter for one case."""

    promised: date
    statutory: date | None
    amber_from: date
    red_from: date
    provisional: bool
    """True when a day lies beyond the published calendar and Mondays to Fridays were counted instead."""


def local_day(now: datetime) -> date:
    """Return the day in Beijing. Raises FormatError for a time without a zone."""
    if now.tzinfo is None:
        raise FormatError(f"时间 {now} 没有时区", advice="请传入带时区的时间。")
    return now.astimezone(BEIJING).date()


def noon_of(day: date) -> datetime:
    """Return noon of a day in Beijing: a time at which it surely is that day."""
    return datetime.combine(day, time(12), BEIJING)


def local_time(now: datetime) -> str:
    """Write an instant as people in Beijing say it: 2026-03-20 10:05."""
    return now.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def works(day: date) -> tuple[bool, bool]:
    """Tell whether a day is a working day, and whether that is only provisional (no calendar published yet)."""
    try:
        return is_workday(day), False
    except CalendarNotCovered:
        return day.weekday() < 5, True


def is_paused(day: date, pauses: Iterable[Paused]) -> bool:
    """Tell whether the clock stands still on a day."""
    return any(since < day and (until is None or day <= until) for since, until in pauses)


def _counted_days(opened: date, pauses: Iterable[Paused], *, calendar: bool) -> Iterator[tuple[date, bool]]:
    """Go through the days that use up the limit, in order: working days, or, for `calendar`, every day."""
    closed = [(since, until) for since, until in pauses if until is not None]
    day, provisional = opened, False
    while True:
        day += ONE_DAY
        counts, guessed = (True, False) if calendar else works(day)
        provisional = provisional or guessed
        if counts and not is_paused(day, closed):
            yield day, provisional


def _nth_day(opened: date, n: int, pauses: Iterable[Paused], *, calendar: bool = False) -> tuple[date, bool]:
    """Return the n-th day that counts; 0 is the opening day itself."""
    if n == 0:
        return opened, False
    days = _counted_days(opened, tuple(pauses), calendar=calendar)
    for _ in range(n - 1):
        next(days)
    return next(days)


def _last_day(opened: date, limit: LawLimit, pauses: tuple[Paused, ...]) -> tuple[date, bool]:
    """Return the last day of a limit; one in days ends on a working day (民法典第二百零三条)."""
    day, provisional = _nth_day(opened, limit.days, pauses, calendar=not limit.working_days)
    while not works(day)[0]:
        day += ONE_DAY
    return day, provisional or works(day)[1]


def dues(service: Service, opened: date, pauses: Iterable[Paused] = ()) -> Dues:
    """Compute the last days of a case that was opened on a day.

    Pauses that still run are not in it: the light says paused. Of several statutory limits the earliest last day holds.
    """
    pauses = tuple(pauses)
    promised = _nth_day(opened, service.promised.days, pauses)
    limits = [law_limit(limit.matter, opened) for limit in service.statutory]
    statutory = min((_last_day(opened, limit, pauses) for limit in limits if limit is not None), default=None)
    return Dues(
        promised=promised[0],
        statutory=statutory[0] if statutory else None,
        amber_from=_nth_day(opened, _share(service.promised.days, AMBER_PERCENT), pauses)[0],
        red_from=_nth_day(opened, _share(service.promised.days, RED_PERCENT), pauses)[0],
        provisional=promised[1] or bool(statutory and statutory[1]),
    )


def _share(days: int, percent: int) -> int:
    """Return the smallest number of days that is at least a share of all."""
    return -(-days * percent // 100)


def used_days(opened: date, today: date, pauses: Iterable[Paused] = ()) -> int:
    """Count the working days used after the opening day up to and including today; 0 on the opening day and before."""
    pauses, used, day = tuple(pauses), 0, opened
    while day < today:
        day += ONE_DAY
        used += works(day)[0] and not is_paused(day, pauses)
    return used


def light(case: Case, today: date) -> Light:
    """Tell what the light of a case shows on a day."""
    if case.state in CLOSED:
        return Light.CLOSED
    if case.paused_since is not None:
        return Light.PAUSED
    if today > case.promised_due:
        return Light.OVERDUE
    if case.red_from is not None and today >= case.red_from:
        return Light.RED
    return Light.AMBER if case.amber_from is not None and today >= case.amber_from else Light.GREEN


def beyond_the_law(case: Case, today: date) -> bool:
    """Tell whether the statutory limit was missed: by a closed case when it was closed, by an open one until today."""
    if case.statutory_due is None or case.paused_since is not None:
        return False
    return (case.closed_on or today) > case.statutory_due


def shows(colour: Light, today: date) -> Q:
    """Return the condition under which a case shows a light; the twin of `light` for querysets."""
    running = ~Q(state__in=CLOSED) & Q(paused_since__isnull=True)
    in_time = running & Q(promised_due__gte=today)
    red, amber = Q(red_from__isnull=False, red_from__lte=today), Q(amber_from__isnull=False, amber_from__lte=today)
    conditions = {
        Light.CLOSED: Q(state__in=CLOSED),
        Light.PAUSED: ~Q(state__in=CLOSED) & Q(paused_since__isnull=False),
        Light.OVERDUE: running & Q(promised_due__lt=today),
        Light.RED: in_time & red,
        Light.AMBER: in_time & amber & ~red,
        Light.GREEN: in_time & ~amber & ~red,
    }
    return conditions[colour]


def set_dues(case: Case, service: Service) -> Case:
    """Write the last days into a case from its opening day and its pauses; the caller saves it."""
    pauses = list(case.pauses.values_list("since", "until")) if case.pk else []
    opened = case.opened_on or local_day(case.opened_at)
    found = dues(service, opened, pauses)
    case.opened_on, case.promised_due, case.statutory_due = opened, found.promised, found.statutory
    case.amber_from, case.red_from, case.due_is_provisional = found.amber_from, found.red_from, found.provisional
    return case


CLOCK_FIELDS = ("opened_on", "promised_due", "statutory_due", "amber_from", "red_from", "due_is_provisional")
