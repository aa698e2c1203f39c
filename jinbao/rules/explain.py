"""Make the explanation of a run: a tree of steps with formulas, citations, branches taken, and reasons for a no."""

from __future__ import annotations

from typing import Any

from jinbao.rules.codegen import row_parts
from jinbao.rules.errors import EvaluationError
from jinbao.rules.ir import (
    AsOf,
    AtRow,
    Bind,
    Choose,
    Input,
    Lift,
    Node,
    Previous,
    Type,
    Unfilled,
    children,
    walk,
)
from jinbao.rules.lawbook import Rule
from jinbao.rules.parameters import Found
from jinbao.rules.reasons import WhyNot
from jinbao.rules.result import Step, value_text
from jinbao.rules.runtime import Run
from jinbao.rules.trace import PERSON, Position, Tracer, carried_note
from jinbao.rules.values import outer_value
from jinbao.rules.wording import Sentences, Wording

_COUNTED = {"年": "年", "月": "个月"}


def explain_rule(run: Run, name: str) -> tuple[Step, tuple[str, ...]]:
    """Explain a name that has been evaluated: the tree of its steps, and the reasons when the answer is no."""
    explainer = Explainer(run)
    tree = explainer.person(name, 0)
    value = run.V[name]
    negative = value is False or value is None or (not isinstance(value, str) and value == 0)
    return tree, tuple(dict.fromkeys(explainer.why_not_rule(name))) if negative else ()


def explain_rows(run: Run, name: str) -> tuple[Step, ...]:
    """Explain every row of a monthly or yearly rule."""
    explainer = Explainer(run)
    grain = run.law.glossary[name].grain
    count = len(run.months) if grain == "月" else len(run.years)
    return tuple(explainer.row(name, Position(grain, index), 0, deep=False) for index in range(count))


