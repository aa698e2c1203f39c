"""Who may have what, and what was given: partners, their keys, grants, calls, journals and deliveries."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q

from jinbao.trust.append_only import AppendOnly


class Partner(models.Model):
    """A unit that asks for data: an agency with a 统一社会信用代码."""

    code = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=128)
    region = models.CharField(max_length=6)
    """The region whose data stewards look after the partner."""
    contact = models.CharField(max_length=64, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    push_url = models.URLField(max_length=255, blank=True)
    active = models.BooleanField(default=True)
    registered_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Key(models.Model):
    """One key of a partner: a public key, or a secret that lies here only sealed."""

    class Kind(models.TextChoices):
        SM2 = "sm2", "SM2"
        HMAC = "hmac-sm3", "HMAC-SM3"
        NATIONAL = "national", "国家平台报文头（HMAC-SHA256）"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="keys")
    key_id = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    sandbox = models.BooleanField(default=False)
    public = models.CharField(max_length=130, blank=True)
    """04 ‖ x ‖ y in hexadecimal, for SM2."""
    sealed = models.CharField(max_length=255, blank=True)
    """The secret under the sealing key of var/exchange, in hexadecimal."""
    made_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    """The end of the overlap once there is a newer key."""
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="sm2", sealed="") & ~Q(public="") | ~Q(kind="sm2") & Q(public="") & ~Q(sealed=""),
                name="key_is_public_or_sealed",
            )
        ]

    def __str__(self) -> str:
        return self.key_id


class Grant(models.Model):
    """What an approved application allows a partner: fields, rows, time, amount."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="grants")
    number = models.CharField(max_length=40, unique=True)
    """Also the service id (sid) of the national header families."""
    resource = models.CharField(max_length=64)
    """The dataset's name, by which addresses know it."""
    case_number = models.CharField(max_length=32)
    purpose = models.CharField(max_length=500)
    basis = models.CharField(max_length=500)
    fields: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField()
    """Field → "plain" or "masked"."""
    keys: models.JSONField[list[str], list[str]] = models.JSONField()
    """Those of the fields by which rows are looked up and matched."""
    rows: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    """Conditions that all must hold: {"column", "in": [...]} or {"column", "from", "to"}."""
    delivery: models.JSONField[list[str], list[str]] = models.JSONField()
    """Of api, match, file, push."""
    valid_from = models.DateField()
    valid_to = models.DateField()
    quota_per_day = models.PositiveIntegerField()
    """Rows and lines asked for in one day of Beijing."""
    rate_per_second = models.PositiveIntegerField()
    granted_by = models.CharField(max_length=64)
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=64, blank=True)
    revoked_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "resource"], condition=Q(revoked_at__isnull=True), name="one_live_grant_a_resource"
            ),
            models.CheckConstraint(condition=Q(valid_from__lte=F("valid_to")), name="grant_begins_before_it_ends"),
        ]

    def __str__(self) -> str:
        return self.number

    def in_force(self, day: date) -> bool:
        """Tell whether anything may be given under it on a day of Beijing."""
        return self.revoked_at is None and self.partner.active and self.valid_from <= day <= self.valid_to


class Call(AppendOnly):
    """One call of the gateway as its journal has it: enough to compute its signature again."""

    request_id = models.CharField(max_length=32, unique=True)
    at = models.DateTimeField(db_index=True)
    partner = models.CharField(max_length=18, db_index=True)
    """Code of the partner whose key signed; empty when that was not established."""
    key_id = models.CharField(max_length=40)
    """As the caller gave it."""
    grant = models.CharField(max_length=40, blank=True, db_index=True)
    family = models.CharField(max_length=16)
    """jinbao, gjzwfwpt, gjgxjhpt, link; empty when no scheme was recognised."""
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=200)
    query = models.CharField(max_length=500)
    time = models.CharField(max_length=20)
    nonce = models.CharField(max_length=100)
    body_sm3 = models.CharField(max_length=64)
    signature = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField(db_index=True)
    code = models.CharField(max_length=32, blank=True)
    rows = models.PositiveIntegerField(default=0)
    fields = models.PositiveSmallIntegerField(default=0)
    masked = models.PositiveSmallIntegerField(default=0)
    cost = models.PositiveIntegerField(default=0)
    """What it took of the day's quota."""
    micros = models.PositiveIntegerField(default=0)
    answer_sm3 = models.CharField(max_length=64)
    address = models.CharField(max_length=45, blank=True)
    journal = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["partner", "at"])]

    def __str__(self) -> str:
        return self.request_id


class Journal(models.Model):
    """How far the journal file of one worker has been taken into the table of calls."""

    name = models.CharField(max_length=80, unique=True)
    offset = models.PositiveBigIntegerField(default=0)
    lines = models.PositiveIntegerField(default=0)
    chain = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """A file that was made for a partner, or one push of rows to its address."""

    class State(models.TextChoices):
        READY = "ready", "可下载"
        WAITING = "waiting", "待推送"
        DONE = "done", "已送达"
        FAILED = "failed", "送达失败"

    grant = models.ForeignKey(Grant, null=True, on_delete=models.PROTECT, related_name="deliveries")
    """None for a file of the sandbox."""
    kind = models.CharField(max_length=8)
    """csv, xlsx, parquet, or push."""
    token_sm3 = models.CharField(max_length=64, db_index=True)
    """Of the link, which nobody keeps."""
    file = models.CharField(max_length=100, blank=True)
    rows = models.PositiveIntegerField()
    sm3 = models.CharField(max_length=64)
    version = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=200, blank=True)
    """What the partner's side said last."""

    def __str__(self) -> str:
        return f"{self.grant} {self.kind} {self.made_at:%Y-%m-%d}"


class Switch(models.Model):
    """One row whose token changes with every change of partners, keys and grants: what workers know is as old as it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    token = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.token
