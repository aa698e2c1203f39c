"""Months, half-open spans of months and days, and age.

Insurance counts in calendar months. A `Month` is a value with arithmetic; a `Span` runs from its first month up to, and
not including, its end, so that neighbouring spans touch without overlapping. Forms and statutes say "from … through …":
use `Span.through` and `span.last` at that border.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Generic, Self, TypeVar, overload

from jinbao.kernel.errors import FormatError

_FULL_WIDTH = str.maketrans("０１２３４５６７８９－／．", "0123456789-/.")
_MONTH = re.compile(r"(?P<year>[0-9]{4})(?:[-/.年](?P<month>[0-9]{1,2})月?|(?P<compact>[0-9]{2}))")


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month, for example Month(2026, 1)."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1 <= self.year <= 9999):
            raise FormatError(f"没有 {self.year} 年 {self.month} 月这个月份", advice="年为 1–9999，月为 1–12。")

    @staticmethod
    def parse(text: str) -> Month:
        """Read "2026-01", "202601", "2026年1月", "2026/1" or "2026.1", also in full-width digits.

        Raises FormatError for anything else.
        """
        if not isinstance(text, str):
            raise FormatError(f"年月应为文字，实为 {type(text).__name__}：{text!r}")
        return _parse(text)

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month in which a day lies."""
        return cls(day.year, day.month)

    @staticmethod
    def from_yyyymm(number: int) -> Month:
        """Return the month of a number such as 202601."""
        if isinstance(number, bool) or not isinstance(number, int):
            raise FormatError(f"年月应为六位整数，实为 {number!r}")
        return _numbered(number)

    @staticmethod
    def from_ordinal(ordinal: int) -> Month:
        """Return the month with that `ordinal`."""
        return _counted(ordinal)

    @property
    def ordinal(self) -> int:
        """Months since the year 0; neighbouring months differ by one."""
        return self.year * 12 + self.month - 1

    @property
    def yyyymm(self) -> int:
        """The month as a number such as 202601."""
        return self.year * 100 + self.month

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def __add__(self, months: int) -> Month:
        return Month.from_ordinal(self.ordinal + months)

    @overload
    def __sub__(self, other: int) -> Month: ...
    @overload
    def __sub__(self, other: Month) -> int: ...
    def __sub__(self, other: int | Month) -> Month | int:
        if isinstance(other, Month):
            return self.ordinal - other.ordinal
        return Month.from_ordinal(self.ordinal - other)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@lru_cache(maxsize=4096)
def _numbered(number: int) -> Month:
    return Month(*divmod(number, 100))


@lru_cache(maxsize=4096)
def _counted(ordinal: int) -> Month:
    year, month = divmod(ordinal, 12)
    return Month(year, month + 1)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Month:
    match = _MONTH.fullmatch(text.strip().translate(_FULL_WIDTH))
    if match is None:
        raise FormatError(f"“{text}”不是年月", advice="请写成 2026-01、202601 或 2026年1月。")
    return Month(int(match["year"]), int(match["month"] or match["compact"]))


T = TypeVar("T", Month, date)


@dataclass(frozen=True, slots=True)
class _HalfOpen(Generic[T]):
    """From `start` up to, not including, `end`; an `end` of None means still running."""

    start: T
    end: T | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise FormatError(f"时间段的终点 {self.end} 早于起点 {self.start}", advice="终点不含在内，最早等于起点。")

    def contains(self, point: T) -> bool:
        """Tell whether a month (or day) belongs to the span."""
        return self.start <= point and (self.end is None or point < self.end)

    def intersection(self, other: Self) -> Self | None:
        """Return what both spans share, or None."""
        start = max(self.start, other.start)
        ends = [end for end in (self.end, other.end) if end is not None]
        end = min(ends) if ends else None
        return None if end is not None and end <= start else type(self)(start, end)

    def overlaps(self, other: Self) -> bool:
        """Tell whether the two spans share at least one month (or day)."""
        return self.intersection(other) is not None

    def until(self, end: T) -> Self:
        """Return the part of the span before `end`, which may be empty."""
        earlier = end if self.end is None else min(self.end, end)
        return type(self)(self.start, max(self.start, earlier))

    def _closed_end(self) -> T:
        if self.end is None:
            raise FormatError(f"时间段 {self} 尚未结束，没有长度", advice="先用 until(…) 给出计算截止的年月或日期。")
        return self.end

    def __bool__(self) -> bool:
        return self.end != self.start

    def __str__(self) -> str:
        return f"[{self.start}, {self.end or '至今'})"


@dataclass(frozen=True, slots=True)
class Span(_HalfOpen[Month]):
    """Months from `start` up to, not including, `end`; an `end` of None means still running."""

    @classmethod
    def through(cls, first: Month, last: Month | None) -> Span:
        """Make the span that includes both its first and its last month."""
        return cls(first, None if last is None else last + 1)

    @property
    def last(self) -> Month | None:
        """The last month that belongs to the span; None while it is running."""
        return None if self.end is None else self.end - 1

    def months(self) -> Iterator[Month]:
        """Go through the months in order; raise FormatError while the span is running."""
        return map(Month.from_ordinal, range(self.start.ordinal, self._closed_end().ordinal))

    def __len__(self) -> int:
        return self._closed_end() - self.start


@dataclass(frozen=True, slots=True)
class DaySpan(_HalfOpen[date]):
    """Days from `start` up to, not including, `end`; an `end` of None means still running."""

    @classmethod
    def through(cls, first: date, last: date | None) -> DaySpan:
        """Make the span that includes both its first and its last day."""
        return cls(first, None if last is None else last + timedelta(days=1))

    @property
    def last(self) -> date | None:
        """The last day that belongs to the span; None while it is running."""
        return None if self.end is None else self.end - timedelta(days=1)

    def days(self) -> Iterator[date]:
        """Go through the days in order; raise FormatError while the span is running."""
        return map(date.fromordinal, range(self.start.toordinal(), self._closed_end().toordinal()))

    def __len__(self) -> int:
        return (self._closed_end() - self.start).days


S = TypeVar("S", Span, DaySpan)


def union(spans: Iterable[S]) -> tuple[S, ...]:
    """Join spans into the fewest disjoint spans, in order, that cover the same months or days.

    Overlapping employers count a month once: add up the lengths of the union, not of the spans.
    """
    joined: list[S] = []
    for span in sorted((span for span in spans if span), key=lambda span: span.start):
        if not joined or not _touches(joined[-1], span):
            joined.append(span)
        elif not _outlasts(joined[-1], span):
            joined[-1] = type(span)(joined[-1].start, span.end)
    return tuple(joined)


def _touches(earlier: S, later: S) -> bool:
    return earlier.end is None or later.start <= earlier.end


def _outlasts(earlier: S, later: S) -> bool:
    return earlier.end is None or (later.end is not None and later.end <= earlier.end)


def age_on(birth: date, day: date) -> int:
    """Return the full years (周岁) a person has on a day.

    A year is full on the birthday; where the month has no such day (29 February), on the last day of the month
    (民法典第二百零二条). Raises FormatError for a day before birth.
    """
    if day < birth:
        raise FormatError(f"{day} 早于出生日期 {birth}", advice="请核对出生日期。")
    years = day.year - birth.year
    birthday = min(birth.day, calendar.monthrange(day.year, birth.month)[1])
    return years - ((day.month, day.day) < (birth.month, birthday))


def age_in_months(birth: Month, at: Month) -> int:
    """Return the months from the month of birth to another month; negative before birth."""
    return at - birth
