"""Numbers of cases: region, day and a count of that region and day, such as 990101-20260320-000001.

The count is taken by one statement that both databases make atomic. A case that is rolled back may leave a gap.
"""

from __future__ import annotations

from datetime import date

from django.db import connection

_NEXT = (
    "INSERT INTO cases_daycount (region, day, last) VALUES (%s, %s, %s)"
    " ON CONFLICT (region, day) DO UPDATE SET last = cases_daycount.last + excluded.last RETURNING last"
)


def next_number(region: str, day: date) -> str:
    """Return the next number of a region on a day; unique also while others take theirs."""
    return next_numbers(region, day, 1)[0]


def next_numbers(region: str, day: date, count: int) -> list[str]:
    """Return the next numbers of a region on a day, as many as are asked for, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [region, connection.ops.adapt_datefield_value(day), count])
        row = cursor.fetchone()
    return [f"{region}-{day:%Y%m%d}-{number:06d}" for number in range(row[0] - count + 1, row[0] + 1)]
