"""Write the expressions of rules as whole-number statements."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any

from jinbao.kernel.errors import Place
from jinbao.rules.bulk import arithmetic
from jinbao.rules.bulk.arithmetic import TooLarge, add, alike, compare, divide, multiply, named, negate
from jinbao.rules.bulk.errors import NotCompilable
from jinbao.rules.bulk.lifts import Lifts
from jinbao.rules.bulk.names import Names
from jinbao.rules.bulk.scalar import scalar_verb
from jinbao.rules.bulk.state import Findings
from jinbao.rules.bulk.tables import Tables
from jinbao.rules.bulk.value import NULL, RANK, Divisor, Value, finer, finest, truth, whole
from jinbao.rules.bulk.writer import Block
from jinbao.rules.ir import (
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
)
from jinbao.rules.scope import Scope


class Expressions(Lifts, Names):
    """The whole writer of one attempt: expressions here, names and lifting verbs in the bases."""

    def __init__(
        self, scope: Scope, tables: Tables, findings: Findings, columns: Collection[str] | None, given: frozenset[str]
    ) -> None:
        Names.__init__(self, scope, tables, findings, columns, given)
        Lifts.__init__(self)
        self.outputs: list[str] = []

    def prepare(self) -> None:
        """Compute what rows need of the person before anything else asks for it."""
        with self.w.inside(self.current.pre):
            for name in list(self.findings.early):
                self.read(name, "人")
        self.w.block = self.current.post

    def node(self, node: Node) -> Value:
        """Write an expression. Raises NotCompilable with file:line."""
        try:
            return self._dispatch(node)
        except TooLarge:
            message = "数的范围超出 64 位整数，不能编译"
            raise self.refusal(node, message, "在 glossary 给事实写 min、max，或把公式分成几步舍入。") from None

    def refusal(self, node: Node, message: str, advice: str = "") -> NotCompilable:
        """Make the error for a node, at its line."""
        source = self.stack[-1].source
        at = Place(source.at.file, node.line or source.at.line)
        return NotCompilable(
            f"规则“{source.name}”：{message}", at=at, advice=advice or "这条规则用逐人计算（jinbao law eval）。"
        )

    def _dispatch(self, node: Node) -> Value:  # noqa: PLR0911, PLR0912  # one return a kind
        match node:
            case Const():
                return self._constant(node)
            case Input():
                return self.input(node)
            case AsOf():
                return self.as_of(node)
            case Local():
                return self.env[node.name]
            case Bind():
                self.env = {**self.env, node.name: named(self.w, self.node(node.value))}
                return self.node(node.body)
            case Arith():
                return self._arith(node)
            case Negate():
                return negate(self.node(node.item))
            case ToNumber():
                return replace(self.node(node.item), type=Type.NUMBER)
            case Compare():
                return compare(self.w, node.op, self.node(node.left), self.node(node.right))
            case Logic() | Not() | Choose() | Unfilled() | Refuse():
                return self._decision(node)
            case Call():
                return scalar_verb(self, node)
            case Lift():
                return self.lift(node)
            case Previous():
                return self.previous(node)
            case AtRow():
                return self.at_row(node)
        raise self.refusal(node, f"{type(node).__name__} 不能成批编译")

    def _constant(self, node: Const) -> Value:
        value: Any = node.value
        if isinstance(value, bool):
            return truth(value)
        if isinstance(value, Decimal):
            numbers, scale = self.tables.encoded(Type.NUMBER, [value])
            return whole(numbers[0], Type.NUMBER, scale)
        return whole(self.tables.code(value) if isinstance(value, str) else value, node.type)

    def _arith(self, node: Arith) -> Value:
        one, other = self.node(node.left), self.node(node.right)
        if node.op in "+-":
            return add(self.w, one, other, node.type, minus=node.op == "-")
        if node.op == "*":
            return multiply(self.w, one, other, node.type)
        return divide(self.w, one, other) if node.op == "/" else self._whole_division(node, one, other)

    def _whole_division(self, node: Arith, one: Value, other: Value) -> Value:
        if one.constant and other.constant and other.lo:
            return whole(one.lo // other.lo if node.op == "//" else one.lo % other.lo, node.type)
        if other.lo <= 0:
            other = named(self.w, other)
            self.w.guard(f"{other.code} <= 0")
            other = Value(f"max({other.code}, 1)", other.type, 1, max(other.hi, 1), grain=other.grain)
        bounds = [a // b for a in (one.lo, one.hi) for b in (other.lo, other.hi)]
        lo, hi = (min(bounds), max(bounds)) if node.op == "//" else (0, other.hi - 1)
        return Value(f"({one.code} {node.op} {other.code})", node.type, lo, hi, grain=finest(one, other))

    def _decision(self, node: Node) -> Value:
        match node:
            case Logic():
                return self._logic(node)
            case Not():
                value = self.node(node.item)
                return truth(not value.truth) if value.constant else replace(value, code=f"(not {value.code})")
            case Choose():
                return self._choose(node)
            case Unfilled():
                value = self.optional(node.item.name)
                return truth(value.lo == NULL) if value.constant else Value(f"({value.code} == NULL)", Type.BOOL, 0, 1)
        self.w.fail()
        return Value("0", Type.NEVER, 0, 0)

    def _logic(self, node: Logic) -> Value:
        stop = node.op == "or"
        found = self.node(node.items[0])
        for item in node.items[1:]:
            if found.truth is stop:
                return found
            branch = self.w.branch()
            with self.w.inside(branch):
                following = self.node(item)
            if found.truth is (not stop):
                self._merge(branch)
                found = following
            else:
                found = self._joined(node.op, found, following, branch)
        return found

    def _joined(self, op: str, found: Value, following: Value, branch: Block) -> Value:
        grain = finer(found.grain, following.grain)
        if not branch.lines:
            if following.truth is not None:
                keeps = following.truth is (op == "and")
                return found if keeps else truth(following.truth)
            return Value(f"({found.code} {op} {following.code})", Type.BOOL, 0, 1, grain=grain)
        name = self.w.fresh()
        self.w.line(f"{name} = {found.code}")
        branch.lines.append(f"{name} = {following.code}")
        self.w.put(f"if {name}:" if op == "and" else f"if not {name}:", branch)
        return Value(name, Type.BOOL, 0, 1, grain=grain)

    def _merge(self, branch: Block) -> None:
        """Write a branch whose condition is known to hold as if there were none."""
        self.w.block.lines.extend(branch.lines)
        self.w.block.known.update(branch.known)

    def _choose(self, node: Choose) -> Value:
        test = self.node(node.test)
        if test.truth is not None:
            return self.node(node.then if test.truth else node.other)
        test = named(self.w, test)
        env, blocks, values = self.env, [], []
        for part in (node.then, node.other):
            self.env = env
            block = self.w.branch()
            with self.w.inside(block):
                values.append(self.node(part))
            blocks.append(block)
        self.env = env
        return self._chosen(test, blocks, values)

    def _chosen(self, test: Value, blocks: list[Block], values: list[Value]) -> Value:
        real = [value for value in values if value.type is not Type.NEVER]
        if not real:
            values = [Value("0", Type.NEVER, 0, 0)] * 2
        elif len(real) == 1 and not self.w.failing:
            return self._guarded(test, blocks, values)
        elif len(real) == 1:
            nothing = whole(0, real[0].type)
            values = self._unified(blocks, [value if value is real[0] else nothing for value in values])
        else:
            values = self._unified(blocks, values)
        return self._assigned(test, blocks, values)

    def _guarded(self, test: Value, blocks: list[Block], values: list[Value]) -> Value:
        """Write the branch that gives up, and go on with the other as the main line."""
        gives_up = 0 if values[0].type is Type.NEVER else 1
        self.w.put(f"if {test.code}:" if gives_up == 0 else f"if not {test.code}:", blocks[gives_up])
        self._merge(blocks[1 - gives_up])
        return values[1 - gives_up]

    def _unified(self, blocks: list[Block], values: list[Value]) -> list[Value]:
        """Bring both branches to one scale and divisor; a divisor known outside the branches is shared."""
        if values[0].type in (Type.BOOL, Type.CHOICE):
            return values
        if all(
            (value.by.code if value.by else None) == (values[0].by.code if values[0].by else None) for value in values
        ):
            divisor = values[0].by
        else:
            divisor = next((value.by for value in values if value.by), None)
        shared = divisor is not None and RANK[divisor.grain] < RANK[self.w.block.grain]
        found = []
        for block, value in zip(blocks, values, strict=True):
            with self.w.inside(block):
                if divisor and shared and value.by is None:
                    value = alike(self.w, value, Value("0", value.type, 0, 0, by=divisor))[0]  # noqa: PLW2901  # brought to the shared divisor
                elif value.by and not (shared and divisor and value.by.code == divisor.code):
                    value = arithmetic.settled(self.w, value)  # noqa: PLW2901  # the other branch has another divisor
                found.append(value)
        scale = _common_scale(found)
        for index, block in enumerate(blocks):
            with self.w.inside(block):
                found[index] = self.rescaled(found[index], scale)
        return found

    def rescaled(self, value: Value, scale: int) -> Value:
        """Bring a value to a scale that its own divides."""
        return arithmetic.scaled(self.w, value, scale // value.scale)

    def _assigned(self, test: Value, blocks: list[Block], values: list[Value]) -> Value:
        one, other = values
        grain = finer(test.grain, one.grain, other.grain)
        by: Divisor | None = one.by or other.by
        found = Value(
            self.w.fresh(), one.type if one.type is not Type.NEVER else other.type, min(one.lo, other.lo),
            max(one.hi, other.hi), one.scale, by, max(one.err, other.err), grain,
        )  # fmt: skip
        if not any(block.lines for block in blocks):
            self.w.line(f"{found.code} = {one.code} if {test.code} else {other.code}")
            return found
        for block, value in zip(blocks, values, strict=True):
            block.lines.append(f"{found.code} = {value.code}")
        self.w.put(f"if {test.code}:", blocks[0])
        self.w.put("else:", blocks[1])
        return found


def _common_scale(values: list[Value]) -> int:
    from math import lcm

    return lcm(*(value.scale for value in values))
