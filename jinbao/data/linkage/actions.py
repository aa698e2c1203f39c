"""Verbs of linkage: link, decide of a pair, merge, split, undo, record a change of number; confirm or reject a proposal.

Whatever touches people on whom a benefit or a case hangs becomes a proposal that another person confirms (stakes.py);
anything else is done at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.timezone import localtime

from jinbao.data.linkage import publishing, store, wishes
from jinbao.data.linkage.link import hold, link_rows
from jinbao.data.linkage.models import Change, Decision, Doubt, NumberChange, Proposal, Run
from jinbao.data.linkage.numbers import Key, person_no
from jinbao.data.linkage.proposals import changed_since, kept, look
from jinbao.data.linkage.queries import serials_with
from jinbao.data.linkage.stakes import stakes_of, stakes_of_numbers
from jinbao.data.linkage.wishes import Kind, Wish, rows_of_person
from jinbao.data.supply import tables
from jinbao.kernel.errors import Conflict, FormatError
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_other_person
from jinbao.trust.masking import mask_id
from jinbao.trust.models import Role

STEWARDS = (Role.STEWARD,)
CONFIRMERS = (Role.STEWARD, Role.REVIEWER)
"""Who may confirm what another person proposed."""
Verdict, State = Decision.Verdict, Proposal.State


def run(by: Actor, *, now: datetime, full: bool = False, estimate: bool = False) -> Run:
    """Link what arrived since the last run (with `full` everything) and publish who is who.

    `estimate` makes a new model of how rare names are, and links everything with it.
    """
    tables.refresh()
    made = _run(by, now=now, full=full or estimate, estimate=estimate)
    _publish()
    return made


@action("linkage.run", roles=STEWARDS)
def _run(by: Actor, *, now: datetime, full: bool, estimate: bool) -> Run:
    """Link rows into people."""
    made, changes = link_rows(by.username, now=now, full=full, estimate=estimate)
    note(target=made, rows=made.rows, changed=made.changed, people=made.people, changes=len(changes))
    return made


def _publish() -> None:
    """Write the tables of the run that holds now, whoever made it, and forget what nobody begins with any more."""
    publishing.publish()
    store.clear(set(Run.objects.order_by("-pk").values_list("state", flat=True)[:2]))


@action("linkage.decide", roles=STEWARDS, persons_only=True)
def decide(
    by: Actor, doubt: Doubt, verdict: str, reason: str, *, now: datetime, key: str | None = None
) -> Decision | Proposal:
    """Say whether the two rows of a doubt are one person; the next run obeys. Nobody decides over another's decision.

    Where a benefit or a case hangs on one of both, “one person” becomes a proposal.
    """
    if verdict not in (Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE):
        raise FormatError(f"没有“{verdict[:20]}”这种裁定", advice="请选择同一人、不是同一人或不能确定。")
    hold()
    doubt = Doubt.objects.select_for_update(of=("self",)).get(pk=doubt.pk)
    if doubt.decision is not None and doubt.decision.verdict != Verdict.UNSURE:
        raise Conflict("这一对已经裁定过", advice="要改变它，请打开人员页面，撤销那次合并或拆分。")
    if doubt.proposals.filter(state=State.WAITING).exists():
        raise Conflict("这一对已提议合并，正待另一人确认", advice="请看待确认的提议。")
    reason = reason.strip()[:200] or "逐项比对"
    if verdict == Verdict.SAME and (proposed := _propose_pair(by, doubt, reason, now)):
        return proposed
    pair = ((doubt.left_dataset, doubt.left_row), (doubt.right_dataset, doubt.right_row))
    made = wishes.say(by.username, *pair, verdict, reason, now)
    doubt.decision, doubt.closed_at = made, now
    doubt.save(update_fields=["decision", "closed_at"])
    note(target=made, doubt=doubt.pk, verdict=verdict)
    return made


@action("linkage.reopen", roles=STEWARDS, persons_only=True)
def reopen(by: Actor, doubt: Doubt, reason: str, *, now: datetime, key: str | None = None) -> Doubt:
    """Take back what was said of a pair, which waits again; where people were joined by it, that must be undone instead."""
    hold()
    doubt = Doubt.objects.select_for_update(of=("self",)).select_related("decision").get(pk=doubt.pk)
    if doubt.decision is None:
        raise Conflict("这一对还没有裁定", advice="请直接裁定。")
    if doubt.decision.changes.exists():
        raise Conflict("已按这次裁定合并", advice="请打开人员页面，撤销那次合并。")
    pair = (wishes.left_of(doubt.decision), wishes.right_of(doubt.decision))
    wishes.say(by.username, *pair, Verdict.WITHDRAWN, _required(reason), now)
    taken_back, doubt.decision, doubt.closed_at = doubt.decision, None, None
    doubt.save(update_fields=["decision", "closed_at"])
    note(target=doubt, verdict=taken_back.verdict, decided_by=taken_back.by, reason=reason.strip()[:200])
    return doubt


def _propose_pair(by: Actor, doubt: Doubt, reason: str, now: datetime) -> Proposal | None:
    """Propose to make one person of the two rows of a doubt; None where one steward is enough."""
    pair = (doubt.left_dataset, doubt.left_row, doubt.right_dataset, doubt.right_row)
    serials = [serial for serial, _ in look((), (pair[:2], pair[2:])).values()]
    stakes = stakes_of(serials, localtime(now).date())
    if not stakes:
        return None
    if len(set(serials)) != 2:
        raise Conflict("这一对在最近一次归并之后已有变化", advice="请先归并新到的数据，再裁定。")
    wish = Wish(Kind.MERGE, {"one": serials[0], "other": serials[1], "pair": list(pair)}, tuple(serials), reason)
    _refuse_contested(wish.serials)
    return _propose(by, wish, stakes, now, doubt)


def merge(by: Actor, one: int, other: int, reason: str, *, now: datetime, key: str | None = None) -> Change | Proposal:
    """Say that two people (their serial numbers) are one."""
    return _published(_merge(by, one, other, _required(reason), now=now, key=key))


@action("linkage.merge", roles=STEWARDS, persons_only=True)
def _merge(by: Actor, one: int, other: int, reason: str, *, now: datetime, key: str | None = None) -> Change | Proposal:
    """Make two people one, or propose it."""
    if one == other:
        raise FormatError("两个编号是同一个人", advice="请填写另一个人员编号。")
    hold()
    rows_of_person(one), rows_of_person(other)
    wish = Wish(Kind.MERGE, {"one": one, "other": other}, (one, other), reason)
    return _proposed(by, wish, now) or _done(by, wish, now)


def split(
    by: Actor, serial: int, rows: Sequence[Key], reason: str, *, now: datetime, key: str | None = None
) -> Change | Proposal:
    """Say that these rows of a person are somebody else."""
    return _published(_split(by, serial, list(rows), _required(reason), now=now, key=key))


@action("linkage.split", roles=STEWARDS, persons_only=True)
def _split(
    by: Actor, serial: int, rows: list[Key], reason: str, *, now: datetime, key: str | None = None
) -> Change | Proposal:
    """Take rows out of a person, or propose it."""
    hold()
    apart, _ = wishes.parted(serial, rows)
    wish = Wish(Kind.SPLIT, {"serial": serial, "rows": [list(row) for row in apart]}, (serial,), reason)
    return _proposed(by, wish, now) or _done(by, wish, now)


def undo(by: Actor, change: Change, reason: str, *, now: datetime, key: str | None = None) -> Change | Proposal:
    """Take a merge or a split back: every row gets back the person number that it had."""
    return _published(_undo(by, change, _required(reason), now=now, key=key))


@action("linkage.undo", roles=STEWARDS, persons_only=True)
def _undo(by: Actor, change: Change, reason: str, *, now: datetime, key: str | None = None) -> Change | Proposal:
    """Take a change of people back, or propose it."""
    hold()
    if Change.objects.filter(undoes=change).exists():
        raise Conflict("这次变动已经撤销", advice="请看人员的历史。")
    wish = Wish(Kind.UNDO, {"change": change.pk}, wishes.serials_of(change), reason)
    return _proposed(by, wish, now) or _done(by, wish, now)


@action("linkage.number_changed", roles=STEWARDS, persons_only=True)
def record_number_change(
    by: Actor, old: str, new: str, ground: str, *, now: datetime, key: str | None = None
) -> NumberChange | Proposal:
    """Record that the police changed somebody's number, or propose it; the next run takes both numbers for one person."""
    numbers = [CitizenId.parse(text, now.date()).number18 for text in (old, new)]
    if numbers[0] == numbers[1]:
        raise FormatError("两个号码相同", advice="请核对变更前后的号码。")
    hold()
    if NumberChange.objects.filter(old_number=numbers[0]).exists():
        raise Conflict("这个号码的变更已经登记", advice="请在号码变更记录中核对。")
    wish = Wish(Kind.NUMBER, {"old": numbers[0], "new": numbers[1]}, serials_with(numbers), _required(ground))
    note(old=mask_id(numbers[0]), new=mask_id(numbers[1]))
    proposed = _proposed(by, wish, now, stakes_of_numbers(numbers, localtime(now).date()))
    return proposed or wishes.record(wish, by.username, now)


