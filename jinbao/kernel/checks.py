"""Invariants as queries that must return no row; each room declares its own in `checks.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One thing that breaks an invariant."""

    where: str
    """What it is about, such as "ledger.Transfer:12" or a region and month."""
    what: str
    """What is wrong with it, for a person."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Check:
    """An invariant: `sentence` says what holds, `rows` yields whatever breaks it, best lazily."""

    name: str
    sentence: str
    rows: Callable[[], Iterable[Row]]
