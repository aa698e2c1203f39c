"""What the lifting verbs compute from the values of the rows; they run inside `values.CONTEXT`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from jinbao.rules.errors import EvaluationError, Refused, UnknownName

ZERO = Decimal(0)


def total(values: Sequence[Decimal]) -> Decimal:
    """Add numbers; none give 0."""
    return sum(values, ZERO)


def mean(values: Sequence[Decimal]) -> Decimal:
    """Return the arithmetic mean. Raises EvaluationError for no rows."""
    return sum(_some(values, "平均"), ZERO) / len(values)


def weighted(pairs: Sequence[tuple[Decimal, Decimal | int]]) -> Decimal:
    """Return the mean of (value, weight). Raises EvaluationError for no rows or no weight."""
    weights = sum((weight for _, weight in _some(pairs, "加权平均")), ZERO)
    if not weights:
        raise EvaluationError("加权平均：权的合计为零", advice="先判断 合计(权) > 0。")
    return sum((value * weight for value, weight in pairs), ZERO) / weights


def largest(values: Sequence[Any]) -> Any:
    """Return the largest. Raises EvaluationError for no rows."""
    return max(_some(values, "最大"))


def smallest(values: Sequence[Any]) -> Any:
    """Return the smallest. Raises EvaluationError for no rows."""
    return min(_some(values, "最小"))


def first(values: Sequence[Any]) -> Any:
    """Return the value of the earliest row. Raises EvaluationError for no rows."""
    return _some(values, "首值、首月、首年")[0]


def last(values: Sequence[Any]) -> Any:
    """Return the value of the latest row. Raises EvaluationError for no rows."""
    return _some(values, "末值、末月、末年")[-1]


def _some(values: Sequence[Any], verb: str) -> Sequence[Any]:
    if not values:
        raise EvaluationError(f"{verb}：没有符合条件的行", advice="在规则里先用 计数(条件) 判断有没有行。")
    return values


def needed(value: Any, name: str) -> Any:
    """Return an optional fact that is used as if it were given. Raises UnknownName when it is not."""
    if value is None:
        raise UnknownName(f"“{name}”未填，规则却直接用了它", advice=f"请填写“{name}”；或在规则里先判断 未填({name})。")
    return value


def refuse(reason: str) -> NoReturn:
    """Decline to compute. Raises Refused with the reason of the rule."""
    raise Refused(f"不予计算：{reason}")


REDUCERS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "合计": total,
    "计数": len,
    "平均": mean,
    "加权平均": weighted,
    "最大": largest,
    "最小": smallest,
    "首值": first,
    "末值": last,
    "首月": first,
    "末月": last,
    "首年": first,
    "末年": last,
    "任一": any,
    "全部": all,
}
