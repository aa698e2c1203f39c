"""Two entities and one invariant: accounts, and transfers that debit one and credit another."""

from __future__ import annotations

from django.db import models

from jinbao.trust.append_only import AppendOnly
from jinbao.trust.fields import FenField, MonthField


class Account(models.Model):
    """One account of one fund in one region; the chart is declared in policy/ledger/accounts.yaml."""

    code = models.CharField(max_length=16)
    fund = models.CharField(max_length=16)
    """险种 code of the fund, such as 110 (企业职工基本养老保险)."""
    region = models.CharField(max_length=6)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "fund", "region"], name="account_once")]

    def __str__(self) -> str:
        return f"{self.region}/{self.fund}/{self.code}"


class Transfer(AppendOnly):
    """An amount from the credit account to the debit account. Never changed, never deleted.

    A pending transfer is resolved by one further row: `post` takes effect, `void` does not.
    """

    class Kind(models.TextChoices):
        POSTED = "posted", "已入账"
        PENDING = "pending", "待入账"
        POST = "post", "转为入账"
        VOID = "void", "作废"

    event = models.CharField(max_length=64)
    """Name of the business event in policy/ledger/postings.yaml."""
    key = models.CharField(max_length=128)
    """Identifies the event itself; posting the same event twice is one event."""
    line = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debits", db_index=False)
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits", db_index=False)
    amount_fen = FenField()
    month = MonthField()
    """会计期间: the month of the books in which it counts."""
    on = models.DateField()
    resolves = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="resolution")
    source_type = models.CharField(max_length=64)
    """Where the event came from, as app.Model, so that a total can be walked back to its rows."""
    source_id = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        # The two covering indexes let balances be summed without touching the rows.
        indexes = [
            models.Index(fields=["source_type", "source_id"], name="transfer_source"),
            models.Index(fields=["debit", "month", "kind", "amount_fen"], name="transfer_debit_sum"),
            models.Index(fields=["credit", "month", "kind", "amount_fen"], name="transfer_credit_sum"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key", "event", "line", "kind"], name="event_posted_once"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="transfer_is_positive"),
            models.CheckConstraint(condition=~models.Q(debit=models.F("credit")), name="transfer_between_two_accounts"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["posted", "pending"], resolves__isnull=True)
                | models.Q(kind__in=["post", "void"], resolves__isnull=False),
                name="resolution_names_what_it_resolves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.amount_fen}分 {self.debit}←{self.credit}"
