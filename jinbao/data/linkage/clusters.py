"""Who belongs together: strongest edges first, never two valid numbers in one person, whatever the order of the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Edge = tuple[int, int, int]
"""One group, another, and the weight in hundredths of bits."""


@dataclass
class Clusters:
    """Disjoint sets of groups. A group of a valid number is positive, any other negative; the largest stands for a cluster.

    So a cluster holds a valid number exactly when what stands for it is positive.
    """

    apart: dict[int, set[int]] = field(default_factory=dict)
    """Group → the groups that a person said are somebody else."""
    _parent: dict[int, int] = field(default_factory=dict)
    _members: dict[int, list[int]] = field(default_factory=dict)

    def find(self, group: int) -> int:
        """Return the group that stands for a cluster."""
        parent = self._parent
        root = group
        while (above := parent.get(root, root)) != root:
            root = above
        while group != root:
            parent[group], group = root, parent.get(group, group)
        return root

    def join(self, left: int, right: int, *, by_hand: bool = False) -> bool:
        """Unite two clusters unless they hold different valid numbers (a person may) or were said to be different."""
        a, b = self.find(left), self.find(right)
        if a == b:
            return True
        if not by_hand and a > 0 and b > 0:
            return False
        if self.apart and self._are_apart(a, b):
            return False
        low, high = min(a, b), max(a, b)
        self._parent[low] = high
        if self.apart:
            self._members[high] = self.members(high) + self.members(low)
        return True

    def members(self, root: int) -> list[int]:
        """Return the groups of a cluster."""
        return self._members.get(root, [root])

    def _are_apart(self, a: int, b: int) -> bool:
        inside = set(self.members(b))
        return any(self.apart.get(group, set()) & inside for group in self.members(a))


def cluster(
    edges: Iterable[Edge], *, same: Iterable[tuple[int, int]] = (), apart: Iterable[tuple[int, int]] = ()
) -> tuple[dict[int, int], list[Edge]]:
    """Return for each group of an edge the largest group of its cluster, and the edges that were refused.

    What people decided comes first. Then the strongest edge, and of equal ones the one of the smallest groups: so the
    weakest edge of a contradiction is the one that is given up, and the order of the input does not matter.
    """
    clusters = Clusters()
    for left, right in apart:
        clusters.apart.setdefault(left, set()).add(right)
        clusters.apart.setdefault(right, set()).add(left)
    for left, right in sorted(same):
        clusters.join(left, right, by_hand=True)
    refused = []
    seen: set[int] = set()
    for edge in sorted(edges, key=lambda e: (-e[2], e[0], e[1])):
        seen.update(edge[:2])
        if not clusters.join(edge[0], edge[1]):
            refused.append(edge)
    seen.update(group for pair in same for group in pair)
    return {group: clusters.find(group) for group in seen}, refused
