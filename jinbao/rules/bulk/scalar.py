"""Scalar verbs in whole numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jinbao.rules.bulk.arithmetic import add, extreme, named, negate
from jinbao.rules.bulk.rounding import round_to
from jinbao.rules.bulk.value import NULL, Value, finest, truth, whole
from jinbao.rules.ir import AsOf, Call, Input, Node, Type
from jinbao.rules.verbs import ROUNDINGS

if TYPE_CHECKING:
    from jinbao.rules.bulk.expressions import Expressions


def scalar_verb(made: Expressions, node: Call) -> Value:
    """Write the call of a scalar verb or of a rounding."""
    if node.verb in ROUNDINGS:
        item = made.node(node.args[0])
        if item.type is Type.INTEGER and node.places is None:
            return item
        return named(made.w, round_to(made.w, node.verb, item, node.places))
    if node.verb in ("查表", "分档", "表中有"):
        return _table_verb(made, node)
    args = [made.node(arg) for arg in node.args]
    if node.verb in ("取大", "取小", "限于", "绝对值"):
        return _choice_of_numbers(made, node, args)
    return _calendar(made, node, args)


def _choice_of_numbers(made: Expressions, node: Call, args: list[Value]) -> Value:
    w = made.w
    if node.verb == "限于":
        if not (args[1].constant and args[2].constant):
            raise made.refusal(node, "限于 的上下限不是参数或常数", "写成 取小(取大(x, 下限), 上限)。")
        return extreme(w, extreme(w, args[0], args[1], node.type, "max"), args[2], node.type, "min")
    if node.verb == "绝对值":
        item = named(w, args[0])
        return extreme(w, item, negate(item), node.type, "max")
    found = args[0]
    for other in args[1:]:
        found = named(w, extreme(w, found, other, node.type, "max" if node.verb == "取大" else "min"))
    return found


def _calendar(made: Expressions, node: Call, args: list[Value]) -> Value:  # noqa: PLR0911  # one return a kind
    one = args[0]
    match node.verb:
        case "年份" | "满岁":
            return _counted(one, node.type, f"({one.code} // 12)", one.lo // 12, one.hi // 12)
        case "月份":
            return _counted(one, node.type, f"({one.code} % 12 + 1)", 1, 12, one.lo % 12 + 1)
        case "零月":
            return _counted(one, node.type, f"({one.code} % 12)", 0, 11, one.lo % 12)
        case "年龄值":
            return add(made.w, _times_twelve(one), args[1], node.type)
        case "年月推移" | "日期推移":
            return add(made.w, one, args[1], node.type)
        case "月数差" | "天数差" | "到龄":
            return add(made.w, args[1], one, node.type, minus=True)
        case "总月数":
            return replace(one, type=node.type)
        case "成年月":
            return _month(made, node, one, args[1])
    raise made.refusal(node, f"{node.verb} 不能成批编译")


def _counted(one: Value, kind: Type, code: str, lo: int, hi: int, known: int | None = None) -> Value:
    if one.constant:
        return whole(lo if known is None else known, kind)
    return Value(code, kind, lo, hi, grain=one.grain)


def _times_twelve(value: Value) -> Value:
    code = str(value.lo * 12) if value.constant else f"({value.code} * 12)"
    return replace(value, code=code, lo=value.lo * 12, hi=value.hi * 12)


def _month(made: Expressions, node: Call, year: Value, month: Value) -> Value:
    if not (month.lo >= 1 and month.hi <= 12):
        month = named(made.w, month)
        made.w.guard(f"({month.code} < 1 or {month.code} > 12)")
        month = replace(month, lo=max(month.lo, 1), hi=min(month.hi, 12))
    return add(made.w, add(made.w, _times_twelve(year), month, node.type), whole(1), node.type, minus=True)


def _table_verb(made: Expressions, node: Call) -> Value:
    table = _table(made, node.args[0])
    key = made.node(node.args[1])
    if key.scale != 1 or key.by or key.err:
        raise made.refusal(node, "查表的键不是整数", "先取整：向下取整(x)。")
    if node.verb == "表中有":
        return _has(made, table, key)
    if node.verb == "分档":
        ordered = sorted(table)
        first, entries = made.tables.dense(table, lambda at: table[max(known for known in ordered if known <= at)])
        key = extreme(made.w, key, whole(first + len(entries) - 1), key.type, "min")
    else:
        coded = {made.tables.code(entry) if isinstance(entry, str) else entry: value for entry, value in table.items()}
        first, entries = made.tables.dense(table, coded.get)
    return _entry(made, node, (first, entries), key)


def _table(made: Expressions, node: Node) -> dict[Any, Any]:
    if isinstance(node, Input) and node.at == "人":
        return dict(made.scope.parameter(node.name, made.scope.on).value)
    if isinstance(node, Input | AsOf):
        series = made.tables.by_row_year(node.name) if _by_year(node) else made.tables.by_month(node.name)
        known = {value for value in series.values if value is not None}
        if len(known) == 1:
            return dict(known.pop())
    raise made.refusal(node, "随年月变化的表不能成批编译", "人级规则直接用表名。")


def _by_year(node: Input | AsOf) -> bool:
    return (node.at if isinstance(node, Input) else node.by) == "年"


def _has(made: Expressions, table: dict[Any, Any], key: Value) -> Value:
    keys = sorted(made.tables.code(entry) if isinstance(entry, str) else int(entry) for entry in table)
    if key.constant:
        return truth(key.lo in keys)
    return Value(f"({' or '.join(f'{key.code} == {entry}' for entry in keys)})", Type.BOOL, 0, 1, grain=key.grain)


def _entry(made: Expressions, node: Call, dense: tuple[int, list[Any]], key: Value) -> Value:
    """Read one entry of a dense table; outside of it, give up."""
    first, entries = dense
    numbers, scale = made.tables.encoded(node.type, entries)
    if key.constant and 0 <= key.lo - first < len(numbers) and numbers[key.lo - first] != NULL:
        return whole(numbers[key.lo - first], node.type, scale)
    w, last = made.w, first + len(numbers) - 1
    if key.lo < first or key.hi > last:
        key = named(w, key)
        w.guard(f"({key.code} < {first} or {key.code} > {last})")
        if w.failing:
            key = replace(key, code=f"min(max({key.code}, {first}), {last})")
    label = f"{node.args[0].name if isinstance(node.args[0], Input | AsOf) else ''}（自 {first}）"
    array = made.tables.array(label, numbers)
    known = [number for number in numbers if number != NULL]
    index = f"{key.code} - {first}" if first else key.code
    found = named(w, Value(f"{array}[{index}]", node.type, min(known), max(known), scale, grain=finest(key)))
    if len(known) < len(numbers):
        w.guard(f"{found.code} == NULL")
        if w.failing:
            found = replace(found, code=f"max({found.code}, {min(known)})")
    return found
