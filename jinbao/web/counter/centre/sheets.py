"""One sheet of a year and one line of it: read, enter, correct, remove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jinbao.centre import actions, queries
from jinbao.centre.carry import TOTALS
from jinbao.centre.disclosure.produce.accounts import OFFICIAL
from jinbao.centre.disclosure.produce.schema import KEYS, RESULTS, SHEETS, UNIT_ITEMS, WHOLE, Column
from jinbao.centre.disclosure.standards import standard
from jinbao.centre.models import Line, YearBook
from jinbao.centre.roles import READERS, WRITERS
from jinbao.centre.rows import BASES, FIXED, columns, shown
from jinbao.kernel.errors import Conflict, FormatError, JinbaoError, Several
from jinbao.trust.actors import Actor
from jinbao.web.acting import form_key, only
from jinbao.web.counter.centre.frame import frame, sheet_of, slug_of
from jinbao.web.dates import now

LONG = ("内容", "主要职责", "年度目标", "完成情况", "结果应用", "偏差原因", "用途", "差异原因", "变动原因", "计划")


@dataclass(frozen=True)
class Field:
    """One cell as a form asks for it."""

    column: Column
    value: str
    options: tuple[tuple[str, str], ...]
    """What may be chosen (value, words); with `free`, only suggestions."""
    free: bool
    error: str = ""

    @property
    def long(self) -> bool:
        """True where people write sentences."""
        return self.column.title in LONG

    @property
    def is_number(self) -> bool:
        """True for amounts, counts and codes."""
        return self.column.kind != "text"


def _fields(book: YearBook, sheet: str, values: Mapping[str, str], error: JinbaoError | None = None) -> list[Field]:
    errors = error.errors if isinstance(error, Several) else (error,) if error is not None else ()
    told = {e.at.column: f"{e.message} {e.advice}".strip() for e in errors if e.at is not None}
    found = []
    for column in columns(sheet):
        options, free = _options(book, sheet, column)
        found.append(Field(column, values.get(column.title, ""), options, free, told.get(column.title, "")))
    return found


def _options(book: YearBook, sheet: str, column: Column) -> tuple[tuple[tuple[str, str], ...], bool]:
    """Return what a cell may hold, and whether something else may be written too."""
    title = column.title
    if column.choices:
        return tuple((c, c) for c in column.choices), False
    if title == "项目名称" and sheet != "项目":
        names = [line.key for line in queries.lines(book, "项目")] + ([WHOLE] if sheet == "指标" else [])
        return tuple((n, n) for n in names), False
    if column.kind == "code":
        basis, length = ("经济", 5) if title == "经济科目编码" else BASES.get(sheet, ("功能", 7))
        codes = [(c.code, c.name) for c in standard().codes if c.classification == basis and len(c.code) == length]
        return tuple(codes), True
    fixed = {"单位": [i for i in UNIT_ITEMS if i not in FIXED], "三公": list(OFFICIAL)}.get(sheet)
    if title == "项目" and fixed:
        return tuple((i, i) for i in fixed), False
    if (sheet, title) == ("上年", "项目"):
        return tuple((name, name) for name in TOTALS), True
    return (tuple((r, r) for r in RESULTS) if title == "实际值" else ()), True


@require_safe
@only(*READERS)
def listing(request: HttpRequest, by: Actor, pk: int, slug: str) -> HttpResponse:
    """Show the rows of a sheet and the form for another."""
    return _page(request, by, queries.book(by, pk), slug, {})


def _page(
    request: HttpRequest,
    by: Actor,
    book: YearBook,
    slug: str,
    typed: Mapping[str, str],
    error: JinbaoError | None = None,
) -> HttpResponse:
    sheet = sheet_of(slug)
    found = queries.lines(book, sheet)
    used = [c for c in columns(sheet) if c.required or any(c.title in line.values for line in found)]
    sums = queries.summed(sheet, found)
    seen: dict[str, Any] = {
        **frame(by, book, slug),
        "sheet": sheet,
        "slug": slug,
        "help": SHEETS[sheet][0],
        "columns": used,
        "rows": [(line, [(c, shown(c, line.values.get(c.title))) for c in used]) for line in found],
        "sums": [shown(c, sums[c.title]) if c.title in sums else "" for c in used] if any(sums.values()) else [],
        "projects": queries.projects(book, queries.figures(book)) if sheet == "项目" else [],
        "waiting": sum(line.proposed for line in found),
        "error": error,
    }
    if seen["may_write"]:
        seen["fields"] = _fields(book, sheet, typed, error)
    return render(request, "counter/centre/sheet.html", seen, status=400 if error else 200)


@require_POST
@only(*WRITERS)
def enter(request: HttpRequest, by: Actor, pk: int, slug: str) -> HttpResponse:
    """Enter a row; what does not fit comes back with the row as typed and the reason beside the cell."""
    book, sheet = queries.book(by, pk), sheet_of(slug)
    typed = _typed(request, sheet)
    try:
        actions.enter(by, book, sheet, typed, now=now(), key=form_key(request, "enter", pk, slug))
    except (FormatError, Conflict) as error:
        return _page(request, by, book, slug, typed, error)
    return redirect("counter-centre-sheet", pk=pk, slug=slug)


def _typed(request: HttpRequest, sheet: str) -> dict[str, str]:
    return {column.title: request.POST.get(column.title, "").strip() for column in columns(sheet)}


@require_safe
@only(*READERS)
def line(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one row with its history, and the form to correct it."""
    found = queries.line(by, pk)
    values = {c.title: shown(c, found.values.get(c.title)) for c in columns(found.sheet)}
    return _line_page(request, by, found, values)


def _line_page(
    request: HttpRequest, by: Actor, found: Line, values: Mapping[str, str], error: JinbaoError | None = None
) -> HttpResponse:
    slug = slug_of(found.sheet)
    history = [
        (one, [(c.title, shown(c, one.values.get(c.title))) for c in columns(found.sheet) if c.title in one.values])
        for one in queries.history(found)
    ]
    seen = {
        **frame(by, found.book, slug),
        "line": found,
        "slug": slug,
        "name": " ".join(str(found.values.get(title, "")) for title in KEYS[found.sheet]),
        "history": history,
        "error": error,
        "fields": _fields(found.book, found.sheet, values, error),
    }
    seen["may_write"] = seen["may_write"] and found.live
    return render(request, "counter/centre/line.html", seen, status=400 if error else 200)


@require_POST
@only(*WRITERS)
def correct(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Correct a row, accept it as proposed, or remove it."""
    found, key = queries.line(by, pk), form_key(request, "correct", pk)
    reason, typed = request.POST.get("reason", "").strip(), _typed(request, found.sheet)
    try:
        if request.POST.get("verb") == "remove":
            actions.remove(by, found, now=now(), reason=reason, key=key)
        else:
            actions.correct(by, found, typed, now=now(), reason=reason, key=key)
    except (FormatError, Conflict) as error:
        return _line_page(request, by, found, typed, error)
    return redirect("counter-centre-sheet", pk=found.book_id, slug=slug_of(found.sheet))
