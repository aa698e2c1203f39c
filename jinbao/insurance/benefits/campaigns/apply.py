"""Carry out an approved campaign: new determinations that supersede, awards changed, a few people a transaction.

Each person is computed once more by the exact reading. Who no longer comes out as approved is passed over with the
reason and left to a new campaign, so that nobody gets an amount that nobody approved. Back-pay needs nothing here: the
next payment draft compares what is owed with what was paid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from jinbao.insurance.benefits.award import replace_award
from jinbao.insurance.benefits.campaigns.create import locked, require_status
from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.campaigns.sample import from_books
from jinbao.insurance.benefits.compute import Computed
from jinbao.insurance.benefits.determine import keep
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import JinbaoError
from jinbao.kernel.months import Month
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor

Status, State = Campaign.Status, CampaignMember.State
AT_ONCE = 25


def apply(
    by: Actor, campaign: Campaign, *, now: datetime, progress: Callable[[int, int], None] = lambda *_: None
) -> Campaign:
    """Carry out a campaign to the end; goes on where a killed process stopped, and never does anybody twice."""
    while campaign.status != Status.APPLIED:
        campaign = apply_some(by, campaign, now=now)
        progress(*applied_of(campaign))
    return campaign


@action("campaigns.apply", roles=OFFICERS)
def apply_some(by: Actor, campaign: Campaign, *, now: datetime) -> Campaign:
    """Carry out an approved campaign for the next few people; with nobody left it is applied."""
    campaign = locked(by, campaign)
    if campaign.status == Status.APPLIED:
        note(target=campaign, repeated=True)
        return campaign
    require_status(campaign, Status.APPROVED)
    waiting = CampaignMember.objects.filter(campaign=campaign, state=State.CHANGED).order_by("pk")
    part = list(waiting.select_related("person")[:AT_ONCE])
    if not part:
        campaign.status, campaign.applied_at = Status.APPLIED, now
        campaign.save(update_fields=["status", "applied_at"])
    done = _carry_out(by, campaign, part, now) if part else 0
    note(target=campaign, applied=done, passed_over=len(part) - done, finished=not part)
    return campaign


def _carry_out(by: Actor, campaign: Campaign, part: Sequence[CampaignMember], now: datetime) -> int:
    awards = _locked_awards(part)
    answers = from_books(campaign, part)
    good: list[tuple[CampaignMember, Computed]] = []
    for one in part:
        answer = answers[one.pk]
        why = _why_not(one, awards[one.award_id], answer)
        if why or isinstance(answer, JinbaoError):
            one.state, one.reason = State.SKIPPED, why[:255]
        else:
            good.append((one, answer))
    for (one, _), made in zip(good, keep([(one.person, answer) for one, answer in good], by, now), strict=True):
        award = awards[one.award_id]
        start = award.start if campaign.retroactive else max(award.start, Month.of(campaign.on))
        one.new_award, one.state = replace_award(award, made, start, campaign.ground), State.APPLIED
    CampaignMember.objects.bulk_update(part, ["state", "reason", "new_award"], batch_size=50)
    return len(good)


def _locked_awards(part: Sequence[CampaignMember]) -> dict[int, Award]:
    keys = [one.award_id for one in part]
    list(Award.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    return Award.objects.select_related("person").in_bulk(keys)


def _why_not(one: CampaignMember, award: Award, answer: Computed | JinbaoError) -> str:
    """Say why somebody is passed over; nothing for who comes out as approved."""
    base = award.monthly_fen if award.determination_id else award.first_fen
    now = (award.determination_id, award.monthly_fen, base)
    if award.end is not None or now != (one.determination_id, one.before_fen, one.base_fen):
        return "批准以后待遇已另有变动"
    if isinstance(answer, JinbaoError):
        return f"执行时不能计算：{answer.message}"
    if not answer.eligible or answer.monthly_fen != one.after_fen:
        return "批准以后事实或规定已有变化，结果与批准的不同；请另行重算"
    return ""


def applied_of(campaign: Campaign) -> tuple[int, int]:
    """Return for how many of how many a campaign is carried out."""
    members = CampaignMember.objects.filter(campaign=campaign)
    waiting = members.filter(state=State.CHANGED).count()
    done = members.filter(state__in=(State.APPLIED, State.SKIPPED)).count()
    return done, done + waiting


def ready_to_restore(part: Sequence[CampaignMember]) -> dict[int, str]:
    """Say of each applied member why the earlier amount cannot be put back; nothing where it can."""
    awards = Award.objects.select_related("replaced_by").in_bulk([one.new_award_id for one in part if one.new_award_id])
    replaced = set(Award.objects.filter(replaces__in=awards).values_list("replaces_id", flat=True))
    return {one.pk: "执行以后又重新核定过" if one.new_award_id in replaced else "" for one in part}


def restore(part: Sequence[CampaignMember]) -> None:
    """Put the earlier determinations of members back: a further award takes the place of the campaign's.

    Runs inside the action that undoes; the caller has seen that nothing was paid under the new awards.
    """
    awards = Award.objects.select_related("person").in_bulk([one.new_award_id for one in part if one.new_award_id])
    for one in part:
        current = awards[one.new_award_id or 0]
        end, why = current.end, current.end_reason
        current.end, current.end_reason = current.start, f"撤销{one.campaign.ground}"
        current.save(update_fields=["end", "end_reason"])
        one.restored_award = Award.objects.create(
            person=current.person,
            benefit=current.benefit,
            start=current.start,
            end=end,
            end_reason=why,
            monthly_fen=one.before_fen,
            determination_id=one.determination_id,
            ground=f"撤销{one.campaign.ground}" if one.determination_id else one.award.ground,
            first_fen=one.award.first_fen,
            first_parts=one.award.first_parts,
            replaces=current,
            paid_before=current.paid_before,
            region=current.region,
        )
        one.state = State.UNDONE
    CampaignMember.objects.bulk_update(part, ["state", "restored_award"], batch_size=50)
