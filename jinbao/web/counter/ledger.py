"""The books at the counter: trial balance, an account's transfers, the way back from a transfer to the file line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jinbao.insurance.registry.models import Scheme
from jinbao.kernel.errors import NotFound
from jinbao.kernel.months import Month
from jinbao.ledger import queries
from jinbao.ledger.models import Transfer
from jinbao.oversight import statements
from jinbao.trust.actors import Actor, require_sight
from jinbao.web.acting import OFFICERS, only
from jinbao.web.counter.sources import source_of
from jinbao.web.dates import today
from jinbao.web.paging import page_of


@dataclass(frozen=True)
class Books:
    """Which books are open: region, fund, month."""

    region: str
    fund: str
    month: Month

    @property
    def funds(self) -> list[tuple[str, str]]:
        """The funds that there are."""
        return list(Scheme.choices)

    @property
    def fund_name(self) -> str:
        """Name of the fund."""
        return str(Scheme(self.fund).label)


def books_of(request: HttpRequest, by: Actor) -> Books:
    """Read ?fund= and ?month=; by default the pension fund and the current month, always in the officer's region."""
    fund = request.GET.get("fund", Scheme.PENSION)
    if fund not in Scheme.values:
        raise NotFound(_("没有这个基金"), advice=_("请从列表中选择险种。"))
    text = request.GET.get("month", "")
    return Books(by.region, fund, Month.parse(text) if text else Month.of(today()))


@require_safe
@only(*OFFICERS)
def trial_balance(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show every account of a fund with opening, turnover, closing and what is pending."""
    books = books_of(request, by)
    rows = queries.trial_balance(books.region, books.fund, books.month)
    moved = [row for row in rows if _moved(row)]
    totals: dict[str, int] = {
        "debit": sum(row.debit_fen for row in rows),
        "credit": sum(row.credit_fen for row in rows),
        "debit_closing": sum(row.closing_fen for row in rows if row.side == "借"),
        "credit_closing": sum(row.closing_fen for row in rows if row.side == "贷"),
    }
    return render(request, "counter/trial_balance.html", {"books": books, "rows": moved, "totals": totals})


def _moved(row: queries.TrialRow) -> bool:
    """Tell whether an account has a balance, turnover or anything pending."""
    pending = row.pending_debit_fen, row.pending_credit_fen
    return any((row.opening_fen, row.debit_fen, row.credit_fen, *pending))


@require_safe
@only(*OFFICERS)
def account(request: HttpRequest, by: Actor, code: str) -> HttpResponse:
    """Show the transfers of one account in a month, each with the way back to where it came from."""
    books = books_of(request, by)
    shown = {
        "books": books,
        "code": code,
        "name": queries.account_name(code, books.fund),
        "page": page_of(queries.events_of(code, books.fund, books.region, books.month), request),
    }
    return render(request, "counter/account.html", shown)


@require_safe
@only(*OFFICERS)
def transfer(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one transfer and the rows and file lines that it came from."""
    row = get_object_or_404(Transfer.objects.select_related("debit", "credit", "resolves"), pk=pk)
    require_sight(by, region=row.debit.region)
    shown = {
        "transfer": row,
        "debit_name": queries.account_name(row.debit.code, row.debit.fund),
        "credit_name": queries.account_name(row.credit.code, row.credit.fund),
        "source": source_of(by, queries.drill(row), request),
    }
    return render(request, "counter/transfer.html", shown)


@require_safe
@only(*OFFICERS)
def statement(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the fund's statement of a month; every figure leads to the transfers behind it."""
    books = books_of(request, by)
    made = statements.monthly(by, books.region, books.fund, books.month)
    shown: dict[str, Any] = {"books": books, "statement": made, "made_on": today()}
    return render(request, "counter/statement.html", shown)
