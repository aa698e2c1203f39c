"""Invariants of the ledger: queries that must return no row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, Q

from jinbao.kernel.checks import Check, Row
from jinbao.ledger.chart import load_chart
from jinbao.ledger.models import Account, Transfer


def _accounts_of_two_funds() -> Iterator[Row]:
    rows = Transfer.objects.exclude(debit__fund=F("credit__fund"), debit__region=F("credit__region"))
    for transfer in rows.select_related("debit", "credit").iterator():
        yield Row(
            f"ledger.Transfer:{transfer.pk}", f"借方 {transfer.debit} 与贷方 {transfer.credit} 不属同一基金和地区"
        )


def _resolutions_unlike_what_they_resolve() -> Iterator[Row]:
    same = Q(
        resolves__kind="pending",
        resolves__amount_fen=F("amount_fen"),
        resolves__debit=F("debit"),
        resolves__credit=F("credit"),
    )
    for transfer in Transfer.objects.filter(resolves__isnull=False).exclude(same).iterator():
        yield Row(f"ledger.Transfer:{transfer.pk}", f"与所处理的待入账记录 {transfer.resolves_id} 金额或科目不同")


def _half_resolved() -> Iterator[Row]:
    lines = Transfer.objects.filter(kind="pending").values("event", "key")
    parts = lines.annotate(
        lines=Count("pk"),
        posted=Count("resolution", filter=Q(resolution__kind="post")),
        voided=Count("resolution", filter=Q(resolution__kind="void")),
    )
    for part in parts.exclude(posted=F("lines")).exclude(voided=F("lines")).exclude(posted=0, voided=0).order_by():
        what = f"{part['lines']} 行待入账，转入账 {part['posted']} 行，作废 {part['voided']} 行"
        yield Row(f"{part['event']} {part['key']}", what)


def _accounts_out_of_the_chart() -> Iterator[Row]:
    for account in Account.objects.exclude(code__in=list(load_chart().accounts)).iterator():
        yield Row(f"ledger.Account:{account.pk}", f"科目 {account} 不在科目表中")


CHECKS: tuple[Check, ...] = (
    Check("ledger.one_fund", "一笔分录的借贷双方属于同一基金、同一地区", _accounts_of_two_funds),
    Check(
        "ledger.resolution_mirrors", "转入账或作废与其待入账记录金额、科目相同", _resolutions_unlike_what_they_resolve
    ),
    Check("ledger.resolved_whole", "一个事项的待入账分录一同转入账或一同作废", _half_resolved),
    Check("ledger.chart", "每个账户都在科目表中", _accounts_out_of_the_chart),
)
