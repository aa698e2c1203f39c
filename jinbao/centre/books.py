"""A book from its opening to its approval by a second person."""

from __future__ import annotations

from datetime import datetime

from jinbao.centre.carry import carried
from jinbao.centre.disclosure.standards import standard
from jinbao.centre.gaps import gaps
from jinbao.centre.lines import locked, write_lines
from jinbao.centre.models import Line, Unit, YearBook
from jinbao.centre.queries import figures
from jinbao.centre.roles import APPROVERS, WRITERS
from jinbao.kernel.errors import Conflict, FormatError
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_other_person, require_region

Status = YearBook.Status
YEARS = range(2010, 2100)


@action("centre.register_unit", roles=WRITERS)
def register_unit(by: Actor, code: str, name: str, region: str, *, key: str | None = None) -> Unit:
    """Register a public unit; the same code and name again return the unit, another name is a Conflict."""
    require_region(by, region)
    code, name = code.strip(), name.strip()
    if not (code.isascii() and code.isalnum() and len(code) <= 18) or not 2 <= len(name) <= 64:
        raise FormatError("单位编码或名称不合要求", advice="编码为不超过 18 位的数字或字母；名称为 2 至 64 个字。")
    unit, _ = Unit.objects.get_or_create(code=code, defaults={"name": name, "region": region})
    if (unit.name, unit.region) != (name, region):
        raise Conflict(f"编码 {code} 已登记为“{unit.name}”", advice="请核对编码和名称。")
    note(target=unit, code=code, name=name)
    return unit


@action("centre.open", roles=WRITERS)
def open_book(by: Actor, unit: Unit, year: int, form: str, *, now: datetime, key: str | None = None) -> YearBook:
    """Open a year's budget or final accounts, begun with what the year before and the budget already say.

    Closing balances, assets, totals to compare with and 年初预算 are carried over; targets come as proposals.
    Raises Conflict when the book is open already, FormatError for a year or form that is none.
    """
    require_region(by, unit.region)
    if year not in YEARS or form not in YearBook.Form.values:
        raise FormatError(f"“{year}年度{form}”不能打开", advice="年度为四位数字，类型为预算或决算。")
    if unit.books.filter(year=year, form=form).exists():
        raise Conflict(f"{unit} {year}年度{form}已经打开", advice="请从年度列表进入。")
    book = YearBook.objects.create(unit=unit, year=year, form=form, opened_by=by.username, opened_at=now)
    budget, last, last_budget = (_figures(unit, *of) for of in ((year, "预算"), (year - 1, "决算"), (year - 1, "预算")))
    rows = carried(form, budget=budget, last=last, last_budget=last_budget, standard=standard())
    rows.setdefault("单位", [])
    if not any(row["项目"] == "单位名称" for row in rows["单位"]):
        rows["单位"].insert(0, {"项目": "单位名称", "内容": unit.name})
    made = write_lines(by, book, rows, now)
    note(target=book, unit=unit.code, year=year, form=form, lines=made)
    return book


def _figures(unit: Unit, year: int, form: str) -> dict[str, list[dict[str, object]]] | None:
    book = unit.books.filter(year=year, form=form).first()
    return figures(book) if book else None


@action("centre.submit", roles=WRITERS)
def submit(by: Actor, book: YearBook, *, now: datetime, key: str | None = None) -> YearBook:
    """Hand the book to the second person; raises Conflict naming everything that is still missing."""
    book = locked(by, book)
    missing = [gap.text for gap in gaps(book) if gap.needed]
    if missing:
        more = f"等 {len(missing)} 项" if len(missing) > 3 else ""
        raise Conflict(f"还缺：{'；'.join(missing[:3])}{more}", advice="请按“还缺什么”补齐后再提交。")
    book.status, book.submitted_by, book.submitted_at = Status.SUBMITTED, by.username, now
    book.returned_because = ""
    book.save(update_fields=["status", "submitted_by", "submitted_at", "returned_because"])
    note(target=book, revision=book.revision)
    return book


@action("centre.approve", roles=APPROVERS, persons_only=True)
def approve(by: Actor, book: YearBook, *, now: datetime, key: str | None = None) -> YearBook:
    """Approve a submitted book; nobody who entered a line of it or submitted it can."""
    book = _locked_in(by, book, Status.SUBMITTED)
    require_other_person(by, {book.submitted_by, *_writers(book)})
    book.status, book.approved_by, book.approved_at = Status.APPROVED, by.username, now
    book.save(update_fields=["status", "approved_by", "approved_at"])
    note(target=book, revision=book.revision, submitted_by=book.submitted_by)
    return book


def _writers(book: YearBook) -> set[str]:
    return set(Line.objects.filter(book=book).values_list("made_by", flat=True).distinct())


@action("centre.send_back", roles=APPROVERS)
def send_back(by: Actor, book: YearBook, reason: str, *, now: datetime, key: str | None = None) -> YearBook:
    """Give a submitted or approved book back for correction, with a reason; after an approval every change says why."""
    book = _locked_in(by, book, Status.SUBMITTED, Status.APPROVED)
    if not reason.strip():
        raise FormatError("退回须写明原因", advice="请填写原因后再提交。")
    book.reopened = book.reopened or book.status == Status.APPROVED
    book.status, book.approved_by, book.approved_at = Status.OPEN, "", None
    book.returned_because = reason.strip()[:200]
    book.save(update_fields=["status", "approved_by", "approved_at", "reopened", "returned_because"])
    note(target=book, reason=reason[:200])
    return book


def _locked_in(by: Actor, book: YearBook, *states: YearBook.Status) -> YearBook:
    book = YearBook.objects.select_for_update(of=("self",)).select_related("unit").get(pk=book.pk)
    require_region(by, book.unit.region)
    if book.status not in states:
        raise Conflict(f"{book}{book.get_status_display()}，不能这样办理", advice="请刷新页面查看当前状态。")
    return book
