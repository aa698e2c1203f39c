"""The time of a request: the faces read the clock once, here, and hand it down as an argument."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.timezone import localtime

from jinbao.trust import clock


def now() -> datetime:
    """Return the current instant."""
    return clock.now()


def today() -> date:
    """Return the current day in China."""
    return localtime(clock.now()).date()
