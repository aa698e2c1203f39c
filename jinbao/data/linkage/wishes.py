"""What somebody wants to do to people, and doing it: say so in decisions, then link again. Only the verbs call this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from jinbao.data.linkage.link import decided, link_rows
from jinbao.data.linkage.models import Change, Decision, Doubt, NumberChange, Proposal
from jinbao.data.linkage.numbers import Key, person_no
from jinbao.data.linkage.proposals import look
from jinbao.data.linkage.queries import rows_of
from jinbao.data.linkage.stakes import stakes_of
from jinbao.kernel.errors import Conflict, FormatError, NotFound
from jinbao.trust.actions import note

Kind, Verdict = Proposal.Kind, Decision.Verdict
Saying = tuple[Key, Key, str]
MOST_PAIRS = 2000


@dataclass(frozen=True)
class Wish:
    """One thing to be done: merge {one, other, pair?}, split {serial, rows}, undo {change} or number {old, new}."""

    kind: str
    what: dict[str, Any]
    serials: tuple[int, ...]
    reason: str


@dataclass(frozen=True)
class _Deed:
    """Who does it and when; `serials` are the people whom it is known to concern."""

    by: str
    now: datetime
    serials: tuple[int, ...]
    reason: str


def do(wish: Wish, by: str, now: datetime) -> Change:
    """Merge, split or undo as is wished, in the name of whoever wished it, inside the caller's transaction.

    Raises NotFound for people who are no more, Conflict where nothing comes of it or where it would move others.
    """
    deed = _Deed(by, now, wish.serials, wish.reason)
    verbs: dict[str, Callable[..., Change]] = {Kind.MERGE: _merge, Kind.SPLIT: _split, Kind.UNDO: _undo}
    return verbs[wish.kind](deed, **wish.what)


def record(wish: Wish, by: str, now: datetime) -> NumberChange:
    """Record a change of number; the next run takes both numbers for one person."""
    made: NumberChange = NumberChange.objects.create(
        old_number=wish.what["old"], new_number=wish.what["new"], ground=wish.reason, by=by, at=now
    )
    return made


def _merge(deed: _Deed, one: int, other: int, pair: Sequence[str] = ()) -> Change:
    """Make two people one; `pair` names the two rows that were compared, by default the first of each."""
    first, second = rows_of_person(one), rows_of_person(other)
    against = [d for d in decided() if d.verdict == Verdict.DIFFERENT and _between(d, first, second)]
    sayings = [(left_of(d), right_of(d), Verdict.WITHDRAWN) for d in against]
    compared = ((pair[0], pair[1]), (pair[2], pair[3])) if pair else (first[0], second[0])
    return _apply(deed, [*sayings, (*compared, Verdict.SAME)])


def _split(deed: _Deed, serial: int, rows: Sequence[Sequence[str]]) -> Change:
    """Take rows out of a person."""
    apart, stay = parted(serial, rows)
    within = [d for d in decided() if d.verdict == Verdict.SAME and _between(d, apart, stay)]
    sayings: list[Saying] = [(left_of(d), right_of(d), Verdict.WITHDRAWN) for d in within]
    sayings += [(a, b, Verdict.DIFFERENT) for a, b in product(apart, stay)]
    sayings += [(apart[0], other, Verdict.SAME) for other in apart[1:]]
    sayings += [(stay[0], other, Verdict.SAME) for other in stay[1:]]
    return _apply(deed, sayings)


def parted(serial: int, rows: Sequence[Sequence[str]]) -> tuple[list[Key], list[Key]]:
    """Return the rows of a person that go and those that stay; raise FormatError or Conflict where that cannot be."""
    every, wanted = rows_of_person(serial), {(row[0], row[1]) for row in rows}
    apart, stay = [row for row in every if row in wanted], [row for row in every if row not in wanted]
    if not apart or not stay:
        raise FormatError("请选择要分出去的行，并至少留下一行", advice="勾选不属于这个人的行。")
    if len(apart) * len(stay) > MOST_PAIRS:
        raise Conflict("这个人的行太多，不能一次拆分", advice="请先分出一部分，再分其余的。")
    return apart, stay


def _undo(deed: _Deed, change: int) -> Change:
    """Take a change back: every row gets back the person number that it had.

    First by taking back what was said; where data that came since would still join or part the rows, by saying so.
    """
    undone = Change.objects.get(pk=change)
    if Change.objects.filter(undoes=undone).exists():
        raise Conflict("这次变动已经撤销", advice="请看人员的历史。")
    was = {(dataset, row): int(serial) for dataset, row, serial in undone.before}
    earlier = list(undone.decisions.order_by("pk"))
    Doubt.objects.filter(decision__in=earlier).update(decision=None, closed_at=None)
    taken_back = [(left_of(d), right_of(d), _before(d)) for d in earlier]
    attempts = [taken_back] if earlier else []
    for sayings in [*attempts, [*taken_back, *_as_it_was(was, undone)]]:
        if sayings and (made := _attempt(deed, sayings, was, undone)):
            return made
    raise Conflict("撤销之后，人员不能恢复原状", advice="此后的数据或裁定与原状相反；请打开人员页面，逐行拆分或合并。")


def _attempt(deed: _Deed, sayings: Sequence[Saying], was: dict[Key, int], undone: Change) -> Change | None:
    """Say it and link; None, and nothing done, where the rows do not get back the numbers that they had."""
    with suppress(Nothing), transaction.atomic():
        made = _apply(deed, sayings, wished=was, undoes=undone)
        _require_as_it_was(was)
        return made
    return None


def _require_as_it_was(was: dict[Key, int]) -> None:
    """Raise Nothing unless every row that is still there has the number that it had."""
    if any(was.get(key, serial) != serial for key, (serial, _) in look((), was).items()):
        raise Nothing("人员没有恢复原状")


def _before(decision: Decision) -> str:
    """Return what was said of the pair before a decision: nothing, or the verdict that it had withdrawn or replaced."""
    pair = {n: getattr(decision, n) for n in ("left_dataset", "left_row", "right_dataset", "right_row")}
    before = Decision.objects.filter(**pair, pk__lt=decision.pk).order_by("-pk").first()
    return str(before.verdict) if before else Verdict.WITHDRAWN


def _as_it_was(was: dict[Key, int], change: Change) -> Iterable[Saying]:
    """Say what new data joined or parted is as it was: apart where numbers differed, together where they were equal."""
    now = {(dataset, row): serial for dataset, row, serial in change.after}
    keys = sorted(was)
    for n, one in enumerate(keys):
        for other in keys[n + 1 :]:
            if was[one] != was[other] and now[one] == now[other]:
                yield one, other, Verdict.DIFFERENT
            elif was[one] == was[other] and now[one] != now[other]:
                yield one, other, Verdict.SAME


class Nothing(Conflict):
    """Nothing came of what was said."""


def _apply(
    deed: _Deed, sayings: Sequence[Saying], *, wished: dict[Key, int] | None = None, undoes: Change | None = None
) -> Change:
    """Link again with what is said now, and return the change that follows; nobody else of consequence may be moved."""
    said = [say(deed.by, one, other, verdict, deed.reason, deed.now) for one, other, verdict in sayings]
    made, changes = link_rows(
        deed.by, now=deed.now, full=False, estimate=False, reason=deed.reason, said=said, wished=wished, undoes=undoes
    )
    mine = [change for change in changes if change.decisions.exists()]
    if not mine:
        raise Nothing("这样裁定之后，人员没有变化", advice="可能已有相反的裁定，或两人各有有效号码；请核对后再试。")
    moved = {int(serial) for change in mine for _, _, serial in change.before} - set(deed.serials)
    if hanging := stakes_of(moved, localtime(deed.now).date()):
        others = "、".join(person_no(serial) for serial in sorted(moved))
        raise Conflict(f"还会牵动 {others}：{'；'.join(hanging)}", advice="请先办理这些人的合并或拆分。")
    note(run=made.pk, decisions=len(said), persons=persons_of(mine[0]))
    return mine[0]


def say(by: str, one: Key, other: Key, verdict: str, reason: str, now: datetime) -> Decision:
    """Write what somebody says of two rows."""
    left, right = sorted((one, other))
    made: Decision = Decision.objects.create(
        left_dataset=left[0], left_row=left[1], right_dataset=right[0], right_row=right[1], verdict=verdict,
        reason=reason[:200], by=by, at=now,
    )  # fmt: skip
    return made


def serials_of(change: Change) -> tuple[int, ...]:
    """Return the people whom a change concerned, before and after."""
    return tuple(sorted({int(serial) for _, _, serial in [*change.before, *change.after]}))


def persons_of(change: Change) -> list[str]:
    """Return the person numbers that a change concerned."""
    return [person_no(serial) for serial in serials_of(change)]


def rows_of_person(serial: int) -> list[Key]:
    """Return the rows of a person; raise NotFound for one who is no more."""
    found = rows_of(serial)
    if not found:
        raise NotFound(f"没有人员 {person_no(serial)}", advice="这个编号可能已并入别人，请看它的历史。")
    return found


def left_of(decision: Decision) -> Key:
    """Return the one row of a decision."""
    return decision.left_dataset, decision.left_row


def right_of(decision: Decision) -> Key:
    """Return the other row of a decision."""
    return decision.right_dataset, decision.right_row


def _between(decision: Decision, one: Sequence[Key], other: Sequence[Key]) -> bool:
    """Tell whether a decision is about a row of the one and a row of the other."""
    a, b = left_of(decision), right_of(decision)
    return (a in one and b in other) or (a in other and b in one)
