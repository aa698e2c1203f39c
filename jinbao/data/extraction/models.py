"""Requests for extracts: who asked for what and why, every query that was tried, what was delivered and fetched."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from jinbao.data.extraction.declared import LEVELS
from jinbao.trust.append_only import AppendOnly

Json = models.JSONField


class Clearance(AppendOnly):
    """The most sensitive columns that a steward may see in the workbench until a day; of a person the newest counts."""

    username = models.CharField(max_length=64, db_index=True)
    region = models.CharField(max_length=6)
    level = models.CharField(max_length=8, choices=[(level, level) for level in LEVELS])
    until = models.DateField()
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(username=F("by")), name="nobody_clears_themselves"),
            models.CheckConstraint(condition=~Q(reason=""), name="clearance_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.username} {self.level}"


class DataRequest(models.Model):
    """One request: what is asked, and where it stands."""

    class State(models.TextChoices):
        ASKED = "asked", "待编写"
        SUBMITTED = "submitted", "待审批"
        APPROVED = "approved", "待交付"
        DELIVERED = "delivered", "已交付"
        REVOKED = "revoked", "已收回"
        DECLINED = "declined", "不予提供"
        WITHDRAWN = "withdrawn", "已撤回"

    number = models.CharField(max_length=32, unique=True)
    region = models.CharField(max_length=6)
    purpose = models.CharField(max_length=500)
    basis = models.CharField(max_length=500)
    people = models.CharField(max_length=500)
    """Which people or units."""
    period = models.CharField(max_length=100)
    columns = models.CharField(max_length=500)
    level = models.CharField(max_length=8, choices=[(level, level) for level in LEVELS])
    """The most sensitive columns that the purpose needs; the workbench shows no more for this request."""
    recipient = models.CharField(max_length=100)
    outside = models.BooleanField(default=False)
    """Whether the recipient is another unit, which gets nothing of what is 不予共享."""
    needed_until = models.DateField()
    due = models.DateField()
    """The day by which it should be delivered: a term of the platform's own."""
    asked_by = models.CharField(max_length=64, db_index=True)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED, db_index=True)
    draft = models.ForeignKey("Draft", null=True, on_delete=models.PROTECT, related_name="+")
    """The version of the query that was submitted."""
    masks: Json[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    """Column of the result → plain, masked or left out, as submitted."""
    form = models.CharField(max_length=8, blank=True)
    sealed_sm3 = models.CharField(max_length=64, blank=True)
    """Over the SQL, the versions of its tables, level, region, masks and form: what is approved is what is run."""
    submitted_by = models.CharField(max_length=64, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=200, blank=True)
    """The newest reason: of a return, a refusal or a revocation."""

    class Meta:
        indexes = [models.Index(fields=["region", "-asked_at"], name="requests_of_a_region")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["asked", "declined", "withdrawn"]) | Q(draft__isnull=False),
                name="submitted_request_has_a_query",
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("submitted_by")) & ~Q(decided_by=F("asked_by")),
                name="a_second_person_approves",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "delivered", "revoked"]) | ~Q(decided_by=""),
                name="delivered_request_was_approved",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Draft(AppendOnly):
    """One version of the query of a request, as it was run for a preview."""

    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="drafts")
    version = models.PositiveIntegerField()
    sql = models.TextField()
    level = models.CharField(max_length=8)
    region = models.CharField(max_length=6)
    tables: Json[dict[str, str], dict[str, str]] = models.JSONField()
    """Table → its version when it was run."""
    columns: Json[list[dict[str, str]], list[dict[str, str]]] = models.JSONField()
    """Of the result: name, type, level, kind, and from where."""
    rows = models.PositiveIntegerField()
    millis = models.PositiveIntegerField()
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "version"], name="version_of_a_query_once")]

    def __str__(self) -> str:
        return f"{self.request} 第{self.version}版"


class SavedQuery(AppendOnly):
    """One version of a query that a region's stewards keep under a name, with blanks to be filled in."""

    region = models.CharField(max_length=6)
    name = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    about = models.CharField(max_length=200, blank=True)
    sql = models.TextField()
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "name", "version"], name="version_of_a_saved_query")]

    def __str__(self) -> str:
        return f"{self.name} 第{self.version}版"


class Delivery(models.Model):
    """A file that was made for whoever asked, with its marks; the file goes when it is over or revoked."""

    code = models.CharField(max_length=40, unique=True)
    """Number of the request and of the delivery: what the visible mark says."""
    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="deliveries")
    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="deliveries")
    form = models.CharField(max_length=8)
    file = models.CharField(max_length=80, blank=True)
    sm3 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    mark = models.CharField(max_length=32)
    """Key of the order of the rows, in hexadecimal."""
    marked_by = models.CharField(max_length=128, blank=True)
    """Heading of the column whose values are put into that order."""
    recipient = models.CharField(max_length=100)
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="delivery_lives_a_while")]

    def __str__(self) -> str:
        return self.code


class Download(AppendOnly):
    """Somebody fetched a delivery."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="downloads")
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.delivery} {self.by}"
