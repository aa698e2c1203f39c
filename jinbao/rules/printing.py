"""Print an answer for people: the value, the reasons, and the tree of steps."""

from __future__ import annotations

from collections.abc import Iterator

from jinbao.rules.result import Result, Step


def print_result(result: Result, region_name: str) -> str:
    """Write the whole explanation as text."""
    lines = [
        f"{result.rule}：{result.said}",
        f"（{result.on}，{region_name} {result.region}，可信度 {result.confidence}）",
        *(f"暂定：{note}" for note in result.provisional),
        *(f"原因：{reason}" for reason in result.reasons),
        "",
        *(print_tree(result.tree) if result.tree else ()),
    ]
    return "\n".join(lines)


def print_tree(root: Step) -> Iterator[str]:
    """Write a tree of steps line by line; a step that appeared above is not repeated."""
    seen: set[str] = set()

    def visit(step: Step, lead: str, rest: str) -> Iterator[str]:
        again = step.name in seen and bool(step.children)
        yield f"{lead}{headline(step)}{'（见上）' if again else ''}"
        children = () if again else step.children
        if not again:
            seen.add(step.name)
            bar = "│  " if children else "   "
            yield from (f"{rest}{bar}{line}" for line in details(step))
        for number, child in enumerate(children, 1):
            end = number == len(children)
            yield from visit(child, f"{rest}{'└─ ' if end else '├─ '}", f"{rest}{'   ' if end else '│  '}")

    return visit(root, "", "")


def headline(step: Step) -> str:
    """Write name and value of a step."""
    kind = "" if step.kind in ("规则", "参数") else f"〔{step.kind}〕"
    return f"{step.name} {step.text}{kind}"


def details(step: Step) -> Iterator[str]:
    """Write formula, branches taken, source and notes of a step."""
    if step.symbolic and step.symbolic != step.formula:
        yield f"= {step.symbolic}"
    if step.formula:
        yield f"= {step.formula}" if step.kind == "规则" else step.formula
    for reason in step.because:
        yield f"因为 {reason}"
    for cite in step.cites:
        yield f"依据 {cite}"
    if step.confidence != "A":
        yield f"可信度 {step.confidence}"
    if step.note:
        yield f"注 {step.note}"
