"""Invariants of trust: queries that must return no row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.models import Count

from jinbao.kernel.checks import Check, Row
from jinbao.trust import anchors
from jinbao.trust.append_only import missing_guards
from jinbao.trust.models import AnsweredRequest, AuditEvent, Grant, Role


def _broken_chain() -> Iterator[Row]:
    broken = anchors.verify()
    if broken:
        yield Row(f"trust.AuditEvent:{broken.seq}", broken.why)


def _missing_guards() -> Iterator[Row]:
    for name in missing_guards(connection):
        yield Row(name, "只增不改的表缺少触发器；运行 jinbao 的数据库迁移即可补上")


def _requests_without_event() -> Iterator[Row]:
    """Compare, by action, how many requests were answered with how many events carry a key."""
    answered = dict(AnsweredRequest.objects.values_list("action").annotate(Count("pk")).order_by())
    keyed = AuditEvent.objects.filter(action__in=answered, detail__has_key="key")
    events = dict(keyed.values_list("action").annotate(Count("pk")).order_by())
    for action, count in sorted(answered.items()):
        if events.get(action, 0) != count:
            yield Row(action, f"答复了 {count} 个请求，带请求编号的审计记录有 {events.get(action, 0)} 条")


def _administrators_with_business() -> Iterator[Row]:
    both = Grant.objects.filter(user__grants__role=Role.ADMIN).exclude(role=Role.ADMIN)
    for row in both.values("user__username").annotate(Count("pk")).order_by("user__username"):
        yield Row(row["user__username"], "系统管理与业务角色授予了同一人（应三权分立）")


CHECKS: tuple[Check, ...] = (
    Check("trust.chain", "审计链完整，没有被修改、删除或调换的记录", _broken_chain),
    Check("trust.guards", "只增不改的表都有触发器保护", _missing_guards),
    Check("trust.requests", "每个已答复的请求都有一条审计记录", _requests_without_event),
    Check("trust.separation", "系统管理不兼任业务角色", _administrators_with_business),
)
