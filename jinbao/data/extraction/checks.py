"""Invariants of data requests."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F

from jinbao.data.extraction.actions import seal
from jinbao.data.extraction.models import DataRequest, Delivery, Download
from jinbao.data.extraction.queries import folder
from jinbao.kernel.checks import Check, Row
from jinbao.trust.sm3 import sm3_hex

DECIDED = ("approved", "delivered", "revoked")


def approved_by_whoever_wrote() -> Iterator[Row]:
    """Nobody approves a request that they made or whose query they wrote."""
    for one in DataRequest.objects.filter(state__in=DECIDED).select_related("draft"):
        if one.draft is None or one.decided_by in ("", one.asked_by, one.submitted_by, one.draft.by):
            yield Row(f"extraction.DataRequest:{one.pk}", f"{one} 没有由第二人批准")


def changed_after_approval() -> Iterator[Row]:
    """What was approved has not been changed since."""
    for one in DataRequest.objects.filter(state__in=DECIDED).select_related("draft"):
        if one.draft is None or seal(one, one.draft) != one.sealed_sm3:
            yield Row(f"extraction.DataRequest:{one.pk}", f"{one} 的查询、脱敏或接收人与批准时不同")


def file_changed_or_left() -> Iterator[Row]:
    """A file that may be fetched is the one that was made; one that was taken back is gone."""
    for one in Delivery.objects.exclude(file=""):
        path = folder() / one.file
        if one.revoked_at:
            yield Row(f"extraction.Delivery:{one.pk}", f"{one} 已收回，文件仍在")
        elif not path.is_file() or sm3_hex(path) != one.sm3:
            yield Row(f"extraction.Delivery:{one.pk}", f"{one} 的文件不在或被改动")


def fetched_by_somebody_else() -> Iterator[Row]:
    """Only whoever asked fetches a file, while it may be fetched."""
    for one in Download.objects.select_related("delivery__request"):
        delivery = one.delivery
        over = one.at >= delivery.expires_at or (delivery.revoked_at and one.at > delivery.revoked_at)
        if one.by != delivery.request.asked_by or over or one.at < delivery.made_at:
            yield Row(f"extraction.Download:{one.pk}", f"{delivery} 由 {one.by} 在不许可的时候下载")


def rows_differ_from_the_preview() -> Iterator[Row]:
    """A file has as many rows as its preview."""
    for one in Delivery.objects.exclude(rows=F("draft__rows")):
        yield Row(f"extraction.Delivery:{one.pk}", f"{one} 的行数与预览不同")


CHECKS = (
    Check("extraction.four_eyes", "数据提取由第二人批准", approved_by_whoever_wrote),
    Check("extraction.seal", "批准之后没有改动", changed_after_approval),
    Check("extraction.files", "可下载的文件没有被改动，收回的文件已删除", file_changed_or_left),
    Check("extraction.fetched", "文件只由申请人在期限内下载", fetched_by_somebody_else),
    Check("extraction.rows", "交付的行数与预览一致", rows_differ_from_the_preview),
)
