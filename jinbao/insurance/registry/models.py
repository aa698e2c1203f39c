"""Who: persons, employers, their enrolments and bank accounts, and identities found to be one person."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from jinbao.trust.fields import MonthField


class Scheme(models.TextChoices):
    """险种 (AAE140) that this system keeps."""

    PENSION = "110", "企业职工基本养老保险"
    UNEMPLOYMENT = "210", "失业保险"
    WORK_INJURY = "410", "工伤保险"


class Person(models.Model):
    """A person in the registry. Merged identities stay as rows that point to the one that is kept."""

    class Sex(models.TextChoices):
        MALE = "1", "男"
        FEMALE = "2", "女"

    class RetirementCategory(models.TextChoices):
        """退休类别, as the law's fact of that name."""

        MALE = "男职工", "男职工"
        FEMALE_55 = "女职工55", "原55周岁退休的女职工"
        FEMALE_50 = "女职工50", "原50周岁退休的女职工"

    id_number = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=64, db_index=True)
    sex = models.CharField(max_length=1, choices=Sex.choices)
    born_on = models.DateField()
    region = models.CharField(max_length=6, db_index=True)
    phone = models.CharField(max_length=20, blank=True)
    retirement_category = models.CharField(max_length=8, choices=RetirementCategory.choices)
    deemed_months = models.PositiveSmallIntegerField(default=0)
    """视同缴费月数, as confirmed from the personal file."""
    died_on = models.DateField(null=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    batch_id = models.BigIntegerField(null=True)
    line = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["born_on"])]

    def __str__(self) -> str:
        return self.name


class FormerNumber(models.Model):
    """A number under which a person was known before, such as a 15-digit identity number."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="former_numbers")
    number = models.CharField(max_length=18, unique=True)
    reason = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.number} → {self.person}"


class Merge(models.Model):
    """Two identities found to be one person, and, if it was wrong, when that was undone."""

    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges")
    dropped = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=255)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    undone_by = models.CharField(max_length=64, blank=True)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.dropped} → {self.kept}"


class Employer(models.Model):
    """An employer (用人单位)."""

    uscc = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=128, db_index=True)
    region = models.CharField(max_length=6, db_index=True)
    industry_class = models.PositiveSmallIntegerField(default=1)
    """工伤保险行业类别, 1 to 8."""
    registered_on = models.DateField()
    closed_on = models.DateField(null=True)
    contact = models.CharField(max_length=64, blank=True)
    phone = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(industry_class__range=(1, 8)), name="industry_class_is_1_to_8"),
        ]

    def __str__(self) -> str:
        return self.name


class Enrolment(models.Model):
    """A person insured in a scheme through an employer (or alone, as a flexible worker), from a month to a month."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="enrolments")
    employer = models.ForeignKey(Employer, null=True, on_delete=models.PROTECT, related_name="enrolments")
    scheme = models.CharField(max_length=3, choices=Scheme.choices)
    start = MonthField()
    end = MonthField(null=True)
    """First month no longer insured; empty while it lasts."""
    end_reason = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "employer", "scheme"], condition=Q(end__isnull=True), name="one_open_enrolment"
            ),
            models.UniqueConstraint(
                fields=["person", "scheme"],
                condition=Q(end__isnull=True, employer__isnull=True),
                name="one_open_enrolment_without_employer",
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=models.F("start")), name="enrolment_has_months"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.scheme} {self.start}–{self.end or ''}"


class BankAccount(models.Model):
    """Where a person's benefits are paid. A change is a new row; the old one keeps its end."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="bank_accounts")
    bank = models.CharField(max_length=32)
    number = models.CharField(max_length=19)
    holder = models.CharField(max_length=64)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(until__isnull=True), name="one_current_bank_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bank} …{self.number[-4:]}"


class RefusedRow(models.Model):
    """A row that passed intake but cannot be recorded, with the reason; it waits here to be corrected, never lost."""

    batch_id = models.BigIntegerField()
    line = models.BigIntegerField()
    """Running number of the row in its batch; `place` says where the sender finds it."""
    place = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=32)
    reason = models.CharField(max_length=255)
    row: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    """The row as it was accepted, by column name."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch_id", "line"], name="row_refused_once")]

    def __str__(self) -> str:
        return f"批次{self.batch_id} {self.place} {self.reason}"
