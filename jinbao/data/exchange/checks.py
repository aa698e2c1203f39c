"""Invariants of the exchange: queries that must return no row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count

from jinbao.data.datasets import load_dataset
from jinbao.data.exchange import collect
from jinbao.data.exchange.models import Call, Grant, Journal
from jinbao.kernel.checks import Check, Row
from jinbao.kernel.errors import NotFound


def _counts() -> Iterator[Row]:
    """Compare how many lines were taken over from each journal with how many calls are there."""
    calls = dict(Call.objects.values_list("journal").annotate(Count("pk")).order_by())
    there = {file.name: file.stat().st_size for file in collect.journals()}
    for row in Journal.objects.order_by("name"):
        if calls.get(row.name, 0) != row.lines:
            yield Row(f"exchange.Journal:{row.name}", f"收录 {row.lines} 行，日志表中有 {calls.get(row.name, 0)} 条")
        if there.get(row.name, 0) < row.offset:
            yield Row(f"exchange.Journal:{row.name}", "日志文件不在或被截短；运行 jinbao exchange verify")


def _beyond_the_dataset() -> Iterator[Row]:
    """Find grants in force of fields that the dataset does not have, or of data that is not shared."""
    for grant in Grant.objects.filter(revoked_at__isnull=True).order_by("pk"):
        try:
            dataset = load_dataset(grant.resource)
        except NotFound:
            yield Row(f"exchange.Grant:{grant.number}", f"数据集 {grant.resource} 已不存在")
            continue
        extra = set(grant.fields) - {column.name for column in dataset.shared}
        if extra:
            yield Row(f"exchange.Grant:{grant.number}", f"授权超出数据集可共享的字段：{'、'.join(sorted(extra))}")


CHECKS: tuple[Check, ...] = (
    Check("exchange.log", "日志文件收录了多少行，日志表里就有多少次调用", _counts),
    Check("exchange.grants", "有效的授权不超出数据集的字段和共享类型", _beyond_the_dataset),
)
