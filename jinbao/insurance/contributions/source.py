"""The rows of a batch as declarations, and what of them is done: the border to the data room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.insurance.contributions.models import Contribution
from jinbao.insurance.contributions.rows import Declared, Refusal, by_declaration, declared
from jinbao.insurance.registry import batches
from jinbao.insurance.registry.models import RefusedRow
from jinbao.insurance.registry.refused import RefusedLine, as_text, keep, place_of
from jinbao.kernel.months import Month
from jinbao.trust import clock
from jinbao.trust.actors import Actor

Groups = Iterator[tuple[str, dict[Month, list[Declared]]]]
"""For each declarant the rows of each month."""


def groups(batch: Batch, dataset: str) -> Groups | None:
    """Return the rows of an accepted batch by declarant and month; None when all of it is recorded.

    Raises Conflict for a batch of another dataset or one that is not accepted.
    """
    if not batches.ready(batch, dataset):
        return None
    return _by_declarant(declared(values) for values in batches.rows(batch, order=["employer_uscc", "month"]))


def _by_declarant(rows: Iterable[Declared]) -> Groups:
    """Group rows that come in the order of declarants; only one declarant's rows are held at a time."""
    current: list[Declared] = []
    for row in rows:
        if current and row.declarant != current[0].declarant:
            yield _months(current)
            current = []
        current.append(row)
    if current:
        yield _months(current)


def _months(rows: list[Declared]) -> tuple[str, dict[Month, list[Declared]]]:
    return rows[0].declarant, {month: group for (_, month), group in by_declaration(rows)}


def recorded_lines(batch: Batch) -> set[int]:
    """Return the lines of a batch that are recorded or refused already."""
    recorded = Contribution.objects.filter(batch_id=batch.pk).values_list("line", flat=True)
    refused = RefusedRow.objects.filter(batch_id=batch.pk).values_list("line", flat=True)
    return {line for line in [*recorded, *refused] if line is not None}


def finish_recording(by: Actor, batch: Batch) -> None:
    """Mark a batch as recorded, now that every row of it is recorded or refused."""
    intake.recorded(by, batch, now=clock.now())
    batch.refresh_from_db()


def refuse(batch: Batch | None, refusals: Iterable[Refusal]) -> int:
    """Keep the rows of a batch that cannot be recorded. Return how many there are."""
    lines = list(refusals)
    if batch is None:
        return len(lines)
    return keep(batch, (_line(batch, one) for one in lines))


def _line(batch: Batch, one: Refusal) -> RefusedLine:
    values = dict(one.row.source)
    return RefusedLine(one.row.line or 0, place_of(values), one.code, one.reason, as_text(batch, values))