def _proposed(by: Actor, wish: Wish, now: datetime, known: Sequence[str] = ()) -> Proposal | None:
    """Put a wish before a second person where something hangs on these people; None where one steward is enough."""
    _refuse_contested(wish.serials)
    stakes = [*dict.fromkeys([*known, *stakes_of(wish.serials, localtime(now).date())])]
    return _propose(by, wish, stakes, now) if stakes else None


def _done(by: Actor, wish: Wish, now: datetime) -> Change:
    made = wishes.do(wish, by.username, now)
    note(target=made)
    return made


def _propose(by: Actor, wish: Wish, stakes: list[str], now: datetime, doubt: Doubt | None = None) -> Proposal:
    _refuse_contested(wish.serials)
    made: Proposal = Proposal.objects.create(
        kind=wish.kind, what=wish.what, serials=sorted(wish.serials), reason=wish.reason, by=by.username, at=now,
        stakes=stakes, seen=kept(look(wish.serials)), doubt=doubt,
    )  # fmt: skip
    note(target=made, kind=made.kind, persons=[person_no(serial) for serial in made.serials], stakes=stakes)
    return made


def _refuse_contested(serials: Sequence[int]) -> None:
    """Refuse to touch people of whom somebody proposed something that is not settled yet."""
    for one in Proposal.objects.filter(state=State.WAITING).order_by("pk"):
        if both := sorted(set(one.serials) & set(serials)):
            raise Conflict(f"{person_no(both[0])} 已在{one}中，待另一人确认", advice="请先确认或退回那项提议。")


