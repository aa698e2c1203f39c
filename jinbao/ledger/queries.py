"""Balances, trial balance and drill-down: sums made by the database, in whole fen.

A region includes what lies below it. Amounts of an account are positive on its own side (借 or 贷).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.apps import apps
from django.db.models import F, Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from jinbao.kernel.months import Month
from jinbao.ledger.chart import load_chart
from jinbao.ledger.models import Transfer
from jinbao.trust.scope import within

EFFECTIVE = Q(kind__in=[Transfer.Kind.POSTED, Transfer.Kind.POST])
"""Transfers that count in balances."""
RESERVING = Q(kind=Transfer.Kind.PENDING)
RESOLVING = Q(kind__in=[Transfer.Kind.POST, Transfer.Kind.VOID])


@dataclass(frozen=True)
class TrialRow:
    """One account in the trial balance of a month; all in fen."""

    code: str
    name: str
    side: str
    kind: str
    opening_fen: int
    """Balance before the month, on the account's side."""
    debit_fen: int
    """Debited in the month."""
    credit_fen: int
    """Credited in the month."""
    closing_fen: int
    """Balance at the end of the month, on the account's side."""
    pending_debit_fen: int
    """Reserved and not yet resolved at the end of the month."""
    pending_credit_fen: int


@dataclass(frozen=True)
class Turnover:
    """What went through one account in one month; in fen."""

    month: Month
    code: str
    debit_fen: int
    credit_fen: int

    @property
    def net_fen(self) -> int:
        """How much the balance grew, on the account's side."""
        grew = self.debit_fen - self.credit_fen
        return grew if load_chart().account(self.code).side == "借" else -grew


@dataclass(frozen=True)
class Source:
    """Where a transfer came from."""

    model: str
    pk: str
    row: Model | None
    """The row itself; None when the name stands for something that is no row."""


def account_name(code: str, fund: str) -> str:
    """Return the name of an account in a fund. Raises NotFound for a code that the chart does not have."""
    return load_chart().account(code).name_for(fund)


def balance(code: str, fund: str, region: str, until: Month | None = None) -> int:
    """Return the balance of an account in fen at the end of a month (or now), positive on the account's side."""
    account = load_chart().account(code)
    rows = Transfer.objects.filter(EFFECTIVE)
    rows = rows if until is None else rows.filter(month__lte=until)
    debit, credit = (_of(rows, side, fund, region, code).aggregate(fen=_sum())["fen"] for side in ("debit", "credit"))
    return int(debit - credit if account.side == "借" else credit - debit)


def trial_balance(region: str, fund: str, month: Month) -> list[TrialRow]:
    """Return every account of the chart with its balances and the month's turnover, in the order of the chart."""
    rows = Transfer.objects.filter(month__lte=month)
    debits, credits_ = (_trial_sums(_of(rows, side, fund, region), side, month) for side in ("debit", "credit"))
    result = []
    for account in load_chart().accounts.values():
        debit, credit = debits[account.code], credits_[account.code]
        sign = 1 if account.side == "借" else -1
        opening = sign * (debit["opening"] - credit["opening"])
        row = TrialRow(
            code=account.code,
            name=account.name_for(fund),
            side=account.side,
            kind=account.kind,
            opening_fen=opening,
            debit_fen=debit["turnover"],
            credit_fen=credit["turnover"],
            closing_fen=opening + sign * (debit["turnover"] - credit["turnover"]),
            pending_debit_fen=debit["reserved"] - debit["resolved"],
            pending_credit_fen=credit["reserved"] - credit["resolved"],
        )
        result.append(row)
    return result


def turnover(region: str, fund: str, first: Month, last: Month) -> list[Turnover]:
    """Return what went through each account in each month from first to last; months without movement are left out."""
    rows = Transfer.objects.filter(EFFECTIVE, month__gte=first, month__lte=last)
    sums: dict[tuple[Month, str], dict[str, int]] = defaultdict(lambda: {"debit": 0, "credit": 0})
    for side in ("debit", "credit"):
        grouped = _of(rows, side, fund, region).values("month", code=F(f"{side}__code")).annotate(fen=_sum())
        for row in grouped.order_by():
            sums[row["month"], row["code"]][side] = int(row["fen"])
    ordered = sorted(sums.items())
    return [Turnover(month, code, fen["debit"], fen["credit"]) for (month, code), fen in ordered]


def events_of(code: str, fund: str, region: str, month: Month) -> QuerySet[Transfer]:
    """Return the transfers behind an account's turnover of a month, oldest first: their sums are the turnover."""
    account = Q(debit__code=code) & Q(debit__fund=fund) & within("debit__region", region)
    other = Q(credit__code=code) & Q(credit__fund=fund) & within("credit__region", region)
    rows = Transfer.objects.filter(EFFECTIVE, account | other, month=month)
    return rows.select_related("debit", "credit").order_by("on", "pk")


def drill(transfer: Transfer) -> Source:
    """Return the row from which a transfer came, for walking a total back to its facts."""
    try:
        model = apps.get_model(transfer.source_type)
    except (LookupError, ValueError):
        return Source(transfer.source_type, transfer.source_id, None)
    row = model._base_manager.filter(pk=transfer.source_id).first() if transfer.source_id.isdecimal() else None
    return Source(transfer.source_type, transfer.source_id, row)


def _of(rows: QuerySet[Transfer], side: str, fund: str, region: str, code: str = "") -> QuerySet[Transfer]:
    """Keep the transfers whose account on one side is of a fund, a region and (if given) a code."""
    account = {f"{side}__fund": fund} | ({f"{side}__code": code} if code else {})
    return rows.filter(within(f"{side}__region", region), **account)


def _sum(condition: Q | None = None) -> Coalesce:
    return Coalesce(Sum("amount_fen", filter=condition), 0)


def _trial_sums(rows: QuerySet[Transfer], side: str, month: Month) -> dict[str, dict[str, int]]:
    """Return, by account code, what stood before the month, moved in it, was reserved and was resolved."""
    grouped = rows.values(code=F(f"{side}__code")).annotate(
        opening=_sum(EFFECTIVE & Q(month__lt=month)),
        turnover=_sum(EFFECTIVE & Q(month=month)),
        reserved=_sum(RESERVING),
        resolved=_sum(RESOLVING),
    )
    sums: dict[str, dict[str, int]] = defaultdict(lambda: {"opening": 0, "turnover": 0, "reserved": 0, "resolved": 0})
    for row in grouped.order_by():
        sums[row["code"]] = {name: int(row[name]) for name in ("opening", "turnover", "reserved", "resolved")}
    return sums
