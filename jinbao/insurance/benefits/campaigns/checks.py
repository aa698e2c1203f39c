"""Invariants of campaigns: each is a query that must return no row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q

from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.models import Award
from jinbao.kernel.checks import Check, Row

State, Status = CampaignMember.State, Campaign.Status
IN_FORCE = (Status.APPROVED, Status.APPLIED, Status.UNDOING, Status.UNDONE)


def applied_without_approval() -> Iterator[Row]:
    """Nobody's award was changed by a campaign that a second person did not approve."""
    for row in CampaignMember.objects.filter(new_award__isnull=False).exclude(campaign__status__in=IN_FORCE):
        yield Row(f"benefits.CampaignMember:{row.pk}", "批次没有批准，待遇却已改变")
    decided = Campaign.objects.filter(status__in=IN_FORCE)
    for one in decided.filter(Q(approved_by="") | Q(submitted_by="")):
        yield Row(f"benefits.Campaign:{one.pk}", "没有经办和审批两人")


def award_without_a_member() -> Iterator[Row]:
    """An award that names a campaign as its ground is the campaign's work."""
    made = CampaignMember.objects.filter(new_award=OuterRef("pk"))
    put_back = CampaignMember.objects.filter(restored_award=OuterRef("pk"))
    for row in Award.objects.filter(ground__startswith="重算批次 ").exclude(Exists(made)):
        yield Row(f"benefits.Award:{row.pk}", f"依据“{row.ground}”中没有这个人")
    for row in Award.objects.filter(ground__startswith="撤销重算批次 ").exclude(Exists(put_back)):
        yield Row(f"benefits.Award:{row.pk}", f"依据“{row.ground}”中没有撤销这个人")


def not_as_approved() -> Iterator[Row]:
    """What was applied is the amount that was tried and approved, and what is undone pays the amount of before."""
    applied = CampaignMember.objects.filter(state__in=(State.APPLIED, State.UNDONE))
    for row in applied.exclude(new_award__monthly_fen=F("after_fen"), new_award__replaces=F("award")):
        yield Row(f"benefits.CampaignMember:{row.pk}", "执行的金额不是批准的金额")
    undone = CampaignMember.objects.filter(state=State.UNDONE)
    same = Q(restored_award__determination=F("determination"))
    handed_over = Q(restored_award__determination__isnull=True, determination__isnull=True)
    for row in undone.exclude(same | handed_over, restored_award__monthly_fen=F("before_fen")):
        yield Row(f"benefits.CampaignMember:{row.pk}", "撤销后没有恢复原来的核定")


def finished_with_somebody_waiting() -> Iterator[Row]:
    """A campaign that is applied or undone leaves nobody in between."""
    waiting = CampaignMember.objects.filter(state__in=(State.WAITING, State.CHANGED), campaign__status=Status.APPLIED)
    for row in waiting:
        yield Row(f"benefits.CampaignMember:{row.pk}", "批次已执行，此人还没有处理")


def sample_disagrees() -> Iterator[Row]:
    """No campaign in force has a sample that the exact reading contradicts."""
    sampled = CampaignMember.objects.filter(campaign__status__in=IN_FORCE, sampled=True).exclude(state=State.PROBLEM)
    known = sampled.filter(after_fen__isnull=False)
    for row in known.exclude(checked_fen=F("after_fen")):
        yield Row(f"benefits.CampaignMember:{row.pk}", "抽查与批准的金额不一致")


CHECKS = (
    Check("campaigns.approved", "重算批次经两人批准才改变待遇", applied_without_approval),
    Check("campaigns.members", "以重算批次为依据的待遇都在批次中", award_without_a_member),
    Check("campaigns.amount", "执行的就是批准的，撤销的就是原来的", not_as_approved),
    Check("campaigns.finished", "执行完毕的批次没有遗漏的人", finished_with_somebody_waiting),
    Check("campaigns.sample", "批准的批次抽查分毫不差", sample_disagrees),
)
