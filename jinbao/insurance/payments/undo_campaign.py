"""Undo a recalculation campaign before anything of it was paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from jinbao.insurance.benefits.campaigns.apply import ready_to_restore, restore
from jinbao.insurance.benefits.campaigns.create import locked, require_status
from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.payments.approve import void_payments
from jinbao.insurance.payments.draft import total
from jinbao.insurance.payments.models import Clawback, Payment, PaymentBatch
from jinbao.kernel.errors import Conflict
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

AT_ONCE = 25
State, Status = CampaignMember.State, Campaign.Status
UNDOERS = (Role.REVIEWER,)


def undo_campaign(
    by: Actor, campaign: Campaign, reason: str, *, now: datetime, progress: Callable[[int, int], None] = lambda *_: None
) -> Campaign:
    """Undo an applied campaign to the end; goes on where a killed process stopped."""
    while campaign.status != Status.UNDONE:
        campaign = undo_some(by, campaign, reason, now=now)
        left = CampaignMember.objects.filter(campaign=campaign, state=State.APPLIED).count()
        gone = CampaignMember.objects.filter(campaign=campaign, state=State.UNDONE).count()
        progress(gone, gone + left)
    return campaign


@action("payments.undo_campaign", roles=UNDOERS)
def undo_some(by: Actor, campaign: Campaign, reason: str, *, now: datetime) -> Campaign:
    """Undo a campaign for the next few people: void what waits to be paid, and put the earlier determination back.

    Payments in a draft are taken out of it, and the draft must be approved (again). Raises Conflict when something of
    the campaign has gone to the bank or was recalculated again since: that is put right by a new campaign.
    """
    campaign = locked(by, campaign)
    if campaign.status == Status.UNDONE:
        note(target=campaign, repeated=True)
        return campaign
    require_status(campaign, Status.APPROVED, Status.APPLIED, Status.UNDOING)
    if not reason.strip():
        raise Conflict("没有写明撤销的原因", advice="请填写后再提交。")
    _nothing_has_gone_out(campaign)
    applied = CampaignMember.objects.filter(campaign=campaign, state=State.APPLIED).order_by("pk")
    part = list(applied.select_related("campaign")[:AT_ONCE])
    _none_was_recalculated_since(part)
    voided = _void(part, f"撤销{campaign.ground}：{reason}", now)
    restore(part)
    campaign.status, campaign.remark = Status.UNDOING, reason[:255]
    campaign.undone_by, campaign.undone_at = by.username, now
    if not applied.exists():
        campaign.status = Status.UNDONE
        CampaignMember.objects.filter(campaign=campaign, state=State.CHANGED).update(
            state=State.SKIPPED, reason="批次已撤销"
        )
    campaign.save(update_fields=["status", "remark", "undone_by", "undone_at"])
    note(target=campaign, people=len(part), voided=voided, reason=reason, finished=campaign.status == Status.UNDONE)
    return campaign


def _nothing_has_gone_out(campaign: Campaign) -> None:
    rows = Payment.objects.filter(award__campaign_member__campaign=campaign).exclude(status=Payment.Status.VOIDED)
    gone = rows.exclude(status=Payment.Status.PENDING) | rows.filter(batch__status=PaymentBatch.Status.SENT)
    first = gone.select_related("person", "batch").order_by("pk").first()
    claims = Clawback.objects.filter(award__campaign_member__campaign=campaign, cancelled_at__isnull=True)
    if claims.exists():
        raise Conflict(f"按本批次已办理追回 {claims.count()} 项", advice="请先取消追回，再撤销批次。")
    if first is not None:
        which = f"{first.person.name} {first.for_month}（{first.batch}）"
        raise Conflict(
            f"按本批次的金额已有 {gone.count()} 笔送银行或发出，第一笔为{which}",
            advice="发出以后不能撤销：请另建重算批次改正，差额由补发或追回处理。",
        )


def _none_was_recalculated_since(part: Sequence[CampaignMember]) -> None:
    for one in part:
        why = ready_to_restore([one])[one.pk]
        if why:
            raise Conflict(f"{one.person.name}{why}，不能撤销", advice="请先处理此人的待遇，或另建重算批次改正。")


def _void(part: Sequence[CampaignMember], reason: str, now: datetime) -> int:
    """Take what waits for members out of the drafts; returns how many payments."""
    awards = [one.new_award_id for one in part]
    rows = Payment.objects.filter(award__in=awards, status=Payment.Status.PENDING)
    by_batch: dict[int, list[int]] = defaultdict(list)
    for pk, batch_id in rows.values_list("pk", "batch_id"):
        by_batch[batch_id].append(pk)
    for batch in PaymentBatch.objects.select_for_update().filter(pk__in=by_batch).order_by("pk"):
        void_payments(by_batch[batch.pk], reason, now)
        batch.status, batch.approved_by, batch.approved_at = PaymentBatch.Status.DRAFT, "", None
        batch.save(update_fields=["status", "approved_by", "approved_at"])
        total(batch)
    return sum(map(len, by_batch.values()))
