"""Who is one person: runs, what people decided, what became of person numbers. The rows themselves lie in the lake."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from jinbao.trust.append_only import AppendOnly

Json = models.JSONField


class Series(models.Model):
    """The next person number; there is one row. Numbers only ever go up."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    next = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="one_series_of_person_numbers"),
            models.CheckConstraint(condition=Q(next__gte=1), name="person_numbers_begin_with_one"),
        ]

    def __str__(self) -> str:
        return f"下一个人员编号 {self.next}"


class Run(AppendOnly):
    """One linkage of what had arrived; the newest is what holds."""

    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    full = models.BooleanField()
    state = models.CharField(max_length=32)
    """Folder below var/lake/linkage that the next run begins with."""
    rows = models.BigIntegerField()
    changed = models.BigIntegerField()
    people = models.BigIntegerField()
    figures: Json[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"第{self.pk}次归并"


class Decision(AppendOnly):
    """What a person said of two rows; of one pair the newest counts, and later runs obey it."""

    class Verdict(models.TextChoices):
        SAME = "same", "同一人"
        DIFFERENT = "different", "不是同一人"
        UNSURE = "unsure", "不能确定"
        WITHDRAWN = "withdrawn", "撤回"

    left_dataset = models.CharField(max_length=64)
    left_row = models.CharField(max_length=255)
    right_dataset = models.CharField(max_length=64)
    right_row = models.CharField(max_length=255)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["left_dataset", "left_row", "right_dataset", "right_row"], name="decision_pair")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_dataset__lt=F("right_dataset"))
                | Q(left_dataset=F("right_dataset"), left_row__lt=F("right_row")),
                name="decision_pair_in_order",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="decision_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.left_dataset}/{self.left_row} {self.verdict} {self.right_dataset}/{self.right_row}"


class Change(AppendOnly):
    """People who were known became one, or one became several. Undoing it is another change that names it."""

    class Kind(models.TextChoices):
        MERGE = "merge", "合并"
        SPLIT = "split", "拆分"
        MOVE = "move", "调整"

    kind = models.CharField(max_length=5, choices=Kind.choices)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="changes")
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    before: Json[list[list[Any]], list[list[Any]]] = models.JSONField()
    """[dataset, row, serial] of every row concerned."""
    after: Json[list[list[Any]], list[list[Any]]] = models.JSONField()
    decisions: models.ManyToManyField[Decision, Any] = models.ManyToManyField(Decision, related_name="changes")
    """What a person said that led to it; none where new data did."""
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class ChangedPerson(AppendOnly):
    """A change concerned a person number: the history of a number, found at once."""

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="persons")
    serial = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "serial"], name="person_changed_once")]

    def __str__(self) -> str:
        return f"{self.serial} {self.change}"


class Doubt(models.Model):
    """Two rows that may be one person, for somebody to look at; closed when a run no longer doubts or it is decided."""

    left_dataset = models.CharField(max_length=64)
    left_row = models.CharField(max_length=255)
    right_dataset = models.CharField(max_length=64)
    right_row = models.CharField(max_length=255)
    weight = models.IntegerField()
    """Hundredths of bits."""
    evidence: Json[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField()
    """Per comparison: its name, the number of its level, its weight, and both values."""
    levels = models.TextField(default="", blank=True)
    """The level of each comparison, “ number:other name:same ”, to choose by."""
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    decision = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="doubts")

    class Meta:
        indexes = [models.Index(fields=["closed_at", "-weight"], name="doubt_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["left_dataset", "left_row", "right_dataset", "right_row"], name="doubt_once_for_a_pair"
            ),
            models.CheckConstraint(
                condition=Q(decision__isnull=True) | Q(closed_at__isnull=False), name="decided_doubt_is_closed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.left_dataset}/{self.left_row} ? {self.right_dataset}/{self.right_row}"


class Proposal(models.Model):
    """What one person wants to do to people on whom a benefit or a case hangs; another confirms or rejects it."""

    class Kind(models.TextChoices):
        MERGE = "merge", "合并"
        SPLIT = "split", "拆分"
        UNDO = "undo", "撤销"
        NUMBER = "number", "号码变更"

    class State(models.TextChoices):
        WAITING = "waiting", "待确认"
        CONFIRMED = "confirmed", "已确认"
        REJECTED = "rejected", "已退回"

    kind = models.CharField(max_length=6, choices=Kind.choices)
    what: Json[dict[str, Any], dict[str, Any]] = models.JSONField()
    """What the verb of this kind needs: `wishes.Wish.what`."""
    serials: Json[list[int], list[int]] = models.JSONField()
    """The people concerned."""
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    stakes: Json[list[str], list[str]] = models.JSONField()
    """Why one person is not enough, as sentences."""
    seen: Json[list[list[Any]], list[list[Any]]] = models.JSONField()
    """[dataset, row, serial, fingerprint of what it says] of every row of these people when it was proposed."""
    doubt = models.ForeignKey(Doubt, null=True, on_delete=models.PROTECT, related_name="proposals")
    """The pair in doubt that was decided, if that is how it came."""
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING, db_index=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)
    remark = models.CharField(max_length=200, blank=True)
    change = models.OneToOneField(Change, null=True, on_delete=models.PROTECT, related_name="proposal")
    """What was done; a change of numbers waits for the next run."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="confirmed") | (~Q(decided_by="") & ~Q(decided_by=F("by"))),
                name="proposal_confirmed_by_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | (~Q(decided_by="") & ~Q(remark="")),
                name="proposal_rejected_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}提议 {self.pk}"


class NumberChange(AppendOnly):
    """A person got another identity number (重号、错号更正): the only way in which two valid numbers are one person."""

    old_number = models.CharField(max_length=18, unique=True)
    new_number = models.CharField(max_length=18)
    ground = models.CharField(max_length=200)
    """The document of the police that says so."""
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(old_number=F("new_number")), name="number_changed_into_another"),
            models.CheckConstraint(condition=~Q(ground=""), name="number_change_has_a_ground"),
        ]

    def __str__(self) -> str:
        return f"号码变更 {self.pk}"
