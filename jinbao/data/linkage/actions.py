"""Verbs of linkage: link, decide of a pair, merge, split, undo, record that a number was changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product

from jinbao.data.linkage import publishing, store
from jinbao.data.linkage.link import decided, link_rows
from jinbao.data.linkage.models import Change, Decision, Doubt, NumberChange, Run
from jinbao.data.linkage.numbers import Key, person_no
from jinbao.data.linkage.queries import rows_of
from jinbao.data.supply import tables
from jinbao.kernel.errors import Conflict, FormatError, NotFound
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.masking import mask_id
from jinbao.trust.models import Role

STEWARDS = (Role.STEWARD,)
Verdict = Decision.Verdict


def run(by: Actor, *, now: datetime, full: bool = False, estimate: bool = False) -> Run:
    """Link what arrived since the last run (with `full` everything) and publish who is who.

    `estimate` makes a new model of how rare names are, and links everything with it.
    """
    tables.refresh()
    made = _run(by, now=now, full=full or estimate, estimate=estimate)
    _publish(made)
    return made


@action("linkage.run", roles=STEWARDS)
def _run(by: Actor, *, now: datetime, full: bool, estimate: bool) -> Run:
    """Link rows into people."""
    made, changes = link_rows(by, now=now, full=full, estimate=estimate, reason="新到数据归并")
    note(target=made, rows=made.rows, changed=made.changed, people=made.people, changes=len(changes))
    return made


def _publish(made: Run) -> None:
    publishing.publish(made)
    newest = Run.objects.order_by("-pk").values_list("state", flat=True)[:2]
    store.clear(set(newest))


@action("linkage.decide", roles=STEWARDS, persons_only=True)
def decide(by: Actor, doubt: Doubt, verdict: str, reason: str, *, now: datetime, key: str | None = None) -> Decision:
    """Say whether the two rows of a doubt are one person; the next run obeys. Nobody decides over another's decision."""
    if verdict not in (Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE):
        raise FormatError(f"没有“{verdict[:20]}”这种裁定", advice="请选择同一人、不是同一人或不能确定。")
    doubt = Doubt.objects.select_for_update(of=("self",)).get(pk=doubt.pk)
    if doubt.decision is not None and doubt.decision.verdict != Verdict.UNSURE:
        raise Conflict("这一对已经裁定过", advice="要改变它，请打开人员页面，撤销那次合并或拆分。")
    pair = ((doubt.left_dataset, doubt.left_row), (doubt.right_dataset, doubt.right_row))
    made = _say(by, *pair, verdict, reason.strip() or "逐项比对", now)
    doubt.decision, doubt.closed_at = made, now
    doubt.save(update_fields=["decision", "closed_at"])
    note(target=made, doubt=doubt.pk, verdict=verdict)
    return made


def _say(by: Actor, one: Key, other: Key, verdict: str, reason: str, now: datetime) -> Decision:
    left, right = sorted((one, other))
    made: Decision = Decision.objects.create(
        left_dataset=left[0], left_row=left[1], right_dataset=right[0], right_row=right[1], verdict=verdict,
        reason=reason[:200], by=by.username, at=now,
    )  # fmt: skip
    return made


def merge(by: Actor, one: int, other: int, reason: str, *, now: datetime, key: str | None = None) -> Change:
    """Say that two people (their serial numbers) are one."""
    return _published(_merge(by, one, other, _required(reason), now=now, key=key))


@action("linkage.merge", roles=STEWARDS, persons_only=True)
def _merge(by: Actor, one: int, other: int, reason: str, *, now: datetime, key: str | None = None) -> Change:
    """Make two people one."""
    if one == other:
        raise FormatError("两个编号是同一个人", advice="请填写另一个人员编号。")
    first, second = _rows(one), _rows(other)
    against = [d for d in decided() if d.verdict == Verdict.DIFFERENT and _between(d, first, second)]
    said = [_say(by, _left(d), _right(d), Verdict.WITHDRAWN, reason, now) for d in against]
    said.append(_say(by, first[0], second[0], Verdict.SAME, reason, now))
    return _apply(by, said, reason, now)


def split(by: Actor, serial: int, rows: Sequence[Key], reason: str, *, now: datetime, key: str | None = None) -> Change:
    """Say that these rows of a person are somebody else."""
    return _published(_split(by, serial, list(rows), _required(reason), now=now, key=key))


@action("linkage.split", roles=STEWARDS, persons_only=True)
def _split(by: Actor, serial: int, rows: list[Key], reason: str, *, now: datetime, key: str | None = None) -> Change:
    """Take rows out of a person."""
    every = _rows(serial)
    apart = [row for row in every if row in set(rows)]
    stay = [row for row in every if row not in set(rows)]
    if not apart or not stay:
        raise FormatError("请选择要分出去的行，并至少留下一行", advice="勾选不属于这个人的行。")
    if len(apart) * len(stay) > 2000:
        raise Conflict("这个人的行太多，不能一次拆分", advice="请先分出一部分，再分其余的。")
    within = [d for d in decided() if d.verdict == Verdict.SAME and _between(d, apart, stay)]
    said = [_say(by, _left(d), _right(d), Verdict.WITHDRAWN, reason, now) for d in within]
    said += [_say(by, a, b, Verdict.DIFFERENT, reason, now) for a, b in product(apart, stay)]
    said += [_say(by, apart[0], other, Verdict.SAME, reason, now) for other in apart[1:]]
    said += [_say(by, stay[0], other, Verdict.SAME, reason, now) for other in stay[1:]]
    return _apply(by, said, reason, now)


