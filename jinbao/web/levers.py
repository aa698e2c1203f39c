"""Parameters that may be supposed otherwise: what a form shows of each, and what was entered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from jinbao.rules import Law
from jinbao.rules.errors import NotInForce
from jinbao.rules.glossary import Term

PREFIX = "假设-"
"""What is supposed of a parameter stands in a form or an address under this and its name."""


@dataclass(frozen=True)
class Lever:
    """A parameter that the answer may rest on, its value in force, and what is supposed instead."""

    name: str
    term: Term
    holds: str
    source: str
    confidence: str
    value: str
    table: bool


def lever_of(law: Law, name: str, on: date, region: str, data: Mapping[str, str]) -> Lever:
    """Describe one parameter on a day in a region; of a table, its first keys."""
    term, parameter = law.glossary[name], law.book.parameters[name]
    table = parameter.key is not None
    value = "" if table else data.get(PREFIX + name, "").strip()[:40]
    try:
        dated = parameter.find(law.book.regions.lineage(region), on).dated
    except NotInForce:
        return Lever(name, term, "", "", "", value, table)
    holds = "、".join(str(key) for key in list(dated.value)[:12]) if table else term.show(dated.value)
    return Lever(name, term, holds or "", dated.source, dated.confidence, value, table)
