"""Paid in: what employers declared, what each row makes due, what arrived, what was corrected."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from jinbao.insurance.registry.models import Employer, Person, Scheme
from jinbao.trust.fields import FenField, MonthField


class Declaration(models.Model):
    """One employer's declaration for one month: the header that is billed, paid and posted."""

    class Kind(models.TextChoices):
        """AAA115 应缴类型 as far as this system uses it."""

        NORMAL = "10", "正常应缴"
        BACK = "20", "补缴"
        REFUND = "30", "更正退费"
        CORRECTION = "90", "更正补差"
        MIGRATED = "50", "历史数据转入"

    employer = models.ForeignKey(Employer, null=True, on_delete=models.PROTECT, related_name="declarations")
    """Empty for flexible workers, who declare for themselves, and for migrated history."""
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="declarations")
    """The flexible worker who declares for himself; empty when an employer declares."""
    region = models.CharField(max_length=6)
    month = MonthField(db_index=True)
    kind = models.CharField(max_length=2, choices=Kind.choices, default=Kind.NORMAL)
    batch_id = models.BigIntegerField(null=True, db_index=True)
    case_number = models.CharField(max_length=32, blank=True)
    declared_on = models.DateField()
    due_on = models.DateField()
    due_fen = FenField()
    """What it makes due: for a normal one the sum of its rows, for a correction the sum of the differences to the rows
    that it supersedes. A correction downwards (REFUND) is negative and is refunded or offset."""
    received_on = models.DateField(null=True, db_index=True)
    """The day from which its rows count for benefits: paid in full, or, when nothing is to be paid, declared."""

    class Meta:
        indexes = [models.Index(fields=["employer", "month"])]
        constraints = [
            models.UniqueConstraint(
                fields=["batch_id", "employer", "month", "kind"],
                condition=Q(batch_id__isnull=False, employer__isnull=False),
                name="declared_once_in_a_batch",
            ),
            models.UniqueConstraint(
                fields=["batch_id", "person", "month", "kind"],
                condition=Q(batch_id__isnull=False, person__isnull=False),
                name="declared_once_in_a_batch_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(employer__isnull=True) | Q(person__isnull=True), name="employer_or_person_declares"
            ),
            models.CheckConstraint(
                condition=(Q(kind="30") & Q(due_fen__lte=0)) | (~Q(kind="30") & Q(due_fen__gte=0)),
                name="only_refunds_are_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employer or '灵活就业'} {self.month} {self.get_kind_display()}"


class Contribution(models.Model):
    """One person, one month, one scheme, one employer. A correction is a new row; `live` marks the last."""

    declaration = models.ForeignKey(Declaration, on_delete=models.PROTECT, related_name="rows")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="contributions", db_index=False)
    employer = models.ForeignKey(Employer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    scheme = models.CharField(max_length=3, choices=Scheme.choices)
    month = MonthField()
    wage_fen = FenField()
    base_fen = FenField()
    """缴费基数 after floor and ceiling."""
    employer_fen = FenField()
    individual_fen = FenField()
    account_fen = FenField(default=0)
    """划入个人账户."""
    batch_id = models.BigIntegerField(null=True)
    line = models.BigIntegerField(null=True)
    """Running number of the row in its batch, which names sheet and line (`contributions.queries.walk_back`)."""
    live = models.BooleanField(default=True)
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")

    class Meta:
        # Millions of rows: the live row of a person is found by one_live_row, the rest need only what they hold.
        indexes = [
            models.Index(
                fields=["batch_id", "line"], condition=Q(batch_id__isnull=False), name="contribution_batch_line"
            ),
            models.Index(fields=["person", "month"], condition=Q(live=False), name="contribution_superseded"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "scheme", "month", "employer"], condition=Q(live=True), name="one_live_row"
            ),
            models.UniqueConstraint(
                fields=["person", "scheme", "month"],
                condition=Q(live=True, employer__isnull=True),
                name="one_live_row_without_employer",
            ),
            models.CheckConstraint(
                condition=Q(base_fen__gte=0, employer_fen__gte=0, individual_fen__gte=0, account_fen__gte=0),
                name="contribution_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.scheme} {self.month} 基数{self.base_fen}分"


class Receipt(models.Model):
    """Money that arrived for a declaration (negative: refunded). An offset is two receipts that add up to nothing."""

    class Kind(models.TextChoices):
        MONEY = "money", "到账"
        OFFSET = "offset", "冲抵"

    declaration = models.ForeignKey(Declaration, on_delete=models.PROTECT, related_name="receipts")
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.MONEY)
    scheme = models.CharField(max_length=3, choices=Scheme.choices)
    employer_fen = FenField()
    individual_fen = FenField()
    on = models.DateField()
    bank_reference = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bank_reference", "scheme", "declaration"], name="bank_reference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.declaration} {self.scheme} {self.employer_fen + self.individual_fen}分"


class LateFee(models.Model):
    """滞纳金 on what one receipt paid after the due day of its declaration (社会保险法 art. 86)."""

    declaration = models.ForeignKey(Declaration, on_delete=models.PROTECT, related_name="late_fees")
    receipt = models.OneToOneField(Receipt, on_delete=models.PROTECT, related_name="late_fee")
    days = models.PositiveIntegerField()
    amount_fen = FenField()
    charged_on = models.DateField()
    received_on = models.DateField(null=True)
    bank_reference = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_fen__gte=0), name="late_fee_is_not_negative")]

    def __str__(self) -> str:
        return f"{self.declaration} 滞纳金{self.amount_fen}分"
