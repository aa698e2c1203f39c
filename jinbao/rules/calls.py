"""Lower calls of verbs: scalar verbs by their table, roundings, parameters of another time, lifting and recurrence."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, cast

from jinbao.rules.errors import did_you_mean
from jinbao.rules.ir import (
    FINENESS,
    NUMERIC,
    AsOf,
    AtRow,
    Call,
    Grain,
    Input,
    Lift,
    Node,
    Previous,
    Refuse,
    Type,
    Unfilled,
)
from jinbao.rules.names import Name
from jinbao.rules.typecheck import TypeClash, common
from jinbao.rules.verbs import ALL_VERBS, LIFTS, ROUNDINGS, SAME, VERBS, verb_type

if TYPE_CHECKING:
    from jinbao.rules.lower import Lowering

_INSTEAD = {
    "逐年合计": "在 grain=\"年\" 的规则里写 合计(…)，就是逐年合计。",
    "round": "写明舍入方法：四舍五入(x, 2)。",
    "max": "写 取大(甲, 乙)；对各月、各年求最大值写 最大(x)。",
    "min": "写 取小(甲, 乙)；对各月、各年求最小值写 最小(x)。",
    "sum": "写 合计(x)。",
    "abs": "写 绝对值(x)。",
    "int": "写 截断(x)、向下取整(x) 或 四舍五入(x)。",
}  # fmt: skip


def lower_call(low: Lowering, node: ast.Call) -> Node:
    """Lower one call. Raises RuleError for unknown verbs and wrong arguments."""
    if not isinstance(node.func, ast.Name):
        low.refuse(node.func)
    verb = node.func.id
    if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
        low.fail(node, f"{verb} 的参数按位置写，不写 名=值", "见 docs/law-engine.md 的动词表。")
    if verb in ROUNDINGS:
        return _rounding(low, node, verb)
    if verb in VERBS:
        return _scalar(low, node, verb)
    if verb in LIFTS:
        return _lift(low, node, verb)
    if verb in _SPECIAL:
        return _SPECIAL[verb](low, node)
    if verb in low.names:
        advice = "规则之间用参数名相连：把它写进参数表，直接用名字。"
        low.fail(node, f"“{verb}”是{low.names[verb].kind}，不是动词", advice)
    advice = _INSTEAD.get(verb) or did_you_mean(verb, ALL_VERBS) or "可用的动词见 docs/law-engine.md。"
    return low.fail(node, f"没有“{verb}”这个动词", advice)


def _count_args(low: Lowering, node: ast.Call, verb: str, least: int, most: int | None = None) -> None:
    given = len(node.args)
    most = least if most is None else most
    if not least <= given <= most:
        wanted = str(least) if least == most else f"{least} 至 {most}"
        low.fail(node, f"{verb} 要 {wanted} 个参数，这里有 {given} 个", "见 docs/law-engine.md 的动词表。")


def _rounding(low: Lowering, node: ast.Call, verb: str) -> Node:
    _count_args(low, node, verb, 1, 2)
    item = low.expr(node.args[0])
    if item.type not in NUMERIC:
        low.fail(node, f"{verb} 只用于数，实为{item.type.value}")
    places: int | None = None
    if len(node.args) == 2:
        places = _literal_int(low, node.args[1], verb)
        item = _fit(item, Type.NUMBER)
    kind = Type.INTEGER if places is None else Type.NUMBER
    return Call(verb, (item,), places, line=node.lineno, type=kind, unit=item.unit)


def _literal_int(low: Lowering, node: ast.expr, verb: str) -> int:
    sign, inner = (-1, node.operand) if isinstance(node, ast.UnaryOp) else (1, node)
    if isinstance(inner, ast.Constant) and type(inner.value) is int and inner.value <= 12:
        return sign * inner.value
    advice = f"例如 {verb}(x, 2)。位数随时间变化时写成两条规则。"
    return low.fail(node, f"{verb} 的位数是写死的整数（至多 12）", advice)


def _scalar(low: Lowering, node: ast.Call, verb: str) -> Node:
    spec = VERBS[verb]
    _count_args(low, node, verb, len(spec.takes), 20 if spec.many else None)
    args = [low.expr(arg) for arg in node.args]
    for index, arg in enumerate(args):
        takes = spec.takes[min(index, len(spec.takes) - 1)]
        if arg.type not in takes:
            wanted = "、".join(kind.value for kind in takes)
            low.fail(node, f"{verb} 的第 {index + 1} 个参数应为{wanted}，实为{arg.type.value}")
    if spec.returns == SAME:
        args = _alike(low, node, verb, args)
    kind, unit = verb_type(verb, args)
    if spec.returns == "element":
        kind = cast("Input | AsOf", args[0]).element
    exact = all(arg.exact for arg in args) or kind is not Type.NUMBER
    return Call(verb, tuple(args), line=node.lineno, type=kind, unit=unit, exact=exact)


def _alike(low: Lowering, node: ast.Call, verb: str, args: list[Node]) -> list[Node]:
    try:
        kind, _ = common(args)
    except TypeClash as clash:
        low.fail(node, f"{verb}：{clash}", clash.advice)
    return [_fit(arg, kind) for arg in args]


def _fit(node: Node, kind: Type) -> Node:
    from jinbao.rules.lower import fit

    return fit(node, kind)


def _as_of(low: Lowering, node: ast.Call) -> Node:
    verb = cast("ast.Name", node.func).id
    _count_args(low, node, verb, 2)
    name = _plain_name(low, node, verb)
    if name.kind != "参数":
        advice = "年级规则在某年的值用 取年(名, 年)。"
        low.fail(node, f"{verb} 的第一个参数应为参数，“{name.name}”是{name.kind}", advice)
    when = low.expr(node.args[1])
    by: Literal["年", "月"] = "年" if verb == "按年" else "月"
    needed = Type.INTEGER if by == "年" else Type.MONTH
    if when.type is not needed:
        low.fail(node, f"{verb} 的第二个参数应为{needed.value}，实为{when.type.value}", "年份(年月) 取年。")
    return AsOf(name.name, by, when, name.element, line=node.lineno, type=name.type, unit=name.unit)


def _plain_name(low: Lowering, node: ast.Call, verb: str) -> Name:
    first = node.args[0]
    if not isinstance(first, ast.Name):
        low.fail(node, f"{verb} 的第一个参数应为一个名字，不是式子", "需要式子时，把它写成另一条规则。")
    return low.read_name(first, first.id)


def _unfilled(low: Lowering, node: ast.Call) -> Node:
    _count_args(low, node, "未填", 1)
    name = _plain_name(low, node, "未填")
    if not name.optional:
        low.fail(node, f"“{name.name}”不会未填", "未填 只用于 glossary 中 optional: true 的事实。")
    return Unfilled(low.input(node, name), line=node.lineno, type=Type.BOOL)


def _refuse(low: Lowering, node: ast.Call) -> Node:
    _count_args(low, node, "拒绝", 1)
    reason = node.args[0]
    if not (isinstance(reason, ast.Constant) and isinstance(reason.value, str) and reason.value):
        low.fail(node, "拒绝 的理由是写死的文字", '例如 return 拒绝("早于最早退休年月")。')
    return Refuse(reason.value, line=node.lineno, type=Type.NEVER)


def _previous(low: Lowering, node: ast.Call) -> Node:
    _count_args(low, node, "上年", 2)
    if low.rule.grain != "年" or low.lifted:
        low.fail(node, "上年 只用在年级规则里，且不在提升动词之内", '把规则声明为 grain="年"。')
    name = _plain_name(low, node, "上年")
    if name.grain != "年" or name.kind not in ("规则", "事实"):
        low.fail(node, f"上年 只用于年级的规则或事实，“{name.name}”不是", "参数取上一年的值用 按年(参数, 年度 - 1)。")
    initial = _fit(low.expr(node.args[1]), name.type)
    if initial.type is not name.type:
        low.fail(node, f"上年 的初值应为{name.type.value}，实为{initial.type.value}")
    exact = name.kind != "规则"
    return Previous(name.name, name.kind, initial, line=node.lineno, type=name.type, unit=name.unit, exact=exact)


_ARGS: dict[str, tuple[int, int]] = {
    "合计": (1, 2), "计数": (1, 1), "平均": (1, 2), "加权平均": (2, 3), "最大": (1, 2), "最小": (1, 2),
    "首值": (1, 2), "末值": (1, 2), "首月": (0, 1), "末月": (0, 1), "首年": (0, 1), "末年": (0, 1),
    "任一": (1, 1), "全部": (1, 1), "取年": (2, 3), "取月": (2, 3),
}  # fmt: skip
_FORCED: dict[str, Literal["年", "月"]] = {
    "首月": "月", "末月": "月", "首年": "年", "末年": "年", "取年": "年", "取月": "月"
}  # fmt: skip


def _lift(low: Lowering, node: ast.Call, verb: str) -> Node:
    _count_args(low, node, verb, *_ARGS[verb])
    if low.lifted:
        low.fail(node, f"提升动词里不能再套“{verb}”", "把里层写成另一条规则。")
    if verb in ("取年", "取月"):
        return _at_row(low, node, verb)
    over = _over(low, node, verb, node.args)
    low.lifted = over
    parts = [low.expr(arg) for arg in node.args]
    low.lifted = None
    return _lift_node(low, node, verb, over, parts)


def _over(low: Lowering, node: ast.Call, verb: str, args: list[ast.expr]) -> Literal["年", "月"]:
    """Return the grain of the rows: the finest of the names in the arguments."""
    names = {part.id for arg in args for part in ast.walk(arg) if isinstance(part, ast.Name)}
    grains: set[Grain] = {low.names[name].grain for name in names if name in low.rule.inputs and name in low.names}
    named: Grain = max(grains, key=lambda grain: FINENESS[grain], default="人")
    finest: Grain = _FORCED.get(verb, named)
    if any(FINENESS[grain] > FINENESS[finest] for grain in grains):
        low.fail(node, f"{verb} 的式子里有月级的名字", "年级的式子里只用年级、人级的名字；月级的先用年级规则归到年。")
    if finest == "人" or FINENESS[finest] <= FINENESS[low.rule.grain]:
        advice = f"这是{low.rule.grain}级规则；{verb} 对更细一级的各行求值，人级的值直接用名字。"
        low.fail(node, f"{verb} 的式子里没有比{low.rule.grain}级更细的名字", advice)
    return finest


def _lift_node(low: Lowering, node: ast.Call, verb: str, over: Literal["年", "月"], parts: list[Node]) -> Node:
    conditions = verb in ("计数", "任一", "全部", "首月", "末月", "首年", "末年")
    item = None if conditions else parts.pop(0)
    weight = parts.pop(0) if verb == "加权平均" else None
    where = parts.pop(0) if parts else None
    if where is not None and where.type is not Type.BOOL:
        low.fail(node, f"{verb} 的条件应为布尔，实为{where.type.value}", "例如 合计(x, x > 0)。")
    if verb in ("平均", "加权平均") and item is not None:
        item = _fit(item, Type.NUMBER)
    _check_item(low, node, verb, item, weight)
    kind, unit = _lift_type(verb, over, item)
    exact = verb not in ("平均", "加权平均") and (item is None or item.exact)
    return Lift(verb, over, low.rule.grain, item, weight, where, line=node.lineno, type=kind, unit=unit, exact=exact)


def _check_item(low: Lowering, node: ast.Call, verb: str, item: Node | None, weight: Node | None) -> None:
    allowed = NUMERIC if verb in ("合计", "平均", "加权平均") else tuple(Type)
    for part in (item, weight):
        if part is not None and part.type not in allowed:
            low.fail(node, f"{verb} 只用于数，实为{part.type.value}")
    if item is not None and item.type in (Type.TABLE, Type.NEVER):
        low.fail(node, f"{verb} 不能用于{item.type.value}")
    if verb in ("最大", "最小") and item is not None and item.type in (Type.CHOICE, Type.BOOL):
        low.fail(node, f"{verb} 不能用于{item.type.value}")


def _lift_type(verb: str, over: str, item: Node | None) -> tuple[Type, str | None]:
    if item is not None:
        return item.type, item.unit
    if verb == "计数":
        return Type.INTEGER, over
    if verb in ("任一", "全部"):
        return Type.BOOL, None
    return (Type.MONTH, None) if over == "月" else (Type.INTEGER, "年")


def _at_row(low: Lowering, node: ast.Call, verb: str) -> Node:
    over = _over(low, node, verb, node.args[:1])
    low.lifted = over
    item = low.expr(node.args[0])
    low.lifted = None
    key = low.expr(node.args[1])
    needed = Type.INTEGER if over == "年" else Type.MONTH
    if key.type is not needed:
        low.fail(node, f"{verb} 的第二个参数应为{needed.value}，实为{key.type.value}")
    default = _fit(low.expr(node.args[2]), item.type) if len(node.args) == 3 else None
    if default is not None and default.type is not item.type:
        low.fail(node, f"{verb} 的缺省应为{item.type.value}，实为{default.type.value}")
    exact = item.exact and (default is None or default.exact)
    return AtRow(
        verb, over, low.rule.grain, item, key, default, line=node.lineno, type=item.type, unit=item.unit, exact=exact
    )


_SPECIAL: dict[str, Callable[[Lowering, ast.Call], Node]] = {
    "按年": _as_of,
    "按月": _as_of,
    "未填": _unfilled,
    "拒绝": _refuse,
    "上年": _previous,
}
