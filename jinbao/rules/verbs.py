"""The scalar verbs of the rule language: what each accepts, returns, computes and how it reads in an explanation.

A verb is a row of `VERBS`; adding one touches only this file (and docs/law-engine.md). The functions work on inner
values (see `jinbao.rules.values`) and run inside `values.CONTEXT`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from jinbao.kernel.workdays import CalendarNotCovered, add_workdays, workdays_between
from jinbao.rules.errors import CalendarUnknown, EvaluationError
from jinbao.rules.ir import Node, Type
from jinbao.rules.values import CONTEXT

ROUNDINGS = {
    "四舍五入": ROUND_HALF_UP,
    "银行家舍入": ROUND_HALF_EVEN,
    "向上取整": ROUND_CEILING,
    "向下取整": ROUND_FLOOR,
    "截断": ROUND_DOWN,
}
"""Rounding verbs; the number of places is a literal, without it the result is a whole number."""

CONSTANTS: dict[str, Decimal | bool] = {
    "百分之一": Decimal("0.01"),
    "千分之一": Decimal("0.001"),
    "万分之一": Decimal("0.0001"),
    "真": True,
    "假": False,
}

RETURNS_FIRST = "first"  # type and unit of the first argument
SAME = "same"  # all arguments alike; numbers mix, the result is theirs


@dataclass(frozen=True)
class Verb:
    """A scalar verb. `takes` names the type of each argument, the last one repeating when `many`."""

    takes: tuple[tuple[Type, ...], ...]
    returns: Type | str
    run: Callable[..., Any]
    text: Callable[[Sequence[str]], str]
    unit: str | None = None
    many: bool = False


def round_to(value: Decimal, quantum: Decimal, rounding: str) -> Decimal:
    """Round a settled number to a quantum such as Decimal("0.01")."""
    return value.quantize(quantum, rounding=rounding, context=CONTEXT)


def round_whole(value: Decimal, rounding: str) -> int:
    """Round a settled number to a whole number."""
    return int(value.to_integral_value(rounding=rounding))


def round_tens(value: Decimal, places: int, rounding: str) -> Decimal:
    """Round to tens, hundreds, … (negative places) and return a plain number."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=rounding).quantize(Decimal(1))


def look_up(table: dict[Any, Any], key: Any) -> Any:
    """Return the entry of a key. Raises EvaluationError outside the table: nothing is guessed."""
    try:
        return table[key]
    except KeyError:
        low, high = _ends(table)
        advice = "需要封顶封底时，在规则里写 限于(键, 下限, 上限)。"
        raise EvaluationError(f"表中没有键 {key}（表的范围 {low} 至 {high}）", advice=advice) from None


def bracket(table: dict[Any, Any], value: Any) -> Any:
    """Return the entry of the largest key that does not exceed the value. Raises EvaluationError below the first."""
    below = [key for key in table if key <= value]
    if not below:
        raise EvaluationError(f"{value} 低于表的最低一档 {_ends(table)[0]}", advice="在规则里先判断是否够第一档。")
    return table[max(below)]


def _ends(table: dict[Any, Any]) -> tuple[Any, Any]:
    keys = list(table)
    return (min(keys), max(keys)) if keys and not isinstance(keys[0], str) else (keys[0], keys[-1])


def clamp(value: Any, low: Any, high: Any) -> Any:
    """Keep a value between two limits. Raises EvaluationError when the limits cross."""
    if low > high:
        raise EvaluationError(f"下限 {low} 高于上限 {high}")
    return low if value < low else min(value, high)


def make_month(year: int, month: int) -> int:
    """Return the ordinal of a month. Raises EvaluationError for month 13."""
    if not (1 <= month <= 12 and 1 <= year <= 9999):
        raise EvaluationError(f"没有 {year} 年 {month} 月这个月份")
    return year * 12 + month - 1


def month_of_day(ordinal: int) -> int:
    """Return the ordinal month of an ordinal day."""
    day = date.fromordinal(ordinal)
    return day.year * 12 + day.month - 1


def add_working_days(ordinal: int, n: int) -> int:
    """Return the n-th working day after an ordinal day. Raises CalendarUnknown outside the published years."""
    return _published(lambda: add_workdays(date.fromordinal(ordinal), n)).toordinal()


def count_working_days(start: int, end: int) -> int:
    """Count the working days after one ordinal day up to another. Raises CalendarUnknown."""
    return _published(lambda: workdays_between(date.fromordinal(start), date.fromordinal(end)))


def to_working_day(ordinal: int) -> int:
    """Return the ordinal day, or the next working day (民法典第二百零三条). Raises CalendarUnknown."""
    return add_working_days(ordinal - 1, 1)


T = TypeVar("T")


def _published(count: Callable[[], T]) -> T:
    try:
        return count()
    except CalendarNotCovered as error:
        raise CalendarUnknown(error.message, advice=error.advice) from error


def _called(name: str) -> Callable[[Sequence[str]], str]:
    return lambda args: f"{name}（{'，'.join(args)}）"


