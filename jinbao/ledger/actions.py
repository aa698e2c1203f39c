"""Post business events and resolve what is pending: the only place that writes the ledger.

Posting is part of somebody's action: call it inside one, so that event, audit trail and books are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from jinbao.kernel.errors import Conflict, FormatError, NotFound
from jinbao.kernel.months import Month
from jinbao.ledger.chart import Chart, Posting, load_chart
from jinbao.ledger.models import Account, Transfer

T = TypeVar("T")
Accounts = dict[tuple[str, str], dict[str, int]]
"""Ids of accounts by code, for each fund and region."""

FEW = 50
"""Up to so many rows, setting up a COPY costs more than it saves."""

CHUNK = 2000
"""Events handled at once: what bounds the memory of `post_many` and `resolve_many`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One business event to be posted under the rule of its name in policy/ledger/postings.yaml."""

    event: str
    key: str
    """Identifies the event among those of its name: posting it again is one event."""
    fund: str
    region: str
    month: Month
    """会计期间: the month of the books."""
    on: date
    amounts: Mapping[str, int]
    """Fen by the amount names of the rule; those left out are zero."""
    source: tuple[str, str | int]
    """The row it came from, as ("contributions.Receipt", 12)."""


class _Line(NamedTuple):
    """A transfer on its way into the table; rows of this size go in three times faster than model instances."""

    event: str
    key: str
    line: int
    kind: str
    debit_id: int
    credit_id: int
    amount_fen: int
    month: Month
    on: date
    resolves_id: int | None
    source_type: str
    source_id: str

    @property
    def content(self) -> tuple[object, ...]:
        """What must be the same when an event is posted again."""
        return (self.line, self.kind, self.debit_id, self.credit_id, self.amount_fen, self.month)


def post(
    event: str,
    *,
    key: str,
    fund: str,
    region: str,
    month: Month,
    on: date,
    amounts: Mapping[str, int],
    source: tuple[str, str | int],
    now: datetime,
) -> list[Transfer]:
    """Post one event and return its transfers, in the order of the rule's lines; zero amounts make none.

    Posting the same event and key again returns the transfers that are there. Raises Conflict when they say something
    else, NotFound for an event that is not declared, FormatError for amounts that the rule does not have.
    """
    with transaction.atomic():
        _post([Event(event, key, fund, region, month, on, amounts, source)], now, load_chart(), {})
        rows = Transfer.objects.filter(key=key, event=event, kind__in=["posted", "pending"])
        return list(rows.select_related("debit", "credit").order_by("line"))


def post_many(events: Iterable[Event], *, now: datetime) -> int:
    """Post many events in one transaction and bounded memory; return how many transfers are new.

    Events that are there already are passed over. Raises as `post` does, and then nothing is posted.
    """
    chart, accounts = load_chart(), Accounts()
    with transaction.atomic():
        return sum(_post(chunk, now, chart, accounts) for chunk in _chunks(events))


def resolve(
    pending: Iterable[Transfer] | str, kind: Literal["post", "void"], *, on: date, now: datetime
) -> list[Transfer]:
    """Let pending transfers take effect (`post`) or not (`void`), by themselves or by the key of their event.

    They count in the month of `on`. Doing it again returns the resolutions that are there.
    Raises Conflict for transfers that were resolved the other way or were never pending, NotFound for a key under which
    nothing is pending.
    """
    with transaction.atomic():
        if isinstance(pending, str):
            lines = _pending([pending])
        else:
            lines = _pending_rows([transfer.pk for transfer in pending])
        _resolve(lines, kind, on, now)
        rows = Transfer.objects.filter(resolves__in=list(lines)).select_related("debit", "credit")
        return list(rows.order_by("resolves"))


def resolve_many(keys: Iterable[str], kind: Literal["post", "void"], *, on: date, now: datetime) -> int:
    """Resolve the pending transfers of many keys in one transaction and bounded memory; return how many are new.

    Raises as `resolve` does, and then nothing is resolved.
    """
    with transaction.atomic():
        return sum(_resolve(_pending(chunk), kind, on, now) for chunk in _chunks(keys))


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _post(events: list[Event], now: datetime, chart: Chart, accounts: Accounts) -> int:
    """Post events that are not there yet and return how many transfers that made."""
    _open_accounts(events, chart, accounts)
    wanted: dict[tuple[str, str], list[_Line]] = {}
    for event in events:
        lines = list(_lines(event, chart.posting(event.event), accounts[event.fund, event.region]))
        _require_same(event.event, event.key, wanted.setdefault((event.event, event.key), lines), lines)
    try:
        return _insert_missing(wanted, now)
    except IntegrityError:  # somebody posted one of them a moment ago: now it is there to be compared with
        return _insert_missing(wanted, now)


def _insert_missing(wanted: Mapping[tuple[str, str], list[_Line]], now: datetime) -> int:
    known = _known(wanted)
    new: list[_Line] = []
    for (event, key), lines in wanted.items():
        if (event, key) in known:
            _require_same(event, key, known[event, key], lines)
        else:
            new += lines
    _insert(new, now)
    return len(new)


def _insert(lines: list[_Line], now: datetime) -> None:
    """Add rows to the table, all or none, by the quickest way of each database."""
    table, columns = Transfer._meta.db_table, (*_Line._fields, "created_at")
    names = ", ".join(map(connection.ops.quote_name, columns))
    at = connection.ops.adapt_datetimefield_value(now)
    days = {line.on: connection.ops.adapt_datefield_value(line.on) for line in lines}
    rows: list[Any] = [(*line[:7], line.month.yyyymm, days[line.on], *line[9:], at) for line in lines]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(rows) > FEW:
            _copy(cursor, f"COPY {table} ({names}) FROM STDIN", rows)
        else:
            values = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)  # noqa: S608  # our own names


def _copy(cursor: Any, statement: str, rows: list[Any]) -> None:
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _known(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[_Line]]:
    names = list(wanted)
    rows = Transfer.objects.filter(
        key__in=[key for _, key in names], event__in={event for event, _ in names}, kind__in=["posted", "pending"]
    )
    found: dict[tuple[str, str], list[_Line]] = {}
    for row in rows.order_by("key", "event", "line").values_list(*_Line._fields):
        line = _Line._make(row)
        found.setdefault((line.event, line.key), []).append(line)
    return found


def _require_same(event: str, key: str, known: list[_Line], lines: list[_Line]) -> None:
    """Raise Conflict unless what is posted under a key is what is to be posted."""
    if known is not lines and [line.content for line in known] != [line.content for line in lines]:
        raise Conflict(
            f"事项“{event}”编号“{key}”已入账，金额、期间或科目不同", advice="更正应当另作一笔，用新的编号；原记录不改。"
        )


def _lines(event: Event, posting: Posting, accounts: Mapping[str, int]) -> Iterator[_Line]:
    _check_amounts(event, posting)
    kind = "pending" if posting.pending else "posted"
    for number, line in enumerate(posting.lines):
        fen = event.amounts.get(line.amount, 0)
        if not fen:
            continue
        debit, credit = (line.debit, line.credit) if fen > 0 else (line.credit, line.debit)
        ends = accounts[debit], accounts[credit]
        model, pk = event.source
        yield _Line(event.event, event.key, number, kind, *ends, abs(fen), event.month, event.on, None, model, str(pk))


def _check_amounts(event: Event, posting: Posting) -> None:
    for name, fen in event.amounts.items():
        if name not in posting.amounts:
            advice = f"可用的金额：{'、'.join(posting.amounts)}。"
            raise FormatError(f"事项“{event.event}”没有金额“{name}”", at=posting.at, advice=advice)
        if isinstance(fen, bool) or not isinstance(fen, int):
            raise FormatError(f"事项“{event.event}”的“{name}”应为整数分，实为 {fen!r}")
        if fen < 0 and posting.reverse == "refused":
            raise FormatError(
                f"事项“{event.event}”的“{name}”不得为负：{fen} 分", at=posting.at, advice="请用相反的事项。"
            )


def _open_accounts(events: list[Event], chart: Chart, accounts: Accounts) -> None:
    """Add the accounts of funds and regions not known yet; open those that the chart has and the books lack."""
    for fund, region in {(event.fund, event.region) for event in events} - accounts.keys():
        rows = Account.objects.filter(fund=fund, region=region).values_list("code", "id")
        known = dict(rows)
        missing = [Account(code=code, fund=fund, region=region) for code in chart.accounts if code not in known]
        if missing:
            Account.objects.bulk_create(missing, ignore_conflicts=True)
            known = dict(rows.all())
        accounts[fund, region] = known


def _pending(keys: list[str]) -> dict[int, _Line]:
    """Return the pending transfers of keys by their ids; raise NotFound for a key without any."""
    found = _rows_by_id(Transfer.objects.filter(key__in=keys, kind="pending"))
    missing = set(keys) - {line.key for line in found.values()}
    if missing:
        advice = "请核对编号；已直接入账的不需要处理。"
        raise NotFound(f"没有编号为“{min(missing)}”的待入账记录", advice=advice)
    return found


def _pending_rows(ids: list[int]) -> dict[int, _Line]:
    """Return transfers by their ids; raise Conflict for one that is not pending."""
    found = _rows_by_id(Transfer.objects.filter(pk__in=ids))
    never = next((line for line in found.values() if line.kind != "pending"), None)
    if never:
        raise Conflict(f"事项“{never.event}”编号“{never.key}”不是待入账记录", advice="已入账的用相反的事项冲正。")
    return found


def _rows_by_id(rows: QuerySet[Transfer]) -> dict[int, _Line]:
    return {pk: _Line._make(values) for pk, *values in rows.order_by("pk").values_list("pk", *_Line._fields)}


def _resolve(pending: Mapping[int, _Line], kind: str, on: date, now: datetime) -> int:
    """Resolve transfers that are not resolved yet and return how many that were."""
    try:
        return _insert_resolutions(pending, kind, on, now)
    except IntegrityError:  # somebody resolved one of them a moment ago: now it is there to be compared with
        return _insert_resolutions(pending, kind, on, now)


def _insert_resolutions(pending: Mapping[int, _Line], kind: str, on: date, now: datetime) -> int:
    known = Transfer.objects.filter(resolves__in=list(pending)).values_list("resolves", "key", "kind", "on")
    for _, key, was, since in known:
        if was != kind:
            raise Conflict(f"编号“{key}”已于 {since} {Transfer.Kind(was).label}", advice="请刷新后查看其处理结果。")
    resolved = {pk for pk, *_ in known}
    new = [
        line._replace(kind=kind, month=Month.of(on), on=on, resolves_id=pk)
        for pk, line in pending.items()
        if pk not in resolved
    ]
    _insert(new, now)
    return len(new)
