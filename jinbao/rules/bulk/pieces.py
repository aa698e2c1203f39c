"""Whether the value of a month changes within a stretch of equal months, and at which months it may.

A career is kept as stretches of months with the same amounts. What a row computes is the same for all months of a
stretch as long as the month itself enters only through comparisons with a fixed month: then the stretch is cut
there, and
each piece is computed once and counted as often as it has months.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from jinbao.rules.ir import AsOf, AtRow, Call, Compare, Input, Lift, Node, Previous, children, walk


@dataclass
class Cuts:
    """Where stretches are cut: before fixed months, and before or after months known for the person."""

    months: set[int] = field(default_factory=set)
    at: list[tuple[Node, int]] = field(default_factory=list)
    """Nodes of the person's grain and how many months later the new piece begins."""


_AFTER = {">=": (0,), "<": (0,), ">": (1,), "<=": (1,), "==": (0, 1), "!=": (0, 1)}
_TURNED = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "==", "!=": "!="}


class Pieces:
    """Examines what a row computes; `body` returns the rule of a monthly name, `changes` when a parameter changes."""

    def __init__(self, body: Callable[[str], Node | None], changes: Callable[[str], list[int]]) -> None:
        self.body = body
        self.changes = changes

    def constant(self, node: Node, cuts: Cuts, seen: set[str] | None = None) -> bool:
        """Tell whether a node is the same throughout each piece; add the cuts that it needs."""
        seen = set() if seen is None else seen
        if isinstance(node, Compare) and self._compares_month(node, cuts):
            return True
        if isinstance(node, Call) and node.verb == "年份" and _is_month(node.args[0]):
            return True
        if isinstance(node, Input):
            return self._input(node, cuts, seen)
        if isinstance(node, Lift | AtRow | Previous):
            return False
        if isinstance(node, AsOf) and node.by == "月" and not self._fixed(node.when):
            return False
        examined = [self.constant(child, cuts, seen) for child in children(node)]
        return all(examined)

    def _input(self, node: Input, cuts: Cuts, seen: set[str]) -> bool:
        if _is_month(node):
            return False
        if node.kind == "参数" and node.at == "月":
            cuts.months.update(self.changes(node.name))
            return True
        body = self.body(node.name) if node.grain == "月" and node.kind == "规则" else None
        if body is None or node.name in seen:
            return True
        seen.add(node.name)
        return self.constant(body, cuts, seen)

    def _fixed(self, node: Node) -> bool:
        """Tell whether a node is known for the person before the rows are read."""
        for part in walk(node):
            if isinstance(part, Lift | AtRow | Previous | AsOf):
                return False
            if isinstance(part, Input) and not self._same_everywhere(part):
                return False
        return True

    def _same_everywhere(self, part: Input) -> bool:
        if part.kind == "参数" and part.at != "人":
            return not self.changes(part.name)
        return part.kind != "行" and part.grain == "人"

    def _compares_month(self, node: Compare, cuts: Cuts) -> bool:
        for one, other, op in ((node.left, node.right, node.op), (node.right, node.left, _TURNED[node.op])):
            if _is_month(one) and self._fixed(other):
                cuts.at.extend((other, later) for later in _AFTER[op])
                return True
        return False


def _is_month(node: Node) -> bool:
    return isinstance(node, Input) and node.kind == "行" and node.name == "年月"
