"""What pages, commands and other rooms read of the centre's years."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from jinbao.centre.disclosure.produce.derive import completed
from jinbao.centre.disclosure.produce.schema import KEYS, PARTS, SHEETS, Data
from jinbao.centre.models import Document, Line, Unit, YearBook
from jinbao.centre.rows import columns, shown, thaw
from jinbao.kernel.errors import NotFound, Place
from jinbao.trust.actors import Actor
from jinbao.trust.scope import scope


@dataclass(frozen=True)
class Money:
    """One project's money and how far it is spent, in fen."""

    line: Line
    name: str
    budget_fen: int
    spent_fen: int
    weights: int
    indicators: int

    @property
    def percent(self) -> int:
        """The part of the budget that is spent."""
        return self.spent_fen * 100 // self.budget_fen if self.budget_fen else 0


def units(by: Actor) -> QuerySet[Unit]:
    """List the units an officer looks after."""
    return scope(Unit.objects.order_by("code"), by, region_field="region")


def unit(by: Actor, code: str) -> Unit:
    """Return a unit by its code; raise NotFound where there is none or it is not the officer's."""
    found = units(by).filter(code=code).first()
    if found is None:
        raise NotFound("没有这个单位，或您无权查看", advice="请核对单位编码。")
    return found


def books(by: Actor) -> QuerySet[YearBook]:
    """List the years, newest first, with how many lines and how many open proposals they have."""
    live = Count("lines", filter=Q(lines__live=True))
    waiting = Count("lines", filter=Q(lines__live=True, lines__proposed=True))
    rows = YearBook.objects.select_related("unit").annotate(live_lines=live, waiting=waiting)
    return scope(rows.order_by("-year", "form", "unit__code"), by, region_field="unit__region")


def book(by: Actor, pk: int) -> YearBook:
    """Return one year; raise NotFound where there is none or it is not the officer's."""
    found = scope(YearBook.objects.select_related("unit"), by, region_field="unit__region").filter(pk=pk).first()
    if found is None:
        raise NotFound("没有这个年度，或您无权查看", advice="请从“中心工作”的年度列表进入。")
    return found


def lines(book: YearBook, sheet: str) -> list[Line]:
    """List the living lines of a sheet in the order in which their rows came in."""
    columns(sheet)
    return list(book.lines.filter(live=True, sheet=sheet).order_by("key"))


def line(by: Actor, pk: int) -> Line:
    """Return one line; raise NotFound where there is none or it is not the officer's."""
    rows = scope(Line.objects.select_related("book__unit"), by, region_field="book__unit__region")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("没有这一行，或您无权查看", advice="请从年度页面进入。")
    return found


def history(line: Line) -> list[Line]:
    """List a line and what it replaced, newest first."""
    found, at = [line], line
    while at.replaces_id is not None:
        at = Line.objects.get(pk=at.replaces_id)
        found.append(at)
    return found


def cells(line: Line) -> list[str]:
    """Return a line's cells as a table shows them."""
    return [shown(column, line.values.get(column.title)) for column in columns(line.sheet)]


def figures(book: YearBook) -> Data:
    """Return a book as the workbook's reader would: every sheet, money in fen, `_at` telling sheet and row."""
    data: Data = {sheet: [] for sheet in SHEETS}
    for line in book.lines.filter(live=True).order_by("sheet", "key"):
        if line.sheet in data:
            at = Place(sheet=line.sheet, column=line.key)
            data[line.sheet].append({**thaw(line.sheet, line.values), "_at": at, "_line": line.pk})
    fixed = [{"项目": "年度", "内容": str(book.year)}, {"项目": "类型", "内容": book.form}]
    data["单位"] = [*data["单位"], *fixed]
    return data


def projects(book: YearBook, data: Data) -> list[Money]:
    """List the projects with budget, execution and the sum of their indicators' weights."""
    by_pk = {line.pk: line for line in lines(book, "项目")}
    done = {row["项目名称"]: row for row in completed(data)["项目"]}
    found = []
    for row in data["项目"]:
        full = done.get(row["项目名称"], row)
        mine = [i for i in data["指标"] if i["项目名称"] == row["项目名称"]]
        found.append(
            Money(
                by_pk[row["_line"]],
                row["项目名称"],
                sum(full[f"全年预算-{p}"] for p in PARTS),
                sum(full[f"执行数-{p}"] for p in PARTS),
                sum(i["分值"] or 0 for i in mine),
                len(mine),
            )
        )
    return found


def summed(sheet: str, found: list[Line]) -> dict[str, int]:
    """Sum the money columns of a sheet, in fen."""
    titles = [column.title for column in columns(sheet) if column.kind == "money"]
    return {title: sum(line.values.get(title, 0) for line in found) for title in titles}


def key_values(line: Line) -> dict[str, Any]:
    """Return the cells that tell a line from the others of its sheet."""
    return {title: line.values.get(title, "") for title in KEYS[line.sheet]}


def documents(book: YearBook) -> QuerySet[Document]:
    """List what was produced from a book, newest first."""
    return book.documents.order_by("-made_at", "name")


def document(by: Actor, pk: int) -> tuple[Document, Path]:
    """Return a produced document and its file; raise NotFound where there is none or it is not the officer's."""
    rows = scope(Document.objects.select_related("book__unit"), by, region_field="book__unit__region")
    found = rows.filter(pk=pk).first()
    path = folder(found) / found.name if found else None
    if found is None or path is None or not path.is_file():
        raise NotFound("没有这个文件，或您无权查看", advice="请在“公开文件”页重新生成。")
    return found, path


def folder(document: Document) -> Path:
    """Return the folder a document is kept in."""
    state = "approved" if document.approved else "draft"
    return Path(settings.VAR) / "centre" / str(document.book_id) / f"{document.revision}-{state}"
