"""The main navigation of each face, by role."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from jinbao.centre.roles import READERS
from jinbao.oversight.simulation.kept import ROLES as SIMULATORS
from jinbao.trust.models import Role
from jinbao.web.acting import OFFICERS

ENTRIES: dict[str, tuple[tuple[str, str, tuple[Role, ...]], ...]] = {
    "portal": (
        ("portal-home", gettext_noop("首页"), ()),
        ("portal-check", gettext_noop("我要查"), ()),
        ("portal-do", gettext_noop("我要办"), ()),
        ("my", gettext_noop("我的社保"), (Role.INSURED,)),
        ("unit", gettext_noop("我的单位"), (Role.EMPLOYER,)),
        ("unit-files", gettext_noop("文件报送"), (Role.EMPLOYER,)),
        ("sharing", gettext_noop("数据共享"), (Role.PARTNER,)),
        ("portal-see", gettext_noop("我要看"), ()),
        ("portal-ask", gettext_noop("我要问"), ()),
    ),
    "counter": (
        ("counter-queue", gettext_noop("待办"), OFFICERS),
        ("counter-search", gettext_noop("参保查询"), OFFICERS),
        ("counter-files", gettext_noop("文件报送"), OFFICERS),
        ("counter-payments", gettext_noop("待遇发放"), OFFICERS),
        ("counter-campaigns", gettext_noop("重算批次"), OFFICERS),
        ("counter-clawbacks", gettext_noop("待遇追回"), OFFICERS),
        ("counter-ledger", gettext_noop("总账"), OFFICERS),
        ("counter-statement", gettext_noop("收支月报"), OFFICERS),
        ("counter-simulations", gettext_noop("政策模拟"), SIMULATORS),
        ("counter-data", gettext_noop("数据平台"), (*OFFICERS, Role.STEWARD)),
        ("counter-centre", gettext_noop("中心工作"), READERS),
        ("counter-audit", gettext_noop("审计记录"), (Role.AUDITOR, Role.ADMIN)),
    ),
    "screen": (),
}


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation."""

    url: str
    label: str
    current: bool


def menu_of(face: str, role: Role | None, path: str) -> list[Entry]:
    """List the entries that a role sees, marking the one whose address begins the current path."""
    entries = [(reverse(name), gettext(label)) for name, label, roles in ENTRIES[face] if not roles or role in roles]
    here = max((url for url, _ in entries if path.startswith(url)), key=len, default="")
    return [Entry(url, label, url == here and (url != "/" or path == "/")) for url, label in entries]
