"""Compile the intermediate form of a rule to a Python function: the exact reading.

The functions are made from the checked tree, never from the text of a rule file. Each takes the run (see
`jinbao.rules.runtime`) and the position of the row; what it reads, it asks the run for, so that facts a branch does not
need are not demanded:

    人   rule(r)                       r.V[name]
    年   rule(r, i, y)                 r.Y[name, i]       i: index of the year, y: the year
    月   rule(r, ym, i, a0, a1, …)     a0, a1: the monthly inputs in `columns`

Every lifting verb becomes a function of its own (`lifts`), which the explained reading calls too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jinbao.rules import lifting, verbs
from jinbao.rules.ir import (
    Arith,
    AsOf,
    AtRow,
    Bind,
    Call,
    Choose,
    Compare,
    Const,
    Grain,
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
from jinbao.rules.values import settle

_HELPERS: dict[str, Any] = {
    "Decimal": Decimal,
    "settle": settle,
    "round_to": verbs.round_to,
    "round_whole": verbs.round_whole,
    "round_tens": verbs.round_tens,
    "needed": lifting.needed,
    "refuse": lifting.refuse,
    "VERBS": {name: verb.run for name, verb in verbs.VERBS.items()},
    "REDUCE": lifting.REDUCERS,
}


@dataclass(frozen=True)
class Compiled:
    """The exact reading of one rule; `lifts` are its lifting verbs in the order of `ir.walk`."""

    run: Callable[..., Any]
    columns: tuple[str, ...]
    lifts: dict[int, Callable[..., Any]]
    source: str


def compile_rule(body: Node, grain: Grain) -> Compiled:
    """Compile a lowered rule body."""
    maker = _Maker(body, grain)
    source = maker.module()
    space: dict[str, Any] = {"_C": maker.constants, **_HELPERS}
    exec(compile(source, "<law>", "exec"), space)  # noqa: S102  # made from the checked tree, not from input
    lifts = {id(node): space[f"lift{number}"] for number, node in enumerate(maker.lifts)}
    return Compiled(space["rule"], maker.columns, lifts, source)


class _Maker:
    """Writes the source; `frame` says how names of each grain are read where we are."""

    def __init__(self, body: Node, grain: Grain) -> None:
        self.body = body
        self.grain = grain
        self.constants: list[Any] = []
        self.lifts = [node for node in walk(body) if isinstance(node, Lift | AtRow)]
        self.locals = {node.name: f"t{n}" for n, node in enumerate(n for n in walk(body) if isinstance(n, Bind))}
        self.columns = self.monthly_inputs(body) if grain == "月" else ()
        self.frame = _Frame(self.columns, "i", "y" if grain == "年" else "ym // 12")

    def monthly_inputs(self, *nodes: Node | None) -> tuple[str, ...]:
        found = [part for node in nodes if node for part in walk(node) if isinstance(part, Input)]
        return tuple(dict.fromkeys(n.name for n in found if n.grain == "月" and n.kind != "行"))

    def module(self) -> str:
        parts = [self.lift_function(node) for node in self.lifts]
        columns = "".join(f", a{n}" for n in range(len(self.columns)))
        head = {"人": "r", "年": "r, i, y", "月": f"r, ym, i{columns}"}[self.grain]
        lines = [f"def rule({head}):", *self.block(self.body, "    ")]
        return "\n".join([*parts, *lines]) + "\n"

    def block(self, node: Node, indent: str) -> list[str]:
        if isinstance(node, Bind):
            return [f"{indent}{self.locals[node.name]} = {self.text(node.value)}", *self.block(node.body, indent)]
        if isinstance(node, Choose):
            return [
                f"{indent}if {self.text(node.test)}:",
                *self.block(node.then, indent + "    "),
                *self.block(node.other, indent),
            ]
        return [f"{indent}return {self.text(node)}"]

    def text(self, node: Node) -> str:
        """Write an expression."""
        return _WRITERS[type(node)](self, node)

    def constant(self, value: Any) -> str:
        if isinstance(value, bool | int | str):
            return repr(value)
        self.constants.append(value)
        return f"_C[{len(self.constants) - 1}]"

    def settled(self, node: Node) -> str:
        text = self.text(node)
        return text if node.exact or node.type is not Type.NUMBER else f"settle({text})"

    def const(self, node: Const) -> str:
        return self.constant(node.value)

    def input(self, node: Input) -> str:
        name = repr(node.name)
        if node.kind == "行":
            return "ym" if node.name == "年月" else f"({self.frame.y})"
        if node.kind == "参数" and node.at == "年":
            return f"r.T[{name}][{self.frame.y}]"
        if node.kind == "参数" and node.at == "月":
            return f"r.P[{name}][ym]"
        if node.grain == "月":
            return f"a{self.frame.columns.index(node.name)}"
        if node.grain == "年":
            return f"r.Y[{name}, {self.frame.i}]"
        return f"needed(r.V[{name}], {name})" if node.optional else f"r.V[{name}]"

    def as_of(self, node: AsOf) -> str:
        return f"r.{'AT' if node.by == '年' else 'AP'}[{node.name!r}][{self.text(node.when)}]"

    def local(self, node: Local) -> str:
        return self.locals[node.name]

    def arith(self, node: Arith) -> str:
        left, right = self.text(node.left), self.text(node.right)
        if node.op == "/" and node.left.type is node.right.type is Type.INTEGER:
            left = f"Decimal({left})"
        return f"({left} {node.op} {right})"

    def negate(self, node: Negate) -> str:
        return f"(-{self.text(node.item)})"

    def to_number(self, node: ToNumber) -> str:
        return f"Decimal({self.text(node.item)})"

    def compare(self, node: Compare) -> str:
        return f"({self.settled(node.left)} {node.op} {self.settled(node.right)})"

    def logic(self, node: Logic) -> str:
        return f"({f' {node.op} '.join(self.text(item) for item in node.items)})"

    def negation(self, node: Not) -> str:
        return f"(not {self.text(node.item)})"

    def choose(self, node: Choose) -> str:
        return f"({self.text(node.then)} if {self.text(node.test)} else {self.text(node.other)})"

    def call(self, node: Call) -> str:
        if node.verb in verbs.ROUNDINGS:
            return self.rounding(node)
        compares = node.verb in ("查表", "分档", "表中有")
        args = ", ".join(self.settled(arg) if compares else self.text(arg) for arg in node.args)
        return f"VERBS[{node.verb!r}]({args})"

    def rounding(self, node: Call) -> str:
        item, how = node.args[0], verbs.ROUNDINGS[node.verb]
        if node.places is None:
            return self.text(item) if item.type is Type.INTEGER else f"round_whole({self.settled(item)}, {how!r})"
        if node.places < 0:
            return f"round_tens({self.settled(item)}, {node.places}, {how!r})"
        return f"round_to({self.settled(item)}, {self.constant(Decimal(1).scaleb(-node.places))}, {how!r})"

    def unfilled(self, node: Unfilled) -> str:
        return f"(r.V[{node.item.name!r}] is None)"

    def refuse(self, node: Refuse) -> str:
        return f"refuse({node.reason!r})"

    def previous(self, node: Previous) -> str:
        return f"(r.Y[{node.name!r}, i - 1] if i else {self.text(node.initial)})"

    def lift(self, node: Lift) -> str:
        return f"{self.lift_name(node)}(r, {'i' if self.grain == '年' else '0'}{self.free_locals(node)})"

    def at_row(self, node: AtRow) -> str:
        key, over = self.text(node.key), repr(node.over)
        found = f"{self.lift_name(node)}(r, r.row({over}, {key}){self.free_locals(node)})"
        default = self.text(node.default) if node.default else f"r.no_row({over}, {key})"
        return f"({found} if r.has_row({over}, {key}) else {default})"

    def lift_name(self, node: Lift | AtRow) -> str:
        return f"lift{next(number for number, lift in enumerate(self.lifts) if lift is node)}"

    def free_locals(self, node: Lift | AtRow) -> str:
        return "".join(f", {self.locals[name]}" for name in free_locals(node))

    def lift_function(self, node: Lift | AtRow) -> str:
        """Write the function of one lifting verb; its second argument is the year's index, or the row of an AtRow."""
        outer, columns = self.frame, self.monthly_inputs(*row_parts(node))
        index = "i" if node.over == "月" and node.within == "年" else "k"
        self.frame = _Frame(columns, index, "y" if node.over == "年" else "ym // 12")
        body = self.one_row(node, columns) if isinstance(node, AtRow) else self.all_rows(node, columns)
        self.frame = outer
        return f"def {self.lift_name(node)}(r, i{self.free_locals(node)}):\n{body}"

    def one_row(self, node: AtRow, columns: tuple[str, ...]) -> str:
        if node.over == "年":
            return f"    k, y = i, r.years[i]\n    return {self.text(node.item)}"
        lines = [f"    a{n} = r.M[{name!r}][i]" for n, name in enumerate(columns)]
        lines.append(f"    ym, {self.frame.i} = r.months[i], r.month_years[i]")
        return "\n".join([*lines, f"    return {self.text(node.item)}"])

    def all_rows(self, node: Lift, columns: tuple[str, ...]) -> str:
        condition = f" if {self.text(node.where)}" if node.where else ""
        rows = f"[{self.row_value(node)} {self.loop(node, columns)}{condition}]"
        if node.verb == "合计" and node.type is Type.INTEGER:
            return f"    return sum({rows})"
        if node.verb == "全部" and node.where:
            rows = f"[{self.text(node.where)} {self.loop(node, columns)}]"
        return f"    return REDUCE[{node.verb!r}]({rows})"

    def row_value(self, node: Lift) -> str:
        if node.item is None:
            return {"计数": "1", "任一": "1", "全部": "1"}.get(node.verb, "ym" if node.over == "月" else "y")
        if node.weight is not None:
            return f"({self.text(node.item)}, {self.text(node.weight)})"
        return self.text(node.item)

    def loop(self, node: Lift, columns: tuple[str, ...]) -> str:
        if node.over == "年":
            return "for k, y in enumerate(r.years)"
        part = "[r.slices[i]]" if node.within == "年" else ""
        names = ["ym", *([] if node.within == "年" else ["k"]), *(f"a{n}" for n in range(len(columns)))]
        lists = [f"r.months{part}", *([] if node.within == "年" else ["r.month_years"])]
        lists += [f"r.M[{name!r}]{part}" for name in columns]
        return f"for {', '.join(names)}, in zip({', '.join(lists)})"


