"""A case: a piece of work that a person must decide, its steps, its materials and its clock."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import Q


class Kind(StrEnum):
    """What begins a case."""

    APPLICATION = "申请"
    CLUE = "线索"


class Case(models.Model):
    """One matter under one service item. What happened to it is in its steps."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", "待受理"
        CORRECTING = "correcting", "待补正"
        ACCEPTED = "accepted", "审核中"
        REVIEWING = "reviewing", "复核中"
        DONE = "done", "已办结"
        REFUSED = "refused", "不予办理"
        WITHDRAWN = "withdrawn", "已撤回"

    class Channel(models.TextChoices):
        """办理形式 (政务服务事项 handle_type)."""

        COUNTER = "1", "窗口办理"
        ONLINE = "2", "网上办理"

    class Proposal(models.TextChoices):
        APPROVE = "approve", "拟予办理"
        REFUSE = "refuse", "拟不予办理"

    number = models.CharField(max_length=32, unique=True)
    item = models.CharField(max_length=64, db_index=True)
    """Folder name under policy/services."""
    region = models.CharField(max_length=6, db_index=True)
    person_id_number = models.CharField(max_length=18, blank=True, db_index=True)
    employer_uscc = models.CharField(max_length=18, blank=True, db_index=True)
    subject_name = models.CharField(max_length=128, blank=True)
    """Name of the person or employer the case is about, as registered (or, for a new one, as declared)."""
    applicant = models.CharField(max_length=64)
    """Username of who applied."""
    applicant_role = models.CharField(max_length=16, blank=True)
    channel = models.CharField(max_length=1, choices=Channel.choices, default=Channel.ONLINE)
    only_one = models.CharField(max_length=64, blank=True)
    """What may have one open case only, such as "pension_application:" and an identity number; empty where many may."""
    state = models.CharField(max_length=12, choices=State.choices, default=State.SUBMITTED, db_index=True)
    proposal = models.CharField(max_length=8, choices=Proposal.choices, blank=True)
    """What the examiner advised; the reviewer may follow it or send the case back, not decide the opposite alone."""
    form: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """What the applicant handed in; of a case about a clue, what the examiner reported."""
    clue = models.ForeignKey("scenes.Finding", null=True, on_delete=models.PROTECT, related_name="+")
    """The clue of a scene that opened the case; such a case is nobody's application and no business of the public."""
    evidence: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """The row of the clue as it was handed over, the run that found it: results of runs are not kept for ever."""
    opened_at = models.DateTimeField()
    opened_on = models.DateField(null=True)
    """The day of `opened_at` in Beijing, from which the time limits run."""
    statutory_due = models.DateField(null=True)
    """Last day by law; empty where no statute sets a limit."""
    promised_due = models.DateField()
    amber_from = models.DateField(null=True)
    red_from = models.DateField(null=True)
    """Days on which half and four fifths of the promised days are used; the light is a comparison of dates."""
    due_is_provisional = models.BooleanField(default=False)
    """True while the legal holidays of a year within the time limit are not published."""
    paused_since = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_on = models.DateField(null=True)
    used_days = models.PositiveSmallIntegerField(null=True)
    """Working days that the closed case took, pauses not counted."""
    held_by = models.CharField(max_length=64, blank=True)
    """Officer who has taken the case; others see who and when."""
    held_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    """Grows with every step: who decides on an older version is told what changed."""
    lessened: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """Form field → what is to be granted instead of what was asked for, where that is less."""
    result: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """What the decision caused: references into other rooms, such as {"award": 12}."""

    class Meta:
        indexes = [models.Index(fields=["region", "state", "promised_due"])]
        constraints = [
            models.UniqueConstraint(
                fields=["only_one"],
                condition=~Q(only_one="") & ~Q(state__in=["done", "refused", "withdrawn"]),
                name="one_open_case",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def decided(self) -> dict[str, Any]:
        """The form as it is decided on: what was asked for, less what was taken off."""
        return {**self.form, **self.lessened}

    @property
    def kind(self) -> Kind:
        """What began it, which says what can be done with it."""
        return Kind.CLUE if self.clue_id else Kind.APPLICATION


class Step(models.Model):
    """One step of a case: who did what, when, and what they wrote. Only ever added."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    verb = models.CharField(max_length=16)
    state_before = models.CharField(max_length=12)
    state_after = models.CharField(max_length=12)
    by = models.CharField(max_length=64)
    by_name = models.CharField(max_length=64, blank=True)
    role = models.CharField(max_length=16)
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=0)
    """The version of the case that this step made."""
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """The form that came with the step, or the hash of what the examiner was shown."""

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], condition=Q(version__gt=0), name="one_step_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.verb}"


class Material(models.Model):
    """A document handed in with a case; the file lies under var/materials by its hash."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="materials")
    name = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255)
    sm3 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    added_by = models.CharField(max_length=64)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "name", "sm3"], name="material_once")]

    def __str__(self) -> str:
        return f"{self.case} {self.name}"


class Pause(models.Model):
    """Days on which the clock of a case stands still, such as while the applicant corrects the form."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pauses")
    since = models.DateField()
    until = models.DateField(null=True)
    reason = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"{self.case} 暂停自{self.since}"


class DayCount(models.Model):
    """How many case numbers a region has given on a day."""

    region = models.CharField(max_length=6)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "day"], name="one_count_a_day")]

    def __str__(self) -> str:
        return f"{self.region} {self.day} {self.last}"
