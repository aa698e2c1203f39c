"""Put the parts of a rule into words: formulas with names or with numbers put in, and sentences about conditions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from jinbao.rules import verbs
from jinbao.rules.ir import (
    NUMERIC,
    Arith,
    AsOf,
    AtRow,
    Bind,
    Call,
    Choose,
    Compare,
    Const,
    Input,
    Lift,
    Local,
    Logic,
    Negate,
    Node,
    Not,
    Previous,
    Refuse,
    ToNumber,
    Type,
    Unfilled,
    walk,
)
from jinbao.rules.trace import Tracer
from jinbao.rules.values import settle, shown, shown_number, with_unit

_SIGNS = {"*": "×", "/": "÷", "//": "整除", "%": "除余", "-": "−", "+": "+"}
_RELATIONS = {"==": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_CONSTANTS = {"百分之一": "1%", "千分之一": "1‰", "万分之一": "0.1‰"}
_LEVEL = {"+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7}
_ATOM, _SIGN, _RELATION, _AND, _OR, _IF = 9, 8, 4, 2, 1, 0

_ENCLOSING = ("取大", "取小", "绝对值", "查表", "分档", "表中有")
"""Verbs whose wording encloses its arguments, which then need no brackets of their own."""

_COUNTED = {"年": "年", "月": "个月"}


class Wording:
    """Writes parts of one rule: with names, or with the numbers of a tracer."""

    def __init__(self, tracer: Tracer | None = None) -> None:
        self.tracer = tracer

    def formula(self, node: Node) -> str:
        """Write what a rule computes; the outermost rounding is said at the end."""
        node = self.returned(node)
        if isinstance(node, Call) and node.verb in verbs.ROUNDINGS:
            return f"{self.text(node.args[0])}，{node.verb}{_places(node)}"
        return self.text(node)

    def returned(self, node: Node) -> Node:
        """Follow local names and the branches that were taken to what is returned."""
        while self.tracer and isinstance(node, Bind | Choose):
            if isinstance(node, Bind):
                node = node.body
            else:
                node = node.then if self.tracer.values[id(node.test)] else node.other
        return node

    def text(self, node: Node, least: int = 0) -> str:
        """Write a part, in brackets where it binds less than its surroundings."""
        text, level = _WRITE[type(node)](self, node)
        return f"({text})" if level < least else text

    def number(self, node: Node) -> str | None:
        """Write the value of a part, or None when only names are wanted or it was not evaluated."""
        if self.tracer is None or not self.tracer.known(node):
            return None
        value = self.tracer.values[id(node)]
        text = shown_number(value) if isinstance(value, Decimal) else shown(node.type, value)
        return f"({text})" if text.startswith("-") else text

    def _const(self, node: Const) -> tuple[str, int]:
        return _CONSTANTS.get(node.text, node.text), _ATOM

    def _input(self, node: Input) -> tuple[str, int]:
        number = self.number(node)
        if number is None or self.tracer is None or node.type is Type.TABLE:
            return node.name, _ATOM
        glossary = self.tracer.run.law.glossary
        if node.name in glossary and glossary[node.name].type == "比例":
            return glossary[node.name].show(self.tracer.values[id(node)]), _ATOM
        return number, _ATOM

    def _as_of(self, node: AsOf) -> tuple[str, int]:
        number = self.number(node)
        when = self.text(node.when)
        label = f"{node.name}（{when}{'年' if node.by == '年' and number else ''}）"
        return (label if number is None or node.type is Type.TABLE else number), _ATOM

    def _local(self, node: Local) -> tuple[str, int]:
        return self.number(node) or node.name, _ATOM

    def _arith(self, node: Arith) -> tuple[str, int]:
        level = _LEVEL[node.op]
        right = self.text(node.right, level + 1 if node.op in ("-", "/", "//", "%") else level)
        if node.type is Type.MONTH and node.right.type is Type.INTEGER and right.isdecimal():
            right = f"{right}个月"
        return f"{self.text(node.left, level)} {_SIGNS[node.op]} {right}", level

    def _negate(self, node: Negate) -> tuple[str, int]:
        return f"−{self.text(node.item, _SIGN)}", _SIGN

    def _to_number(self, node: ToNumber) -> tuple[str, int]:
        return _WRITE[type(node.item)](self, node.item)

    def _compare(self, node: Compare) -> tuple[str, int]:
        return f"{self.text(node.left, 5)} {_RELATIONS[node.op]} {self.text(node.right, 5)}", _RELATION

    def _logic(self, node: Logic) -> tuple[str, int]:
        word, level = ("且", _AND) if node.op == "and" else ("或", _OR)
        looked_at = [item for item in node.items if self.tracer is None or self.tracer.known(item)]
        return f" {word} ".join(self.text(item, level + 1) for item in looked_at or node.items), level

    def _negation(self, node: Not) -> tuple[str, int]:
        return f"非 {self.text(node.item, 3)}", 3

    def _choose(self, node: Choose) -> tuple[str, int]:
        if self.tracer is not None and self.tracer.known(node.test):
            taken = node.then if self.tracer.values[id(node.test)] else node.other
            return _WRITE[type(taken)](self, taken)
        return f"若 {self.text(node.test)} 则 {self.text(node.then, 1)}，否则 {self.text(node.other)}", _IF

    def _bind(self, node: Bind) -> tuple[str, int]:
        return f"{self.text(node.body)}，其中 {node.name} = {self.text(node.value)}", _IF

    def _call(self, node: Call) -> tuple[str, int]:
        if node.verb in verbs.ROUNDINGS:
            return f"{node.verb}〔{self.text(node.args[0])}，{_places(node)}〕", _ATOM
        least = 0 if node.verb in _ENCLOSING else _SIGN
        text = verbs.VERBS[node.verb].text([self.text(arg, least) for arg in node.args])
        looked_up = self.number(node) if node.verb in ("查表", "分档") else None
        return (f"{looked_up}（{text}）" if looked_up else text), _ATOM

    def _unfilled(self, node: Unfilled) -> tuple[str, int]:
        return f"{node.item.name}未填", _ATOM

    def _refuse(self, node: Refuse) -> tuple[str, int]:
        return f"不予计算（{node.reason}）", _ATOM

    def _previous(self, node: Previous) -> tuple[str, int]:
        return self.number(node) or f"上年{node.name}（首年为 {self.text(node.initial)}）", _ATOM

    def _at_row(self, node: AtRow) -> tuple[str, int]:
        label = f"{Wording().text(node.item)}（{self.text(node.key)}{'年' if node.over == '年' else ''}）"
        return (self.number(node) or label), _ATOM

    def _lift(self, node: Lift) -> tuple[str, int]:
        plain = Wording()
        parts = [plain.text(part) for part in (node.item, node.weight) if part]
        if node.where is not None:
            parts.append(f"限 {plain.text(node.where)}" if node.item is not None else plain.text(node.where))
        if self.tracer is not None:
            parts.append(f"{len(self.tracer.row_indices(node))}{_COUNTED[node.over]}")
        number = self.number(node)
        text = f"{node.verb}〔{'，'.join(parts)}〕"
        return (f"{number}（{text}）" if number else text), _ATOM


def _places(node: Call) -> str:
    if node.places is None:
        return "取整数"
    return f"保留{node.places}位小数" if node.places >= 0 else f"到 10 的 {-node.places} 次方"


_WRITE: dict[type[Node], Callable[[Wording, Any], tuple[str, int]]] = {
    Const: Wording._const,
    Input: Wording._input,
    AsOf: Wording._as_of,
    Local: Wording._local,
    Arith: Wording._arith,
    Negate: Wording._negate,
    ToNumber: Wording._to_number,
    Compare: Wording._compare,
    Logic: Wording._logic,
    Not: Wording._negation,
    Choose: Wording._choose,
    Bind: Wording._bind,
    Call: Wording._call,
    Unfilled: Wording._unfilled,
    Refuse: Wording._refuse,
    Lift: Wording._lift,
    AtRow: Wording._at_row,
    Previous: Wording._previous,
}

_LESS = {Type.MONTH: "早于", Type.DATE: "早于", Type.AGE: "小于"}
_MORE = {Type.MONTH: "晚于", Type.DATE: "晚于", Type.AGE: "大于"}


class Sentences:
    """Says what the facts were where a condition was tested; only what was evaluated is mentioned."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self.words = Wording(tracer)

    def state(self, node: Node) -> str:
        """Say how things stand in a condition."""
        if isinstance(node, Logic):
            return "，".join(self.state(item) for item in node.items if self.tracer.known(item))
        if isinstance(node, Not):
            return self.state(node.item)
        if isinstance(node, Compare):
            return self.comparison(node)
        if isinstance(node, Unfilled):
            return f"{node.item.name}{'未填' if self.tracer.values[id(node)] else '已填'}"
        if isinstance(node, Choose):
            return self.state(node.then if self.tracer.values[id(node.test)] else node.other)
        return f"{self.side(node)}"

    def comparison(self, node: Compare, *, gap: bool = False) -> str:
        """Say how the two sides of a comparison stand to each other, and by how much."""
        left, right = self.tracer.settled(node.left), self.tracer.settled(node.right)
        if node.left.type is Type.CHOICE:
            return self.side(node.left) if left == right else f"{self.side(node.left)}，不是{right}"
        if left == right:
            right = "" if isinstance(node.right, Const) else f"，等于 {self.side(node.right)}"
            return f"{self.side(node.left)}{right}"
        kind = node.left.type
        relation = (_LESS if left < right else _MORE).get(kind) or ("少于" if left < right else "多于")
        text = f"{self.side(node.left)}，{relation} {self.side(node.right)}"
        return f"{text}，{self.gap(node, left, right)}" if gap else text

    def gap(self, node: Compare, left: Any, right: Any) -> str:
        """Say what is missing or too much."""
        word = "还差" if left < right else "超出"
        missing = abs(left - right)
        if isinstance(missing, Decimal):
            missing = settle(missing)
        if node.left.type in NUMERIC:
            unit = node.left.unit or node.right.unit
            return f"{word}{with_unit(Type.NUMBER, _plain(missing), unit)}"
        return f"{word}{missing}{'天' if node.left.type is Type.DATE else '个月'}"

    def side(self, node: Node) -> str:
        """Write one side of a comparison: name and value with unit, or just the value."""
        if isinstance(node, ToNumber):
            return self.side(node.item)
        if isinstance(node, Const):
            return Wording().text(node)
        value = self.tracer.values[id(node)]
        text = with_unit(node.type, value, node.unit)
        if all(isinstance(part, Const | Call) for part in walk(node)):
            return text
        glossary = self.tracer.run.law.glossary
        if isinstance(node, Input) and node.name in glossary:
            text = glossary[node.name].show(value)
        if isinstance(node, Input | Local):
            joint = {Type.BOOL: "：", Type.CHOICE: "为"}.get(node.type, " ")
            return f"{node.name}{joint}{text}"
        return f"{Wording().text(node)}（{text}）"


def _plain(value: Any) -> Any:
    """Drop needless zeros of a difference."""
    if not isinstance(value, Decimal):
        return value
    text = format(value, "f")
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
