"""The steward's first page: the rooms of the data platform, each with its door."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from jinbao.data.catalogue.queries import resources
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.acting import OFFICERS, only

READERS = (*OFFICERS, Role.STEWARD)
"""Who sees the platform: stewards look after it, officers ask it."""

SECTIONS: tuple[tuple[str, str, str, tuple[Role, ...]], ...] = (
    (
        "counter-data-supply",
        gettext_noop("供数"),
        gettext_noop("各单位的数据到了没有、通过了多少、还缺哪些。"),
        (Role.STEWARD,),
    ),
    (
        "counter-catalogue",
        gettext_noop("资源目录"),
        gettext_noop("有哪些数据，谁提供，怎么共享，每一列从哪里来"),
        READERS,
    ),
    (
        "counter-data-quality",
        gettext_noop("数据质量"),
        gettext_noop("各单位的数据好不好，哪些规则不符，谁该在什么时候改。"),
        (Role.STEWARD,),
    ),
    (
        "counter-linkage",
        gettext_noop("一人一号"),
        gettext_noop("各单位的行归并成人：查一个人，审核拿不准的对。"),
        READERS,
    ),
    (
        "counter-exchange",
        gettext_noop("共享交换"),
        gettext_noop("谁申请、给了什么、调用了多少；收回和日志。"),
        READERS,
    ),
    (
        "counter-extraction",
        gettext_noop("数据提取"),
        gettext_noop("申请一份数据：编写、审批、脱敏、交付和收回，全程留痕。"),
        READERS,
    ),
    (
        "counter-scenes",
        gettext_noop("应用场景"),
        gettext_noop("谁死亡了还在领、谁该享受没享受：问题、结果、线索和核查。"),
        READERS,
    ),
    (
        "counter-person-file",
        gettext_noop("一人一档"),
        gettext_noop("关于一个人各单位知道什么，每一行从哪里来；查阅须写明用途。"),
        tuple(role for role in READERS if role != Role.FINANCE),
    ),
    (
        "screen-platform",
        gettext_noop("运行状态大屏"),
        gettext_noop("供数、质量、归并、共享和场景此刻的样子，一屏看全，自动刷新。"),
        (Role.STEWARD,),
    ),
)
"""Address, name, what it is for, and who sees it; in the order in which data passes them."""


@require_safe
@only(*READERS)
def index(request: HttpRequest, by: Actor) -> HttpResponse:
    """List the rooms that the role may enter; tell a steward how to begin where nothing has come in yet."""
    sections = [
        {"url": reverse(name), "title": gettext(title), "about": gettext(about)}
        for name, title, about, roles in SECTIONS
        if by.role in roles
    ]
    shown = {"sections": sections, "is_empty": by.role == Role.STEWARD and not resources(by).exists()}
    return render(request, "counter/data/home.html", shown)
