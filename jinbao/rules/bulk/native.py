"""Whole-number helpers that every kernel calls; compiled with it and inlined."""

from __future__ import annotations

import numba
import numpy as np

_inline = numba.njit(inline="never", error_model="numpy", nogil=True)


@_inline
def plain(n: int, d: int) -> int:
    """Divide, where n >= 0 and d > 0."""
    return np.int64(np.uint64(n) // np.uint64(d))  # type: ignore[return-value]  # numba sees int64


@_inline
def half_up(n: int, d: int) -> int:
    """Divide and round half away from zero."""
    return (2 * n + d) // (2 * d) if n >= 0 else -((d - 2 * n) // (2 * d))


@_inline
def half_even(n: int, d: int) -> int:
    """Divide and round half to the even neighbour."""
    q = n // d
    rest = 2 * (n - q * d)
    return q + 1 if rest > d or (rest == d and q % 2 == 1) else q


@_inline
def ceiling(n: int, d: int) -> int:
    """Divide and round up."""
    return -((-n) // d)


@_inline
def floor(n: int, d: int) -> int:
    """Divide and round down."""
    return n // d


@_inline
def truncate(n: int, d: int) -> int:
    """Divide and drop the rest."""
    return n // d if n >= 0 else -((-n) // d)


@_inline
def quotient(n: int, d: int, step: int) -> int:
    """Return n / d in steps, rounded down; two divisions keep it within 64 bits."""
    q = n // d
    return q * step + ((n - q * d) * step) // d