def confirm(by: Actor, proposal: Proposal, *, now: datetime, key: str | None = None) -> Proposal:
    """Confirm what another person proposed, and do it.

    Raises NotAllowed for whoever proposed it, Conflict where it is settled already or its people have changed since.
    """
    made = _confirm(by, proposal, now=now, key=key)
    if made.change is not None:
        _publish()
    return made


@action("linkage.confirm", roles=CONFIRMERS, persons_only=True)
def _confirm(by: Actor, proposal: Proposal, *, now: datetime, key: str | None = None) -> Proposal:
    """Confirm what another person proposed to do to people on whom a benefit or a case hangs."""
    proposal = _waiting(proposal)
    require_other_person(by, proposal.by)
    if changes := changed_since(proposal):
        more = f"等 {len(changes)} 处" if len(changes) > 5 else ""
        raise Conflict(
            f"提议之后有变化：{'；'.join(changes[:5])}{more}", advice="提议已过时：请退回，由提议人按现状重新提出。"
        )
    wish = Wish(proposal.kind, proposal.what, tuple(proposal.serials), proposal.reason)
    if proposal.kind == Kind.NUMBER:
        wishes.record(wish, proposal.by, now)
    else:
        proposal.change = wishes.do(wish, proposal.by, now)
    _settle(by, proposal, State.CONFIRMED, "", now)
    if proposal.doubt is not None and proposal.change is not None:
        said = proposal.change.decisions.filter(verdict=Verdict.SAME).order_by("pk").last()
        Doubt.objects.filter(pk=proposal.doubt.pk).update(decision=said, closed_at=now)
    note(target=proposal, kind=proposal.kind, proposed_by=proposal.by, change=proposal.change_id)
    return proposal


@action("linkage.reject", roles=CONFIRMERS, persons_only=True)
def reject(by: Actor, proposal: Proposal, reason: str, *, now: datetime, key: str | None = None) -> Proposal:
    """Give a proposal back with the reason, or take one's own back; nothing is done to anybody."""
    proposal = _waiting(proposal)
    _settle(by, proposal, State.REJECTED, _required(reason), now)
    note(target=proposal, kind=proposal.kind, proposed_by=proposal.by, reason=proposal.remark)
    return proposal


def _waiting(proposal: Proposal) -> Proposal:
    """Take a proposal that waits; raise Conflict saying who settled it."""
    hold()
    proposal = Proposal.objects.select_for_update(of=("self",)).select_related("doubt").get(pk=proposal.pk)
    if proposal.state != State.WAITING:
        raise Conflict(
            f"这项提议{proposal.get_state_display()}（{proposal.decided_by}）", advice="请刷新页面，看它的结果。"
        )
    return proposal


def _settle(by: Actor, proposal: Proposal, state: str, remark: str, now: datetime) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at, proposal.remark = state, by.username, now, remark
    proposal.save(update_fields=["state", "decided_by", "decided_at", "remark", "change"])


def _published(made: Change | Proposal) -> Change | Proposal:
    if isinstance(made, Change):
        _publish()
    return made


def _required(reason: str) -> str:
    if not reason.strip():
        raise FormatError("须写明原因", advice="请写明依据，例如核对了哪份材料。")
    return reason.strip()[:200]
