"""Rows of declarations and corrections as they come from a file or a form, before they are matched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from jinbao.kernel.months import Month


@dataclass(frozen=True, slots=True)
class Declared:
    """One line: somebody's wage in one month with one employer; without a scheme it is for all that he is in."""

    id_number: str
    name: str
    month: Month
    wage_fen: int
    employer_uscc: str = ""
    """Empty for a flexible worker, who declares for himself."""
    scheme: str = ""
    line: int | None = None
    former_wage_fen: int | None = None
    """For a correction: what the sender believes to be declared now; refused when it is not."""
    source: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The row of the batch that it comes from."""

    @property
    def declarant(self) -> str:
        """Who declares: the employer, or the flexible worker himself."""
        return self.employer_uscc or self.id_number


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be recorded, and why."""

    row: Declared
    code: str
    reason: str


def declared(values: Mapping[str, Any]) -> Declared:
    """Make a row from an accepted row of intake, by column name."""
    return Declared(
        id_number=values["id_number"],
        name=values["name"],
        month=values["month"],
        wage_fen=values["wage_fen"],
        employer_uscc=values.get("employer_uscc") or "",
        scheme=values.get("scheme") or "",
        line=values["row"],
        former_wage_fen=values.get("former_wage_fen"),
        source=values,
    )


def by_declaration(rows: Iterable[Declared]) -> Iterator[tuple[tuple[str, Month], list[Declared]]]:
    """Group rows by declarant and month, the order in which they are recorded."""
    ordered = sorted(rows, key=lambda row: (row.declarant, row.month, row.line or 0))
    for key, group in groupby(ordered, key=lambda row: (row.declarant, row.month)):
        yield key, list(group)
