"""What a public unit keeps of its own year: the lines of the workbook from which it publishes, with their history."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q


class Unit(models.Model):
    """A public unit that publishes budgets and final accounts."""

    code = models.CharField(max_length=18, unique=True)
    """单位预算编码 or 统一社会信用代码, as the finance office knows the unit."""
    name = models.CharField(max_length=64)
    region = models.CharField(max_length=6)

    def __str__(self) -> str:
        return self.name


class YearBook(models.Model):
    """One unit's budget or final accounts of one year: open, waiting for the second person, or approved."""

    class Form(models.TextChoices):
        BUDGET = "预算", "预算"
        FINAL = "决算", "决算"

    class Status(models.TextChoices):
        OPEN = "open", "编制中"
        SUBMITTED = "submitted", "待复核"
        APPROVED = "approved", "已复核"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="books")
    year = models.PositiveSmallIntegerField()
    form = models.CharField(max_length=2, choices=Form.choices)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.OPEN)
    revision = models.PositiveIntegerField(default=0)
    """Grows with every change of a line, so that a document tells from what it was made."""
    opened_by = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=64, blank=True)
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=64, blank=True)
    approved_at = models.DateTimeField(null=True)
    reopened = models.BooleanField(default=False)
    """Was approved before: from then on every change says why."""
    returned_because = models.CharField(max_length=200, default="", blank=True)
    """Why it was last sent back, until it is submitted again."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "form"], name="one_book_a_year"),
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=F("submitted_by")), name="two_persons_for_a_book"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.year}年度{self.form}"


class Line(models.Model):
    """One row of one sheet of a book. A correction is a new line that replaces the old one, which stays."""

    book = models.ForeignKey(YearBook, on_delete=models.PROTECT, related_name="lines")
    sheet = models.CharField(max_length=8)
    """A sheet of the workbook, as `disclosure.produce.schema.SHEETS` declares it."""
    key = models.CharField(max_length=255)
    values: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """Cells by column: money in fen, counts as whole numbers, the rest as text."""
    proposed = models.BooleanField(default=False)
    """Carried over as a proposal: somebody accepts or changes it before the book is submitted."""
    live = models.BooleanField(default=True)
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    ended_by = models.CharField(max_length=64, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["book", "sheet"])]
        constraints = [
            models.UniqueConstraint(fields=["book", "sheet", "key"], condition=Q(live=True), name="one_live_line"),
            models.CheckConstraint(
                condition=Q(live=True, ended_at__isnull=True) | Q(live=False, ended_at__isnull=False),
                name="a_line_lives_or_has_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sheet} {self.key}"


class Document(models.Model):
    """A file produced from a book, as it was when it was checked."""

    book = models.ForeignKey(YearBook, on_delete=models.PROTECT, related_name="documents")
    revision = models.PositiveIntegerField()
    name = models.CharField(max_length=128)
    sm3 = models.CharField(max_length=64)
    checked = models.PositiveIntegerField()
    """Relations that the checker computed in it."""
    counts: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    """Findings by severity."""
    approved = models.BooleanField()
    """Made from an approved book."""
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["book", "revision", "name", "approved"], name="document_once")]

    def __str__(self) -> str:
        return self.name
