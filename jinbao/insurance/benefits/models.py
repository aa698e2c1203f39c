"""Owed: what was computed (determinations), what was granted (awards) and when it was stopped (suspensions)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from jinbao.insurance.registry.models import Person
from jinbao.trust.fields import FenField, MonthField


class Determination(models.Model):
    """One computation of one benefit for one person, with everything needed to repeat it byte for byte."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="determinations")
    benefit = models.CharField(max_length=32)
    """Name of the rule, such as 基本养老金."""
    month = MonthField()
    """First month for which the benefit is owed."""
    on = models.DateField()
    """Day whose law was applied."""
    region = models.CharField(max_length=6)
    eligible = models.BooleanField()
    monthly_fen = FenField(default=0)
    law_version = models.CharField(max_length=64)
    facts_hash = models.CharField(max_length=64)
    facts: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    trace: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    confidence = models.CharField(max_length=12)
    provisional = models.BooleanField(default=False)
    """True when a parameter of the year was not published yet (预发)."""
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "benefit", "month"])]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "benefit", "month", "law_version", "facts_hash"], name="same_facts_same_law_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.benefit} {self.month} {self.monthly_fen}分"


class Award(models.Model):
    """A monthly amount owed from a month to a month. A recalculation ends one award and begins the next."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="awards")
    benefit = models.CharField(max_length=32)
    start = MonthField()
    end = MonthField(null=True)
    """First month no longer owed; empty while it lasts."""
    monthly_fen = FenField()
    determination = models.ForeignKey(Determination, null=True, on_delete=models.PROTECT, related_name="awards")
    """Empty only for awards migrated from the former system."""
    ground = models.CharField(max_length=64)
    """Case number of the decision, or the declared automatic ground, such as 历史数据转入."""
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    paid_before = MonthField(null=True)
    """Months before this one were paid by the former system: nothing is owed here for them."""
    first_fen = FenField(null=True)
    """Amount when the former system determined it, before later adjustments; empty where not handed over."""
    first_parts: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    """The parts of `first_fen` by their statutory names, in fen, where they were handed over."""
    end_reason = models.CharField(max_length=128, blank=True)
    region = models.CharField(max_length=6, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "benefit"], condition=Q(end__isnull=True), name="one_current_award"
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")), name="award_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(monthly_fen__gte=0), name="award_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.benefit} {self.monthly_fen}分 自{self.start}"


class Suspension(models.Model):
    """Months in which an award is not paid, on a stated ground; what is owed is paid when it is lifted."""

    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="suspensions")
    start = MonthField()
    end = MonthField(null=True)
    """First month paid again; empty while it lasts."""
    arrears = models.BooleanField(default=True)
    """True when the months in between are paid once it is lifted, false when they are lost for good."""
    ground = models.CharField(max_length=128)
    by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["award"], condition=Q(end__isnull=True), name="one_open_suspension"),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")), name="suspension_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.award} 暂停自{self.start}"


class DeterminationRun(models.Model):
    """One pass of `determine_all` over the people who reach their month; a killed pass goes on where it stopped."""

    benefit = models.CharField(max_length=32)
    month = MonthField()
    region = models.CharField(max_length=6)
    law_version = models.CharField(max_length=64)
    last_person_id = models.BigIntegerField(default=0)
    """People up to this id are done."""
    candidates = models.PositiveIntegerField(default=0)
    eligible = models.PositiveIntegerField(default=0)
    not_eligible = models.PositiveIntegerField(default=0)
    problems: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    """People whose benefit could not be computed, each with the reason."""
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["benefit", "month", "region"],
                condition=Q(finished_at__isnull=True),
                name="one_unfinished_determination_run",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.region} {self.benefit}"


from jinbao.insurance.benefits.campaigns.models import (  # noqa: E402  # Django looks for models here
    Campaign,
    CampaignMember,
    CampaignPerson,
)

__all__ = [
    "Award",
    "Campaign",
    "CampaignMember",
    "CampaignPerson",
    "Determination",
    "DeterminationRun",
    "Suspension",
]
