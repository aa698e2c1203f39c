"""An explained answer as a tree, made from the JSON of a Result so that stored and fresh ones look alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

_CITE = re.compile(r"(?P<text>.*?)\s*\[law/(?P<provision>[^\]#]+)/law\.md#(?P<anchor>[^\]]+)\]")


@dataclass(frozen=True)
class Cite:
    """An article, with the page that shows its text."""

    text: str
    url: str


@dataclass(frozen=True)
class Node:
    """One step with the steps it was made of."""

    name: str
    value: str
    unit: str
    formula: str
    kind: str
    confidence: str
    note: str
    because: tuple[str, ...]
    cites: tuple[Cite, ...]
    children: tuple[Node, ...]

    @property
    def given(self) -> bool:
        """Whether it was put in and not computed."""
        return self.kind in ("事实", "给定", "缺省")

    @property
    def uncertain(self) -> bool:
        """Whether the value rests on a source that is not confirmed."""
        return self.confidence in ("B", "C")


PARTS = ("amount", "eligible")
"""The answers that a determination keeps: how much, and whether at all."""


def trees_of(trace: Mapping[str, Any] | None) -> list[Node]:
    """Return the trees of one answer, or of the answers of a determination."""
    return [tree for answer in _answers(trace) if (tree := tree_of(answer))]


def provisional_of(trace: Mapping[str, Any] | None) -> list[str]:
    """Return the sentences about values that stand in for others not yet published, each once."""
    return list(dict.fromkeys(text for answer in _answers(trace) for text in answer.get("provisional", ())))


def _answers(trace: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    if not trace:
        return []
    return [trace] if "steps" in trace else [trace[name] for name in PARTS if trace.get(name)]


def tree_of(answer: Mapping[str, Any]) -> Node | None:
    """Rebuild the tree from the steps of an answer: inputs stand before what is made of them, one level deeper."""
    waiting: list[tuple[int, Node]] = []
    for step in answer.get("steps", ()):
        depth = int(step.get("depth", 0))
        inputs: list[Node] = []
        while waiting and waiting[-1][0] > depth:
            inputs.insert(0, waiting.pop()[1])
        waiting.append((depth, _node(step, inputs)))
    return waiting[-1][1] if waiting else None


def _node(step: Mapping[str, Any], inputs: Sequence[Node]) -> Node:
    return Node(
        name=step["name"],
        value=str(step["value"]),
        unit=step["unit"],
        formula=step["formula"],
        kind=step.get("kind", ""),
        confidence=step.get("confidence", ""),
        note=step.get("note", ""),
        because=tuple(step.get("because", ())),
        cites=tuple(cite_of(cite) for cite in step["cites"]),
        children=tuple(inputs),
    )


def cite_of(cite: str) -> Cite:
    """Split a citation into its text and the page where the text stands."""
    match = _CITE.fullmatch(cite)
    if match is None:
        return Cite(cite, "")
    return Cite(match["text"], f"{reverse('law-text', args=[match['provision']])}#{match['anchor']}")
