"""Check characters as SQL: integer arithmetic that DuckDB does on whole vectors."""

from __future__ import annotations

from datetime import date

from jinbao.kernel.duck import literal
from jinbao.kernel.identifiers.check_digits import USCC_ALPHABET

_WEIGHTS = [2**place % 11 for place in range(1, 18)]
"""Weights of ISO 7064 MOD 11-2 from the last of the 17 digits to the first."""
_USCC_SHAPE = f"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}"


def body(column: str) -> str:
    """Return the first 17 digits of an identity number as an integer, null where they are no digits."""
    return f"TRY_CAST(left({column}, 17) AS BIGINT)"


def birth(column: str) -> str:
    """Return the date of birth in an identity number as yyyymmdd."""
    return f"({body(column)} // 1000 % 100000000)"


def sex(column: str) -> str:
    """Return 1 for a man, 0 for a woman, as the identity number says."""
    return f"({body(column)} % 2)"


def citizen_id(column: str, today: date) -> str:
    """Return the condition that a text is an 18-character identity number.

    Digits, a date of birth that exists and has come, the check character.
    """
    n, born = body(column), birth(column)
    year, month, day = f"({born} // 10000)", f"({born} // 100 % 100)", f"({born} % 100)"
    leap = f"({year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0))"
    days = f"CASE WHEN {month} = 2 THEN CASE WHEN {leap} THEN 29 ELSE 28 END WHEN {month} IN (4, 6, 9, 11) THEN 30 ELSE 31 END"  # noqa: E501  # one expression
    return (
        f"(length({column}) = 18 AND CAST({n} AS VARCHAR) = left({column}, 17)"
        f" AND substr('10X98765432', CAST(1 + {_mod11(n)} AS BIGINT), 1) = right({column}, 1)"
        f" AND {month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND {days} AND {year} > 0 AND {born} <= {today:%Y%m%d})"
    )


def _mod11(n: str) -> str:
    """Weigh the digits of n modulo 11.

    A digit is n // 10^k - 10 * (n // 10^(k+1)), and 10 is -1 modulo 11: so the weighted sum of the digits is that of
    the quotients, each weighed with the sum of two neighbouring weights: seventeen divisions, no text taken apart.
    """
    pairs = zip(_WEIGHTS, [0, *_WEIGHTS], strict=False)
    terms = [
        f"{(here + before) % 11} * ({n} // {10**place})"
        for place, (here, before) in enumerate(pairs)
        if (here + before) % 11
    ]
    return f"(({' + '.join(terms)}) % 11)"


def uscc(column: str) -> str:
    """Return the condition that a text is a 统一社会信用代码 with the right check character (GB 32100)."""
    alphabet = literal(USCC_ALPHABET)
    values = [f"{pow(3, n, 31)} * (strpos({alphabet}, substr({column}, {n + 1}, 1)) - 1)" for n in range(17)]
    total = " + ".join(values)
    check = f"substr({alphabet}, CAST(1 + (31 - ({total}) % 31) % 31 AS BIGINT), 1)"
    return f"(regexp_full_match({column}, {literal(_USCC_SHAPE)}) AND {check} = right({column}, 1))"