NUM, INT, MONTH, DATE = (Type.NUMBER, Type.INTEGER), (Type.INTEGER,), (Type.MONTH,), (Type.DATE,)
AGE, TABLE = (Type.AGE,), (Type.TABLE,)
ORDERED = (*NUM, Type.MONTH, Type.DATE, Type.AGE)
KEY = (*NUM, Type.CHOICE, Type.AGE)

VERBS: dict[str, Verb] = {
    "取大": Verb((ORDERED, ORDERED), SAME, max, _called("取大"), many=True),
    "取小": Verb((ORDERED, ORDERED), SAME, min, _called("取小"), many=True),
    "限于": Verb((ORDERED, ORDERED, ORDERED), SAME, clamp, lambda a: f"{a[0]}（限于 {a[1]} 至 {a[2]}）"),
    "绝对值": Verb((NUM,), RETURNS_FIRST, abs, lambda a: f"|{a[0]}|"),
    "年份": Verb((MONTH,), Type.INTEGER, lambda m: m // 12, lambda a: f"{a[0]}的年份", "年"),
    "月份": Verb((MONTH,), Type.INTEGER, lambda m: m % 12 + 1, lambda a: f"{a[0]}的月份", "月"),
    "成年月": Verb((INT, INT), Type.MONTH, make_month, lambda a: f"{a[0]}年{a[1]}月"),
    "年月推移": Verb((MONTH, INT), Type.MONTH, lambda m, n: m + n, lambda a: f"{a[0]} 推移 {a[1]} 个月"),
    "月数差": Verb((MONTH, MONTH), Type.INTEGER, lambda a, b: b - a, lambda a: f"{a[0]} 至 {a[1]} 的月数", "月"),
    "年龄值": Verb((INT, INT), Type.AGE, lambda y, m: y * 12 + m, lambda a: f"{a[0]}岁{a[1]}个月"),
    "满岁": Verb((AGE,), Type.INTEGER, lambda a: a // 12, lambda a: f"{a[0]}的满岁数", "岁"),
    "零月": Verb((AGE,), Type.INTEGER, lambda a: a % 12, lambda a: f"{a[0]}的零月数", "月"),
    "总月数": Verb((AGE,), Type.INTEGER, lambda a: a, lambda a: f"{a[0]}的总月数", "月"),
    "到龄": Verb((MONTH, MONTH), Type.AGE, lambda a, b: b - a, lambda a: f"{a[0]} 出生者在 {a[1]} 的年龄"),
    "年月于": Verb((DATE,), Type.MONTH, month_of_day, lambda a: f"{a[0]}所在月"),
    "日期推移": Verb((DATE, INT), Type.DATE, lambda d, n: d + n, lambda a: f"{a[0]} 推移 {a[1]} 天"),
    "天数差": Verb((DATE, DATE), Type.INTEGER, lambda a, b: b - a, lambda a: f"{a[0]} 至 {a[1]} 的天数", "天"),
    "工作日推移": Verb((DATE, INT), Type.DATE, add_working_days, lambda a: f"{a[0]} 后第 {a[1]} 个工作日"),
    "工作日数": Verb(
        (DATE, DATE), Type.INTEGER, count_working_days, lambda a: f"{a[0]} 至 {a[1]} 的工作日数", "工作日"
    ),
    "顺延至工作日": Verb((DATE,), Type.DATE, to_working_day, lambda a: f"{a[0]}（逢节假日顺延）"),
    "查表": Verb((TABLE, KEY), "element", look_up, lambda a: f"{a[0]}〔{a[1]}〕"),
    "分档": Verb((TABLE, NUM + AGE), "element", bracket, lambda a: f"{a[0]}〔{a[1]} 所在档〕"),
    "表中有": Verb((TABLE, KEY), Type.BOOL, lambda t, k: k in t, lambda a: f"{a[0]} 中有 {a[1]}"),
}

LIFTS = {
    "合计": "sum", "计数": "count", "平均": "mean", "加权平均": "weighted", "最大": "max", "最小": "min",
    "首值": "first", "末值": "last", "首月": "first-time", "末月": "last-time", "首年": "first-time",
    "末年": "last-time", "任一": "any", "全部": "all", "取年": "at", "取月": "at",
}  # fmt: skip
"""Verbs over the rows of a finer grain; `jinbao.rules.lifting` computes them."""

SPECIAL = ("按年", "按月", "未填", "拒绝", "上年")
ALL_VERBS = (*ROUNDINGS, *VERBS, *LIFTS, *SPECIAL)


def verb_type(verb: str, args: Sequence[Node]) -> tuple[Type, str | None]:
    """Return type and unit of a call whose arguments have been checked."""
    spec = VERBS[verb]
    if isinstance(spec.returns, Type):
        return spec.returns, spec.unit
    if spec.returns == SAME and any(arg.type is Type.NUMBER for arg in args):
        return Type.NUMBER, _common_unit(args)
    return args[0].type, _common_unit(args) if spec.returns == SAME else args[0].unit


def _common_unit(args: Sequence[Node]) -> str | None:
    return next((arg.unit for arg in args if arg.unit is not None), None)
