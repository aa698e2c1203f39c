"""Who acts: a user in one role, in one region or for one number; or the system itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jinbao.kernel.errors import NotAllowed, NotFound
from jinbao.kernel.regions import NATION, RegionTree
from jinbao.trust.models import Grant, Role, User

OFFICERS = frozenset({Role.CLERK, Role.REVIEWER, Role.AUDITOR, Role.FINANCE})
"""Roles that see the business of a region. 系统管理 is not one of them: it runs the system and sees no business."""

PUBLIC = frozenset({Role.INSURED, Role.EMPLOYER, Role.PARTNER})
"""Roles that see what concerns their own number, wherever it is; of data a partner sees only what it was granted."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does something: what every verb takes as `by`."""

    user_id: int | None
    username: str
    name: str
    role: Role
    region: str = ""
    """Region code of an officer; what lies below it is included."""
    subject: str = ""
    """公民身份号码 of an insured person, 统一社会信用代码 of an employer's agent."""

    @classmethod
    def system(cls, name: str = "系统", region: str = NATION) -> Actor:
        """Make the actor of automatic work, which is recorded as such."""
        return cls(user_id=None, username="system", name=name, role=Role.SYSTEM, region=region)

    @property
    def is_system(self) -> bool:
        """Whether this is automatic work."""
        return self.role == Role.SYSTEM

    @property
    def is_officer(self) -> bool:
        """Whether this is an officer of the centre with a region."""
        return self.role in OFFICERS

    def stewards(self, region: str) -> bool:
        """Tell whether the actor looks after the data of a region (not its business): 数据管理 there, or the system."""
        if not (self.role == Role.STEWARD or self.is_system) or not self.region:
            return False
        try:
            return self.region == NATION or RegionTree.read().contains(self.region, region)
        except NotFound:
            return False

    def covers(self, region: str) -> bool:
        """Tell whether a region is the actor's own or below it; never for the public and 系统管理."""
        if not (self.is_officer or self.is_system) or not self.region:
            return False
        try:
            return self.region == NATION or RegionTree.read().contains(self.region, region)
        except NotFound:
            return False


def actor_of(user: User, grant: Grant | None = None) -> Actor:
    """Return the user acting under a grant; without one, under the only grant the user has.

    Raises NotAllowed for a user who is not active, somebody else's grant, or when it is not clear which one is meant.
    """
    if not user.is_active:
        raise NotAllowed(f"用户 {user.username} 已停用", advice="请联系系统管理员。")
    grant = grant or _only_grant(user)
    if grant.user_id != user.pk:
        raise NotAllowed(f"用户 {user.username} 没有这项授权", advice="请重新登录后选择自己的角色。")
    return Actor(user.pk, user.username, user.name, Role(grant.role), grant.region, grant.subject)


def _only_grant(user: User) -> Grant:
    grants = list(user.grants.order_by("pk")[:2])
    if not grants:
        raise NotAllowed(f"用户 {user.username} 尚未授权", advice="请联系系统管理员授予角色。")
    if len(grants) > 1:
        raise NotAllowed(f"用户 {user.username} 有多个角色，须先选择一个", advice="请在登录后选择以哪个角色工作。")
    return grants[0]


def may_see_region(actor: Actor, region: str) -> bool:
    """Tell whether an actor sees the business of a region."""
    return actor.covers(region)


def may_see(by: Actor, *, region: str = "", person: str = "", employer: str = "") -> bool:
    """Tell whether an actor may see one thing, by its region, 公民身份号码 or 统一社会信用代码; the twin of `scope`."""
    if by.is_system or by.is_officer:
        return bool(region) and by.covers(region)
    mine = {Role.INSURED: person, Role.EMPLOYER: employer}.get(by.role, "")
    return bool(by.subject) and mine == by.subject


def require_region(by: Actor, region: str) -> None:
    """Raise NotAllowed unless the region is the actor's own or below it."""
    if not by.covers(region):
        raise NotAllowed(f"{by.name}无权办理地区 {region} 的业务", advice="请由该地区的经办人员办理。")


def require_sight(by: Actor, *, region: str = "", person: str = "", employer: str = "") -> None:
    """Raise NotAllowed unless `may_see`; the message does not tell whether the thing exists."""
    if not may_see(by, region=region, person=person, employer=employer):
        raise NotAllowed("没有这项记录，或您无权查看", advice="请核对号码；确需查看的，请由有权限的人员办理。")


def require_other_person(by: Actor, earlier: str | Iterable[str]) -> None:
    """Raise NotAllowed when whoever acts is among the usernames that acted earlier (经办与复核分离)."""
    usernames = {earlier} if isinstance(earlier, str) else set(earlier)
    if by.username in usernames:
        raise NotAllowed(f"{by.name}已经办理过前面的环节，不能再办理这一环节", advice="请由另一名有权限的人员办理。")