def row_parts(node: Lift | AtRow) -> tuple[Node, ...]:
    """Return the parts of a lifting verb that are evaluated in each row."""
    parts = (node.item,) if isinstance(node, AtRow) else (node.item, node.weight, node.where)
    return tuple(part for part in parts if part is not None)


def free_locals(node: Lift | AtRow) -> tuple[str, ...]:
    """Name the local names of the rule that the rows of a lifting verb use."""
    found = [inner.name for part in row_parts(node) for inner in walk(part) if isinstance(inner, Local)]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class _Frame:
    """Where names are read: the monthly columns at hand, the index of the year and the year itself."""

    columns: tuple[str, ...]
    i: str
    y: str


_WRITERS: dict[type[Node], Callable[[_Maker, Any], str]] = {
    Const: _Maker.const,
    Input: _Maker.input,
    AsOf: _Maker.as_of,
    Local: _Maker.local,
    Arith: _Maker.arith,
    Negate: _Maker.negate,
    ToNumber: _Maker.to_number,
    Compare: _Maker.compare,
    Logic: _Maker.logic,
    Not: _Maker.negation,
    Choose: _Maker.choose,
    Call: _Maker.call,
    Unfilled: _Maker.unfilled,
    Refuse: _Maker.refuse,
    Lift: _Maker.lift,
    AtRow: _Maker.at_row,
    Previous: _Maker.previous,
}
