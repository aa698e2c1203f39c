"""What the lake's careers were written from: who was in the books with which facts, and how far the books had come.

Rows of contributions and receipts are only ever added, so the last number of each says how far a reading came. People
are changed in place, so their facts are kept as one digest each and compared.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection, models, transaction
from django.db.models import Max

from jinbao.insurance.contributions.models import Contribution, Declaration, Receipt
from jinbao.insurance.law import law
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.models import Person
from jinbao.rules.bulk.lake import FOLDER

Array = npt.NDArray[Any]
AT_ONCE = 10_000
FACTS = ("id_number", "born_on", "retirement_category", "deemed_months", "died_on", "region")
_TAG = b"jinbao.books"


@dataclass(frozen=True)
class Marks:
    """How far the books had come: every row up to these numbers was there when they were read."""

    contribution: int
    receipt: int
    ceilings: str
    """Version of the ceilings of the base, which cap a month with two employers."""


@dataclass(frozen=True)
class People:
    """The living people of the books by ascending key, with their number and a digest of their facts."""

    keys: Array
    numbers: Array
    digests: Array


@dataclass(frozen=True)
class State:
    """What the careers of a lake were written from."""

    marks: Marks
    people: People


def marks_now() -> Marks:
    """Read how far the books have come, so that no row below the marks can still appear.

    Numbers are given out before a writer commits. On PostgreSQL the lock waits for the writers in the middle of their
    work and keeps new ones out while the two numbers are read; on SQLite there is one writer at a time.
    """
    regions = Person.objects.values_list("region", flat=True).distinct().order_by("region")
    ceilings = {law().rule_version("缴费基数上限", region) for region in regions}
    with transaction.atomic():
        if connection.vendor == "postgresql":
            tables = ", ".join(connection.ops.quote_name(each._meta.db_table) for each in (Contribution, Receipt))
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {tables} IN SHARE MODE")
        contribution, receipt = _last(Contribution), _last(Receipt)
    return Marks(contribution, receipt, "-".join(sorted(ceilings)))


def _last(model: type[models.Model]) -> int:
    found: int | None = model._default_manager.aggregate(last=Max("pk"))["last"]
    return found or 0


def people_now(families: Families) -> People:
    """Go through the registry once: who lives, under which number, with which facts; merged identities count as one."""
    others: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for pk, *facts in Person.objects.filter(merged_into__isnull=False).order_by("pk").values_list("pk", *FACTS):
        others[families.root(pk)].append(tuple(facts))
    keys: list[Array] = []
    numbers: list[Array] = []
    digests: list[Array] = []
    for chunk in _chunks():
        alive = [(pk, facts, others.get(pk, [])) for pk, *facts in chunk if not _died(facts, others.get(pk, []))]
        keys.append(np.array([pk for pk, _, _ in alive], np.int64))
        numbers.append(np.array([facts[0] for _, facts, _ in alive], "S18"))
        digests.append(np.array([_digest(facts, more) for _, facts, more in alive], np.uint64))
    if not keys:
        return People(np.empty(0, np.int64), np.empty(0, "S18"), np.empty(0, np.uint64))
    return People(np.concatenate(keys), np.concatenate(numbers), np.concatenate(digests))


def _chunks() -> Iterator[list[tuple[Any, ...]]]:
    last = 0
    rows = Person.objects.filter(merged_into__isnull=True).order_by("pk").values_list("pk", *FACTS)
    while chunk := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        yield chunk
        last = chunk[-1][0]


def _died(facts: list[Any], others: list[tuple[Any, ...]]) -> bool:
    days: list[date | None] = [facts[4], *(other[4] for other in others)]
    return any(day is not None for day in days)


def _digest(facts: list[Any], others: list[tuple[Any, ...]]) -> int:
    text = repr((tuple(facts), others)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def paid_since(marks: Marks) -> set[int]:
    """Return the people of whom a row was added, or came to count, after the marks; merged identities by their own key.

    A row comes to count with a receipt for its declaration, or for the one that it corrects, which names the same
    person; or at once, with the row itself.
    """
    found = set(Contribution.objects.filter(pk__gt=marks.contribution).values_list("person_id", flat=True).distinct())
    receipts = Receipt.objects.filter(pk__gt=marks.receipt).values("declaration")
    paid = Declaration.objects.filter(pk__in=receipts)
    rows = Contribution.objects.filter(declaration__in=paid.values("pk"))
    return found | set(rows.values_list("person_id", flat=True).distinct())


def state_file(lake: Path) -> Path:
    """Return the file that keeps the state, beside the buckets."""
    return lake / FOLDER / "books.parquet"


def read_state(lake: Path) -> State | None:
    """Return what the careers of a lake were written from; None where they were not written from books."""
    file = state_file(lake)
    if not file.exists():
        return None
    table = pq.read_table(file)
    marks = Marks(**json.loads(table.schema.metadata[_TAG]))
    numbers = np.array(table.column("number").to_pylist(), "S18")
    keys, digests = (table.column(name).to_numpy() for name in ("person", "digest"))
    return State(marks, People(keys, numbers, digests))


def write_state(lake: Path, state: State) -> None:
    """Write the state in one step."""
    people = state.people
    table = pa.table({
        "person": people.keys, "number": pa.array(people.numbers.astype(str), pa.string()), "digest": people.digests,
    })  # fmt: skip
    table = table.replace_schema_metadata({_TAG: json.dumps(state.marks.__dict__).encode()})
    file = state_file(lake)
    temporary = file.with_name(f".{file.name}")
    pq.write_table(table, temporary, compression="lz4")
    temporary.replace(file)
