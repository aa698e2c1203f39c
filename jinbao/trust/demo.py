"""One login for each role of the demonstration city; refused in production."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings

from jinbao.kernel.errors import NotAllowed
from jinbao.trust import users
from jinbao.trust.actors import Actor
from jinbao.trust.models import NUMBERED, Role, User


@dataclass(frozen=True)
class DemoLogin:
    """What a visitor types to see the city through the eyes of one role."""

    role: Role
    username: str
    name: str
    password: str
    region: str = ""
    subject: str = ""


OFFICER_NAMES = {
    Role.CLERK: ("jingban", "陈经办"),
    Role.REVIEWER: ("fuhe", "林复核"),
    Role.AUDITOR: ("jihe", "周稽核"),
    Role.FINANCE: ("caiwu", "吴财务"),
    Role.ADMIN: ("guanli", "郑管理"),
    Role.STEWARD: ("shuju", "孙数据"),
}


def demo_logins(
    region: str, insured: tuple[str, str], employer: tuple[str, str], partner: tuple[str, str]
) -> list[DemoLogin]:
    """Say the logins of a city: the others are (name, number) of an insured person, an employer and a partner agency.

    The same deployment always has the same passwords, another one has others: they derive from its secret key.
    """
    officers = [
        DemoLogin(role, username, name, _password(username), region=region)
        for role, (username, name) in OFFICER_NAMES.items()
    ]
    return [
        DemoLogin(Role.INSURED, "canbao", insured[0], _password("canbao"), subject=insured[1]),
        DemoLogin(Role.EMPLOYER, "danwei", f"{employer[0]}经办人", _password("danwei"), subject=employer[1]),
        DemoLogin(Role.PARTNER, "hezuo", partner[0], _password("hezuo"), subject=partner[1]),
        *officers,
    ]


def make_demo_users(by: Actor, logins: list[DemoLogin]) -> list[DemoLogin]:
    """Create the users of the logins with their grants; those that exist keep their password and get missing grants.

    Raises NotAllowed when JINBAO_PRODUCTION=1.
    """
    if settings.PRODUCTION:
        raise NotAllowed("正式环境不能建立演示用户", advice="请用系统管理的账户逐个建立真实用户。")
    for login in logins:
        user = User.objects.filter(username=login.username).first()
        user = user or users.create_user(by, login.username, login.password, login.name)
        users.grant(by, user, login.role, region="" if login.role in NUMBERED else login.region, subject=login.subject)
    return logins


def _password(username: str) -> str:
    digest = hmac.new(settings.SECRET_KEY.encode(), f"demo:{username}".encode(), hashlib.sha256).hexdigest()
    return f"Jb-{digest[:4]}-{digest[4:8]}-{digest[8:12]}"
