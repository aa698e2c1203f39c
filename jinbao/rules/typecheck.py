"""Which types and units may meet in arithmetic, comparison and branches."""

from __future__ import annotations

from collections.abc import Iterable

from jinbao.rules.ir import NUMERIC, Const, Node, Type


class TypeClash(Exception):
    """Two values cannot meet; the caller knows the line."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


_MONTH_UNIT, _DAY_UNIT = "月", "天"

_CALENDAR: dict[tuple[Type, str, Type], tuple[Type, str | None, str | None]] = {
    # left, operator, right: result, its unit, the unit that a count on either side must have
    (Type.MONTH, "+", Type.INTEGER): (Type.MONTH, None, _MONTH_UNIT),
    (Type.INTEGER, "+", Type.MONTH): (Type.MONTH, None, _MONTH_UNIT),
    (Type.MONTH, "-", Type.INTEGER): (Type.MONTH, None, _MONTH_UNIT),
    (Type.MONTH, "+", Type.AGE): (Type.MONTH, None, None),
    (Type.MONTH, "-", Type.AGE): (Type.MONTH, None, None),
    (Type.MONTH, "-", Type.MONTH): (Type.INTEGER, _MONTH_UNIT, None),
    (Type.AGE, "+", Type.INTEGER): (Type.AGE, None, _MONTH_UNIT),
    (Type.AGE, "-", Type.INTEGER): (Type.AGE, None, _MONTH_UNIT),
    (Type.AGE, "+", Type.AGE): (Type.AGE, None, None),
    (Type.AGE, "-", Type.AGE): (Type.INTEGER, _MONTH_UNIT, None),
    (Type.DATE, "+", Type.INTEGER): (Type.DATE, None, _DAY_UNIT),
    (Type.DATE, "-", Type.INTEGER): (Type.DATE, None, _DAY_UNIT),
    (Type.DATE, "-", Type.DATE): (Type.INTEGER, _DAY_UNIT, None),
}


def arith_type(op: str, left: Node, right: Node) -> tuple[Type, str | None]:
    """Return type and unit of left op right. Raises TypeClash."""
    if left.type in NUMERIC and right.type in NUMERIC:
        return _number_type(op, left, right)
    row = _CALENDAR.get((left.type, op, right.type))
    if row is None:
        raise TypeClash(f"{left.type.value} {op} {right.type.value} 没有意义", "年月只能加减整数个月或年龄。")
    kind, unit, needed = row
    for side in (left, right):
        if needed and side.type is Type.INTEGER and side.unit not in (None, needed):
            raise TypeClash(f"这里要加减的是“{needed}”，实为“{side.unit}”", "先换算单位，例如 年数 * 12。")
    return kind, unit


def _number_type(op: str, left: Node, right: Node) -> tuple[Type, str | None]:
    whole = left.type is right.type is Type.INTEGER
    if op in ("//", "%"):
        if not whole:
            raise TypeClash(f"{op} 只用于整数", "先用 向下取整(x) 得整数。")
        return Type.INTEGER, None
    if op in ("+", "-"):
        return (Type.INTEGER if whole else Type.NUMBER), _same_unit((left, right))
    if op == "*":
        return (Type.INTEGER if whole else Type.NUMBER), None
    return Type.NUMBER, None


def compare_check(op: str, left: Node, right: Node) -> None:
    """Check that two values may be compared. Raises TypeClash."""
    numbers = left.type in NUMERIC and right.type in NUMERIC
    if not numbers and left.type is not right.type:
        raise TypeClash(f"{left.type.value}不能与{right.type.value}比较", _comparison_advice(left, right))
    if left.type in (Type.BOOL, Type.TABLE, Type.NEVER):
        raise TypeClash(f"{left.type.value}不能比较", "条件直接写 甲 或 not 甲。")
    if left.type is Type.CHOICE and op not in ("==", "!="):
        raise TypeClash("选项只能用 == 和 !=")
    _same_unit((left, right))


def _comparison_advice(left: Node, right: Node) -> str:
    kinds = {left.type, right.type}
    if Type.AGE in kinds:
        return "年龄写成 年龄值(60, 0)。"
    return "年月写成 成年月(2025, 1)。" if Type.MONTH in kinds else ""


def common(nodes: Iterable[Node]) -> tuple[Type, str | None]:
    """Return the type and unit that several results share. Raises TypeClash."""
    real = [node for node in nodes if node.type is not Type.NEVER]
    if not real:
        return Type.NEVER, None
    kinds = {node.type for node in real}
    if kinds <= set(NUMERIC):
        return (Type.NUMBER if Type.NUMBER in kinds else Type.INTEGER), _same_unit(real)
    if len(kinds) > 1:
        raise TypeClash(f"{'、'.join(sorted(kind.value for kind in kinds))}不是同一类型")
    return real[0].type, _same_unit(real)


def _same_unit(nodes: Iterable[Node]) -> str | None:
    units = [node.unit for node in nodes if node.unit is not None and not isinstance(node, Const)]
    if len({same_measure(unit) for unit in units}) > 1:
        named = "、".join(sorted(set(units)))
        raise TypeClash(f"单位不同：{named}", "先换算成同一单位，例如 月数 / 12；或改正 glossary 的 unit。")
    return units[0] if units else None


def same_measure(unit: str) -> str:
    """Return one unit for those that count the same: years of age are years."""
    return {"岁": "年", "周岁": "年", "日": "天"}.get(unit, unit)
