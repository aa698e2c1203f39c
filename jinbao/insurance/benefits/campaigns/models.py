"""A campaign of recalculation, whom it names, and what came of each award."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from jinbao.insurance.registry.models import Person
from jinbao.trust.fields import FenField, MonthField


class Campaign(models.Model):
    """A recalculation of many awards on one ground (重算批次)."""

    class Status(models.TextChoices):
        NEW = "new", "待试算"
        TRYING = "trying", "试算中"
        CHECKING = "checking", "抽查中"
        TRIED = "tried", "已试算"
        SUBMITTED = "submitted", "待审批"
        APPROVED = "approved", "已批准"
        APPLIED = "applied", "已执行"
        UNDOING = "undoing", "撤销中"
        UNDONE = "undone", "已撤销"
        CANCELLED = "cancelled", "已作废"

    title = models.CharField(max_length=64)
    reason = models.CharField(max_length=255)
    basis = models.CharField(max_length=255)
    """The document or article on which it rests."""
    region = models.CharField(max_length=6, db_index=True)
    benefit = models.CharField(max_length=32)
    on = models.DateField()
    """Awards running on this day are recalculated; back-pay is counted up to its month."""
    retroactive = models.BooleanField(default=True)
    """True: the new amount holds from the first month of the award; false: from the month of `on`."""
    selection: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """Which awards: start_from, start_to, parameter, listed, handed_over (see `select.Selection`)."""
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.NEW)
    created_by = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    law_version = models.CharField(max_length=64, blank=True)
    input_hash = models.CharField(max_length=64, blank=True)
    """Digest of every award, determination and career that the dry run read."""
    result_hash = models.CharField(max_length=64, blank=True)
    """Digest of every amount that the dry run gave; its first digits are the seed of the sample."""
    figures: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    submitted_by = models.CharField(max_length=64, blank=True)
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=64, blank=True)
    approved_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=64, blank=True)
    undone_at = models.DateTimeField(null=True)
    remark = models.CharField(max_length=255, blank=True)
    """Why it was sent back, cancelled or undone."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by="") | (~Q(approved_by=F("submitted_by")) & ~Q(approved_by=F("created_by"))),
                name="two_persons_for_a_campaign",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "applied", "undoing", "undone"]) | ~Q(approved_by=""),
                name="campaign_is_approved_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"重算批次 {self.pk} {self.title}"

    @property
    def ground(self) -> str:
        """What awards name as their ground."""
        return f"重算批次 {self.pk}"


class CampaignPerson(models.Model):
    """Somebody on the list that a campaign was made for."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="people")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "person"], name="listed_once_in_a_campaign")]

    def __str__(self) -> str:
        return f"{self.campaign} {self.person}"


class CampaignMember(models.Model):
    """One award in a campaign: what it was, what the dry run says, what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "待算"
        SAME = "same", "金额不变"
        COMPARED = "compared", "仅作比对"
        CHANGED = "changed", "金额有变"
        INELIGIBLE = "ineligible", "不再符合条件"
        PROBLEM = "problem", "不能计算"
        APPLIED = "applied", "已改发"
        SKIPPED = "skipped", "未执行"
        UNDONE = "undone", "已撤销"

    class Outlier(models.TextChoices):
        NONE = "", ""
        UP = "up", "增加最多"
        DOWN = "down", "减少最多"
        AGAINST = "against", "与多数人增减相反"
        INELIGIBLE = "ineligible", "不再符合条件"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    award = models.ForeignKey("benefits.Award", on_delete=models.PROTECT, related_name="+")
    determination = models.ForeignKey("benefits.Determination", null=True, on_delete=models.PROTECT, related_name="+")
    """The one in force when it was tried, which an undoing restores; empty for an award of the former system."""
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    """The kept identity."""
    region = models.CharField(max_length=6)
    retires = MonthField()
    bucket = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    before_fen = FenField()
    base_fen = FenField(null=True)
    """What the new amount may be compared with: the amount of the first determination, which is `before_fen` unless
    later adjustments are in that; empty where the former system did not hand it over."""
    after_fen = FenField(null=True)
    months = models.PositiveSmallIntegerField(default=0)
    """Months owed so far whose amount changes."""
    by_kernel = models.BooleanField(default=False)
    """Computed by the bulk reading; false: by the exact one, from the same row of the lake."""
    reason = models.CharField(max_length=255, blank=True)
    input_digest = models.CharField(max_length=32, blank=True)
    outlier = models.CharField(max_length=10, choices=Outlier.choices, blank=True)
    sampled = models.BooleanField(default=False)
    checked_fen = FenField(null=True)
    """What the exact reading says from the books, 0 for who is not eligible; empty where it was not asked."""
    new_award = models.OneToOneField(
        "benefits.Award", null=True, on_delete=models.PROTECT, related_name="campaign_member"
    )
    restored_award = models.OneToOneField("benefits.Award", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["campaign", "state", "bucket"], name="campaign_work")]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "award"], name="award_once_in_a_campaign"),
            models.CheckConstraint(
                condition=~Q(state__in=["applied", "undone"]) | Q(new_award__isnull=False),
                name="applied_member_has_an_award",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["changed", "applied", "skipped", "undone"])
                | (Q(base_fen__isnull=False) & Q(base_fen=F("before_fen"))),
                name="only_like_with_like_is_changed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.person}"

    @property
    def difference_fen(self) -> int:
        """How much more a month is owed."""
        return (self.after_fen or 0) - self.before_fen if self.changes else 0

    @property
    def compared_fen(self) -> int | None:
        """How much more the law gives than was determined at first; None where the two cannot be compared."""
        return None if self.after_fen is None or self.base_fen is None else self.after_fen - self.base_fen

    @property
    def adjusted(self) -> bool:
        """Whether what is paid contains adjustments made since the first determination."""
        return self.base_fen is not None and self.base_fen != self.before_fen

    @property
    def changes(self) -> bool:
        """Whether the dry run found another amount."""
        return self.state in (self.State.CHANGED, self.State.APPLIED, self.State.SKIPPED, self.State.UNDONE)

    @property
    def back_fen(self) -> int:
        """Back-pay of the months owed so far; negative: paid too much."""
        return self.difference_fen * self.months
