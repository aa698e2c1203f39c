"""One run: read what changed, link it, keep numbers stable, record what became of people who were known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from jinbao.data.lake import lake
from jinbao.data.linkage import engine, numbers, sources, store
from jinbao.data.linkage.declared import policy
from jinbao.data.linkage.doubts import keep_doubts
from jinbao.data.linkage.models import Change, ChangedPerson, Decision, NumberChange, Run, Series
from jinbao.data.linkage.numbers import Key, Move
from jinbao.data.linkage.store import About
from jinbao.data.supply import tables
from jinbao.kernel import duck
from jinbao.kernel.regions import policy_folder
from jinbao.trust.actors import Actor

Wished = Mapping[Key, int]


def latest() -> Run | None:
    """Return the run that holds."""
    return Run.objects.order_by("-pk").first()


def link_rows(
    by: Actor,
    *,
    now: datetime,
    full: bool,
    estimate: bool,
    reason: str,
    wished: Wished | None = None,
    undoes: Change | None = None,
) -> tuple[Run, list[Change]]:
    """Link what changed since the last run (or everything), inside the caller's transaction.

    `estimate` makes a new model of frequencies; `wished` are rows that should get back the number they had.
    """
    Series.objects.select_for_update().get_or_create(pk=1)
    before = latest()
    chosen, about = sources.sources(), _about()
    with duck.connect(threads=2, spill=lake() / ".spill") as connection:
        known = _begin(connection, before, about, full=full)
        frozen = store.model_of(before.state) if before and not estimate and store.exists(before.state) else None
        tables.attach(connection, [source.dataset for source in chosen])
        _tell(connection, about)
        sources.read(connection, [s for s in chosen if not known or _differs(s.dataset, known, about)])
        done, used = engine.run(connection, policy(), today=int(f"{now:%Y%m%d}"), frozen=frozen)
        moves = _number(connection, wished or {})
        state = store.save(connection, used, about)
        run = Run.objects.create(
            at=now, by=by.username, full=known is None, state=state, rows=done.rows, changed=done.changed,
            people=done.people, figures=asdict(done),
        )  # fmt: skip
        changes = []
        for move in moves:
            mine = undoes if wished and wished.keys() & move.before.keys() else None
            changes.append(_record(move, run, reason, by, now, mine))
            undoes = None if mine else undoes
        keep_doubts(connection, now, used.persons)
    return run, changes


def _about() -> About:
    """Say what a run will be made from."""
    chosen = sources.sources()
    parts = [(policy_folder() / "linkage.yaml").read_text(encoding="utf-8"), duck.version(), *map(repr, chosen)]
    parts += [f"{c.old_number}>{c.new_number}" for c in NumberChange.objects.order_by("pk")]
    rules = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return About({source.dataset: tables.version(source.dataset) for source in chosen}, _singles(), rules)


def decided() -> list[Decision]:
    """Return the decisions that hold: of each pair the newest, unless it was withdrawn."""
    newest: dict[tuple[str, str, str, str], Decision] = {}
    for one in Decision.objects.order_by("pk"):
        newest[one.left_dataset, one.left_row, one.right_dataset, one.right_row] = one
    return [one for one in newest.values() if one.verdict != Decision.Verdict.WITHDRAWN]


def _singles() -> list[list[str]]:
    """Return the rows that somebody said are another person than a row: their number does not speak for them."""
    found = set()
    for one in decided():
        if one.verdict == Decision.Verdict.DIFFERENT:
            found |= {(one.left_dataset, one.left_row), (one.right_dataset, one.right_row)}
    return [list(key) for key in sorted(found)]


def _begin(connection: Any, before: Run | None, about: About, *, full: bool) -> About | None:
    """Load what the last run left and return what it was made from; None when everything is to be linked anew."""
    engine.begin(connection)
    if before is None or not store.exists(before.state):
        return None
    known = store.about(before.state)
    if full or known.rules != about.rules:
        connection.execute(f"CREATE TEMP TABLE old_numbered AS FROM {store.table_of(before.state, store.NUMBERED)}")
        return None
    connection.execute("DROP TABLE old_rows")
    store.load(connection, before.state)
    return known


def _differs(dataset: str, known: About, about: About) -> bool:
    """Tell whether a dataset or the rows of it that stand alone changed since the last run."""
    alone = [[row for row in each.singles if row[0] == dataset] for each in (known, about)]
    return known.versions.get(dataset) != about.versions.get(dataset) or alone[0] != alone[1]


def _tell(connection: Any, about: About) -> None:
    """Hand over what people decided: rows that stand alone, pairs, and changes of numbers."""
    connection.execute("CREATE TEMP TABLE singles (dataset VARCHAR, _row VARCHAR)")
    _insert(connection, "singles", about.singles)
    pairs = [[d.left_dataset, d.left_row, d.right_dataset, d.right_row, d.verdict] for d in decided()]
    _insert(connection, "verdicts", pairs)
    _insert(connection, "changes", [[int(o[:17]), int(n[:17])] for o, n in _final_numbers().items()])


def _insert(connection: Any, table: str, rows: list[list[Any]]) -> None:
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _final_numbers() -> dict[str, str]:
    """Return for each number that was changed the one that holds now, however often it was changed."""
    step = dict(NumberChange.objects.values_list("old_number", "new_number"))
    final = {}
    for old, new in step.items():
        seen = {old}
        last = new
        while last in step and last not in seen:
            seen.add(last)
            last = step[last]
        final[old] = last
    return final


def _number(connection: Any, wished: Wished) -> list[Move]:
    """Give numbers to new people and return what became of known ones."""
    connection.execute("CREATE TEMP TABLE wished (dataset VARCHAR, _row VARCHAR, serial BIGINT)")
    _insert(connection, "wished", [[*key, serial] for key, serial in wished.items()])
    series = Series.objects.select_for_update().get(pk=1)
    series.next += numbers.assign(connection, series.next)
    series.save(update_fields=["next"])
    return numbers.moves(connection)


def _record(move: Move, run: Run, reason: str, by: Actor, now: datetime, undoes: Change | None) -> Change:
    change: Change = Change.objects.create(
        kind=move.kind, run=run, reason=reason[:200], by=by.username, at=now, undoes=undoes,
        before=[[*key, serial] for key, serial in move.before.items()],
        after=[[*key, serial] for key, serial in move.after.items()],
    )  # fmt: skip
    serials = {*move.before.values(), *move.after.values()}
    ChangedPerson.objects.bulk_create([ChangedPerson(change=change, serial=serial) for serial in sorted(serials)])
    return change
