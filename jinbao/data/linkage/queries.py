"""Reads of linkage: who a person is, the queue of doubts, how runs went. Stewards and officers only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, When

from jinbao.data.linkage import publishing, store
from jinbao.data.linkage.doubts import SHOWN, said_sql
from jinbao.data.linkage.link import latest
from jinbao.data.linkage.models import Change, Decision, Doubt, Proposal, Run
from jinbao.data.linkage.numbers import Key, person_no
from jinbao.data.supply import tables
from jinbao.kernel import duck
from jinbao.kernel.errors import NotAllowed, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role


@dataclass(frozen=True)
class Person:
    """One person: the best values with their sources, the rows, and what became of the number."""

    person_no: str
    serial: int
    best: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)


def _require_reader(by: Actor) -> None:
    """Raise NotAllowed for everybody but stewards, officers and the system."""
    if by.role != Role.STEWARD and not by.is_officer and not by.is_system:
        raise NotAllowed("只有数据管理人员和经办机构可以查看人员归并", advice="请更换身份后再试。")


def _require_steward(by: Actor) -> None:
    if by.role != Role.STEWARD and not by.is_system:
        raise NotAllowed("只有数据管理人员可以审核归并", advice="请由数据管理人员办理。")


def runs(by: Actor) -> QuerySet[Run]:
    """Return the runs, the newest first."""
    _require_steward(by)
    found: QuerySet[Run] = Run.objects.order_by("-pk")
    return found


WAITING, UNSURE, DECIDED = "waiting", "unsure", "decided"
QUEUES = (WAITING, UNSURE, DECIDED)


@dataclass(frozen=True)
class Filters:
    """Which pairs are asked for; empty means any."""

    queue: str = WAITING
    dataset: str = ""
    """One of both rows is from this dataset."""
    level: str = ""
    """comparison:level that the pair reached, such as name:sound."""


EVERYTHING = Filters()


def doubts(by: Actor, filters: Filters = EVERYTHING) -> QuerySet[Doubt]:
    """Return the pairs that wait for somebody (or were left unsure, or decided), those most like one person first."""
    _require_steward(by)
    found = Doubt.objects.order_by("-weight", "pk")
    if filters.queue == WAITING:
        found = found.filter(closed_at=None).exclude(proposals__state=Proposal.State.WAITING)
    elif filters.queue == UNSURE:
        found = found.filter(decision__verdict=Decision.Verdict.UNSURE)
    else:
        found = found.filter(decision__isnull=False).exclude(decision__verdict=Decision.Verdict.UNSURE)
    if filters.dataset:
        found = found.filter(Q(left_dataset=filters.dataset) | Q(right_dataset=filters.dataset))
    if ":" in filters.level:
        found = found.filter(levels__contains=f" {filters.level} ")
    return found


def around(by: Actor, of: Doubt, filters: Filters) -> tuple[Doubt | None, Doubt | None]:
    """Return the pair before and the pair after one in the order of the queue, whether or not it is still in it."""
    queue = doubts(by, filters)
    before = queue.filter(Q(weight__gt=of.weight) | Q(weight=of.weight, pk__lt=of.pk))
    after = queue.filter(Q(weight__lt=of.weight) | Q(weight=of.weight, pk__gt=of.pk))
    return before.order_by("weight", "-pk").first(), after.first()


def doubt(by: Actor, pk: int) -> Doubt:
    """Return one pair, open or not; raise NotFound."""
    _require_steward(by)
    found = Doubt.objects.filter(pk=pk).select_related("decision").prefetch_related("proposals").first()
    if found is None:
        raise NotFound("没有这一对", advice="请从待审核列表重新打开。")
    return found


def proposals(by: Actor) -> QuerySet[Proposal]:
    """Return what was proposed to do to people of consequence, what waits first, then the newest."""
    if by.role not in (Role.STEWARD, Role.REVIEWER) and not by.is_system:
        raise NotAllowed("只有数据管理和复核人员可以查看合并拆分的提议", advice="请由数据管理或复核人员办理。")
    found = Proposal.objects.select_related("change", "doubt")
    return found.order_by(Case(When(state=Proposal.State.WAITING, then=0), default=1), "-pk")


def proposal(by: Actor, pk: int) -> Proposal:
    """Return one proposal; raise NotFound."""
    found = proposals(by).filter(pk=pk).first()
    if found is None:
        raise NotFound("没有这项提议", advice="请从待确认的列表重新打开。")
    return found


def changes(by: Actor) -> QuerySet[Change]:
    """Return merges and splits of known people, the newest first, each with `undone_by` and who confirmed it."""
    _require_steward(by)
    return _with_history(Change.objects.all())


def _with_history(found: QuerySet[Change]) -> QuerySet[Change]:
    return found.select_related("undoes", "undone_by", "proposal").order_by("-pk")


def change(by: Actor, pk: int) -> Change:
    """Return one change; raise NotFound."""
    found = changes(by).filter(pk=pk).first()
    if found is None:
        raise NotFound("没有这次变动", advice="请从人员的历史重新打开。")
    return found


@dataclass(frozen=True)
class Reviewed:
    """What people said of the pairs that a run was not sure of."""

    same: int
    different: int
    unsure: int
    waiting: int

    @property
    def share_same(self) -> int | None:
        """Of what was decided the share, in percent, that is one person; None where nothing was."""
        total = self.same + self.different
        return round(100 * self.same / total) if total else None


def reviewed(by: Actor) -> Reviewed:
    """Count the doubts by what was said of them."""
    _require_steward(by)
    verdict = Decision.Verdict
    counts = Doubt.objects.aggregate(
        same=Count("pk", filter=Q(decision__verdict=verdict.SAME)),
        different=Count("pk", filter=Q(decision__verdict=verdict.DIFFERENT)),
        unsure=Count("pk", filter=Q(decision__verdict=verdict.UNSURE)),
        waiting=Count("pk", filter=Q(closed_at=None)),
    )
    return Reviewed(**counts)


def serials_with(numbers: Sequence[str]) -> tuple[int, ...]:
    """Return the people who hold one of these identity numbers in the newest run; for the verbs of this room."""
    made = latest()
    if made is None:
        return ()
    bodies = ", ".join(str(int(number[:17])) for number in numbers)
    tables_ = [store.table_of(made.state, name) for name in (store.NUMBERED, "rows", "members")]
    with duck.connect(threads=1) as connection:
        found = connection.execute(
            f"SELECT DISTINCT serial FROM {tables_[0]} JOIN {tables_[1]} USING (dataset, _row)"
            f" JOIN {tables_[2]} USING (node) WHERE number IN ({bodies}) ORDER BY 1"
        ).fetchall()
    return tuple(int(serial) for (serial,) in found)


def rows_of(serial: int) -> list[Key]:
    """Return the rows of a person in the newest run, in order; for the verbs of this room."""
    made = latest()
    if made is None:
        return []
    with duck.connect(threads=1) as connection:
        found = connection.execute(
            f"SELECT dataset, _row FROM {store.table_of(made.state, store.NUMBERED)} WHERE serial = ? ORDER BY ALL",
            [serial],
        ).fetchall()
    return [(dataset, row) for dataset, row in found]


def person(by: Actor, serial: int) -> Person:
    """Return one person; raise NotFound for a number that nobody has (any more), saying where its rows went."""
    _require_reader(by)
    text = person_no(serial)
    history = list(_with_history(Change.objects.filter(persons__serial=serial)))
    if publishing.PERSON not in tables.subjects():
        raise NotFound("还没有归并过", advice="请先运行 jinbao data link。")
    with duck.connect(threads=1) as connection:
        tables.attach(connection, [publishing.PERSON, publishing.BEST])
        best = _dicts(connection, f"SELECT * FROM {publishing.BEST} WHERE person_no = ?", [text])
        rows = _dicts(connection, f"SELECT * FROM {publishing.PERSON} WHERE person_no = ?", [text])
    if not best:
        raise NotFound(f"没有人员 {text}{_went_to(history, serial)}", advice="请核对编号。")
    _fill_in(rows)
    return Person(text, serial, best[0], rows, history)


def rows_said(by: Actor, keys: Iterable[Key]) -> list[dict[str, Any]]:
    """Return rows with what they say, from the newest run; for the pages of proposals."""
    _require_reader(by)
    rows: list[dict[str, Any]] = [{"dataset": dataset, "_row": row} for dataset, row in keys]
    _fill_in(rows)
    return rows


def _went_to(history: list[Change], serial: int) -> str:
    for each in history:
        found = {
            s for (d, r, s), (_, _, was) in zip(each.after, each.before, strict=True) if was == serial and s != serial
        }
        if found:
            return f"，已并入 {'、'.join(person_no(s) for s in sorted(found))}"
    return ""


def _fill_in(rows: list[dict[str, Any]]) -> None:
    """Add to each row what it says, from the newest run."""
    made = latest()
    if made is None or not rows:
        return
    cells = ", ".join(f"{said_sql(f, 'm')} AS {f}" for f in SHOWN)
    values = ", ".join("(?, ?)" for _ in rows)
    keys = [cell for row in rows for cell in (row["dataset"], row["_row"])]
    with duck.connect(threads=1) as connection:
        found = _dicts(
            connection,
            f"SELECT r.dataset, r._row, {cells}"
            f" FROM {store.table_of(made.state, 'rows')} r JOIN {store.table_of(made.state, 'members')} m USING (node)"
            f" WHERE (r.dataset, r._row) IN (VALUES {values})",
            keys,
        )
    said = {(one["dataset"], one["_row"]): one for one in found}
    for row in rows:
        row.update(said.get((row["dataset"], row["_row"]), {}))


def _dicts(connection: Any, sql: str, parameters: list[Any]) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
