"""Passwords: what is good enough, and counting those who guess (GB/T 22239-2019 level 3, 8.1.4.1 身份鉴别)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from jinbao.kernel.errors import FormatError
from jinbao.trust.models import SignInGuard

SHORTEST = 12
ATTEMPTS = 5
LOCKED_FOR = timedelta(minutes=15)


def require_good_password(password: str, username: str) -> None:
    """Raise FormatError unless a password has 12 characters of three of four classes and does not hold the username."""
    classes = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    kinds = sum(any(test(character) for character in password) for test in classes)
    if len(password) < SHORTEST or kinds < 3:
        raise FormatError("口令太简单", advice=f"至少 {SHORTEST} 个字符，含大写、小写、数字、符号中的三类。")
    if username.lower() in password.lower():
        raise FormatError("口令不能包含用户名", advice="请换一个与用户名无关的口令。")


def count_attempt(username: str, now: datetime) -> bool:
    """Count an attempt to sign in before its password is looked at; False when the username is locked.

    The fifth failure in a row locks it for 15 minutes from the last one. Attempts while it is locked do not prolong it.
    """
    with transaction.atomic():
        guard, _ = SignInGuard.objects.select_for_update().get_or_create(
            username=username, defaults={"attempts": 0, "last_at": now}
        )
        if now - guard.last_at >= LOCKED_FOR:
            guard.attempts = 0
        if guard.attempts >= ATTEMPTS:
            return False
        SignInGuard.objects.filter(pk=guard.pk).update(attempts=guard.attempts + 1, last_at=now)
        return True


def forget_attempts(username: str) -> None:
    """Start counting anew after a success."""
    SignInGuard.objects.filter(username=username).update(attempts=F("attempts") * 0)


def attempts_left(username: str, now: datetime) -> int:
    """Return how many attempts a username has left; 0 while it is locked."""
    guard = SignInGuard.objects.filter(username=username).first()
    return ATTEMPTS if guard is None or now - guard.last_at >= LOCKED_FOR else max(0, ATTEMPTS - guard.attempts)
