"""Writing lines: enter, correct, remove, import a workbook, record results, accept proposals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinbao.centre.disclosure.produce.schema import KEYS, SHEETS
from jinbao.centre.models import Line, YearBook
from jinbao.centre.roles import WRITERS
from jinbao.centre.rows import RESULT_COLUMNS, clean, columns, keep, key_of, shown, thaw
from jinbao.centre.workbook import read_figures
from jinbao.kernel.errors import Conflict, FormatError
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region


@dataclass(frozen=True)
class Imported:
    """What an import did: rows that are new, that differ, that were the same, and that the file does not have."""

    new: int
    changed: int
    same: int
    kept: int
    doubts: tuple[str, ...] = ()
    """What was taken in but may be meant for another book."""


def locked(by: Actor, book: YearBook) -> YearBook:
    """Return the book for writing; raise Conflict once it is submitted, NotAllowed for another region's."""
    book = YearBook.objects.select_for_update(of=("self",)).select_related("unit").get(pk=book.pk)
    require_region(by, book.unit.region)
    if book.status != YearBook.Status.OPEN:
        raise Conflict(
            f"{book}{book.get_status_display()}，不能改动", advice="需要更正的，请复核人员先退回或重新打开。"
        )
    return book


def turn(book: YearBook) -> None:
    """Mark that the book changed."""
    book.revision += 1
    book.save(update_fields=["revision"])


@action("centre.enter", roles=WRITERS)
def enter(
    by: Actor, book: YearBook, sheet: str, texts: Mapping[str, str], *, now: datetime, key: str | None = None
) -> Line:
    """Enter one row of a sheet; raises FormatError for wrong cells, Conflict when the row is there already."""
    book = locked(by, book)
    values = clean(sheet, texts)
    if _live(book, sheet, key_of(sheet, values)) is not None:
        named = "、".join(str(values[t]) for t in KEYS[sheet])
        raise Conflict(f"“{sheet}”中已经有“{named}”", advice="请打开这一行更正，或者核对名称和编码。")
    line = _write(by, book, sheet, values, now)
    turn(book)
    note(target=line, book=book, sheet=sheet, row=line.key)
    return line


@action("centre.correct", roles=WRITERS)
def correct(
    by: Actor, line: Line, texts: Mapping[str, str], *, now: datetime, reason: str = "", key: str | None = None
) -> Line:
    """Correct a row: a new line replaces it and the old one stays readable. After an approval a reason is required."""
    book = locked(by, line.book)
    _require_reason(book, reason)
    line = _still(line)
    values = clean(line.sheet, texts)
    other = _live(book, line.sheet, key_of(line.sheet, values))
    if other is not None and other.pk != line.pk:
        raise Conflict(f"“{line.sheet}”中已经有“{other.key}”", advice="请打开那一行更正。")
    if keep(line.sheet, values) == line.values and not line.proposed:
        return line
    new = _write(by, book, line.sheet, values, now, replaces=line, reason=reason)
    turn(book)
    note(target=new, book=book, sheet=line.sheet, row=new.key, reason=reason)
    return new


@action("centre.remove", roles=WRITERS)
def remove(by: Actor, line: Line, *, now: datetime, reason: str = "", key: str | None = None) -> Line:
    """End a row without another in its place; it stays in the history. After an approval a reason is required."""
    book = locked(by, line.book)
    _require_reason(book, reason)
    line = _still(line)
    if line.sheet == "项目":
        _require_unused(book, line)
    _end(by, line, now, reason)
    turn(book)
    note(target=line, book=book, sheet=line.sheet, row=line.key, reason=reason)
    return line


@action("centre.accept", roles=WRITERS)
def accept(by: Actor, book: YearBook, *, now: datetime, line: Line | None = None, key: str | None = None) -> int:
    """Accept what was carried over as a proposal: one line, or all of the book. Returns how many."""
    book = locked(by, book)
    waiting = book.lines.filter(live=True, proposed=True)
    if line is not None:
        waiting = waiting.filter(pk=line.pk)
    accepted = [
        _write(by, book, one.sheet, thaw(one.sheet, one.values), now, replaces=one, reason="接受建议")
        for one in waiting
    ]
    if accepted:
        turn(book)
    note(target=book, accepted=len(accepted))
    return len(accepted)


@action("centre.record_results", roles=WRITERS)
def record_results(
    by: Actor, book: YearBook, results: Mapping[int, Mapping[str, str]], *, now: datetime, key: str | None = None
) -> int:
    """Record what indicators reached, at mid-year (年中值) or at the end (实际值, 定性得分率, 偏差原因).

    `results` maps the line of an indicator to its cells; cells that are not named stay. Returns how many changed.
    """
    book = locked(by, book)
    changed = 0
    for line in book.lines.filter(live=True, sheet="指标", pk__in=list(results)).order_by("pk"):
        told = {title: cell for title, cell in results[line.pk].items() if title in RESULT_COLUMNS}
        values = clean("指标", {**_texts(line), **told})
        if keep("指标", values) != line.values:
            _write(by, book, "指标", values, now, replaces=line, reason="登记完成情况", proposed=line.proposed)
            changed += 1
    if changed:
        turn(book)
    note(target=book, changed=changed)
    return changed


