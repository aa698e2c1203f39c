"""Lower the syntax tree of a rule to the typed intermediate form; refuse everything outside the subset.

One pass: names, types and units are known from the glossary, so every node is typed as it is made.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from jinbao.kernel.errors import Place
from jinbao.rules import calls
from jinbao.rules.errors import RuleError, did_you_mean
from jinbao.rules.glossary import Glossary
from jinbao.rules.ir import (
    FINENESS,
    NUMERIC,
    Arith,
    Bind,
    Choose,
    Compare,
    Const,
    Grain,
    Input,
    Local,
    Logic,
    Negate,
    Node,
    Not,
    ToNumber,
    Type,
)
from jinbao.rules.names import Name
from jinbao.rules.source import RuleSource
from jinbao.rules.typecheck import TypeClash, arith_type, common, compare_check, same_measure
from jinbao.rules.verbs import ALL_VERBS, CONSTANTS

_ARITH: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="
}  # fmt: skip

_ADVICE: dict[type[ast.AST], str] = {
    ast.For: "规则里没有循环；对各月、各年求值用 合计、计数、平均 等动词，递推用 上年。",
    ast.While: "规则里没有循环；递推用 上年(名, 初值)。",
    ast.List: "规则里没有列表；几个值并列写成 取大(甲, 乙)，一组值写成参数表。",
    ast.Dict: "规则里没有字典；把表写进 parameters.yaml，用 查表(表, 键)。",
    ast.Tuple: "规则里没有元组。",
    ast.Set: '写成 甲 == "…" or 甲 == "…"。',
    ast.ListComp: "对各月、各年求值用 合计、计数、平均 等动词。",
    ast.GeneratorExp: "对各月、各年求值用 合计、计数、平均 等动词。",
    ast.Lambda: "把它写成另一条规则。",
    ast.Attribute: "规则里没有属性和方法；可用的动词见 docs/law-engine.md。",
    ast.Subscript: "取表里的值用 查表(表, 键)，取某年的值用 按年(参数, 年) 或 取年(名, 年)。",
    ast.JoinedStr: "文字只能是写死的选项。",
    ast.Import: "不需要 import；动词与常量由引擎提供。",
    ast.ImportFrom: "不需要 import；动词与常量由引擎提供。",
    ast.AugAssign: "局部量只赋一次；换一个名字。",
    ast.AnnAssign: "局部量不写类型。",
    ast.NamedExpr: "局部量单独写一行 名 = 表达式。",
    ast.FunctionDef: "把它写成另一条规则。",
    ast.Try: "规则里没有异常处理；不能计算时写 return 拒绝(\"理由\")。",
    ast.Raise: "不能计算时写 return 拒绝(\"理由\")。",
    ast.Assert: "不能计算时写 if …: return 拒绝(\"理由\")。",
}  # fmt: skip


def lower(rule: RuleSource, names: Mapping[str, Name], glossary: Glossary) -> Node:
    """Return the body of a rule as one typed expression. Raises RuleError with file:line and advice."""
    return Lowering(rule, names, glossary).body()


class Lowering:
    """The state of lowering one rule; `lifted` is the grain of the rows while inside a lifting verb."""

    def __init__(self, rule: RuleSource, names: Mapping[str, Name], glossary: Glossary) -> None:
        self.rule = rule
        self.names = names
        self.glossary = glossary
        self.locals: dict[str, Node] = {}
        self.used: set[str] = set()
        self.lifted: Grain | None = None

    @property
    def at(self) -> Grain:
        """The grain at which names are read here."""
        return self.lifted or self.rule.grain

    def fail(self, node: ast.AST, message: str, advice: str = "") -> NoReturn:
        """Refuse, at the line of a node."""
        line = getattr(node, "lineno", self.rule.at.line)
        raise RuleError(f"规则“{self.rule.name}”：{message}", at=Place(self.rule.at.file, line), advice=advice)

    def body(self) -> Node:
        """Lower the whole function and check inputs, result type and unit."""
        for name in self.rule.inputs:
            if name not in self.names:
                self.fail(self.rule.tree, f"没有“{name}”这个名字", self.glossary.advice(name))
        statements = self.rule.tree.body
        if self.rule.doc:
            statements = statements[1:]
        node = self.block(statements, self.rule.tree)
        unused = [name for name in self.rule.inputs if name not in self.used]
        if unused:
            self.fail(self.rule.tree, f"输入{'、'.join(f'“{name}”' for name in unused)}没有用到", "从参数表删去。")
        return self.result(node)

    def result(self, node: Node) -> Node:
        """Fit the body to the declared type and unit of the rule."""
        declared = self.names[self.rule.name]
        if node.type is Type.INTEGER and declared.type is Type.NUMBER:
            node = to_number(node)
        if node.type not in (declared.type, Type.NEVER):
            whole = declared.type is Type.INTEGER
            advice = "用 四舍五入(x) 或 向下取整(x) 得整数。" if whole else "改规则或改 glossary。"
            self.fail(self.rule.tree, f"结果是{node.type.value}，glossary 声明为{declared.type.value}", advice)
        if node.unit and declared.unit and same_measure(node.unit) != same_measure(declared.unit):
            self.fail(self.rule.tree, f"结果的单位是“{node.unit}”，声明为“{declared.unit}”", "核对公式和 glossary。")
        for leaf in _results(node):
            if declared.choices and isinstance(leaf, Const) and leaf.value not in declared.choices:
                advice = f"{did_you_mean(leaf.text, declared.choices)}只能是：{'、'.join(declared.choices)}。"
                self.fail(self.rule.tree, f"结果没有“{leaf.text}”这个选项", advice)
        return node

    def block(self, statements: Sequence[ast.stmt], owner: ast.AST) -> Node:
        """Lower statements that must end by returning."""
        if not statements:
            self.fail(owner, "这一支没有 return", "每个分支都要 return；需要条件取值时写 甲 if 条件 else 乙。")
        first, rest = statements[0], statements[1:]
        if isinstance(first, ast.Return):
            if rest:
                self.fail(rest[0], "return 之后的语句不会执行", "删去或移到前面。")
            if first.value is None:
                self.fail(first, "return 后面没有值")
            return self.expr(first.value)
        if isinstance(first, ast.If):
            return self._branch(first, rest)
        if isinstance(first, ast.Assign):
            return self._bind(first, rest)
        return self.refuse(first)

    def _branch(self, node: ast.If, rest: Sequence[ast.stmt]) -> Node:
        test = self.condition(node.test)
        outside = dict(self.locals)
        then = self.block(node.body, node)
        self.locals = dict(outside)
        if node.orelse and rest:
            self.fail(rest[0], "前面的每个分支都已 return，这里不会执行", "删去 else，或把这些语句移进 else。")
        other = self.block(node.orelse or rest, node)
        self.locals = outside
        return self.choose(node, test, then, other)

    def _bind(self, node: ast.Assign, rest: Sequence[ast.stmt]) -> Node:
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Name):
            self.fail(node, "一次只给一个局部量赋值", "写成 名 = 表达式。")
        name = target.id
        if name in self.locals:
            self.fail(node, f"局部量“{name}”已经赋过值", "换一个名字。")
        if name in self.names or name in CONSTANTS or name in ALL_VERBS:
            self.fail(node, f"局部量“{name}”与术语、常量或动词同名", "换一个名字；要成为独立一步，就写成另一条规则。")
        value = self.expr(node.value)
        if value.type in (Type.TABLE, Type.NEVER):
            self.fail(node, "局部量不能是表，也不能是拒绝")
        self.locals[name] = value
        body = self.block(rest, node)
        return Bind(name, value, body, line=node.lineno, type=body.type, unit=body.unit, exact=body.exact)

    def condition(self, node: ast.expr) -> Node:
        """Lower an expression that must be a condition."""
        lowered = self.expr(node)
        if lowered.type is not Type.BOOL:
            self.fail(node, f"条件应为布尔，实为{lowered.type.value}", "写出比较，例如 x > 0。")
        return lowered

    def expr(self, node: ast.expr) -> Node:
        """Lower an expression."""
        for kind, method in self._EXPRESSIONS.items():
            if isinstance(node, kind):
                lowered: Node = method(self, node)
                return lowered
        return self.refuse(node)

    def refuse(self, node: ast.AST) -> NoReturn:
        """Refuse a construct outside the subset, saying what to write instead."""
        advice = _ADVICE.get(type(node), "可以写的只有算术、比较、and/or/not、if … return 和引擎的动词。")
        text = ast.unparse(node).splitlines()[0]
        self.fail(node, f"这种写法不能用：{text}", advice)

    def _constant(self, node: ast.Constant) -> Node:
        value = node.value
        if isinstance(value, bool):
            return Const(value, "真" if value else "假", line=node.lineno, type=Type.BOOL)
        if isinstance(value, int):
            return Const(value, str(value), line=node.lineno, type=Type.INTEGER)
        if isinstance(value, str):
            return Const(value, value, line=node.lineno, type=Type.CHOICE)
        text = ast.get_source_segment(self.rule.text, _shifted(node, self.rule)) or ""
        if not isinstance(value, float) or not text.replace(".", "", 1).isdecimal():
            self.fail(node, f"不能用这种数：{text or value!r}", "写成十进制小数，例如 0.012。")
        return Const(Decimal(text), text, line=node.lineno, type=Type.NUMBER)

    def _name(self, node: ast.Name) -> Node:
        name = node.id
        if name in self.locals:
            value = self.locals[name]
            return Local(name, line=node.lineno, type=value.type, unit=value.unit, exact=value.exact)
        if name in CONSTANTS:
            constant = CONSTANTS[name]
            kind = Type.BOOL if isinstance(constant, bool) else Type.NUMBER
            return Const(constant, name, line=node.lineno, type=kind)
        found = self.read_name(node, name)
        if FINENESS[found.grain] > FINENESS[self.at]:
            advice = f'用 合计、计数、取年 等动词提升，或把规则声明为 grain="{found.grain}"。'
            self.fail(node, f"“{name}”是{found.grain}级的，这里是{self.at}级", advice)
        if name == self.rule.name:
            self.fail(node, "用到了自己的值", "年级规则可以用 上年(名, 初值) 取自己上一年的值。")
        return self.input(node, found)

    def read_name(self, node: ast.AST, name: str) -> Name:
        """Return what is known of an input and note that it is used."""
        if name not in self.rule.inputs:
            self._explain_unknown(node, name)
        self.used.add(name)
        return self.names[name]

    def _explain_unknown(self, node: ast.AST, name: str) -> NoReturn:
        if name in ALL_VERBS:
            self.fail(node, f"动词“{name}”后面缺少括号")
        if name in self.names:
            self.fail(node, f"“{name}”没有写进参数表", f"在 def {self.rule.name}(…) 的括号里加上 {name}。")
        known = [*self.rule.inputs, *self.locals, *CONSTANTS, *self.names]
        self.fail(node, f"没有“{name}”这个名字", did_you_mean(name, known) or "输入写进参数表，局部量先赋值再用。")

    def input(self, node: ast.AST, name: Name) -> Input:
        """Make the node that reads an input here."""
        return Input(
            name.name, name.kind, name.grain, self.at, name.optional, name.element,
            line=getattr(node, "lineno", 0), type=name.type, unit=name.unit,
            exact=name.kind != "规则" or name.type is not Type.NUMBER,
        )  # fmt: skip

    def _arith(self, node: ast.BinOp) -> Node:
        op = _ARITH.get(type(node.op))
        if op is None:
            self.fail(node, f"这个运算不能用：{ast.unparse(node)}", "可用 + - * / // %；乘方请写成连乘。")
        left, right = self.expr(node.left), self.expr(node.right)
        try:
            kind, unit = arith_type(op, left, right)
        except TypeClash as clash:
            self.fail(node, f"{ast.unparse(node)}：{clash}", clash.advice)
        exact = left.exact and right.exact and op != "/"
        return Arith(op, left, right, line=node.lineno, type=kind, unit=unit, exact=exact)

    def _unary(self, node: ast.UnaryOp) -> Node:
        if isinstance(node.op, ast.Not):
            return Not(self.condition(node.operand), line=node.lineno, type=Type.BOOL)
        item = self.expr(node.operand)
        if not isinstance(node.op, ast.USub) or item.type not in NUMERIC:
            self.fail(node, f"这个运算不能用：{ast.unparse(node)}")
        return Negate(item, line=node.lineno, type=item.type, unit=item.unit, exact=item.exact)

    def _logic(self, node: ast.BoolOp) -> Node:
        items = tuple(self.condition(item) for item in node.values)
        return Logic("and" if isinstance(node.op, ast.And) else "or", items, line=node.lineno, type=Type.BOOL)

    def _compare(self, node: ast.Compare) -> Node:
        if any(type(op) not in _COMPARE for op in node.ops):
            self.fail(node, f"这个比较不能用：{ast.unparse(node)}", '几个选项写成 甲 == "…" or 甲 == "…"。')
        sides = [self.expr(side) for side in (node.left, *node.comparators)]
        pairs: list[Node] = []
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            self._check_compare(node, _COMPARE[type(op)], left, right)
            pairs.append(Compare(_COMPARE[type(op)], left, right, line=node.lineno, type=Type.BOOL))
        return pairs[0] if len(pairs) == 1 else Logic("and", tuple(pairs), line=node.lineno, type=Type.BOOL)

    def _check_compare(self, node: ast.Compare, op: str, left: Node, right: Node) -> None:
        try:
            compare_check(op, left, right)
        except TypeClash as clash:
            self.fail(node, f"{ast.unparse(node)}：{clash}", clash.advice)
        for one, other in ((left, right), (right, left)):
            if not isinstance(one, Input) or not isinstance(other, Const):
                continue
            choices = self.names[one.name].choices
            if choices and other.value not in choices:
                advice = f"{did_you_mean(other.text, choices)}只能是：{'、'.join(choices)}。"
                self.fail(node, f"“{one.name}”没有“{other.text}”这个选项", advice)

    def _ternary(self, node: ast.IfExp) -> Node:
        return self.choose(node, self.condition(node.test), self.expr(node.body), self.expr(node.orelse))

    def choose(self, node: ast.AST, test: Node, then: Node, other: Node) -> Node:
        """Join two branches under one type and unit."""
        try:
            kind, unit = common((then, other))
        except TypeClash as clash:
            self.fail(node, f"两个分支的结果不同：{clash}", clash.advice)
        then, other = fit(then, kind), fit(other, kind)
        line = getattr(node, "lineno", 0)
        return Choose(test, then, other, line=line, type=kind, unit=unit, exact=then.exact and other.exact)

    def _call(self, node: ast.Call) -> Node:
        return calls.lower_call(self, node)

    _EXPRESSIONS: ClassVar[dict[type[ast.expr], Callable[[Lowering, Any], Node]]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.BinOp: _arith,
        ast.UnaryOp: _unary,
        ast.BoolOp: _logic,
        ast.Compare: _compare,
        ast.IfExp: _ternary,
        ast.Call: _call,
    }


def _results(node: Node) -> Iterator[Node]:
    """Go through what a body may return."""
    if isinstance(node, Bind):
        yield from _results(node.body)
    elif isinstance(node, Choose):
        yield from _results(node.then)
        yield from _results(node.other)
    else:
        yield node


def to_number(node: Node) -> Node:
    """Use a whole number as a decimal number."""
    if isinstance(node, Const) and isinstance(node.value, int):
        return replace(node, value=Decimal(node.value), type=Type.NUMBER)
    if isinstance(node, Choose):
        return replace(node, then=fit(node.then, Type.NUMBER), other=fit(node.other, Type.NUMBER), type=Type.NUMBER)
    if isinstance(node, Bind):
        return replace(node, body=fit(node.body, Type.NUMBER), type=Type.NUMBER)
    return ToNumber(node, line=node.line, type=Type.NUMBER, unit=node.unit, exact=node.exact)


def fit(node: Node, kind: Type) -> Node:
    """Make a whole number fit where numbers are expected."""
    return to_number(node) if kind is Type.NUMBER and node.type is Type.INTEGER else node


def _shifted(node: ast.Constant, rule: RuleSource) -> ast.Constant:
    """Return the literal with line numbers relative to the text of its rule."""
    first = rule.tree.decorator_list[0].lineno - 1
    moved = ast.Constant(node.value)
    moved.lineno, moved.end_lineno = node.lineno - first, (node.end_lineno or node.lineno) - first
    moved.col_offset, moved.end_col_offset = node.col_offset, node.end_col_offset
    return moved