def undo(by: Actor, change: Change, reason: str, *, now: datetime, key: str | None = None) -> Change:
    """Take a merge or a split back: every row gets back the person number that it had."""
    return _published(_undo(by, change, _required(reason), now=now, key=key))


@action("linkage.undo", roles=STEWARDS, persons_only=True)
def _undo(by: Actor, change: Change, reason: str, *, now: datetime, key: str | None = None) -> Change:
    """Take a change of people back."""
    if Change.objects.filter(undoes=change).exists():
        raise Conflict("这次变动已经撤销", advice="请看人员的历史。")
    was = {(dataset, row): int(serial) for dataset, row, serial in change.before}
    earlier = list(change.decisions.order_by("pk"))
    said = [_say(by, _left(d), _right(d), _reversed(d), reason, now) for d in earlier]
    if not earlier:
        said = [_say(by, a, b, verdict, reason, now) for a, b, verdict in _as_it_was(was, change)]
    return _apply(by, said, reason, now, wished=was, undoes=change)


def _reversed(decision: Decision) -> str:
    """Return what was said of the pair before a decision: nothing, or the verdict that it had withdrawn or replaced."""
    pair = {n: getattr(decision, n) for n in ("left_dataset", "left_row", "right_dataset", "right_row")}
    before = Decision.objects.filter(**pair, pk__lt=decision.pk).order_by("-pk").first()
    return str(before.verdict) if before else Verdict.WITHDRAWN


def _as_it_was(was: dict[Key, int], change: Change) -> Iterable[tuple[Key, Key, str]]:
    """Say what new data joined or parted is as it was: apart where numbers differed, together where they were equal."""
    now = {(dataset, row): serial for dataset, row, serial in change.after}
    keys = sorted(was)
    for n, one in enumerate(keys):
        for other in keys[n + 1 :]:
            if was[one] != was[other] and now[one] == now[other]:
                yield one, other, Verdict.DIFFERENT
            elif was[one] == was[other] and now[one] != now[other]:
                yield one, other, Verdict.SAME


def _apply(
    by: Actor, said: list[Decision], reason: str, now: datetime, *, wished: dict[Key, int] | None = None,
    undoes: Change | None = None,
) -> Change:  # fmt: skip
    """Link again with what was said, and bind the change that follows to it."""
    made, changes = link_rows(by, now=now, full=False, estimate=False, reason=reason, wished=wished, undoes=undoes)
    spoken = {key for decision in said for key in (_left(decision), _right(decision))}
    mine = [c for c in changes if spoken & {(dataset, row) for dataset, row, _ in c.before}]
    if not mine:
        raise Conflict("这样裁定之后，人员没有变化", advice="可能已有相反的裁定，或两人各有有效号码；请核对后再试。")
    mine[0].decisions.set(said)
    note(target=mine[0], run=made.pk, decisions=len(said), persons=_numbers(mine[0]))
    return mine[0]


def _numbers(change: Change) -> list[str]:
    return sorted({person_no(int(serial)) for _, _, serial in [*change.before, *change.after]})


def _published(change: Change) -> Change:
    _publish(change.run)
    return change


@action("linkage.number_changed", roles=STEWARDS, persons_only=True)
def record_number_change(by: Actor, old: str, new: str, ground: str, *, now: datetime) -> NumberChange:
    """Record that the police changed somebody's number; the next run takes both numbers for one person."""
    numbers = [CitizenId.parse(text, now.date()).number18 for text in (old, new)]
    if numbers[0] == numbers[1]:
        raise FormatError("两个号码相同", advice="请核对变更前后的号码。")
    if NumberChange.objects.filter(old_number=numbers[0]).exists():
        raise Conflict("这个号码的变更已经登记", advice="请在号码变更记录中核对。")
    made: NumberChange = NumberChange.objects.create(
        old_number=numbers[0], new_number=numbers[1], ground=_required(ground), by=by.username, at=now
    )
    note(target=made, old=mask_id(numbers[0]), new=mask_id(numbers[1]))
    return made


def _rows(serial: int) -> list[Key]:
    found = rows_of(serial)
    if not found:
        raise NotFound(f"没有人员 {person_no(serial)}", advice="这个编号可能已并入别人，请看它的历史。")
    return found


def _required(reason: str) -> str:
    if not reason.strip():
        raise FormatError("须写明原因", advice="请写明依据，例如核对了哪份材料。")
    return reason.strip()[:200]


def _left(decision: Decision) -> Key:
    return decision.left_dataset, decision.left_row


def _right(decision: Decision) -> Key:
    return decision.right_dataset, decision.right_row


def _between(decision: Decision, one: Sequence[Key], other: Sequence[Key]) -> bool:
    """Tell whether a decision is about a row of the one and a row of the other."""
    a, b = _left(decision), _right(decision)
    return (a in one and b in other) or (a in other and b in one)