@action("centre.import", roles=WRITERS)
def import_workbook(
    by: Actor, book: YearBook, content: bytes, name: str, *, now: datetime, key: str | None = None
) -> Imported:
    """Take in a workbook of figures (jinbao disclosure template): new rows are entered, others corrected, none removed.

    All of it or nothing: raises FormatError with the place, Several for all places at once; Conflict for another
    year's or form's workbook.
    """
    book = locked(by, book)
    if book.reopened:
        raise Conflict("复核后重新打开的年度不能整表导入", advice="请逐行更正，并写明原因。")
    about, ready = read_figures(content, name)
    _require_same_book(book, about, name)
    counts = {"new": 0, "changed": 0, "same": 0}
    seen: set[int] = set()
    for sheet in SHEETS:
        old = {line.key: line for line in book.lines.filter(live=True, sheet=sheet)}
        rows = ready[sheet]
        for mark, values in rows.items():
            counts[_take(by, book, sheet, values, old.get(mark), now)] += 1
        seen |= {line.pk for mark, line in old.items() if mark in rows}
    kept = book.lines.filter(live=True, made_at__lt=now).exclude(pk__in=seen).count()
    done = Imported(**counts, kept=kept, doubts=_doubts(book, about))
    turn(book)
    note(target=book, file=name, new=done.new, changed=done.changed, same=done.same)
    return done


def _doubts(book: YearBook, about: Mapping[str, str]) -> tuple[str, ...]:
    """Say where the workbook's unit is not called as the registered one."""
    said = about.get("单位名称", "").strip()
    if said in ("", book.unit.name):
        return ()
    return (f"数据表的单位名称是“{said}”，登记的是“{book.unit.name}”；公开文件将印“{said}”，请核对是否导错了单位",)


def _take(by: Actor, book: YearBook, sheet: str, values: dict[str, Any], old: Line | None, now: datetime) -> str:
    if old is not None and old.values == keep(sheet, values) and not old.proposed:
        return "same"
    _write(by, book, sheet, values, now, replaces=old, reason="导入" if old else "")
    return "changed" if old else "new"


def _require_same_book(book: YearBook, about: Mapping[str, str], name: str) -> None:
    for item, ours in (("年度", str(book.year)), ("类型", book.form)):
        theirs = about.get(item) or ours
        if theirs != ours:
            raise Conflict(
                f"数据表 {name} 是{theirs}，这里是{ours}",
                advice=f"请核对工作表“单位”中的{item}，或打开相应的年度再导入。",
            )


def write_lines(by: Actor, book: YearBook, rows: Mapping[str, list[dict[str, Any]]], now: datetime) -> int:
    """Write many rows of a book that has none of them; a row with `_proposed` waits for acceptance."""
    made = [
        Line(
            book=book,
            sheet=sheet,
            key=key_of(sheet, row),
            values=keep(sheet, row),
            proposed=bool(row.get("_proposed")),
            made_by=by.username,
            made_at=now,
        )
        for sheet, found in rows.items()
        for row in found
    ]
    Line.objects.bulk_create(made)
    return len(made)


def _write(
    by: Actor,
    book: YearBook,
    sheet: str,
    values: Mapping[str, Any],
    now: datetime,
    *,
    replaces: Line | None = None,
    reason: str = "",
    proposed: bool = False,
) -> Line:
    if replaces is not None:
        _end(by, replaces, now, "")
    return Line.objects.create(
        book=book,
        sheet=sheet,
        key=key_of(sheet, values),
        values=keep(sheet, values),
        proposed=proposed,
        replaces=replaces,
        reason=reason[:200],
        made_by=by.username,
        made_at=now,
    )


def _end(by: Actor, line: Line, now: datetime, reason: str) -> None:
    line.live, line.ended_by, line.ended_at = False, by.username, now
    line.reason = reason[:200] or line.reason
    line.save(update_fields=["live", "ended_by", "ended_at", "reason"])


def _live(book: YearBook, sheet: str, key: str) -> Line | None:
    return book.lines.filter(sheet=sheet, key=key, live=True).first()


def _still(line: Line) -> Line:
    line = Line.objects.select_related("book").get(pk=line.pk)
    if not line.live:
        raise Conflict("这一行已被更正或删去", advice="请刷新页面，在最新的一行上更正。")
    return line


def _texts(line: Line) -> dict[str, str]:
    """Return a line's cells as people would type them."""
    return {column.title: shown(column, line.values.get(column.title)) for column in columns(line.sheet)}


def _require_reason(book: YearBook, reason: str) -> None:
    if book.reopened and not reason.strip():
        raise FormatError("复核后的更正须写明原因", advice="请在“更正原因”栏填写。")


def _require_unused(book: YearBook, line: Line) -> None:
    used = book.lines.filter(live=True, sheet__in=("指标", "执行"), values__项目名称=line.values["项目名称"]).count()
    if used:
        raise Conflict(
            f"项目“{line.values['项目名称']}”还有 {used} 行指标或执行数", advice="请先删去这些行，再删去项目。"
        )
