"""Merges of identities, which can be undone, and deaths, which can be revoked.

A merge and its undoing are decided by a reviewer in a case that others applied for and examined (身份合并).
"""

from __future__ import annotations

from datetime import date, datetime

from jinbao.insurance.registry.families import died_on as day_of_death
from jinbao.insurance.registry.families import family_ids, root_of
from jinbao.insurance.registry.models import Enrolment, Merge, Person
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import Conflict
from jinbao.kernel.months import Month
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region
from jinbao.trust.models import Role

DEATH = "死亡"
DECIDERS = (Role.REVIEWER,)


@action("registry.merge", roles=DECIDERS)
def merge(by: Actor, kept: Person, dropped: Person, reason: str, *, now: datetime, key: str | None = None) -> Merge:
    """Find two identities to be one person. No row moves: the dropped identity points to the kept one.

    What both have for the same month stays as it is and is reported by `contributions.queries.merge_conflicts`.
    Raises Conflict when they are one already or when sex or a day of death contradict each other.
    """
    require_region(by, kept.region)
    require_region(by, dropped.region)
    root, other = root_of(kept), root_of(dropped)
    _may_be_one(root, other)
    made = Merge.objects.create(kept=root, dropped=other, reason=reason, by=by.username, at=now)
    Person.objects.filter(pk=other.pk).update(merged_into=root)
    note(target=made, kept=root, dropped=other, reason=reason)
    return made


def _may_be_one(kept: Person, dropped: Person) -> None:
    if kept.pk == dropped.pk:
        raise Conflict(f"{kept.name}的两个身份已经合并", advice="无需再次合并。")
    if kept.sex != dropped.sex:
        raise Conflict("两个身份的性别不同，不能合并", advice="请核对证件；性别登记有误的先更正。")
    if kept.died_on != dropped.died_on:
        days = "和".join(str(one.died_on or "没有登记") for one in (kept, dropped))
        advice = "请先核实：为没有登记的登记死亡（在领的待遇随之终止、追回），登记有误的撤销。"
        raise Conflict(f"两个身份的死亡日期不同（{days}），不能合并", advice=advice)


@action("registry.undo_merge", roles=DECIDERS)
def undo_merge(by: Actor, merge: Merge, *, now: datetime, key: str | None = None) -> Merge:
    """Undo a merge: each identity has again exactly the rows that came under its number.

    Raises Conflict when a death was recorded since: it is not known of which of the two.
    """
    require_region(by, merge.kept.region)
    require_region(by, merge.dropped.region)
    merge = Merge.objects.select_for_update().select_related("kept", "dropped").get(pk=merge.pk)
    if merge.undone_at is not None:
        raise Conflict(f"这次合并已由 {merge.undone_by} 撤销", advice="请刷新后核对。")
    if day_of_death(merge.kept) != merge.dropped.died_on:
        raise Conflict(
            "合并以后登记了死亡，不知道是其中哪一个", advice="请先撤销死亡登记，分开以后登记在死亡的那一个名下。"
        )
    merge.undone_by, merge.undone_at = by.username, now
    merge.save(update_fields=["undone_by", "undone_at"])
    Person.objects.filter(pk=merge.dropped_id, merged_into=merge.kept_id).update(merged_into=None)
    note(target=merge, kept=merge.kept, dropped=merge.dropped)
    return merge


@action("registry.record_death", roles=OFFICERS)
def record_death(by: Actor, person: Person, died_on: date, *, today: date, key: str | None = None) -> Person:
    """Record a death and end every enrolment with the month after it.

    Awards end in `benefits`, and what was paid too long comes back in `payments.actions.report_death`.
    Raises Conflict for a day after today, before birth, or other than the one already recorded.
    """
    require_region(by, person.region)
    person = root_of(person)
    if not person.born_on <= died_on <= today:
        raise Conflict(f"死亡日期 {died_on} 早于出生日期或晚于今天", advice="请核对死亡证明。")
    if person.died_on not in {None, died_on}:
        raise Conflict(f"已登记死亡日期 {person.died_on}", advice="更正死亡日期请先撤销原登记。")
    Person.objects.filter(pk=person.pk).update(died_on=died_on)
    person.died_on = died_on
    _end_all(family_ids(person), Month.of(died_on) + 1)
    note(target=person, died_on=died_on)
    return person


def _end_all(person_ids: list[int], end: Month) -> None:
    """End what is open; what had only just begun keeps one month, so that it stays visible."""
    for enrolment in Enrolment.objects.filter(person__in=person_ids, end__isnull=True):
        enrolment.end, enrolment.end_reason = max(end, enrolment.start + 1), DEATH
        enrolment.save(update_fields=["end", "end_reason"])


@action("registry.revoke_death", roles=OFFICERS)
def revoke_death(by: Actor, person: Person, reason: str, *, key: str | None = None) -> Person:
    """Take back a death that was recorded in error; the enrolments that it ended run on."""
    require_region(by, person.region)
    ids = family_ids(person)
    if not Person.objects.filter(pk__in=ids, died_on__isnull=False).update(died_on=None):
        raise Conflict("没有登记死亡，无从撤销", advice="请刷新后核对。")
    Enrolment.objects.filter(person__in=ids, end_reason=DEATH).update(end=None, end_reason="")
    person.refresh_from_db()
    note(target=person, reason=reason)
    return person
