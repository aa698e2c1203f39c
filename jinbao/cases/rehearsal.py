"""Rehearse an effect: run the real verbs, read what they made, and undo all of it, audit events included.

What a preview shows is thus what approval does, not a second opinion of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from django.db import transaction

from jinbao.trust import audit
from jinbao.trust.actors import Actor

T = TypeVar("T")


class _Undo(Exception):
    """Leaves the rehearsal so that its savepoint is rolled back."""


def _undo() -> NoReturn:
    raise _Undo


def rehearse(region: str, run: Callable[[Actor], T]) -> T:
    """Return what `run` returns, with nothing left of what it wrote; its errors come through.

    It runs as the system of the region: looking at a preview is nobody's decision.
    """
    outcome: list[T] = []
    try:
        with transaction.atomic(), audit.collecting():
            outcome.append(run(Actor.system("办件预演", region)))
            _undo()
    except _Undo:
        return outcome[0]
