"""Invariants between rooms: ledger as facts, facts as files and law, figures as rows."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Sum

from jinbao.insurance.contributions.models import Declaration
from jinbao.kernel.checks import Check, Row
from jinbao.oversight import booked, origins, statistics


def migrated_declarations_add_up() -> Iterator[Row]:
    """Compare each migrated declaration with the rows that it came with."""
    own = F("rows__employer_fen") + F("rows__individual_fen")
    sums = (
        Declaration.objects.filter(kind=Declaration.Kind.MIGRATED)
        .annotate(rows_fen=Sum(own))
        .exclude(due_fen=F("rows_fen"))
        .exclude(due_fen=0, rows_fen__isnull=True)
    )
    for row in sums.iterator():
        yield Row(f"contributions.Declaration:{row.pk}", f"应缴 {row.due_fen} 分，各行合计 {row.rows_fen} 分")


def figures_are_what_was_counted() -> Iterator[Row]:
    """Count again, unless rows were added since: the kept figures are then allowed to be behind until recounted."""
    for region, scheme, month in statistics.wrong_cells():
        yield Row(f"{region} {scheme} {month}", "统计数与明细不符，请运行 jinbao statistics 重算")


CHECKS = (
    Check("due-is-booked", "每项申报的应缴额等于账上的应收", booked.due_is_booked),
    Check("received-is-booked", "每笔到账和退费等于账上的收入", booked.receipts_are_booked),
    Check("late-fee-is-booked", "每笔滞纳金等于账上的收入", booked.late_fees_are_booked),
    Check("history-is-booked", "转入的历史缴费等于账上的转入数", booked.history_is_booked),
    Check("paid-is-booked", "每笔已付待遇等于账上的支出", booked.benefits_are_booked),
    Check("migrated-adds-up", "转入的每月合计等于各行之和", migrated_declarations_add_up),
    Check("rows-as-in-the-file", "入账的每一行就是所接收文件的那一行", origins.rows_are_as_in_the_file),
    Check("replayed", "每次核定按原事实、原法规重算，结果相同", origins.determinations_can_be_replayed),
    Check("figures-are-counted", "统计数等于明细", figures_are_what_was_counted),
)
