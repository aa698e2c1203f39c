"""Scalar verbs in whole numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jinbao.rules.bulk.arithmetic import add, compare, extreme, named, negate
from jinbao.rules.bulk.rounding import round_to
from jinbao.rules.bulk.tables import Series
from jinbao.rules.bulk.value import NULL, Value, finest, truth, whole
from jinbao.rules.ir import AsOf, Call, Input, Node, Type
from jinbao.rules.verbs import ROUNDINGS, month_of_day

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
        low, high = named(w, args[1]), named(w, args[2])
        crossed = compare(w, ">", low, high)
        if crossed.truth is not False:
            w.guard(crossed.code)
        args = [named(w, args[0]), low, high]
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
        case "年月于":
            return _month_of_day(made, one)
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


def _month_of_day(made: Expressions, day: Value) -> Value:
    """Write the month of a day (1 is the first of year 1) in whole numbers: years from March on, in eras of 400."""
    lo, hi = month_of_day(day.lo), month_of_day(day.hi)
    if day.constant:
        return whole(lo, Type.MONTH)
    w = made.w
    since, year, day_of_year, found = (w.fresh() for _ in range(4))
    w.line(f"{since} = {day.code} + 305")
    w.line(f"{year} = {since} % 146097")
    w.line(f"{year} = ({year} - {year} // 1460 + {year} // 36524 - {year} // 146096) // 365")
    w.line(f"{day_of_year} = {since} % 146097 - (365 * {year} + {year} // 4 - {year} // 100)")
    w.line(f"{found} = ({since} // 146097 * 400 + {year}) * 12 + (5 * {day_of_year} + 2) // 153 + 2")
    return Value(found, Type.MONTH, lo, hi, grain=day.grain)


def _table_verb(made: Expressions, node: Call) -> Value:
    table = _table(made, node.args[0])
    key = made.node(node.args[1])
    if key.scale != 1 or key.by or key.err:
        raise made.refusal(node, "查表的键不是整数", "先取整：向下取整(x)。")
    if isinstance(table, Series):
        return _dated_entry(made, node, table, key)
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


def _table(made: Expressions, node: Node) -> dict[Any, Any] | Series:
    """Return the table that a verb looks into, or one for each year or month where they differ."""
    if isinstance(node, Input) and node.at == "人":
        return dict(made.scope.parameter(node.name, made.scope.on).value)
    if isinstance(node, Input | AsOf):
        series = made.tables.by_row_year(node.name) if _by_year(node) else made.tables.by_month(node.name)
        known = {value for value in series.values if value is not None}
        if not known:
            raise made.refusal(node, "这张表在这段时间没有值")
        return dict(known.pop()) if len(known) == 1 and series.single else series
    raise made.refusal(node, "查的不是表", "直接写表名，或 按年(表, 年)、按月(表, 年月)。")


def _dated_entry(made: Expressions, node: Call, series: Series, key: Value) -> Value:
    """Look into the table of a year or month: all of them lie in one array, one below the other."""
    source = node.args[0]
    assert isinstance(source, Input | AsOf)  # noqa: S101  # only these have a table for each year
    when = made.node(source.when) if isinstance(source, AsOf) else made.row_key("年度" if source.at == "年" else "年月")
    tables = [_coded(made, table) for table in series.values]
    low = min(min(table) for table in tables if table)
    high = max(max(table) for table in tables if table)
    entries = [entry for table in tables for entry in _line(node.verb, table, low, high)]
    if node.verb == "分档":
        key = extreme(made.w, key, whole(high), key.type, "min")
    key = _within(made, key, low, high)
    when = _within(made, when, series.first, series.first + len(tables) - 1)
    code = f"({when.code} - {series.first}) * {high - low + 1} + {key.code} - {low}"
    at = Value(code, Type.INTEGER, 0, len(entries) - 1, grain=finest(when, key))
    found = _entry(made, node, (0, entries), at)
    return replace(found, code=f"({found.code} != 0)") if node.verb == "表中有" else found


def _coded(made: Expressions, table: dict[Any, Any] | None) -> dict[int, Any]:
    return {made.tables.code(key) if isinstance(key, str) else int(key): entry for key, entry in (table or {}).items()}


def _line(verb: str, table: dict[int, Any], low: int, high: int) -> list[Any]:
    """Lay one table out from the lowest key of all to the highest; None where it has nothing to say."""
    if verb == "表中有":
        return [int(key in table) if table else None for key in range(low, high + 1)]
    if verb != "分档":
        return [table.get(key) for key in range(low, high + 1)]
    found: list[Any] = []
    for key in range(low, high + 1):
        found.append(table.get(key, found[-1] if found else None))
    return found


def _within(made: Expressions, key: Value, low: int, high: int) -> Value:
    """Give up on a key outside of the array; a row goes on with one inside."""
    if low <= key.lo and key.hi <= high:
        return key
    key = named(made.w, key)
    made.w.guard(f"({key.code} < {low} or {key.code} > {high})")
    code = f"min(max({key.code}, {low}), {high})" if made.w.failing else key.code
    return replace(key, code=code, lo=max(key.lo, low), hi=min(key.hi, high))


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
    w = made.w
    key = _within(made, key, first, first + len(numbers) - 1)
    name = node.args[0].name if isinstance(node.args[0], Input | AsOf) else ""
    label = f"{name}{'' if node.verb == '查表' else node.verb}（自 {first}）"
    array = made.tables.array(label, numbers)
    known = [number for number in numbers if number != NULL]
    index = f"{key.code} - {first}" if first else key.code
    found = named(w, Value(f"{array}[{index}]", node.type, min(known), max(known), scale, grain=finest(key)))
    if len(known) < len(numbers):
        w.guard(f"{found.code} == NULL")
        if w.failing:
            found = replace(found, code=f"max({found.code}, {min(known)})")
    return found
