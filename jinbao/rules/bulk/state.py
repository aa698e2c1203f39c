"""What one attempt at compiling learns for the next: the form of recurring values, what rows need of the person."""

from __future__ import annotations

from dataclasses import dataclass, field

from jinbao.rules.bulk.value import Value


class Again(Exception):
    """Something assumed turned out otherwise; compile again with what was learnt."""


@dataclass
class Findings:
    """Assumptions that hold when an attempt ends without changing them."""

    recurring: dict[str, Value] = field(default_factory=dict)
    """The form of a yearly value as the next year reads it."""
    early: dict[str, None] = field(default_factory=dict)
    """Names of the person that rows need; computed before the rows and known after them."""
    first_month: int = 0
    """The first month that every rule for rows covers."""
    _seen: tuple[object, ...] = ()

    def changed(self) -> bool:
        """Tell whether the last attempt changed an assumption."""
        now = (tuple(self.recurring.items()), tuple(self.early), self.first_month)
        before, self._seen = self._seen, now
        return now != before
