"""The text of a kernel while it is written: blocks of lines, and what has already been computed in each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from jinbao.rules.bulk.value import Value
from jinbao.rules.ir import Grain

INDENT = "    "


class Block:
    """Lines at one depth; a name computed here is known here and in the blocks inside."""

    def __init__(self, grain: Grain, outer: Block | None = None, *, nested: bool = False) -> None:
        self.grain = grain
        self.outer = outer
        self.lines: list[str] = []
        self.known: dict[str, Value] = {}
        self.nested = nested
        """Whether the block runs only under a condition of its section."""

    def find(self, name: str) -> Value | None:
        """Return what is known of a name here."""
        block: Block | None = self
        while block is not None:
            if name in block.known:
                return block.known[name]
            block = block.outer
        return None

    def root(self) -> Block:
        """Return the outermost block of the same section."""
        block = self
        while block.nested and block.outer is not None:
            block = block.outer
        return block


class Failing:
    """The variable that says that a row could not be computed; made when it is first needed."""

    def __init__(self, fresh: Iterator[int]) -> None:
        self._fresh = fresh
        self.name: str | None = None

    def mark(self) -> str:
        """Return the variable's name, making it if needed."""
        if self.name is None:
            self.name = f"bad{next(self._fresh)}"
        return self.name


class Writer:
    """Writes statements into the current block and hands out variable names."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.block = Block("人")
        self.failing: list[Failing] = []

    def line(self, text: str) -> None:
        """Write one statement."""
        self.block.lines.append(text)

    def fresh(self, prefix: str = "v") -> str:
        """Return a new variable name."""
        return f"{prefix}{next(self.numbers)}"

    @contextmanager
    def inside(self, block: Block) -> Iterator[Block]:
        """Write into another block for a while."""
        outer, self.block = self.block, block
        try:
            yield block
        finally:
            self.block = outer

    def branch(self) -> Block:
        """Return a new block below the current one."""
        return Block(self.block.grain, self.block, nested=True)

    def put(self, head: str, block: Block) -> None:
        """Write a compound statement."""
        self.line(head)
        self.block.lines.extend(INDENT + line for line in block.lines or ["pass"])

    def fail(self) -> None:
        """Give up: the person goes to the exact reading, or the row is marked as not computable."""
        if self.failing:
            self.line(f"{self.failing[-1].mark()} = True")
        else:
            self.line("status[p] = EXACT")
            self.line("continue")

    def guard(self, condition: str) -> None:
        """Give up where a condition holds."""
        if self.failing:
            self.line(f"{self.failing[-1].mark()} |= {condition}")
            return
        block = self.branch()
        with self.inside(block):
            self.fail()
        self.put(f"if {condition}:", block)


def indented(lines: list[str], depth: int) -> list[str]:
    """Shift lines to the right."""
    return [INDENT * depth + line for line in lines]
