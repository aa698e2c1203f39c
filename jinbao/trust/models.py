"""Users, what they may do and where, the audit chain, and requests already answered."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from jinbao.trust.append_only import AppendOnly


class Role(models.TextChoices):
    """An officer's role and a data steward's are bound to a region, the public's and a partner agency's to a number."""

    INSURED = "insured", "参保人"
    EMPLOYER = "employer", "单位经办"
    CLERK = "clerk", "经办"
    REVIEWER = "reviewer", "复核"
    AUDITOR = "auditor", "稽核"
    FINANCE = "finance", "财务"
    ADMIN = "admin", "系统管理"
    STEWARD = "steward", "数据管理"
    PARTNER = "partner", "合作单位"
    SYSTEM = "system", "系统"
    """Automatic work; never granted to anybody."""


NUMBERED = [Role.INSURED, Role.EMPLOYER, Role.PARTNER]
"""Roles that are held for a number, not for a region."""


class UserManager(BaseUserManager["User"]):
    """Make users; passwords are always hashed."""

    def create_user(self, username: str, password: str, name: str = "") -> User:
        """Create one active user."""
        user = self.model(username=username, name=name or username)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who signs in. What they may do is in their grants."""

    username = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=64)
    is_active = models.BooleanField(default=True)
    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """One role of one user: officers in a region (and below it), citizens, employers, partners for their own number."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=16, choices=Role.choices)
    region = models.CharField(max_length=6, blank=True)
    subject = models.CharField(max_length=18, blank=True)
    """公民身份号码 for an insured person, 统一社会信用代码 for an employer's agent or a partner, empty for officers."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "region", "subject"], name="grant_once"),
            models.CheckConstraint(condition=~models.Q(role=Role.SYSTEM), name="nobody_is_the_system"),
            models.CheckConstraint(
                condition=(models.Q(role__in=NUMBERED) & ~models.Q(subject=""))
                | (~models.Q(role__in=NUMBERED) & ~models.Q(region="") & models.Q(subject="")),
                name="public_has_a_number_and_officers_a_region",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()} {self.region}{self.subject}"


class SignInGuard(models.Model):
    """Failed attempts to sign in under a username, whether or not such a user exists."""

    username = models.CharField(max_length=64, unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    """Attempts since the last success; counted before the password is checked, so that parallel guesses count too."""
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.username} {self.attempts}"


class AuditEvent(AppendOnly):
    """One thing that somebody did. Rows are only ever added; each carries the hash of the one before."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=64, db_index=True)
    role = models.CharField(max_length=16)
    action = models.CharField(max_length=64, db_index=True)
    target = models.CharField(max_length=128, db_index=True)
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["seq"]

    def __str__(self) -> str:
        return f"#{self.seq} {self.actor} {self.action} {self.target}"


class AuditHead(models.Model):
    """The end of the chain, one row: locked while an event is added, so that cutting the tail shows."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_audit_head")]

    def __str__(self) -> str:
        return f"#{self.seq} {self.hash[:12]}"


class AnsweredRequest(models.Model):
    """The answer to an action that carried an idempotency key, so that sending it twice is one event."""

    action = models.CharField(max_length=64)
    key = models.CharField(max_length=128)
    actor = models.CharField(max_length=64)
    request_sm3 = models.CharField(max_length=64)
    """SM3 over the arguments: another request under the same key is refused, not answered."""
    answer: models.JSONField[Any, Any] = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "key"], name="request_answered_once")]

    def __str__(self) -> str:
        return f"{self.action} {self.key}"
