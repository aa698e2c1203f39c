"""The run log: each time a source was asked, what came of it."""

from __future__ import annotations

from django.db import models

from jinbao.data.models import Batch


class Pull(models.Model):
    """One run of one source (of a folder: one file)."""

    class Status(models.TextChoices):
        RUNNING = "running", "进行中"
        DONE = "done", "已取到"
        NOTHING = "nothing", "没有新数据"
        FAILED = "failed", "失败"

    source = models.CharField(max_length=64, db_index=True)
    dataset = models.CharField(max_length=64)
    region = models.CharField(max_length=6, db_index=True)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.RUNNING)
    file_name = models.CharField(max_length=255, blank=True)
    rows = models.BigIntegerField(default=0)
    """Rows that were fetched, before the gate."""
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="pulls")
    watermark = models.CharField(max_length=128, blank=True)
    """How far an incremental source has been read; the next run begins there, less the overlap."""
    error = models.CharField(max_length=500, blank=True)
    """What went wrong, and what to do."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(status="running"), name="one_run_of_a_source_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M} {self.get_status_display()}"
