"""The one place that reads the clock, for the audit trail when a verb was not told the time.

Business code takes `today`, `on` or `now` as an argument. A witness, however, needs the time at which he wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_fixed: ContextVar[datetime | None] = ContextVar("fixed_clock", default=None)


def now() -> datetime:
    """Return the current instant in UTC, or the one that `stopped_at` fixed."""
    return _fixed.get() or datetime.now(UTC)


@contextmanager
def stopped_at(instant: datetime) -> Iterator[None]:
    """Fix the clock while a test or the demonstration city runs. Raises ValueError for a time without a zone."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
    token = _fixed.set(instant)
    try:
        yield
    finally:
        _fixed.reset(token)
