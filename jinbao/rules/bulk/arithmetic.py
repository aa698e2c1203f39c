"""Arithmetic of the kernel in whole numbers: every operation is exact, or its error is bounded, or it gives up.

Each function writes what it needs through the writer and returns the value. Where a product might not fit 64 bits, an
operand is held to the range that does and a person beyond it goes to the exact reading.
"""

from __future__ import annotations

from dataclasses import replace
from math import gcd, lcm

from jinbao.rules.bulk.value import LIMIT, Divisor, Value, finer, finest, whole
from jinbao.rules.bulk.writer import Writer
from jinbao.rules.ir import Type

FINE = 10**12
"""Steps to the unit when quotients with different divisors are added up."""


class TooLarge(Exception):
    """A value does not fit the kernel's integers; the caller knows the line."""


def named(w: Writer, value: Value) -> Value:
    """Keep a value in a variable, so that it is computed once."""
    if value.constant or value.code.isidentifier():
        return value
    name = w.fresh()
    w.line(f"{name} = {value.code}")
    return replace(value, code=name)


def within(w: Writer, value: Value, reach: int) -> Value:
    """Hold a value to a magnitude; beyond it the person goes to the exact reading."""
    if value.reach <= reach:
        return value
    if reach < 1000 * value.scale:
        raise TooLarge
    value = named(w, value)
    lo, hi = max(value.lo, -reach), min(value.hi, reach)
    tests = [f"{value.code} > {hi}"] * (value.hi > hi) + [f"{value.code} < {lo}"] * (value.lo < lo)
    w.guard(" or ".join(tests) if len(tests) == 1 else f"({' or '.join(tests)})")
    if w.failing:  # the row goes on with a number that cannot overflow
        name = w.fresh()
        w.line(f"{name} = min(max({value.code}, {lo}), {hi})")
        value = replace(value, code=name)
    return replace(value, lo=lo, hi=hi)


