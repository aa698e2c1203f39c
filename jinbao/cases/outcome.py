"""What an approval will do, in lines that people read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinbao.rules import Result
from jinbao.trust.canonical import canonical, plain
from jinbao.trust.sm3 import sm3_hex


@dataclass(frozen=True)
class Change:
    """One thing that will be different: what it is, what it is now, what it will be."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Preview:
    """Everything an approval will do."""

    changes: tuple[Change, ...]
    problems: tuple[str, ...] = ()
    """Why it cannot take place as things are; empty when it can."""
    explanation: dict[str, Any] | None = None
    """For a benefit: {"eligible": …, "amount": …}, the computation as `jinbao law eval --json` prints it."""
    results: tuple[Result, ...] = ()
    """The same as the engine's results, for pages that draw the tree."""
    basis: tuple[tuple[str, str], ...] = ()
    """Further values on which the outcome rests and which are not shown, such as the hash of the facts."""

    @property
    def fingerprint(self) -> str:
        """A hash that changes when anything about the outcome changes."""
        lines = [[change.what, change.before, change.after] for change in self.changes]
        return sm3_hex(canonical(plain({"changes": lines, "problems": self.problems, "basis": self.basis})))
