"""Runs of scenes and the clues they found; the rows themselves lie in the lake."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from jinbao.trust.append_only import AppendOnly

Json = models.JSONField


class Run(AppendOnly):
    """One answer to a scene: from which tables, with which values, how many rows, and what changed."""

    scene = models.CharField(max_length=64, db_index=True)
    region = models.CharField(max_length=6)
    """The smallest that holds all regions of its rows; rows that name none belong here."""
    by = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)
    standing = models.BooleanField()
    """With the declared values, by a steward or the schedule: its rows become clues, compared with the run before."""
    values: Json[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    inputs: Json[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    """Table → version."""
    sql_sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=64, unique=True)
    rows = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    milliseconds = models.BigIntegerField()
    new = models.BigIntegerField(default=0)
    gone = models.BigIntegerField(default=0)
    stayed = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["scene", "standing", "-id"], name="scene_newest_run")]
        constraints = [
            models.CheckConstraint(condition=Q(rows__gte=0, milliseconds__gte=0), name="scene_run_counts"),
            models.CheckConstraint(
                condition=Q(standing=False) | Q(rows=F("new") + F("stayed")), name="scene_run_rows_are_new_or_stayed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scene} 第{self.pk}次"


class Finding(models.Model):
    """One clue: found by a run, handed over as a case, settled by the decision of that case."""

    class State(models.TextChoices):
        NEW = "new", "待交办"
        HANDED = "handed", "核查中"
        SETTLED = "settled", "已办结"

    class Outcome(models.TextChoices):
        TRUE = "true", "属实"
        FALSE = "false", "不属实"
        HANDLED = "handled", "已处理"
        UNKNOWN = "unknown", "无法核实"

    scene = models.CharField(max_length=64)
    key = models.CharField(max_length=128)
    """The key columns of its row, joined."""
    region = models.CharField(max_length=6, db_index=True)
    first_run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="first_found")
    last_run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="last_found")
    gone = models.BooleanField(default=False)
    """The newest standing run did not find it any more."""
    evidence = models.CharField(max_length=64, default="")
    """Hash of the columns that make the clue, as they were last found."""
    state = models.CharField(max_length=7, choices=State.choices, default=State.NEW)
    case = models.CharField(max_length=32, blank=True, db_index=True)
    """Number of the case that it was handed over as."""
    judged = models.CharField(max_length=64, blank=True)
    """Hash of the evidence that was handed over."""
    handed_by = models.CharField(max_length=64, blank=True)
    handed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=7, choices=Outcome.choices, blank=True)
    remark = models.CharField(max_length=500, blank=True)
    settled_by = models.CharField(max_length=64, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scene", "key"], name="one_finding_for_a_key"),
            models.CheckConstraint(
                condition=Q(state="new", case="") | (~Q(state="new") & ~Q(case="") & Q(handed_at__isnull=False)),
                name="handed_finding_has_a_case",
            ),
            models.CheckConstraint(
                condition=Q(state="settled", settled_at__isnull=False) & ~Q(outcome="") & ~Q(remark="")
                | (~Q(state="settled") & Q(outcome="", settled_at__isnull=True)),
                name="settled_finding_has_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scene} {self.pk}"
