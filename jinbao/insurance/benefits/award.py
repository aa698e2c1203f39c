"""Grant, suspend, resume, recalculate and end monthly benefits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from jinbao.insurance.benefits.compute import compute
from jinbao.insurance.benefits.determine import keep
from jinbao.insurance.benefits.facts import facts_for
from jinbao.insurance.benefits.models import Award, Determination, Suspension
from jinbao.insurance.registry.actions import end_enrolment, record_death
from jinbao.insurance.registry.families import died_on, family_ids, root_of
from jinbao.insurance.registry.models import Enrolment, Person
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import Conflict
from jinbao.kernel.months import Month
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region
from jinbao.trust.scope import within

MIGRATED = "历史数据转入"
PROVISIONAL = "预发重核"
AUTOMATIC = (MIGRATED, PROVISIONAL)
"""Grounds that need no case: declared here, and nowhere else."""

RETIRED = "退休"
DEAD = "死亡"


@action("benefits.award", roles=OFFICERS)
def award(by: Actor, determination: Determination, ground: str, *, now: datetime, key: str | None = None) -> Award:
    """Grant what was determined, from its first month on, on the ground of a decision (a case number).

    Enrolments end with the month of retirement. The same determination and ground again is one award. Raises Conflict
    for somebody who is not eligible, has an award already, has died before, or when no ground is given.
    """
    person = determination.person
    require_region(by, determination.region)
    ids = family_ids(person)
    known = Award.objects.select_for_update().filter(person__in=ids, benefit=determination.benefit, end__isnull=True)
    for current in known:
        if (current.determination_id, current.ground) == (determination.pk, ground):
            note(target=current, repeated=True)
            return current
        raise Conflict(
            f"{person.name}自 {current.start} 起已领取{current.benefit}", advice="金额有变化的请办理重新核定。"
        )
    _may_be_awarded(determination, ground)
    made = Award.objects.create(
        person_id=ids[0],
        benefit=determination.benefit,
        start=determination.month,
        monthly_fen=determination.monthly_fen,
        determination=determination,
        ground=ground,
        region=determination.region,
    )
    _end_enrolments(ids, made.start)
    note(target=made, determination=determination, ground=ground, monthly_fen=made.monthly_fen, start=made.start)
    return made


def _may_be_awarded(determination: Determination, ground: str) -> None:
    if not determination.eligible:
        reasons = "；".join(determination.trace.get("eligible", {}).get("reasons", []))
        raise Conflict(f"不符合领取条件：{reasons or '见核定说明'}", advice="条件具备后重新核定。")
    if not ground.strip():
        raise Conflict("没有核定依据", advice="请填写办件编号。")
    died = died_on(determination.person)
    if died is not None and Month.of(died) < determination.month:
        raise Conflict(f"参保人已于 {died} 死亡，早于待遇起始年月 {determination.month}", advice="请办理死亡待遇。")


def _end_enrolments(ids: list[int], month: Month) -> None:
    """End what somebody who draws a pension is insured in, wherever that is; work that begins later is left alone."""
    running = Enrolment.objects.filter(person__in=ids, end__isnull=True, start__lt=month)
    for enrolment in running.select_related("employer", "person"):
        end_enrolment(Actor.system(), enrolment, month, RETIRED)


@action("benefits.suspend", roles=OFFICERS)
def suspend(by: Actor, award: Award, month: Month, ground: str, *, key: str | None = None) -> Suspension:
    """Stop paying an award from a month on. Doing it again returns the suspension that is there."""
    award = _locked(by, award)
    running = Suspension.objects.filter(award=award, end__isnull=True).first()
    if running is not None:
        note(target=running, repeated=True)
        return running
    if award.end is not None:
        raise Conflict(f"该待遇已于 {award.end} 终止", advice="请刷新后核对。")
    made = Suspension.objects.create(award=award, start=max(month, award.start), ground=ground, by=by.username)
    note(target=made, award=award, month=made.start, ground=ground)
    return made


@action("benefits.resume", roles=OFFICERS)
def resume(
    by: Actor, award: Award, month: Month, *, arrears: bool = True, reason: str = "", key: str | None = None
) -> Suspension:
    """Pay an award again from a month on; the months in between are paid as arrears unless they are lost for good."""
    award = _locked(by, award)
    running = Suspension.objects.select_for_update().filter(award__in=chain(award), end__isnull=True).first()
    if running is None:
        raise Conflict("该待遇没有暂停", advice="请刷新后核对。")
    running.end, running.arrears = max(month, running.start), arrears
    running.save(update_fields=["end", "arrears"])
    note(target=running, award=award, month=month, arrears=arrears, reason=reason)
    return running


@action("benefits.end_award", roles=OFFICERS)
def end_award(by: Actor, award: Award, month: Month, ground: str, *, key: str | None = None) -> Award:
    """End an award; `month` is the first month no longer owed. Raises Conflict when it ended in another month."""
    award = _locked(by, award)
    end = max(month, award.start)
    if award.end is not None and award.end != end:
        raise Conflict(f"该待遇已于 {award.end} 终止", advice="请刷新后核对。")
    if award.end is None:
        award.end, award.end_reason = end, ground
        award.save(update_fields=["end", "end_reason"])
    note(target=award, end=end, ground=ground)
    return award


@action("benefits.report_death", roles=OFFICERS)
def report_death(by: Actor, person: Person, day: date, *, today: date, key: str | None = None) -> list[Award]:
    """Record a death and end every award with the month after it; the month of death itself is still owed."""
    root = record_death(by, person, day, today=today)
    after = Month.of(day) + 1
    running = Award.objects.filter(person__in=family_ids(root), end__isnull=True).order_by("pk")
    ended = [end_award(by, award, after, DEAD) for award in running]
    note(target=root, died_on=day, awards=[award.pk for award in ended])
    return ended


@action("benefits.recalculate", roles=OFFICERS)
def recalculate(
    by: Actor,
    award: Award,
    ground: str,
    *,
    now: datetime,
    from_month: Month | None = None,
    key: str | None = None,
) -> Award:
    """Compute a running award anew from the facts and the law of now; returns the award that holds afterwards.

    A changed amount ends the award and begins another from the same first month (or `from_month`): the difference for
    months already paid is back-pay in the next payment draft, or, if it is negative, a clawback to be decided.
    Raises Conflict for an award of the former system, one that ended, and for somebody no longer eligible.
    """
    award = _locked(by, award)
    if award.end is not None or award.determination is None:
        raise Conflict("只能重新核定由本系统核定、正在领取的待遇", advice="原系统移交的待遇请在重算批次中比对或改发。")
    month = Month.of(award.determination.on)
    answer = compute(facts_for(award.person, month), month, award.region, award.benefit)
    made = keep([(root_of(award.person), answer)], by, now)[0]
    if not made.eligible:
        raise Conflict(f"重新核定后不符合领取条件：{'；'.join(answer.reasons)}", advice="请先核实，再办理终止待遇。")
    note(target=award, determination=made, before_fen=award.monthly_fen, after_fen=made.monthly_fen, ground=ground)
    if made.monthly_fen == award.monthly_fen:
        Award.objects.filter(pk=award.pk).update(determination=made)
        award.determination = made
        return award
    return replace_award(award, made, from_month or award.start, ground)


def replace_award(award: Award, determination: Determination, start: Month, ground: str) -> Award:
    """End an award and begin the one that takes its place; for the bodies of verbs that hold the award locked."""
    if start < award.start:
        raise Conflict(f"{start} 早于待遇起始年月 {award.start}", advice="请核对重新核定的起始年月。")
    award.end, award.end_reason = start, ground
    award.save(update_fields=["end", "end_reason"])
    return Award.objects.create(
        person=award.person,
        benefit=award.benefit,
        start=start,
        monthly_fen=determination.monthly_fen,
        determination=determination,
        ground=ground,
        replaces=award,
        paid_before=award.paid_before,
        region=award.region,
    )


def recalculate_provisional(by: Actor, region: str, *, now: datetime) -> Iterator[Award]:
    """Recalculate every running award whose base was not published when it was determined, once the law has changed.

    Yields the awards that changed. Each is one transaction; running it again changes nothing more.
    """
    require_region(by, region)
    waiting = Award.objects.filter(within("region", region), end__isnull=True, determination__provisional=True)
    for award in waiting.select_related("determination").order_by("pk"):
        after = recalculate(by, award, PROVISIONAL, now=now)
        if after.pk != award.pk:
            yield after


def chain(award: Award) -> list[Award]:
    """Return an award with those that it replaced, the newest first."""
    found = [award]
    while found[-1].replaces is not None:
        found.append(found[-1].replaces)
    return found


def _locked(by: Actor, award: Award) -> Award:
    require_region(by, award.region)
    Award.objects.select_for_update().get(pk=award.pk)
    return Award.objects.select_related("determination", "person", "replaces").get(pk=award.pk)
