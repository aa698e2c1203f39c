"""Invariants of the centre's years: each is a query that must return no row. What is still open may be incomplete."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F

from jinbao.centre.disclosure.produce.accounts import rules_named
from jinbao.centre.disclosure.produce.derive import completed
from jinbao.centre.disclosure.produce.schema import PARTS
from jinbao.centre.disclosure.standards import standard
from jinbao.centre.models import Document, Line, YearBook
from jinbao.centre.queries import figures, folder
from jinbao.kernel.checks import Check, Row
from jinbao.trust.sm3 import sm3_hex

CLOSED = (YearBook.Status.SUBMITTED, YearBook.Status.APPROVED)


def _closed() -> Iterator[YearBook]:
    yield from YearBook.objects.filter(status__in=CLOSED).select_related("unit").order_by("pk")


def weights_do_not_add_up() -> Iterator[Row]:
    """The weights of a project's indicators and that of 预算执行 come to a hundred."""
    for book in _closed():
        data = completed(figures(book))
        about = {str(row["项目"]): str(row["内容"]) for row in data["单位"]}
        weight = rules_named(about.get("计分规则", ""), standard()).execution_weight
        for name in dict.fromkeys(row["项目名称"] for row in data["指标"]):
            total = weight + sum(row["分值"] or 0 for row in data["指标"] if row["项目名称"] == name)
            if total != standard().scoring.weights_total:
                yield Row(f"centre.YearBook:{book.pk}", f"“{name}”的分值合计 {total}")


def paid_more_than_contracted() -> Iterator[Row]:
    """What was paid of a contract is at most its amount."""
    for line in Line.objects.filter(live=True, sheet="合同", book__status__in=CLOSED).order_by("pk"):
        paid, agreed = line.values.get("已付金额", 0), line.values.get("合同金额", 0)
        if paid > agreed:
            yield Row(f"centre.Line:{line.pk}", f"“{line.key}”已付 {paid} 分，合同 {agreed} 分")


def projects_do_not_add_up() -> Iterator[Row]:
    """The projects of a code are its 项目支出 of the general budget, to the fen."""
    for book in _closed():
        data = completed(figures(book))
        what = "全年预算" if book.form == "预算" else "执行数"
        for code in dict.fromkeys(row["科目编码"] for row in data["项目"]):
            mine = [row for row in data["项目"] if row["科目编码"] == code]
            spent = sum(row[f"{what}-{part}"] for row in mine for part in PARTS if part != "其他资金")
            kinds = (code, "一般公共", "项目")
            table = sum(r["决算"] for r in data["支出"] if (r["科目编码"], r["资金"], r["类别"]) == kinds)
            if spent != table:
                yield Row(f"centre.YearBook:{book.pk}", f"科目 {code}：项目合计 {spent} 分，项目支出 {table} 分")


def disposed_more_than_there_was() -> Iterator[Row]:
    """Of an asset no more is disposed of than there was and came."""
    for line in Line.objects.filter(live=True, sheet="资产", book__status__in=CLOSED).order_by("pk"):
        for what in ("数量", "原值"):
            there = line.values.get(f"年初{what}", 0) + line.values.get(f"新增{what}", 0)
            if line.values.get(f"处置{what}", 0) > there:
                yield Row(f"centre.Line:{line.pk}", f"“{line.key}”处置{what}多于账面")


def history_is_broken() -> Iterator[Row]:
    """Whatever was replaced has ended and belongs to the same book and sheet."""
    for line in Line.objects.filter(replaces__live=True):
        yield Row(f"centre.Line:{line.pk}", "被它更正的一行仍然有效")
    for line in Line.objects.filter(replaces__isnull=False).exclude(
        replaces__book=F("book"), replaces__sheet=F("sheet")
    ):
        yield Row(f"centre.Line:{line.pk}", "更正的是另一年度或另一张表的行")


def approved_by_a_writer() -> Iterator[Row]:
    """Nobody approves what they entered."""
    for book in YearBook.objects.filter(status=YearBook.Status.APPROVED, lines__made_by=F("approved_by")).distinct():
        yield Row(f"centre.YearBook:{book.pk}", f"{book.approved_by} 复核了自己填报的年度")


def file_is_not_what_was_checked() -> Iterator[Row]:
    """A document in var/ is byte for byte what the checker saw, without a high or medium finding."""
    for document in Document.objects.order_by("pk"):
        path = folder(document) / document.name
        if path.is_file() and sm3_hex(path) != document.sm3:
            yield Row(f"centre.Document:{document.pk}", f"{document.name} 与检查时不同")
        if document.counts.get("high") or document.counts.get("medium"):
            yield Row(f"centre.Document:{document.pk}", f"{document.name} 没有通过检查")


CHECKS = (
    Check("centre.weights", "提交的年度中每个项目的分值合计为 100", weights_do_not_add_up),
    Check("centre.contracts", "已付金额不超过合同金额", paid_more_than_contracted),
    Check("centre.projects", "各项目之和等于项目支出", projects_do_not_add_up),
    Check("centre.assets", "处置的资产不多于账面", disposed_more_than_there_was),
    Check("centre.history", "更正前的行已结束，且在同一张表", history_is_broken),
    Check("centre.two-persons", "填报人不复核自己的年度", approved_by_a_writer),
    Check("centre.documents", "公开文件就是检查过的文件", file_is_not_what_was_checked),
)
