"""Days of the demonstration city: everything inside `on(day)` happens then, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from jinbao.trust import clock

EAST_OF_GREENWICH = timedelta(hours=8)


def at(day: date, hour: int = 9) -> datetime:
    """Return an hour of a day in the city, as an instant."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - EAST_OF_GREENWICH


@contextmanager
def on(day: date) -> Iterator[datetime]:
    """Let everything inside happen on a day, in one transaction."""
    with clock.stopped_at(at(day)), transaction.atomic():
        yield at(day)
