"""One run: read what changed, link it, keep numbers stable, record what became of people who were known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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

Wished = Mapping[Key, int]
NEW_DATA = "新到数据归并"


def latest() -> Run | None:
    """Return the run that holds."""
    return Run.objects.order_by("-pk").first()


def hold() -> None:
    """Let nobody else link until the transaction ends."""
    Series.objects.select_for_update().get_or_create(pk=1)


def link_rows(
    by: str,
    *,
    now: datetime,
    full: bool,
    estimate: bool,
    reason: str = "",
    said: Sequence[Decision] = (),
    wished: Wished | None = None,
    undoes: Change | None = None,
) -> tuple[Run, list[Change]]:
    """Link what changed since the last run (or everything), inside the caller's transaction.

    `estimate` makes a new model of frequencies; `wished` are rows that should get back the number they had. `said` and
    `reason` are why it is linked just now: changes that follow from it are told from those that new data bring.
    """
    hold()
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
            at=now, by=by, full=known is None, state=state, rows=done.rows, changed=done.changed,
            people=done.people, figures=asdict(done),
        )  # fmt: skip
        told = _Told(by, reason, list(said), undoes, _waiting() if moves else {})
        changes = [_record(move, run, told) for move in moves]
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


@dataclass
class _Told:
    """Why it is linked: what somebody said just now, and the change that this undoes until one does."""

    by: str
    reason: str
    said: list[Decision]
    undoes: Change | None
    waiting: dict[Key, list[Decision]]
    """By left row: decisions that hold and that no change follows from yet."""


def _record(move: Move, run: Run, told: _Told) -> Change:
    """Record what became of people: by whom and why where somebody said so, now or since the last run; else by new data."""
    rows = move.before.keys()
    mine = [d for d in told.said if {(d.left_dataset, d.left_row), (d.right_dataset, d.right_row)} & rows]
    by, reason, undoes = told.by, told.reason, told.undoes if mine else None
    if not mine:
        mine = [d for key in rows for d in told.waiting.get(key, ()) if (d.right_dataset, d.right_row) in rows]
        by, reason = (mine[-1].by, mine[-1].reason) if mine else (run.by, NEW_DATA)
    if undoes:
        told.undoes = None
    change: Change = Change.objects.create(
        kind=move.kind, run=run, reason=reason[:200], by=by, at=run.at, undoes=undoes,
        before=[[*key, serial] for key, serial in move.before.items()],
        after=[[*key, serial] for key, serial in move.after.items()],
    )  # fmt: skip
    change.decisions.set(mine)
    serials = {*move.before.values(), *move.after.values()}
    ChangedPerson.objects.bulk_create([ChangedPerson(change=change, serial=serial) for serial in sorted(serials)])
    return change


def _waiting() -> dict[Key, list[Decision]]:
    bound = set(Change.decisions.through.objects.values_list("decision_id", flat=True))
    found: dict[Key, list[Decision]] = {}
    for one in decided():
        if one.pk not in bound and one.verdict != Decision.Verdict.UNSURE:
            found.setdefault((one.left_dataset, one.left_row), []).append(one)
    return found
