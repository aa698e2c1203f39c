"""Values of facts, parameters and results: read from what people write, kept as numbers inside, shown to people.

Inside the engine a month is its ordinal, a day its ordinal, an age its months; see `jinbao.rules.ir`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from jinbao.kernel.errors import FormatError
from jinbao.kernel.money import parse_amount
from jinbao.kernel.months import Month
from jinbao.rules.ir import Type

CONTEXT = Context(prec=50)
"""Every evaluation runs in this context and never in the caller's."""

_AGE = re.compile(r"(?P<years>[0-9]{1,3})(?:周?岁)(?:零?(?P<months>[0-9]{1,2})个?月)?")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－＋", "0123456789.-+")
_TRUTH = {"是": True, "true": True, "真": True, "否": False, "false": False, "假": False}
_SHOWN_PLACES = Decimal("0.000001")


class Age(int):
    """An age in months that shows itself as 60岁2个月."""

    @staticmethod
    def parse(value: str | int) -> Age:
        """Read "60岁2个月" or "60岁"; a plain number means whole years. Raises FormatError."""
        if isinstance(value, Age):
            return value
        text = str(value).strip().translate(_FULL_WIDTH)
        if text.isdecimal() and len(text) <= 3:
            return Age(int(text) * 12)
        match = _AGE.fullmatch(text)
        if match is None or int(match["months"] or 0) > 11:
            raise FormatError(f"{_said(value)}不是年龄", advice="请写成 60岁2个月 或 60岁。")
        return Age(int(match["years"]) * 12 + int(match["months"] or 0))

    def __str__(self) -> str:
        years, months = divmod(abs(int(self)), 12)
        return f"{'-' if self < 0 else ''}{years}岁" + (f"{months}个月" if months else "")

    __repr__ = __str__


def _number(value: Any) -> Decimal:
    if isinstance(value, str):
        number = _parsed(value)
    elif isinstance(value, Decimal | int) and not isinstance(value, bool):
        number = Decimal(value)
    elif isinstance(value, float):
        raise FormatError(f"{value!r} 不是十进制数", advice='请写成文字 "0.10" 或 Decimal，浮点数存不下一分钱。')
    else:
        raise FormatError(f"{_said(value)}不是数", advice="请写成 30.67、1234.56 或 1,234.56 这样的数。")
    if not number.is_finite() or number.adjusted() > 24:
        raise FormatError(f"{value} 超出可以计算的范围")
    return number


def _parsed(text: str) -> Decimal:
    try:
        return parse_amount(text)
    except FormatError:
        raise FormatError(f"“{text}”不是数", advice="请写成 30.67、1234.56 或 1,234.56 这样的数。") from None


def _integer(value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise FormatError(f"{value} 不是整数")
    return int(number)


def _month(value: Any) -> int:
    if isinstance(value, date):
        return Month.of(value).ordinal
    if isinstance(value, Month):
        return value.ordinal
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise FormatError(f"{_said(value)}不是年月", advice="请写成 2026-01、202601 或 2026年1月。")
    return Month.parse(str(value)).ordinal


def _said(value: Any) -> str:
    """Write what somebody gave as JSON, for a sentence that says what it is not."""
    names = {True: "true", False: "false"}
    return "空值（null）" if value is None else f"“{names[value] if isinstance(value, bool) else value}”"


def _date(value: Any) -> int:
    if isinstance(value, date):
        return value.toordinal()
    try:
        return date.fromisoformat(str(value)).toordinal()
    except ValueError:
        raise FormatError(f"{_said(value)}不是日期", advice="请写成 2026-01-31。") from None


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _TRUTH:
        return _TRUTH[value.strip().lower()]
    raise FormatError(f"{_said(value)}不是“是”或“否”", advice="请写 true、false、是 或 否。")


def _choice(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    raise FormatError(f"{_said(value)}不是文字")


_READERS: dict[Type, Callable[[Any], Any]] = {
    Type.NUMBER: _number,
    Type.INTEGER: _integer,
    Type.MONTH: _month,
    Type.DATE: _date,
    Type.AGE: lambda value: int(Age.parse(value)),
    Type.BOOL: _truth,
    Type.CHOICE: _choice,
}


def reader(kind: Type) -> Callable[[Any], Any]:
    """Return what turns what people write into the inner value of a type; it raises FormatError."""
    return _READERS[kind]


def read_value(kind: Type, value: Any) -> Any:
    """Turn what people write into the inner value of a type. Raises FormatError."""
    return _READERS[kind](value)


def outer_value(kind: Type, value: Any) -> Any:
    """Turn an inner value into what callers get: Decimal, int, Month, date, Age, bool or str."""
    if value is None:
        return None
    if kind is Type.MONTH:
        return Month.from_ordinal(value)
    if kind is Type.DATE:
        return date.fromordinal(value)
    return Age(value) if kind is Type.AGE else value


def number_text(value: Decimal | int) -> str:
    """Write a number in full, without exponent; an endless quotient ends after 30 decimals."""
    if isinstance(value, int):
        return str(value)
    return format(value, "f") if -_places(value) <= 30 else _trimmed(settle(value))


def shown_number(value: Decimal | int) -> str:
    """Write a number for people: at most six decimals, with … where more follow."""
    if isinstance(value, int) or _places(value) >= -6:
        return number_text(value)
    short = value.quantize(_SHOWN_PLACES, rounding=ROUND_HALF_UP, context=CONTEXT)
    return _trimmed(value) if short == value else f"{format(short, 'f')}…"


def shown(kind: Type, value: Any) -> str:
    """Write an inner value for people."""
    if value is None:
        return "未填"
    if kind is Type.BOOL:
        return "是" if value else "否"
    if isinstance(value, Decimal) or kind in (Type.NUMBER, Type.INTEGER):
        return shown_number(value)
    return "表" if kind is Type.TABLE else str(outer_value(kind, value))


def with_unit(kind: Type, value: Any, unit: str | None) -> str:
    """Write an inner value with its unit, as one says it: 183个月, 30.67年, 8880元/月, 8%."""
    if kind not in (Type.NUMBER, Type.INTEGER) or value is None:
        return shown(kind, value)
    if unit == "%":
        return f"{shown_number(percent(value))}%"
    return shown(kind, value) + {"月": "个月", None: ""}.get(unit, unit or "")


def percent(value: Decimal | int) -> Decimal:
    """Return a ratio times one hundred, without needless zeros."""
    return Decimal(_trimmed(CONTEXT.multiply(Decimal(value), Decimal(100))))


_SETTLED = Decimal(1).scaleb(-30)


def settle(value: Decimal) -> Decimal:
    """Drop what division left behind after the 30th decimal, so that 1/3×3 is 1 when it is rounded or compared."""
    try:
        return value.quantize(_SETTLED, context=CONTEXT)
    except InvalidOperation:  # more than 20 digits before the point: nothing that law counts
        return value


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _trimmed(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
