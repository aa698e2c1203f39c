"""From a transfer back to its facts: the row it came from, that row's own rows, and each one's line in the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.db.models import Model
from django.http import HttpRequest

from jinbao.insurance.contributions import queries as contributions
from jinbao.insurance.contributions.models import Contribution, Declaration, LateFee, Receipt
from jinbao.insurance.payments.models import Payment
from jinbao.kernel.errors import NotFound
from jinbao.kernel.money import format_fen
from jinbao.ledger.queries import Source
from jinbao.trust.actors import Actor
from jinbao.trust.masking import mask_id
from jinbao.web.paging import Page, page_of

_LONG = re.compile(r"(?<![0-9A-Za-z])[0-9]{11,19}[Xx]?(?![0-9A-Za-z])")


@dataclass(frozen=True)
class Walked:
    """Where a transfer came from: what it is, its facts by name, its rows, and one row's file line if asked for."""

    title: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    contributions: Page[Contribution] | None = None
    line: str = ""
    batch: int | None = None
    payment_batch: int | None = None


def source_of(by: Actor, source: Source, request: HttpRequest) -> Walked:
    """Walk one transfer back. A source without a row shows its name."""
    row = source.row
    if isinstance(row, Receipt | LateFee):
        walked = _declaration(by, row.declaration, request)
        return Walked(str(row), _receipt_facts(row) + walked.facts, walked.contributions, walked.line, walked.batch)
    if isinstance(row, Declaration):
        return _declaration(by, row, request)
    if isinstance(row, Payment):
        return _payment(row)
    return Walked(_named(row, source))


def _named(row: Model | None, source: Source) -> str:
    return str(row) if row is not None else f"{source.model} {source.pk}"


def _receipt_facts(row: Receipt | LateFee) -> list[tuple[str, str]]:
    on = row.on if isinstance(row, Receipt) else row.charged_on
    return [("日期", str(on)), ("银行流水号", row.bank_reference)]


def _declaration(by: Actor, row: Declaration, request: HttpRequest) -> Walked:
    facts = [
        ("单位", row.employer.name if row.employer else "灵活就业"),
        ("费款所属期", str(row.month)),
        ("种类", row.get_kind_display()),
        ("应缴", format_fen(row.due_fen)),
        ("到账", str(row.received_on or "未到账")),
    ]
    rows = row.rows.select_related("person").order_by("line", "pk")
    return Walked(str(row), facts, page_of(rows, request), _line(by, row, request), row.batch_id)


def _line(by: Actor, row: Declaration, request: HttpRequest) -> str:
    """Return the line of the file behind the contribution that ?row= names."""
    asked = request.GET.get("row", "")
    found = row.rows.filter(pk=asked).first() if asked.isdecimal() and len(asked) < 19 else None
    if found is None:
        return ""
    try:
        origin = contributions.walk_back(by, found)
    except NotFound as error:
        return error.message
    return f"{origin.batch.file_name} {origin.place}\n{_masked(origin.text)}"


def _masked(line: str) -> str:
    """Hide every run of digits that is long enough to be an identity number, a bank card or a phone."""
    return _LONG.sub(lambda found: mask_id(found[0]), line)


def _payment(row: Payment) -> Walked:
    facts = [
        ("领取人", row.person.name),
        ("待遇所属期", str(row.for_month)),
        ("种类", row.get_kind_display()),
        ("状态", row.get_status_display()),
        ("金额", format_fen(row.amount_fen)),
    ]
    return Walked(str(row), facts, payment_batch=row.batch_id)
