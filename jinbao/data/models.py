"""A batch: one file that arrived, what was received, accepted and rejected. Its rows lie in the lake."""

from __future__ import annotations

from typing import Any

from django.db import models


class Batch(models.Model):
    """One file for one dataset from one sender. The same bytes from the same sender are the same batch."""

    class Status(models.TextChoices):
        CHECKED = "checked", "已校验"
        ACCEPTED = "accepted", "已接收"
        RECORDED = "recorded", "已入账"
        DISCARDED = "discarded", "已作废"

    dataset = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255)
    file_sm3 = models.CharField(max_length=64)
    sender = models.CharField(max_length=64)
    """Whose file it is: 统一社会信用代码 of an employer, or the username of an officer."""
    region = models.CharField(max_length=6)
    received_by = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.CHECKED)
    received = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    rules: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    """Per quality rule: name, seen, checked, failed, severity."""
    folder = models.CharField(max_length=255)
    """Folder below var/lake that holds the file as it came, accepted.parquet and rejected.parquet."""
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections")
    """The batch whose rejected rows this file corrects."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "file_sm3", "sender"], name="same_file_is_one_batch"),
            models.CheckConstraint(
                condition=models.Q(received=models.F("accepted") + models.F("rejected")),
                name="accepted_and_rejected_make_received",
            ),
        ]

    def __str__(self) -> str:
        return f"批次{self.pk} {self.file_name}"
