"""The years of a unit: list, opening, what is missing, handing over and approval."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.centre import actions, queries
from jinbao.centre.gaps import gaps
from jinbao.centre.models import YearBook
from jinbao.centre.roles import APPROVERS, READERS, WRITERS
from jinbao.kernel.errors import FormatError
from jinbao.trust.actors import Actor
from jinbao.web.acting import form_key, only
from jinbao.web.counter.centre.frame import frame, slug_of
from jinbao.web.dates import now, today
from jinbao.web.paging import page_of


@require_safe
@only(*READERS)
def listing(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the years and the form to open another."""
    shown = {
        "page": page_of(queries.books(by), request),
        "units": list(queries.units(by)),
        "forms": YearBook.Form.values,
        "year": today().year - 1,
        "may_open": by.role in WRITERS,
    }
    return render(request, "counter/centre/books.html", shown)


@require_POST
@only(*WRITERS)
def open_year(request: HttpRequest, by: Actor) -> HttpResponse:
    """Open a year of a unit; a new unit is registered first."""
    year = request.POST.get("year", "")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        raise FormatError(_("“%(year)s”不是年度") % {"year": year[:20]}, advice=_("请填四位数字，例如 2025。"))
    code, name = request.POST.get("code", "").strip(), request.POST.get("name", "").strip()
    unit = actions.register_unit(by, code, name, by.region) if name else queries.unit(by, code)
    form = request.POST.get("form", "")
    book = actions.open_book(by, unit, int(year), form, now=now(), key=form_key(request, "open"))
    return redirect("counter-centre-book", pk=book.pk)


@require_safe
@only(*READERS)
def detail(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one year: its totals, what is missing, and what may be done now."""
    book = queries.book(by, pk)
    data = queries.figures(book)
    found = [(gap, reverse("counter-centre-sheet", args=[pk, slug_of(gap.sheet)])) for gap in gaps(book, data)]
    status = YearBook.Status
    shown = {
        **frame(by, book, "overview"),
        "income_fen": sum(v for row in data["收入"] for k, v in row.items() if k not in ("科目编码", "_at", "_line")),
        "spent_fen": sum(row["决算"] for row in data["支出"]),
        "projects": queries.projects(book, data),
        "needed": [pair for pair in found if pair[0].needed],
        "optional": [pair for pair in found if not pair[0].needed],
        "waiting": book.lines.filter(live=True, proposed=True).count(),
        "may_approve": by.role in APPROVERS and book.status == status.SUBMITTED,
        "may_send_back": by.role in APPROVERS and book.status != status.OPEN,
    }
    return render(request, "counter/centre/book.html", shown)


@require_POST
@only(*dict.fromkeys((*WRITERS, *APPROVERS)))
def step(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Submit, approve or send back."""
    book, key, verb = queries.book(by, pk), form_key(request, "step", pk), request.POST.get("verb", "")
    if verb == "submit":
        actions.submit(by, book, now=now(), key=key)
    elif verb == "approve":
        actions.approve(by, book, now=now(), key=key)
    else:
        actions.send_back(by, book, request.POST.get("reason", ""), now=now(), key=key)
    return redirect("counter-centre-book", pk=pk)


@require_POST
@only(*WRITERS)
def accept(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Accept every target that was carried over as a proposal."""
    n = actions.accept(by, queries.book(by, pk), now=now(), key=form_key(request, "accept", pk))
    messages.success(request, _("已接受 %(n)d 条目标建议") % {"n": n})
    return redirect("counter-centre-sheet", pk=pk, slug="indicators")
