"""Average wages by year for generated careers, from the law's own parameter of the demonstration city."""

from __future__ import annotations

from datetime import date

from jinbao.rules.errors import NotInForce
from jinbao.rules.law import load_law

DEMONSTRATION = "990100"


def average_wages(last_year: int) -> dict[int, int]:
    """Return yuan a month by year, from 1990 on; a year without a value takes that of the next one."""
    law = load_law(production=False)
    found: dict[int, int] = {}
    following = 0
    for year in range(last_year, 1989, -1):
        try:
            following = int(law.parameter("缴费指数分母", on=date(year, 12, 31), region=DEMONSTRATION).value)
        except NotInForce:
            following = following or 7000
        found[year] = following
    return found
