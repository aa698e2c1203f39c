"""Arithmetic of check characters. Each function takes the body without its check character."""

from __future__ import annotations

from operator import mul

DIGITS = "0123456789"
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V, Z

MOD11_2_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOD11_2_CHECK = "10X98765432"
_MOD11_2_ZERO = 48 * sum(MOD11_2_WEIGHTS)  # what the code of the character "0" adds
_GB11714_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_USCC_WEIGHTS = tuple(pow(3, n, 31) for n in range(17))
_VALUES = {char: value for value, char in enumerate(ALPHANUMERIC)}
_USCC_VALUES = {char: value for value, char in enumerate(USCC_ALPHABET)}


def mod11_2(body: str) -> str:
    """Return the check character of 17 digits by ISO 7064 MOD 11-2 (GB 11643)."""
    total = sum(map(mul, body.encode(), MOD11_2_WEIGHTS)) - _MOD11_2_ZERO
    return _MOD11_2_CHECK[total % 11]


def mod31(body: str) -> str:
    """Return the check character of the first 17 of a unified social credit code (GB 32100)."""
    total = sum(map(mul, map(_USCC_VALUES.__getitem__, body), _USCC_WEIGHTS))
    return USCC_ALPHABET[-total % 31]


def gb11714(body: str) -> str:
    """Return the check character of 8 digits or capitals (GB 11714; also the social security card number)."""
    total = sum(map(mul, map(_VALUES.__getitem__, body), _GB11714_WEIGHTS))
    return "0X987654321"[total % 11]


def mod37_36(body: str) -> str:
    """Return the check character of digits and capitals by ISO 7064 MOD 37,36 (GB/T 17710; licence identifiers)."""
    product = 36
    for char in body:
        product = ((product + _VALUES[char]) % 36 or 36) * 2 % 37
    return ALPHANUMERIC[(37 - product) % 36]


def luhn(body: str) -> str:
    """Return the check digit of a bank card number (ISO/IEC 7812-1)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in body[::-2])
    return str(-(doubled + sum(map(int, body[-2::-2]))) % 10)
