"""Users and their grants: who may sign in, as what, where."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction

from jinbao.kernel.errors import Conflict, FormatError, NotAllowed
from jinbao.trust import audit
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.masking import mask_id
from jinbao.trust.models import NUMBERED, Grant, Role, User
from jinbao.trust.passwords import LOCKED_FOR, attempts_left, count_attempt, forget_attempts, require_good_password

RESERVED = frozenset({"system"})
WRONG = "用户名或口令不正确"


class SignInLocked(NotAllowed):
    """Too many wrong passwords; the username is locked for a while."""

    code = "sign-in-locked"


@action("trust.create_user", roles=(Role.ADMIN,))
def create_user(by: Actor, username: str, password: str, name: str) -> User:
    """Create a user who may sign in but has no rights yet.

    Raises FormatError for a username or password that is not good enough, Conflict when the username is taken.
    """
    if not username.strip() or username in RESERVED or len(username) > 64 or not username.isprintable():
        raise FormatError(f"用户名“{username[:64]}”不合要求", advice="1 至 64 个可见字符，且不是保留的名称。")
    require_good_password(password, username)
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, password, name)
    except IntegrityError:
        raise Conflict(f"用户名“{username}”已被使用", advice="请换一个用户名。") from None
    note(username=username, name=name)
    return user


@action("trust.change_password", roles=tuple(role for role in Role if role != Role.SYSTEM))
def change_password(by: Actor, user: User, new: str, *, old: str = "") -> User:
    """Change a password: one's own with the old one, anybody's as 系统管理.

    Raises NotAllowed for somebody else's or with a wrong old password, FormatError when the new one is not good enough.
    """
    own = by.user_id == user.pk
    if not own and by.role not in {Role.ADMIN, Role.SYSTEM}:
        raise NotAllowed("只能修改自己的口令", advice="他人的口令由系统管理员重置。")
    if own and not user.check_password(old):
        raise NotAllowed("原口令不正确", advice="忘记口令的，请系统管理员重置。")
    require_good_password(new, user.username)
    user.set_password(new)
    user.save(update_fields=["password"])
    note(target=user, reset=not own)
    return user


@action("trust.grant", roles=(Role.ADMIN,))
def grant(by: Actor, user: User, role: Role, *, region: str = "", subject: str = "") -> Grant:
    """Give a user a role: to officers for a region, to the public for a number; giving it again changes nothing.

    Raises FormatError when the region or number is missing, NotAllowed when 系统管理 would serve itself (三权分立).
    """
    if by.user_id == user.pk:
        raise NotAllowed("不能给自己授权", advice="请由另一名系统管理员办理。")
    if role == Role.SYSTEM or bool(subject) != (role in NUMBERED) or not (region or role in NUMBERED):
        raise FormatError(
            f"“{role.label}”的授权不完整",
            advice="工作人员须有地区，参保人须有公民身份号码，单位经办和合作单位须有统一社会信用代码。",
        )
    granted, _ = Grant.objects.get_or_create(user=user, role=role, region=region, subject=subject)
    note(target=user, role=role, region=region, subject=mask_id(subject))
    return granted


@action("trust.revoke", roles=(Role.ADMIN,))
def revoke(by: Actor, granted: Grant) -> None:
    """Take a role from a user; what was done under it stays in the audit trail."""
    note(target=granted.user, role=granted.role, region=granted.region, subject=mask_id(granted.subject))
    granted.delete()


@action("trust.deactivate", roles=(Role.ADMIN,))
def deactivate(by: Actor, user: User) -> User:
    """Keep a user from signing in from now on, such as one who left; the user itself stays for the records."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    return user


def sign_in(username: str, password: str, *, now: datetime) -> User:
    """Return the user if name and password are right; both outcomes are recorded.

    Raises NotAllowed with one message for an unknown name, a wrong password and a user who is not active; SignInLocked
    after five failures in a row. Unknown names take as long and lock as well, so that neither tells who exists.
    """
    username = username.strip()[:64]
    if not count_attempt(username, now):
        _record(username, "trust.sign_in_locked", now)
        minutes = int(LOCKED_FOR.total_seconds() // 60)
        raise SignInLocked(
            "多次登录失败，已暂时锁定", advice=f"请 {minutes} 分钟后再试；忘记口令的，请联系系统管理员。"
        )
    user = User.objects.filter(username=username).first()
    right = check_password(password, user.password) if user else _waste_time(password)
    if user is None or not right or not user.is_active:
        _record(username, "trust.sign_in_failed", now)
        raise NotAllowed(WRONG, advice=f"请核对后重试，还可以试 {attempts_left(username, now)} 次。")
    forget_attempts(username)
    _record(username, "trust.sign_in", now, user)
    return user


def _waste_time(password: str) -> bool:
    make_password(password)
    return False


def _record(username: str, what: str, now: datetime, user: User | None = None) -> None:
    by = Actor(user.pk if user else None, username, user.name if user else "", Role.SYSTEM)
    audit.append(by, what, user or f"用户名 {username}", {}, now)
