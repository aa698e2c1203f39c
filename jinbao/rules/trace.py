"""The explained reading: walk the same tree as the compiled rule and remember the value of every part."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jinbao.rules import lifting, verbs
from jinbao.rules.codegen import free_locals
from jinbao.rules.glossary import Glossary
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
)
from jinbao.rules.lawbook import Rule
from jinbao.rules.parameters import Found
from jinbao.rules.runtime import Run
from jinbao.rules.values import settle

_ARITH: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod
}  # fmt: skip
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Position:
    """Where a rule is evaluated: for the person, or at the index of a year or month."""

    grain: Grain = "人"
    index: int = 0


PERSON = Position()


class Tracer:
    """Interprets one rule; `values` holds the value of every part that was evaluated, by identity of the part.

    With `thorough`, lifting verbs are interpreted row by row too, instead of calling their compiled form.
    """

    def __init__(self, run: Run, rule: Rule, position: Position = PERSON, *, thorough: bool = False) -> None:
        self.run = run
        self.rule = rule
        self.position = position
        self.thorough = thorough
        self.values: dict[int, Any] = {}
        self.locals: dict[str, Any] = {}

    def value(self, node: Node) -> Any:
        """Evaluate a part and remember its value."""
        found = self.values[id(node)] = _READ[type(node)](self, node)
        return found

    def known(self, node: Node) -> bool:
        """Tell whether a part has been evaluated."""
        return id(node) in self.values

    @property
    def year_index(self) -> int:
        """The index of the year here."""
        at = self.position
        return self.run.month_years[at.index] if at.grain == "月" else at.index

    @property
    def year(self) -> int:
        """The year here."""
        return self.run.years[self.year_index]

    @property
    def month(self) -> int:
        """The ordinal month here."""
        return self.run.months[self.position.index]

    def _const(self, node: Const) -> Any:
        return node.value

    def _input(self, node: Input) -> Any:
        if node.kind == "行":
            return self.month if node.name == "年月" else self.year
        if node.kind == "参数" and node.at != "人":
            table = self.run.T[node.name] if node.at == "年" else self.run.P[node.name]
            return table[self.year if node.at == "年" else self.month]
        if node.grain == "月":
            return self.run.M[node.name][self.position.index]
        if node.grain == "年":
            return self.run.Y[node.name, self.year_index]
        value = self.run.V[node.name]
        return lifting.needed(value, node.name) if node.optional else value

    def _as_of(self, node: AsOf) -> Any:
        tables = self.run.AT if node.by == "年" else self.run.AP
        return tables[node.name][self.value(node.when)]

    def _local(self, node: Local) -> Any:
        return self.locals[node.name]

    def _arith(self, node: Arith) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        return Decimal(left) / right if node.op == "/" else _ARITH[node.op](left, right)

    def _negate(self, node: Negate) -> Any:
        return -self.value(node.item)

    def _to_number(self, node: ToNumber) -> Any:
        return Decimal(self.value(node.item))

    def settled(self, node: Node) -> Any:
        """Evaluate a part that is about to be compared or rounded."""
        value = self.value(node)
        return value if node.exact or node.type is not Type.NUMBER else settle(Decimal(value))

    def _compare(self, node: Compare) -> bool:
        return _COMPARE[node.op](self.settled(node.left), self.settled(node.right))

    def _logic(self, node: Logic) -> bool:
        wanted = node.op == "or"
        for item in node.items:
            if bool(self.value(item)) is wanted:
                return wanted
        return not wanted

    def _negation(self, node: Not) -> Any:
        return not self.value(node.item)

    def _choose(self, node: Choose) -> Any:
        return self.value(node.then if self.value(node.test) else node.other)

    def _bind(self, node: Bind) -> Any:
        self.locals[node.name] = self.value(node.value)
        return self.value(node.body)

    def _call(self, node: Call) -> Any:
        how = verbs.ROUNDINGS.get(node.verb)
        if how is None:
            compares = node.verb in ("查表", "分档", "表中有")
            args = [self.settled(arg) if compares else self.value(arg) for arg in node.args]
            return verbs.VERBS[node.verb].run(*args)
        value = self.settled(node.args[0])
        if node.places is None:
            return value if isinstance(value, int) else verbs.round_whole(value, how)
        if node.places < 0:
            return verbs.round_tens(value, node.places, how)
        return verbs.round_to(value, Decimal(1).scaleb(-node.places), how)

    def _unfilled(self, node: Unfilled) -> bool:
        return self.run.V[node.item.name] is None

    def _refuse(self, node: Refuse) -> Any:
        lifting.refuse(node.reason)

    def _previous(self, node: Previous) -> Any:
        index = self.position.index
        return self.run.Y[node.name, index - 1] if index else self.value(node.initial)

    def _lift(self, node: Lift) -> Any:
        if self.thorough:
            return self._lift_by_row(node)
        known = [self.locals[name] for name in free_locals(node)]
        return self.rule.compiled.lifts[id(node)](self.run, self.position.index, *known)

    def _at_row(self, node: AtRow) -> Any:
        key = self.value(node.key)
        if not self.run.has_row(node.over, key):
            return self.value(node.default) if node.default else self.run.no_row(node.over, key)
        return self._there(node, self.run.row(node.over, key)).value(node.item)

    def _there(self, node: Lift | AtRow, index: int) -> Tracer:
        """Make a tracer at a row, knowing the local names of this one."""
        tracer = Tracer(self.run, self.rule, Position(node.over, index), thorough=self.thorough)
        tracer.locals = self.locals
        return tracer

    def row_indices(self, node: Lift) -> range:
        """Return the rows that a lifting verb goes through."""
        if node.over == "年":
            return range(len(self.run.years))
        part = self.run.slices[self.position.index] if node.within == "年" else slice(0, len(self.run.months))
        return range(part.start, part.stop)

    def _lift_by_row(self, node: Lift) -> Any:
        rows = [self._there(node, index) for index in self.row_indices(node)]
        if node.verb == "全部" and node.where:
            return all(row.value(node.where) for row in rows)
        chosen = [self._row_value(node, row) for row in rows if node.where is None or row.value(node.where)]
        if node.verb == "合计" and node.type is Type.INTEGER:
            return sum(chosen)
        return lifting.REDUCERS[node.verb](chosen)

    def _row_value(self, node: Lift, row: Tracer) -> Any:
        if node.item is None:
            return row.month if node.verb in ("首月", "末月") else row.year if node.verb in ("首年", "末年") else 1
        value = row.value(node.item)
        return value if node.weight is None else (value, row.value(node.weight))


_READ: dict[type[Node], Callable[[Tracer, Any], Any]] = {
    Const: Tracer._const,
    Input: Tracer._input,
    AsOf: Tracer._as_of,
    Local: Tracer._local,
    Arith: Tracer._arith,
    Negate: Tracer._negate,
    ToNumber: Tracer._to_number,
    Compare: Tracer._compare,
    Logic: Tracer._logic,
    Not: Tracer._negation,
    Choose: Tracer._choose,
    Bind: Tracer._bind,
    Call: Tracer._call,
    Unfilled: Tracer._unfilled,
    Refuse: Tracer._refuse,
    Lift: Tracer._lift,
    AtRow: Tracer._at_row,
    Previous: Tracer._previous,
}


def carried_note(found: Found, *, term_of: Glossary) -> str:
    """Say that the last published value of a parameter stands in, and which one."""
    dated = found.dated
    shown = "表" if isinstance(dated.value, dict) else term_of[found.name].show(dated.value)
    return f"{found.name}暂按{dated.start.year}年度标准 {shown} 预发，新标准公布后重新核定"
