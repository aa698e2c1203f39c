"""Invariants of contributions: each is a query that must return no row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from jinbao.data.models import Batch
from jinbao.insurance.contributions.models import Contribution, Declaration, LateFee, Receipt
from jinbao.insurance.registry.models import RefusedRow
from jinbao.kernel.checks import Check, Row

DATASETS = ("contribution_declaration", "contribution_correction")


def not_as_declared() -> Iterator[Row]:
    """What a declaration makes due is the sum of its rows less those that they supersede."""
    difference = Sum(
        F("rows__employer_fen")
        + F("rows__individual_fen")
        - Coalesce(F("rows__supersedes__employer_fen"), 0)
        - Coalesce(F("rows__supersedes__individual_fen"), 0)
    )
    for found in Declaration.objects.annotate(sum=Coalesce(difference, 0)).exclude(due_fen=F("sum")):
        yield Row(_name(found), f"应缴 {found.due_fen} 分，明细合计 {found.sum} 分")


def superseded_and_live() -> Iterator[Row]:
    """A row is live exactly if nothing supersedes it."""
    for row in Contribution.objects.filter(supersedes__live=True):
        yield Row(f"contributions.Contribution:{row.supersedes_id}", "已被更正，仍标为有效")
    successor = Contribution.objects.filter(supersedes=OuterRef("pk"))
    for row in Contribution.objects.filter(~Exists(successor), live=False):
        yield Row(f"contributions.Contribution:{row.pk}", "没有被更正，却标为无效")


def supersedes_something_else() -> Iterator[Row]:
    """A correction keeps person, scheme, month and employer."""
    rows = Contribution.objects.filter(supersedes__isnull=False)
    same = Q(person=F("supersedes__person"), scheme=F("supersedes__scheme"), month=F("supersedes__month")) & (
        Q(employer=F("supersedes__employer")) | Q(employer__isnull=True, supersedes__employer__isnull=True)
    )
    for row in rows.exclude(same):
        yield Row(f"contributions.Contribution:{row.pk}", "更正的不是同一人、险种、月份和单位")


def row_of_another_declaration() -> Iterator[Row]:
    """A row belongs to its declaration's month and employer."""
    declared = Q(month=F("declaration__month")) & (
        Q(employer=F("declaration__employer")) | Q(declaration__employer__isnull=True)
    )
    for row in Contribution.objects.exclude(declared):
        yield Row(f"contributions.Contribution:{row.pk}", "月份或单位与所属申报不同")


def counted_without_money() -> Iterator[Row]:
    """A declaration counts once it is paid in full, and one that is paid in full counts."""
    received = Coalesce(Sum(F("receipts__employer_fen") + F("receipts__individual_fen")), 0)
    declarations = Declaration.objects.exclude(kind=Declaration.Kind.MIGRATED).annotate(got=received)
    for found in declarations.filter(received_on__isnull=False, due_fen__gt=0).exclude(got=F("due_fen")):
        yield Row(_name(found), f"计入缴费年限，但只到账 {found.got} 分，应缴 {found.due_fen} 分")
    for found in declarations.filter(due_fen__gt=0, got__gt=F("due_fen")):
        yield Row(_name(found), f"到账 {found.got} 分，多于应缴 {found.due_fen} 分")
    for found in declarations.filter(due_fen__lt=0, got__lt=F("due_fen")):
        yield Row(_name(found), f"退费 {-found.got} 分，多于应退 {-found.due_fen} 分")
    waiting = Contribution.objects.filter(
        declaration=OuterRef("pk"), supersedes__isnull=False, supersedes__declaration__received_on__isnull=True
    )
    for found in declarations.filter(~Exists(waiting), received_on__isnull=True, got=F("due_fen")):
        yield Row(_name(found), "已足额到账，却没有计入缴费年限")


def counted_twice() -> Iterator[Row]:
    """Of a chain of corrections only one row counts: a row counts no more once its successor does."""
    rows = Contribution.objects.filter(
        supersedes__isnull=False,
        declaration__received_on__isnull=False,
        supersedes__declaration__received_on__isnull=True,
    )
    for row in rows:
        yield Row(f"contributions.Contribution:{row.pk}", "更正已计入，被更正的申报却没有到账")


def batch_not_recorded() -> Iterator[Row]:
    """Every accepted row of a recorded batch is recorded or refused, and none is both."""
    for batch in Batch.objects.filter(dataset__in=DATASETS, status=Batch.Status.RECORDED):
        lines = Contribution.objects.filter(batch_id=batch.pk)
        recorded = lines.aggregate(n=Count("line", distinct=True))["n"]
        refused = RefusedRow.objects.filter(batch_id=batch.pk)
        if recorded + refused.count() != batch.accepted:
            what = f"接收 {batch.accepted} 行，入账 {recorded} 行，退回 {refused.count()} 行"
            yield Row(f"data.Batch:{batch.pk}", what)
        both = refused.filter(Exists(lines.filter(line=OuterRef("line"))))
        for row in both:
            yield Row(f"registry.RefusedRow:{row.pk}", "既入账又退回")


def offset_does_not_cancel() -> Iterator[Row]:
    """The receipts of an offset add up to nothing."""
    offsets = Receipt.objects.filter(kind=Receipt.Kind.OFFSET).values("bank_reference", "scheme")
    sums = offsets.annotate(employer=Sum("employer_fen"), individual=Sum("individual_fen")).order_by()
    for row in sums.exclude(employer=0, individual=0):
        yield Row(f"contributions.Receipt {row['bank_reference']}", "冲抵双方金额不等")


def fee_before_receipt() -> Iterator[Row]:
    """A late fee belongs to the declaration that its receipt paid."""
    for fee in LateFee.objects.exclude(declaration=F("receipt__declaration")):
        yield Row(f"contributions.LateFee:{fee.pk}", "滞纳金与到账不属于同一申报")


def _name(declaration: Declaration) -> str:
    return f"contributions.Declaration:{declaration.pk}"


CHECKS = (
    Check("contributions.due", "每项申报的应缴额等于明细之和", not_as_declared),
    Check("contributions.live", "每人每月每险种每单位只有一条有效记录", superseded_and_live),
    Check("contributions.same", "更正不改变人、险种、月份和单位", supersedes_something_else),
    Check("contributions.belongs", "明细与所属申报的月份和单位一致", row_of_another_declaration),
    Check("contributions.received", "足额到账才计入，计入的都足额到账", counted_without_money),
    Check("contributions.chain", "一条更正链上只有一条计入", counted_twice),
    Check("contributions.batch", "接收的行等于入账的行加退回的行", batch_not_recorded),
    Check("contributions.offset", "冲抵双方相等", offset_does_not_cancel),
    Check("contributions.late-fee", "滞纳金与其到账属于同一申报", fee_before_receipt),
)
