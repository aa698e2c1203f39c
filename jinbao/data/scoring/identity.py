"""Check characters as SQL: integer arithmetic that DuckDB does on whole vectors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from jinbao.kernel.duck import literal, quoted
from jinbao.kernel.identifiers.check_digits import MOD11_2_WEIGHTS, USCC_ALPHABET

_WEIGHTS = MOD11_2_WEIGHTS[::-1]
"""Weights of ISO 7064 MOD 11-2 from the last of the 17 digits to the first."""
_USCC_SHAPE = f"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}"


def with_numbers(table: str, names: Iterable[str], today: date) -> str:
    """Return a table with three more columns for each column of identity numbers: body, birth and whether it is valid.

    Each is worked out once a row however many rules ask for it: DuckDB does not share parts of conditions by itself.
    """
    for layer in (_body, _birth, lambda name: _valid(name, today)):
        added = [layer(name) for name in names]
        table = f"(SELECT *, {', '.join(added)} FROM {table})" if added else table  # noqa: S608  # quoted
    return table


def valid(name: str) -> str:
    """Return the condition that a column of `with_numbers` holds an 18-character identity number."""
    return quoted(f"_valid_{name}")


def birth(name: str) -> str:
    """Return the date of birth in a column of `with_numbers` as yyyymmdd."""
    return quoted(f"_birth_{name}")


def sex(name: str) -> str:
    """Return 1 for a man, 0 for a woman, as a column of `with_numbers` says."""
    return f"({quoted(f'_body_{name}')} % 2)"


def _body(name: str) -> str:
    """The first 17 digits as an integer, null where they are no digits."""
    return f"TRY_CAST(left({quoted(name)}, 17) AS BIGINT) AS {quoted(f'_body_{name}')}"


def _birth(name: str) -> str:
    return f"{quoted(f'_body_{name}')} // 1000 % 100000000 AS {birth(name)}"


def _valid(name: str, today: date) -> str:
    """Digits, a date of birth that exists and has come, the check character."""
    column, n, born = quoted(name), quoted(f"_body_{name}"), birth(name)
    year, month, day = f"({born} // 10000)", f"({born} // 100 % 100)", f"({born} % 100)"
    leap = f"({year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0))"
    february = f"CASE WHEN {leap} THEN 29 ELSE 28 END"
    days = f"CASE WHEN {month} = 2 THEN {february} WHEN {month} IN (4, 6, 9, 11) THEN 30 ELSE 31 END"
    return (
        f"(length({column}) = 18 AND CAST({n} AS VARCHAR) = left({column}, 17)"
        f" AND substr('10X98765432', CAST(1 + {_mod11(n)} AS BIGINT), 1) = right({column}, 1)"
        f" AND {month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND {days} AND {year} > 0 AND {born} <= {today:%Y%m%d}"
        f") AS {valid(name)}"
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
