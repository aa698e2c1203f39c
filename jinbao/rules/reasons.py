"""Why an answer is no: the comparisons that fell short, and by how much, read from the trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinbao.rules.errors import EvaluationError
from jinbao.rules.ir import Bind, Choose, Compare, Const, Input, Logic, Node, Not, Type
from jinbao.rules.trace import Tracer
from jinbao.rules.wording import Sentences


class WhyNot:
    """Collects the conditions that made a rule answer no; `of_rule` explains the rules it rests on."""

    def __init__(self, of_rule: Callable[[str], list[str]], tracer: Tracer) -> None:
        self.of_rule = of_rule
        self.tracer = tracer
        self.sentences = Sentences(tracer)

    def of(self, node: Node) -> list[str]:
        """Explain the result of a rule: the branch that gave it, or the condition that failed."""
        if isinstance(node, Bind):
            return self.of(node.body)
        if isinstance(node, Choose):
            return self._branch(node)
        if node.type is Type.BOOL and not isinstance(node, Const):
            return self.failed(node)
        return self.failed_amount(node)

    def _branch(self, node: Choose) -> list[str]:
        taken = self.tracer.values[id(node.test)]
        chosen = node.then if taken else node.other
        inner = self.of(chosen)
        return inner or (self.held(node.test) if taken else self.failed(node.test))

    def failed_amount(self, node: Node) -> list[str]:
        """An amount of nothing is explained by the conditions inside it, if there are any."""
        if isinstance(node, Input) and node.grain == "人" and node.kind == "规则":
            return self.of_rule(node.name)
        return []

    def failed(self, node: Node) -> list[str]:
        """Say why a condition did not hold; every part that fails is named, not only the first."""
        if self.value(node) is not False:
            return []
        if isinstance(node, Logic):
            return [reason for item in node.items for reason in self.failed(item)]
        if isinstance(node, Not):
            return self.held(node.item)
        if isinstance(node, Choose):
            return self._branch(node)
        return self._leaf(node)

    def held(self, node: Node) -> list[str]:
        """Say how things stood where a condition held that leads to a no."""
        if self.value(node) is not True:
            return []
        if isinstance(node, Logic):
            return [reason for item in node.items for reason in self.held(item)]
        if isinstance(node, Not):
            return self.failed(node.item)
        return self._leaf(node)

    def _leaf(self, node: Node) -> list[str]:
        if isinstance(node, Compare):
            return [self.sentences.comparison(node, gap=True)]
        if isinstance(node, Input) and node.grain == "人" and self.tracer.values[id(node)] is False:
            return self.of_rule(node.name)
        return [self.sentences.state(node)]

    def value(self, node: Node) -> Any:
        """Return the value of a condition, evaluating what the law skipped; None where it cannot be evaluated."""
        if not self.tracer.known(node):
            try:
                self.tracer.value(node)
            except (EvaluationError, ArithmeticError):
                return None
        return self.tracer.values[id(node)]
