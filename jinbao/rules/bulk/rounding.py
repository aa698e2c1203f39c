"""Named rounding in whole numbers: exact on quotients, and giving up where an error bound leaves the decision open."""

from __future__ import annotations

from dataclasses import replace
from math import gcd

from jinbao.rules.bulk.arithmetic import named, settled, within
from jinbao.rules.bulk.value import LIMIT, Value, finest, whole
from jinbao.rules.bulk.writer import Writer
from jinbao.rules.ir import Type

_HELPERS = {
    "四舍五入": "half_up",
    "银行家舍入": "half_even",
    "向上取整": "ceiling",
    "向下取整": "floor",
    "截断": "truncate",
}
_TWICE = ("四舍五入", "银行家舍入")


def round_to(w: Writer, verb: str, value: Value, places: int | None) -> Value:
    """Round to decimals (None: to a whole number); the result is exact."""
    kind = Type.INTEGER if places is None else Type.NUMBER
    unit = 10 ** max(places or 0, 0)
    coarse = 10 ** max(-(places or 0), 0)
    if value.by is None and value.err == 0 and unit % value.scale == 0 and coarse == 1:
        return replace(value, type=kind)
    if value.by and value.by.hi * value.scale * 4 > LIMIT:
        value = settled(w, value)
    over, under = unit, value.scale * coarse
    common = gcd(over, under)
    over, under = over // common, under // common
    room = LIMIT // (2 * over) - (under * (value.by.hi if value.by else 1))
    value = within(w, value, room)
    rounded = _divided(w, verb, value, over, under)
    found = replace(rounded, type=kind, scale=unit)
    return found if coarse == 1 else _coarse(found, coarse)


def _coarse(value: Value, coarse: int) -> Value:
    """Give a number rounded to tens or hundreds its size back."""
    return replace(value, code=f"({value.code} * {coarse})", lo=value.lo * coarse, hi=value.hi * coarse)


def _divided(w: Writer, verb: str, value: Value, over: int, under: int) -> Value:
    """Return value.code * over / (under * by), rounded to a whole number."""
    top = f"({value.code} * {over})" if over != 1 else value.code
    low, high = value.by.lo * under if value.by else under, value.by.hi * under if value.by else under
    bottom = (f"({value.by.code} * {under})" if under != 1 else value.by.code) if value.by else str(under)
    bounds = [bound * over // divisor for bound in (value.lo, value.hi) for divisor in (low, high)]
    lo, hi = min(bounds), max(bounds) + 1
    if value.constant:
        return _constant(verb, value.lo * over, under)
    if value.err:
        code = _undecided(w, verb, named(w, replace(value, code=top)).code, bottom, value.err * over)
    else:
        code = _written(verb, top, bottom, positive=value.lo >= 0, constant=None if value.by else under)
    return Value(code, Type.NUMBER, min(lo, 0) if verb == "截断" else lo, hi, grain=finest(value))


def _constant(verb: str, top: int, under: int) -> Value:
    floor, rest = divmod(abs(top), under)
    up = {"四舍五入": 2 * rest >= under, "银行家舍入": 2 * rest > under or (2 * rest == under and floor % 2 == 1)}
    up |= {"向上取整": rest > 0 and top > 0, "向下取整": rest > 0 and top < 0, "截断": False}
    return whole((floor + up[verb]) * (1 if top >= 0 else -1))


def _written(verb: str, top: str, bottom: str, *, positive: bool, constant: int | None) -> str:
    if not positive or verb not in ("四舍五入", "向下取整", "截断"):
        return f"{_HELPERS[verb]}({top}, {bottom})"
    if verb != "四舍五入":
        return f"plain({top}, {bottom})"
    if constant is not None and constant % 2 == 0:
        return f"plain({top} + {constant // 2}, {bottom})"
    return f"plain(2 * {top} + {bottom}, 2 * {bottom})"


def _undecided(w: Writer, verb: str, top: str, bottom: str, err: int) -> str:
    """Round a number known to ± err; give up where the error reaches across the point of decision."""
    result, rest, width = w.fresh(), w.fresh("r"), w.fresh("w")
    twice = 2 if verb in _TWICE else 1
    w.line(f"{width} = {bottom}")
    w.line(f"{result} = {_HELPERS[verb]}({top}, {width})")
    shift = f" + {width}" if verb in _TWICE else ""
    w.line(f"{rest} = ({twice} * {top}{shift}) % ({twice} * {width})")
    w.guard(f"({rest} < {twice * err} or {rest} >= {twice} * {width} - {twice * err})")
    return result
