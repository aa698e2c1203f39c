"""What an answer under some terms would look like: rows of the sandbox, chosen and masked as a grant would have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinbao.data.datasets import load_dataset
from jinbao.data.exchange import directory, sandbox, serving
from jinbao.data.exchange.models import Partner
from jinbao.data.exchange.operations import shown
from jinbao.data.exchange.terms import Terms, draft

LINES = 3


@dataclass(frozen=True)
class Sample:
    """Some lines of generated data as the partner would receive them."""

    rows: list[dict[str, Any]]
    fits: bool
    """False when no generated row meets the conditions, so that the rows shown are of all."""
    delivery: tuple[str, ...]


def sample(partner: Partner, terms: Terms) -> Sample:
    """Return a few generated rows under terms that can be granted; no real row is read."""
    dataset = load_dataset(terms.resource)
    grant = draft(partner, dataset, terms)
    held = directory.hold(grant)
    if held is None:
        return Sample([], fits=True, delivery=())
    sandbox.prepare(dataset.name)
    table, fields = serving.open_for(held), list(held.fields)
    condition, bound = serving.condition_of(held)
    found = table.rows(fields, condition, bound, LINES)
    rows = found or table.rows(fields, "1", [], LINES)
    return Sample(shown(held, fields, rows), bool(found), tuple(grant.delivery))
