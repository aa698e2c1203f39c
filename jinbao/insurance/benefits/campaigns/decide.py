"""Two persons decide on a campaign: one submits what the dry run found, another approves exactly that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jinbao.insurance.benefits.campaigns.create import locked, require_status
from jinbao.insurance.benefits.campaigns.dry_run import hash_of, inputs_kept, inputs_now, law_of, refresh
from jinbao.insurance.benefits.campaigns.figures import sample_of
from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import Conflict
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_other_person, require_region
from jinbao.trust.models import Role

Status, State = Campaign.Status, CampaignMember.State
APPROVERS = (Role.REVIEWER,)


@dataclass(frozen=True)
class Changes:
    """What changed since the dry run."""

    law: bool
    names: tuple[str, ...]
    """People whose award, facts or career changed, who came in or left; ten at most."""
    count: int

    def __bool__(self) -> bool:
        """Whether it must be tried again."""
        return self.law or self.count > 0

    def __str__(self) -> str:
        law = "法规或参数已有变化" if self.law else ""
        people = f"{self.count} 人的待遇、事实或缴费已有变化（{'、'.join(self.names)}）" if self.count else ""
        return "；".join(part for part in (law, people) if part)


def changes(by: Actor, campaign: Campaign) -> Changes:
    """Compare what the dry run read with the books and the law of now; brings the lake up to the books first."""
    require_region(by, campaign.region)
    refresh(by)
    members = list(CampaignMember.objects.filter(campaign=campaign).only("region"))
    law = law_of(members, campaign) != campaign.law_version
    kept, now = inputs_kept(campaign), inputs_now(campaign)
    if hash_of(now) == campaign.input_hash:
        return Changes(law, (), 0)
    awards = sorted(award for award in kept.keys() | now.keys() if kept.get(award) != now.get(award))
    people = Award.objects.filter(pk__in=awards[:10]).select_related("person").order_by("pk")
    return Changes(law, tuple(award.person.name for award in people), max(len(awards), 1))


@action("campaigns.submit", roles=OFFICERS)
def submit(by: Actor, campaign: Campaign, *, now: datetime, key: str | None = None) -> Campaign:
    """Put a tried campaign before the second person. Raises Conflict where the sample disagrees by one fen."""
    campaign = locked(by, campaign)
    require_status(campaign, Status.TRIED)
    _sample_agrees(campaign)
    campaign.status, campaign.submitted_by, campaign.submitted_at = Status.SUBMITTED, by.username, now
    campaign.save(update_fields=["status", "submitted_by", "submitted_at"])
    note(target=campaign, result_hash=campaign.result_hash, sample=campaign.figures["sample"])
    return campaign


def _sample_agrees(campaign: Campaign) -> None:
    sample = sample_of(campaign)
    if sample["different"] or not sample["people"]:
        raise Conflict(
            f"抽查 {sample['people']} 人，{sample['different']} 人与逐人复算不一致",
            advice="差一分也不能审批：请查看抽查不一致的人，更新湖中的履历后重新试算；仍不一致的报系统管理员。",
        )


@action("campaigns.send_back", roles=APPROVERS, persons_only=True)
def send_back(by: Actor, campaign: Campaign, reason: str, *, now: datetime, key: str | None = None) -> Campaign:
    """Give a submitted campaign back with the reason, to be tried again."""
    campaign = locked(by, campaign)
    require_status(campaign, Status.SUBMITTED)
    campaign.status, campaign.remark, campaign.submitted_by = Status.TRIED, reason[:255], ""
    campaign.save(update_fields=["status", "remark", "submitted_by"])
    note(target=campaign, reason=reason)
    return campaign


def approve(by: Actor, campaign: Campaign, seen: str, *, now: datetime, key: str | None = None) -> Campaign:
    """Approve exactly what was tried: `seen` is the hash of the results that the approver was shown.

    Raises NotAllowed for whoever made or submitted it, Conflict where data or law have changed since the dry run.
    """
    if campaign.status == Status.SUBMITTED:
        found = changes(by, campaign)
        if found:
            raise Conflict(f"试算以后{found}", advice="所批准的须就是所试算的：请退回，重新试算后再报批。")
    return _approve(by, campaign, seen, now=now, key=key)


@action("campaigns.approve", roles=APPROVERS, persons_only=True)
def _approve(by: Actor, campaign: Campaign, seen: str, *, now: datetime, key: str | None = None) -> Campaign:
    """Approve a campaign that another person tried and submitted."""
    campaign = locked(by, campaign)
    if campaign.status == Status.APPROVED and campaign.approved_by == by.username:
        note(target=campaign, repeated=True)
        return campaign
    require_status(campaign, Status.SUBMITTED)
    require_other_person(by, (campaign.created_by, campaign.submitted_by))
    if seen != campaign.result_hash:
        raise Conflict("您看到的不是现在的试算结果", advice="请刷新，核对新的结果后再批准。")
    _sample_agrees(campaign)
    campaign.status, campaign.approved_by, campaign.approved_at = Status.APPROVED, by.username, now
    campaign.save(update_fields=["status", "approved_by", "approved_at"])
    note(
        target=campaign, input_hash=campaign.input_hash, result_hash=seen, submitted_by=campaign.submitted_by,
        up_fen=campaign.figures["up_fen"], down_fen=campaign.figures["down_fen"],
    )  # fmt: skip
    return campaign
