"""Take the journals into the table of calls, where they can be searched; each line is taken once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jinbao.data.exchange import journal, place
from jinbao.data.exchange.models import Call, Journal
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

_PIECE = 2_000


@dataclass
class Collected:
    """How many calls were taken over, and which files are damaged from which line on."""

    calls: int = 0
    damaged: dict[str, int] = field(default_factory=dict)


def journals() -> list[Path]:
    """Return the journal files in the order in which they were begun."""
    return sorted(place.folder("journal").glob("*.jsonl"))


def is_anything_new() -> bool:
    """Tell whether a journal has lines that the table does not have."""
    taken = dict(Journal.objects.values_list("name", "offset"))
    return any(file.stat().st_size > taken.get(file.name, 0) for file in journals())


def bring_up_to_date(by: Actor, now: datetime) -> Collected:
    """Collect if there is anything to collect."""
    return collect(by, now=now) if is_anything_new() else Collected()


@action("exchange.collect", roles=(Role.STEWARD, Role.AUDITOR, Role.CLERK, Role.REVIEWER, Role.FINANCE, Role.PARTNER))
def collect(by: Actor, *, now: datetime) -> Collected:
    """Take new lines of the journals into the table of calls; the audit chain keeps the end of each journal."""
    done, ends = Collected(), {}
    for file in journals():
        row, _ = Journal.objects.get_or_create(name=file.name, defaults={"chain": journal.START})
        row = Journal.objects.select_for_update().get(pk=row.pk)
        before = row.lines
        try:
            _take(file, row)
        except journal.Damaged as damage:
            done.damaged[file.name] = damage.line
        if row.lines > before:
            row.save()
            done.calls += row.lines - before
            ends[file.name] = [row.lines, row.chain]
    note(calls=done.calls, ends=ends, damaged=done.damaged)
    return done


def _take(file: Path, row: Journal) -> None:
    """Read from where the last time ended; what comes before a damaged line is kept."""
    piece: list[Call] = []
    try:
        for record, offset, chain in journal.read(file, row.offset, row.chain, row.lines):
            piece.append(as_call(record, file.name))
            row.lines, row.offset, row.chain = row.lines + 1, offset, chain
            if len(piece) == _PIECE:
                Call.objects.bulk_create(piece)
                piece = []
    finally:
        Call.objects.bulk_create(piece)


def as_call(record: dict[str, Any], name: str) -> Call:
    """Make the row of a line."""
    values = dict(record) | {"at": datetime.fromisoformat(record["at"]), "journal": name}
    return Call(**values)
