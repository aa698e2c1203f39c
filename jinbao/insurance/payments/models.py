"""Paid out: monthly batches under the two-person rule, bank files, returned payments, money to be paid back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from jinbao.insurance.benefits.models import Award
from jinbao.insurance.registry.models import Person
from jinbao.trust.fields import FenField, MonthField


class PaymentBatch(models.Model):
    """One month's payments of one region and fund."""

    class Status(models.TextChoices):
        DRAFT = "draft", "待复核"
        APPROVED = "approved", "已复核"
        SENT = "sent", "已送银行"
        SETTLED = "settled", "已回盘"
        VOIDED = "voided", "已作废"

    region = models.CharField(max_length=6)
    fund = models.CharField(max_length=3)
    month = MonthField()
    number = models.PositiveSmallIntegerField(default=1)
    """1 for the regular run of the month; later runs pay what was missing or returned."""
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    drafted_by = models.CharField(max_length=64)
    drafted_at = models.DateTimeField()
    approved_by = models.CharField(max_length=64, blank=True)
    approved_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    count = models.PositiveIntegerField(default=0)
    """Payments in the batch, those without an amount for the bank included."""
    gross_fen = FenField(default=0)
    offset_fen = FenField(default=0)
    amount_fen = FenField(default=0)
    """What the bank is asked to pay: gross less offsets."""
    bank_file_sm3 = models.CharField(max_length=64, blank=True)
    receipt_file_sm3 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "fund", "month", "number"], name="payment_batch_once"),
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=models.F("drafted_by")), name="two_persons_for_a_payment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.month} 第{self.number}批"


class Payment(models.Model):
    """One amount to one person in one batch."""

    class Kind(models.TextChoices):
        REGULAR = "regular", "当月待遇"
        BACK = "back", "补发"
        REISSUE = "reissue", "退回重发"

    class Status(models.TextChoices):
        PENDING = "pending", "待发"
        PAID = "paid", "已发"
        RETURNED = "returned", "退回"
        VOIDED = "voided", "作废"

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="payments")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="payments")
    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    for_month = MonthField()
    """待遇所属期: the month for which it is owed."""
    gross_fen = FenField()
    offset_fen = FenField(default=0)
    """Kept back to repay what was overpaid."""
    amount_fen = FenField()
    bank = models.CharField(max_length=32, blank=True)
    account_number = models.CharField(max_length=19, blank=True)
    holder = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    settled_on = models.DateField(null=True)
    """The day on which the bank paid it or gave it back."""
    return_reason = models.CharField(max_length=128, blank=True)
    retry = models.BooleanField(default=False)
    """Returned, and to be paid again to the same account, because an officer said so."""
    reissues = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reissues_made")
    """The returned payment that this one pays again."""

    class Meta:
        indexes = [models.Index(fields=["person", "for_month"]), models.Index(fields=["award", "for_month"])]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "award", "kind", "for_month"],
                condition=Q(reissues__isnull=True),
                name="payment_once_in_a_batch",
            ),
            models.UniqueConstraint(
                fields=["award", "for_month"],
                condition=Q(kind="regular") & ~Q(status="voided"),
                name="one_regular_payment_for_a_month",
            ),
            models.UniqueConstraint(
                fields=["reissues"], condition=~Q(status="voided"), name="returned_payment_reissued_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="reissue", reissues__isnull=False) | (~Q(kind="reissue") & Q(reissues__isnull=True)),
                name="reissue_names_what_it_pays_again",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen=models.F("gross_fen") - models.F("offset_fen")) & Q(amount_fen__gte=0),
                name="amount_is_gross_less_offset",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.for_month} {self.amount_fen}分"


class UnpaidItem(models.Model):
    """What a draft found owed but could not pay, with the reason; the next draft finds it again until it is solved."""

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="unpaid_items")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="+")
    for_month = MonthField()
    amount_fen = FenField()
    code = models.CharField(max_length=32)
    reason = models.CharField(max_length=255)

    def __str__(self) -> str:
        return f"{self.person} {self.for_month} {self.reason}"


class Clawback(models.Model):
    """Money that was paid without right and must come back."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="clawbacks")
    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="clawbacks")
    from_month = MonthField()
    to_month = MonthField()
    amount_fen = FenField()
    months: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    """How much of it belongs to each month, in fen: what is claimed for a month is no longer paid for it."""
    recovered_fen = FenField(default=0)
    """Sum of its recoveries that are not voided, those reserved in a draft included."""
    instalment_fen = FenField(null=True)
    """The most that is kept back from one month's benefit, as agreed; empty: as much as there is."""
    reason = models.CharField(max_length=128)
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    cancelled_by = models.CharField(max_length=64, blank=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(recovered_fen__gte=0) & Q(recovered_fen__lte=models.F("amount_fen")),
                name="recovered_is_at_most_owed",
            ),
            models.UniqueConstraint(
                fields=["award", "from_month", "to_month", "reason"],
                condition=Q(cancelled_at__isnull=True),
                name="clawback_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} 应退{self.amount_fen}分"


class Recovery(models.Model):
    """Part of a clawback that came back: kept back from a payment, or paid in."""

    class Status(models.TextChoices):
        RESERVED = "reserved", "待扣回"
        DONE = "done", "已收回"
        VOIDED = "voided", "作废"

    clawback = models.ForeignKey(Clawback, on_delete=models.PROTECT, related_name="recoveries")
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="recoveries")
    """The payment from which it is kept back; empty when it is paid in."""
    amount_fen = FenField()
    status = models.CharField(max_length=8, choices=Status.choices)
    on = models.DateField()
    bank_reference = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clawback", "payment"], condition=Q(payment__isnull=False), name="offset_once_per_payment"
            ),
            models.UniqueConstraint(
                fields=["clawback", "bank_reference"], condition=Q(payment__isnull=True), name="recovery_paid_in_once"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="recovery_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.clawback} 收回{self.amount_fen}分"
