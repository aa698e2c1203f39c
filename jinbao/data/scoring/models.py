"""How good the data was found: runs over a dataset, what each rule found, scores by day, tickets to the providers."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from jinbao.trust.append_only import AppendOnly


class Run(AppendOnly):
    """One look at the whole table of a dataset."""

    dataset = models.CharField(max_length=64)
    unit = models.CharField(max_length=18)
    """统一社会信用代码 of the provider."""
    region = models.CharField(max_length=6)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    table_version = models.CharField(max_length=255, blank=True)
    rows = models.BigIntegerField()
    points = models.PositiveIntegerField(null=True)
    """Score in hundredths of a point, 0 to 10000; none where nothing could be checked."""
    dimensions: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    """Points of each dimension in which something was checked."""
    failures = models.CharField(max_length=255, blank=True)
    """File below var/lake with the origin of every failing row; empty where no row failed."""

    class Meta:
        indexes = [models.Index(fields=["dataset", "-id"], name="scoring_run_newest")]
        constraints = [models.CheckConstraint(condition=Q(points__lte=10000), name="run_points_at_most_100")]

    def __str__(self) -> str:
        return f"第{self.pk}次质量检查 {self.dataset}"


class RuleResult(AppendOnly):
    """What one rule found in one run."""

    class Outcome(models.TextChoices):
        PASSED = "通过", "通过"
        FAILED = "未通过", "未通过"
        UNCHECKED = "未检查", "未检查"

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="results")
    position = models.PositiveIntegerField()
    rule = models.CharField(max_length=100)
    kind = models.CharField(max_length=16)
    dimension = models.CharField(max_length=8)
    severity = models.CharField(max_length=4)
    weight = models.PositiveIntegerField()
    columns: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    outcome = models.CharField(max_length=4, choices=Outcome.choices)
    seen = models.BigIntegerField()
    checked = models.BigIntegerField()
    failed = models.BigIntegerField()
    sample: models.JSONField[list[list[Any]], list[list[Any]]] = models.JSONField(default=list)
    """Origins of the first failing rows: batch, line, row."""

    class Meta:
        ordering = ["run", "position"]
        indexes = [models.Index(fields=["run", "-failed"], name="scoring_worst_rules")]
        constraints = [
            models.UniqueConstraint(fields=["run", "rule"], name="rule_once_a_run"),
            models.UniqueConstraint(fields=["run", "position"], name="rule_place_in_run"),
            models.CheckConstraint(
                condition=Q(failed__lte=F("checked"), checked__lte=F("seen"), failed__gte=0),
                name="failed_of_checked_of_seen",
            ),
            models.CheckConstraint(
                condition=(Q(outcome="未检查") & Q(checked=0))
                | (Q(outcome="通过") & Q(checked__gt=0, failed=0))
                | (Q(outcome="未通过") & Q(failed__gt=0)),
                name="outcome_is_what_was_counted",
            ),
        ]

    @property
    def weighed(self) -> int:
        """Failing share in hundredths of a per cent times weight: what the worst rules are ranked by."""
        return self.weight * self.failed * 10_000 // self.checked if self.checked else 0

    def __str__(self) -> str:
        return f"{self.rule} {self.outcome}"


class Score(models.Model):
    """The score of a dataset, a unit or a region at the end of a day."""

    class Kind(models.TextChoices):
        DATASET = "dataset", "资源"
        UNIT = "unit", "单位"
        REGION = "region", "地区"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    code = models.CharField(max_length=64)
    region = models.CharField(max_length=6)
    on = models.DateField()
    points = models.PositiveIntegerField()
    dimensions: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    datasets = models.PositiveIntegerField(default=1)
    """Datasets that it is made of."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "code", "region", "on"], name="score_once_a_day"),
            models.CheckConstraint(condition=Q(points__lte=10000), name="score_at_most_100"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.on} {self.points}"


class Ticket(models.Model):
    """What a provider must put right: one for a dataset and a rule. Only a run closes it, and opens it again."""

    dataset = models.CharField(max_length=64)
    rule = models.CharField(max_length=100)
    severity = models.CharField(max_length=4)
    unit = models.CharField(max_length=18)
    """统一社会信用代码 of the provider, who owns it."""
    region = models.CharField(max_length=6)
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    failed = models.BigIntegerField()
    """Rows that break the rule as of the last run that checked it; 0 once closed."""
    last_run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="tickets")
    times = models.PositiveIntegerField(default=1)
    """How often it was opened."""
    closed_at = models.DateTimeField(null=True)
    reminded_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["closed_at", "due_on"], name="scoring_ticket_queue")]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "rule"], name="one_ticket_for_a_rule"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, failed__gt=0) | Q(closed_at__isnull=False, failed=0),
                name="ticket_is_closed_by_the_data",
            ),
        ]

    def __str__(self) -> str:
        return f"问题单 {self.pk}"


class TicketEvent(AppendOnly):
    """What happened to a ticket."""

    class Kind(models.TextChoices):
        OPENED = "opened", "发出"
        COUNTED = "counted", "复查"
        CLOSED = "closed", "数据已改正"
        WITHDRAWN = "withdrawn", "规则已撤销"
        REOPENED = "reopened", "再次出现"
        REMINDED = "reminded", "催办"
        NOTE = "note", "说明"

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    run = models.ForeignKey(Run, null=True, on_delete=models.PROTECT, related_name="+")
    failed = models.BigIntegerField(null=True)
    text = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at}"