def scaled(w: Writer, value: Value, factor: int) -> Value:
    """Multiply code and scale alike: the same number with more decimals."""
    if factor == 1:
        return value
    value = within(w, value, LIMIT // factor)
    code = str(value.lo * factor) if value.lo == value.hi else f"({value.code} * {factor})"
    return replace(
        value, code=code, lo=value.lo * factor, hi=value.hi * factor, scale=value.scale * factor,
        err=value.err * factor,
    )  # fmt: skip


def settled(w: Writer, value: Value) -> Value:
    """Carry a division by a run-time divisor out, to a fine step; the result is less than one step too small."""
    if value.by is None:
        return value
    step = FINE
    while step > 10**6 and value.reach * step // (value.by.lo * value.scale) * 4096 > LIMIT:
        step //= 10
    if value.by.hi * value.scale * step > LIMIT:
        raise TooLarge
    by, value = value.by, named(w, value)
    divisor = f"({by.code} * {value.scale})" if value.scale != 1 else by.code
    fixed = whole(0, value.type, step)
    lo, hi = (bound * step // (by.lo * value.scale) for bound in (min(value.lo, 0) - 1, max(value.hi, 0) + 1))
    err = 1 + -(-value.err * step // (by.lo * value.scale))
    return replace(fixed, code=f"quotient({value.code}, {divisor}, {step})", lo=lo, hi=hi, err=err, grain=finest(value))


def alike(w: Writer, one: Value, other: Value) -> tuple[Value, Value]:
    """Bring two numbers to one scale and one divisor."""
    if (one.by and one.by.code) != (other.by and other.by.code):
        one, other = _common_divisor(w, one, other)
    scale = lcm(one.scale, other.scale)
    return scaled(w, one, scale // one.scale), scaled(w, other, scale // other.scale)


def _common_divisor(w: Writer, one: Value, other: Value) -> tuple[Value, Value]:
    if one.by and other.by:
        if max(one.reach * other.by.hi, other.reach * one.by.hi, one.by.hi * other.by.hi) > LIMIT:
            return settled(w, one), settled(w, other)
        by = _times_divisors(one.by, other.by)
        return replace(_times(w, one, other.by), by=by), replace(_times(w, other, one.by), by=by)
    if one.by:
        return one, replace(_times(w, other, one.by), by=one.by)
    if other.by:
        return replace(_times(w, one, other.by), by=other.by), other
    return one, other


def _times_divisors(one: Divisor, other: Divisor) -> Divisor:
    grain = finer(one.grain, other.grain)
    return Divisor(f"({one.code} * {other.code})", one.lo * other.lo, one.hi * other.hi, grain)


def _times(w: Writer, value: Value, by: Divisor) -> Value:
    """Multiply the code of a value by a divisor."""
    value = within(w, value, LIMIT // by.hi)
    bounds = [value.lo * by.lo, value.lo * by.hi, value.hi * by.lo, value.hi * by.hi]
    code = "0" if value.constant and value.lo == 0 else f"({value.code} * {by.code})"
    return replace(value, code=code, lo=min(bounds), hi=max(bounds), err=value.err * by.hi,
                   grain=finer(value.grain, by.grain))  # fmt: skip


def add(w: Writer, one: Value, other: Value, kind: Type, *, minus: bool = False) -> Value:
    """Add or subtract."""
    one, other = alike(w, one, other)
    if one.reach + other.reach > LIMIT:
        one, other = within(w, one, LIMIT // 2), within(w, other, LIMIT // 2)
    lo, hi = (one.lo - other.hi, one.hi - other.lo) if minus else (one.lo + other.lo, one.hi + other.hi)
    found = Value(
        f"({one.code} {'-' if minus else '+'} {other.code})", kind, lo, hi, one.scale, one.by, one.err + other.err,
        finest(one, other),
    )  # fmt: skip
    return _plain(found, one, other, zero_first=not minus)


def _plain(found: Value, one: Value, other: Value, *, zero_first: bool) -> Value:
    """Leave out what adds nothing."""
    if found.constant:
        return replace(found, code=str(found.lo))
    if other.constant and other.lo == 0:
        return replace(found, code=one.code)
    return replace(found, code=other.code) if zero_first and one.constant and one.lo == 0 else found


def multiply(w: Writer, one: Value, other: Value, kind: Type) -> Value:
    """Multiply."""
    one, other = _reduced(one, other)
    if one.reach * max(other.reach, 1) > LIMIT:
        small, large = sorted((one, other), key=lambda value: value.reach / value.scale)
        one, other = small, within(w, large, LIMIT // max(small.reach, 1))
    by = _times_divisors(one.by, other.by) if one.by and other.by else one.by or other.by
    if by and by.hi * one.scale * other.scale > LIMIT:
        raise TooLarge
    bounds = [a * b for a in (one.lo, one.hi) for b in (other.lo, other.hi)]
    err = one.reach * other.err + other.reach * one.err + one.err * other.err
    found = Value(f"({one.code} * {other.code})", kind, min(bounds), max(bounds), one.scale * other.scale, by, err,
                  finest(one, other))  # fmt: skip
    if found.constant:
        return replace(found, code=str(found.lo), grain="人")
    for factor, rest in ((one, other), (other, one)):
        if factor.constant and factor.lo == 1:
            return replace(found, code=rest.code)
    return found


def _reduced(one: Value, other: Value) -> tuple[Value, Value]:
    """Cancel what a constant factor shares with the other's scale."""
    pairs = []
    for factor, rest in ((one, other), (other, one)):
        common = gcd(factor.lo, rest.scale) if factor.constant and factor.lo else 1
        pairs.append(common)
    for index, (factor, rest) in enumerate(((one, other), (other, one))):
        if pairs[index] > 1:
            less = whole(factor.lo // pairs[index], factor.type, factor.scale)
            plainer = replace(rest, scale=rest.scale // pairs[index])
            return (less, plainer) if index == 0 else (plainer, less)
    return one, other


def divide(w: Writer, one: Value, other: Value) -> Value:
    """Divide; a divisor known only at run time stays a divisor, so that nothing is lost before rounding."""
    if other.err:
        raise TooLarge
    if other.constant and other.lo != 0:
        sign = 1 if other.lo > 0 else -1
        top = multiply(w, one, whole(other.scale * sign), Type.NUMBER)
        common = gcd(top.reach if top.constant else 0, 1) or 1
        found = replace(top, scale=top.scale * abs(other.lo) // common, type=Type.NUMBER)
        if found.by and found.by.hi * found.scale > LIMIT:
            raise TooLarge
        return found
    if other.constant:  # nothing is divided by what is not there
        w.fail()
        return whole(0, Type.NUMBER)
    if other.lo <= 0:
        other = named(w, other)
        w.guard(f"{other.code} <= 0")
        if w.failing:
            name = w.fresh()
            w.line(f"{name} = max({other.code}, 1)")
            other = replace(other, code=name)
        other = replace(other, lo=1, hi=max(other.hi, 1))
    return _by(w, one, named(w, other))


def _by(w: Writer, one: Value, other: Value) -> Value:
    top = multiply(w, one, whole(other.scale), Type.NUMBER)
    if other.by:
        top = _times(w, top, other.by)
    by = Divisor(other.code, other.lo, other.hi, other.grain)
    if top.by:
        by = _times_divisors(top.by, by)
    if by.hi * top.scale > LIMIT:
        raise TooLarge
    return replace(top, by=by, type=Type.NUMBER, grain=finest(top, other))


def negate(value: Value) -> Value:
    """Change the sign."""
    code = str(-value.lo) if value.constant else f"(-{value.code})"
    return replace(value, code=code, lo=-value.hi, hi=-value.lo)


def compare(w: Writer, op: str, one: Value, other: Value) -> Value:
    """Compare; where an error bound leaves it open, give up."""
    one, other = alike(w, one, other)
    known = _known(op, one, other)
    if known is not None:
        return Value(str(known), Type.BOOL, int(known), int(known))
    err = one.err + other.err
    if err:
        one, other = named(w, one), named(w, other)
        w.guard(f"abs({one.code} - {other.code}) <= {err}")
    return Value(f"({one.code} {op} {other.code})", Type.BOOL, 0, 1, grain=finest(one, other))


def _known(op: str, one: Value, other: Value) -> bool | None:
    """Decide a comparison by ranges alone."""
    if one.err or other.err:
        return None
    less, more = one.hi < other.lo, one.lo > other.hi
    equal = one.lo == one.hi == other.lo == other.hi
    not_more, not_less = one.hi <= other.lo, one.lo >= other.hi
    table = {
        "==": (equal, less or more),
        "!=": (less or more, equal),
        "<": (less, not_less),
        "<=": (not_more, more),
        ">": (more, not_more),
        ">=": (not_less, less),
    }
    yes, no = table[op]
    return True if yes else (False if no else None)


def extreme(w: Writer, one: Value, other: Value, kind: Type, which: str) -> Value:
    """Return the larger (max) or smaller (min) of two."""
    one, other = alike(w, one, other)
    if one.err == other.err == 0:
        if (one.lo >= other.hi) if which == "max" else (one.hi <= other.lo):
            return replace(one, type=kind)
        if (other.lo >= one.hi) if which == "max" else (other.hi <= one.lo):
            return replace(other, type=kind)
    pick = max if which == "max" else min
    return Value(
        f"{which}({one.code}, {other.code})", kind, pick(one.lo, other.lo), pick(one.hi, other.hi), one.scale, one.by,
        max(one.err, other.err), finest(one, other),
    )  # fmt: skip
