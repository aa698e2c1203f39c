"""Write the careers of the books into the lake: all of them once, later only the buckets in which somebody changed.

A row of the lake is what `careers` and `person_facts` say of a living person; both readings of the law see the same.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jinbao.insurance.contributions.career_columns import CAREER, career_column
from jinbao.insurance.contributions.lake_state import (
    Array,
    Marks,
    People,
    State,
    marks_now,
    paid_since,
    people_now,
    read_state,
    state_file,
    write_state,
)
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.models import Person
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.rules.bulk import LakeError
from jinbao.rules.bulk.homes import buckets_of
from jinbao.rules.bulk.lake import (
    FOLDER,
    SCHEMA,
    bucket_count,
    bucket_path,
    describe,
    write_description,
    write_table,
)
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor

NUMBER = "证件号码"
PEOPLE_AT_ONCE = 500
SOURCE = "books"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Written:
    """What a writing did."""

    persons: int
    """Living people in the lake."""
    changed: int
    """People whose row was written."""
    gone: int
    """People whose row was taken out: died, merged into another, or known under another number now."""
    buckets: int
    rewritten: int
    anew: bool


def write_careers(
    by: Actor, lake: Path, *, anew: bool = False, progress: Progress = lambda _done, _all: None
) -> Written:
    """Bring the careers of a lake up to the books; the same books give the same bytes, however they came about.

    Everything is written where there is nothing yet, where it is asked for, where ceilings changed or the buckets have
    become too large. Killed in the middle, the next writing finishes the work: what was read is remembered last of all.
    Raises LakeError for a lake that was not written from books and for one that another process is writing.
    """
    with _alone(lake):
        known = None if anew else _usable(lake)
        families = Families()
        marks, people = marks_now(), people_now(families)
        count = _buckets(lake, len(people.keys))
        if known is None or known.marks.ceilings != marks.ceilings or count != describe(lake).get("buckets"):
            written = _write_all(lake, people, families, progress)
        else:
            written = _write_changed(lake, known, people, families, progress)
        write_state(lake, State(marks, people))
        write_description(lake, {"buckets": written.buckets, "persons": written.persons, "source": SOURCE})
        _tell(by, written, marks)
        return written


def _usable(lake: Path) -> State | None:
    """Return the state of a complete lake of these books; None when it must be written anew."""
    state = read_state(lake)
    last = marks_now()
    if state is None or describe(lake).get("source") != SOURCE:
        return None
    back = state.marks.contribution > last.contribution or state.marks.receipt > last.receipt
    return None if back else state


@contextmanager
def _alone(lake: Path) -> Iterator[None]:
    """Keep other writers out: a slower one must not put older rows over newer ones."""
    folder = lake / FOLDER
    if describe(lake) and describe(lake).get("source") != SOURCE:
        raise LakeError(f"{folder} 中的履历不是由账簿写出的", advice="换一个目录，以免覆盖生成或转换的履历。")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LakeError(f"{folder} 正由另一个进程写入", advice="等它做完再试。") from None
        yield


def _buckets(lake: Path, persons: int) -> int:
    """Keep the number of buckets until they have become twice as large as they should be."""
    now, wanted = describe(lake).get("buckets"), bucket_count(persons)
    return now if isinstance(now, int) and now <= wanted <= 2 * now else wanted


def _write_all(lake: Path, people: People, families: Families, progress: Progress) -> Written:
    folder = lake / FOLDER
    for old in (folder / "lake.json", state_file(lake), *folder.glob("bucket-*.parquet")):
        old.unlink(missing_ok=True)
    count, persons = bucket_count(len(people.keys)), len(people.keys)
    _write_buckets(lake, set(range(count)), people.keys, np.empty(0, "S18"), count, families, progress)
    return Written(persons, persons, 0, count, count, anew=True)


def _write_changed(lake: Path, known: State, people: People, families: Families, progress: Progress) -> Written:
    before = known.people
    count = int(describe(lake)["buckets"])
    at = np.searchsorted(before.keys, people.keys)
    at_most = np.minimum(at, max(len(before.keys) - 1, 0))
    same = before.keys[at_most] == people.keys if len(before.keys) else np.zeros(len(people.keys), bool)
    same &= before.digests[at_most] == people.digests if len(before.keys) else same
    paid = {families.root(pk) for pk in paid_since(known.marks)}
    changed = ~same | np.isin(people.keys, np.array(sorted(paid), np.int64))
    kept = people.keys[~changed]
    dropped = before.numbers[~np.isin(before.keys, kept)]
    touched = np.concatenate([dropped, people.numbers[changed]])
    buckets = set(buckets_of(touched, count).tolist()) if len(touched) else set()
    _write_buckets(lake, buckets, people.keys[changed], dropped, count, families, progress)
    gone = int((~np.isin(before.numbers, people.numbers)).sum())
    return Written(len(people.keys), int(changed.sum()), gone, count, len(buckets), anew=False)


def _write_buckets(
    lake: Path, buckets: set[int], keys: Array, dropped: Array, count: int, families: Families, progress: Progress
) -> None:
    """Rewrite buckets: their old rows without those dropped, and the rows of the people of these keys."""
    work = lake / FOLDER / ".writing"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    _spool(work, keys, count, families, progress)
    gone = pa.array(dropped.astype(str), pa.string())
    for bucket in sorted(buckets):
        parts = [_kept(bucket_path(lake, bucket), gone), _spooled(work / f"{bucket}.arrow")]
        table = pa.concat_tables(parts).combine_chunks().sort_by(NUMBER)
        write_table(bucket_path(lake, bucket), table)
    shutil.rmtree(work)


def _kept(path: Path, dropped: pa.Array) -> pa.Table:
    if not path.exists():
        return SCHEMA.empty_table()
    table = pq.read_table(path).cast(SCHEMA)
    return table.filter(pc.invert(pc.is_in(table.column(NUMBER), dropped)))


def _spooled(path: Path) -> pa.Table:
    if not path.exists():
        return SCHEMA.empty_table()
    with pa.ipc.open_stream(path) as stream:
        return stream.read_all()


def _spool(work: Path, keys: Array, count: int, families: Families, progress: Progress) -> None:
    """Read careers a group of people at a time and lay each row aside by its bucket, so that memory stays bounded."""
    writers: dict[int, Any] = {}
    for start in range(0, len(keys), PEOPLE_AT_ONCE):
        group = keys[start : start + PEOPLE_AT_ONCE]
        table = as_rows(group, families)
        of = buckets_of(table.column(NUMBER).combine_chunks(), count)
        for bucket in np.unique(of).tolist():
            if bucket not in writers:
                writers[bucket] = pa.ipc.new_stream(work / f"{bucket}.arrow", SCHEMA)
            writers[bucket].write_table(table.filter(pa.array(of == bucket)))
        progress(start + len(group), len(keys))
    for writer in writers.values():
        writer.close()


def as_rows(keys: Array, families: Families) -> pa.Table:
    """Return people, by their ascending keys, with their careers as rows of the lake."""
    facts = ("id_number", "born_on", "retirement_category", "deemed_months", "region")
    found = Person.objects.filter(pk__in=keys.tolist()).order_by("pk").values_list(*facts)
    numbers, births, categories, deemed, regions = zip(*found, strict=True)
    columns = {
        NUMBER: pa.array(numbers, pa.string()),
        "出生年月": pa.array([born.year * 100 + born.month for born in births], pa.int32()),
        "退休类别": pa.array(categories, pa.string()),
        "选择退休年月": pa.nulls(len(numbers), pa.int32()),
        "视同缴费月数": pa.array(deemed, pa.int16()),
        CAREER: career_column(keys, regions, families),
    }
    return pa.table(columns, SCHEMA)


@action("contributions.write_careers", roles=OFFICERS)
def _tell(by: Actor, written: Written, marks: Marks) -> None:
    """Record that the careers of the books were written into the lake."""
    note(target="lake.careers", **written.__dict__, contribution=marks.contribution, receipt=marks.receipt)
