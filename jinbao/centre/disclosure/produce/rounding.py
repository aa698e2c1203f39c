"""From fen to 万元 with two places, so that every printed sum adds up.

Amounts are rounded once, at the lowest level, by the largest-remainder method to the rounded total; everything
above is a
sum of printed figures. One printed unit is 0.01 万元 = 100 yuan = 10,000 fen.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import TypeVar

UNIT_FEN = 10_000
K = TypeVar("K", bound=Hashable)


def units(fen: int) -> int:
    """Round fen half-up (away from zero) to printed units."""
    sign = -1 if fen < 0 else 1
    return sign * ((abs(fen) + UNIT_FEN // 2) // UNIT_FEN)


def apportion(amounts: Mapping[K, int], total: int) -> dict[K, int]:
    """Round amounts (fen) to units that add up to `total` units, each by less than one unit if the total allows.

    Units missing after rounding down go to the largest remainders; a nonzero amount is kept from vanishing last.
    """
    floors = {k: v // UNIT_FEN for k, v in amounts.items()}
    missing = total - sum(floors.values())
    order = sorted(amounts, key=lambda k: -(amounts[k] % UNIT_FEN))
    filled = [k for k in order if amounts[k]] or order
    found = dict(floors)
    step = 1 if missing > 0 else -1
    for n in range(abs(missing)):
        if not filled:
            break
        found[filled[n % len(filled)] if step > 0 else filled[-1 - n % len(filled)]] += step
    return found


def wan(amount: int) -> Decimal:
    """Units as 万元 with two places."""
    return Decimal(amount).scaleb(-2)


def text(amount: int) -> str:
    """Units as printed: 1,234.56."""
    return f"{wan(amount):,}"