class Explainer:
    """Builds steps; every name of the person is explained once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.glossary = run.law.glossary
        self._person: dict[str, Step] = {}
        self._tracers: dict[str, Tracer] = {}

    def tracer(self, name: str) -> Tracer:
        """Return the traced reading of a rule of the person, made once and compared with the exact one."""
        if name not in self._tracers:
            rule = self.run.scope.rule(name)
            self._tracers[name] = self._traced(rule, PERSON, self.run.V[name])
        return self._tracers[name]

    def _traced(self, rule: Rule, position: Position, exact: Any) -> Tracer:
        tracer = Tracer(self.run, rule, position)
        value = tracer.value(rule.body)
        if value != exact or type(value) is not type(exact):
            message = f"规则“{rule.name}”的解释（{value}）与计算（{exact}）不一致"
            raise EvaluationError(message, at=rule.source.at, advice="这是引擎的缺陷，请带上事实报告。")
        return tracer

    def person(self, name: str, depth: int) -> Step:
        """Explain a value of the person."""
        if name not in self._person:
            self._person[name] = self._make_person(name, depth)
        return self._person[name]

    def _make_person(self, name: str, depth: int) -> Step:
        kind = self.glossary[name].kind
        if name in self.run.given:
            return self._plain(name, self.run.V[name], "事实" if kind == "事实" else "给定", depth)
        if kind == "规则":
            return self._rule_step(name, name, self.tracer(name), depth, deep=True)
        if kind == "参数":
            return self._parameter(name, self.run.scope.parameter(name, self.run.scope.on), name, depth)
        return self._plain(name, self.run.V[name], "缺省", depth)

    def _plain(self, name: str, value: Any, kind: str, depth: int, label: str = "") -> Step:
        term = self.glossary[name]
        note = {"缺省": "没有给定，按缺省值", "给定": "作为事实给定，没有计算"}.get(kind, "")
        return Step(
            name=label or name,
            value=value_text(outer_value(term.inner, value)),
            unit=term.unit or "",
            formula="",
            cites=(),
            confidence="A",
            kind=kind,
            note="未填" if value is None else note,
            depth=depth,
            shown=term.show(value),
        )

    def _parameter(self, name: str, found: Found, label: str, depth: int) -> Step:
        dated, term = found.dated, self.glossary[name]
        table = isinstance(dated.value, dict)
        shown = f"{len(dated.value)}行的表" if table else term.show(dated.value)
        region = self.run.law.regions.name(dated.region)
        end = f"至 {dated.end}" if dated.end else "起"
        carried = carried_note(found, term_of=self.glossary) if found.carried else ""
        return Step(
            name=label,
            value=shown if table else value_text(outer_value(term.inner, dated.value)),
            unit="" if table else term.unit or "",
            formula=f"{region} {dated.start} {end}",
            cites=(dated.source,),
            confidence=dated.confidence,
            kind="参数",
            note="；".join(part for part in (carried, dated.note) if part),
            provisional=found.carried,
            depth=depth,
            shown=shown,
        )

    def _rule_step(self, name: str, label: str, tracer: Tracer, depth: int, *, deep: bool) -> Step:
        rule, term = tracer.rule, self.glossary[name]
        value = tracer.values[id(rule.body)]
        children = self._children(tracer, depth + 1) if deep else ()
        return Step(
            name=label,
            value=value_text(outer_value(term.inner, value)),
            unit=term.unit or "",
            formula=Wording(tracer).formula(rule.body),
            cites=tuple(clause.cite for clause in rule.cites),
            confidence=rule.source.confidence,
            kind="规则",
            symbolic=Wording().text(Wording(tracer).returned(rule.body)),
            because=_because(tracer),
            note=rule.source.note,
            depth=depth,
            children=children,
            shown=term.show(value),
        )

    def _children(self, tracer: Tracer, depth: int) -> tuple[Step, ...]:
        """Explain what a rule has read, in the order of reading."""
        found: dict[str, Step] = {}
        for node in _evaluated(tracer, tracer.rule.body):
            for step in self._read_by(tracer, node, depth):
                found.setdefault(step.name, step)
        return tuple(found.values())

    def _read_by(self, tracer: Tracer, node: Node, depth: int) -> list[Step]:
        found: list[Step] = []
        match node:
            case Input() if node.kind != "行":
                found = [self._input(tracer, node, depth)]
            case Unfilled():
                found = [self.person(node.item.name, depth)]
            case AsOf():
                found = [self._as_of(tracer, node, depth)]
            case Previous() if tracer.position.index:
                found = [self.row(node.name, Position("年", tracer.position.index - 1), depth, deep=False)]
            case Lift():
                found = self._lifted(tracer, node, depth)
            case AtRow():
                found = self._one_row(tracer, node, depth)
        return found

    def _input(self, tracer: Tracer, node: Input, depth: int) -> Step:
        if node.kind == "参数" and node.at != "人" and node.name not in self.run.given:
            return self._parameter_at(node.name, node.at, tracer.year if node.at == "年" else tracer.month, depth)
        if node.grain == "人":
            return self.person(node.name, depth)
        index = tracer.position.index if node.grain == "月" else tracer.year_index
        return self.row(node.name, Position(node.grain, index), depth, deep=False)

    def _as_of(self, tracer: Tracer, node: AsOf, depth: int) -> Step:
        return self._parameter_at(node.name, node.by, tracer.values[id(node.when)], depth)

    def _parameter_at(self, name: str, by: str, key: int, depth: int) -> Step:
        run = self.run
        label = f"{name}（{key}年）" if by == "年" else f"{name}（{outer_value(Type.MONTH, key)}）"
        rows = run.year_rows if by == "年" else run.month_rows
        if name in rows.names and key in rows.keys and name in rows.rows[rows.keys.index(key)]:
            table = run.AT[name] if by == "年" else run.AP[name]
            return self._plain(name, table[key], "给定", depth, label)
        day = run.scope.year_day(key) if by == "年" else outer_value(Type.MONTH, key).first_day
        return self._parameter(name, run.scope.parameter(name, day), label, depth)

    def row(self, name: str, position: Position, depth: int, *, deep: bool = True) -> Step:
        """Explain one row of a monthly or yearly name."""
        run, term = self.run, self.glossary[name]
        monthly = position.grain == "月"
        key = run.months[position.index] if monthly else run.years[position.index]
        label = f"{name}（{outer_value(Type.MONTH, key) if monthly else f'{key}年'}）"
        value = run.M[name][position.index] if monthly else run.Y[name, position.index]
        if term.kind == "事实":
            return self._plain(name, value, "事实", depth, label)
        if _given_in_row(run, name, position, key):
            return self._plain(name, value, "给定", depth, label)
        rule = run.scope.rule(name, outer_value(Type.MONTH, key).first_day if monthly else run.scope.year_day(key))
        return self._rule_step(name, label, self._traced(rule, position, value), depth, deep=deep)

    def _lifted(self, tracer: Tracer, node: Lift, depth: int) -> list[Step]:
        """Summarise the names inside a lifting verb: how many rows, the first and the last."""
        rows = tracer.row_indices(node)
        inputs = [n for part in row_parts(node) for n in walk(part) if isinstance(n, Input) and n.kind != "行"]
        steps = []
        for inner in inputs:
            if inner.grain == "人" and inner.kind != "参数":
                steps.append(self.person(inner.name, depth))
            elif inner.grain == node.over:
                steps.append(self._summary(inner.name, Position(node.over), rows, depth))
        return steps

    def _one_row(self, tracer: Tracer, node: AtRow, depth: int) -> list[Step]:
        key = tracer.values[id(node.key)]
        if not self.run.has_row(node.over, key):
            return []
        position = Position(node.over, self.run.row(node.over, key))
        inputs = [n for n in walk(node.item) if isinstance(n, Input) and n.grain == node.over and n.kind != "行"]
        return [self.row(inner.name, position, depth) for inner in inputs]

    def _summary(self, name: str, where: Position, rows: range, depth: int) -> Step:
        term = self.glossary[name]
        ends = sorted({rows[0], rows[-1]}) if rows else []
        samples = tuple(self.row(name, Position(where.grain, index), depth + 1, deep=False) for index in ends)
        known = "给定" if term.kind == "参数" else term.kind
        count = f"{len(rows)}{_COUNTED[where.grain]}"
        return Step(
            name=f"{name}（各{'月' if where.grain == '月' else '年'}）",
            value=count,
            unit="",
            formula=" … ".join(f"{step.name}：{step.text}" for step in samples),
            cites=samples[-1].cites if samples else (),
            confidence=self.run.evidence(name)[0],
            kind=known,
            symbolic=samples[-1].symbolic if samples else "",
            depth=depth,
            children=samples if term.kind == "规则" else (),
            shown=count,
        )

    def why_not_rule(self, name: str) -> list[str]:
        """Say why a rule answers no: which tested comparisons fell short, and by how much."""
        term = self.glossary[name]
        if name in self.run.given or term.kind != "规则":
            return [f"{name}：{term.show(self.run.V[name])}"]
        tracer = self.tracer(name)
        return WhyNot(self.why_not_rule, tracer).of(tracer.rule.body)


def _because(tracer: Tracer) -> tuple[str, ...]:
    """Say for each `if` on the way to the result how things stood."""
    sentences, found, node = Sentences(tracer), [], tracer.rule.body
    while isinstance(node, Bind | Choose):
        if isinstance(node, Bind):
            node = node.body
        else:
            found.append(sentences.state(node.test))
            node = node.then if tracer.values[id(node.test)] else node.other
    return tuple(dict.fromkeys(found))


def _evaluated(tracer: Tracer, node: Node) -> list[Node]:
    """List the parts that were evaluated, conditions first; the inside of lifting verbs belongs to the verb."""
    if not tracer.known(node):
        return []
    found = [node]
    if isinstance(node, Lift | Unfilled):
        inner = []
    elif isinstance(node, AtRow):
        inner = [part for part in (node.key, node.default) if part]
    else:
        inner = list(children(node))
    for part in inner:
        found.extend(_evaluated(tracer, part))
    return found


def _given_in_row(run: Run, name: str, position: Position, key: int) -> bool:
    rows = run.month_rows if position.grain == "月" else run.year_rows
    return name in rows.names and key in rows.keys and name in rows.rows[rows.keys.index(key)]
