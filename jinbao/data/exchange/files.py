"""Files for partners: a whole granted table as CSV, Excel or Parquet, fetched by a link that ends."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from jinbao.data.datasets import load_dataset
from jinbao.data.exchange import directory, place, serving
from jinbao.data.exchange.call import BEIJING
from jinbao.data.exchange.directory import HeldGrant
from jinbao.data.exchange.masks import MASKED
from jinbao.data.exchange.models import Delivery
from jinbao.data.exchange.operations import Asked, Told, Work, fields_of, shown
from jinbao.data.exchange.refusals import NOT_GRANTED, TOO_MANY, WRONG
from jinbao.trust.sm3 import sm3_hex

HOURS = 24
MOST_ROWS = 1_000_000
_PAGE = 5_000
Rows = Iterator[list[dict[str, Any]]]


def order(grant: HeldGrant, asked: Asked) -> Work:
    """Make a file: {"format": "csv" | "xlsx" | "parquet", "fields": […]}; the answer has a link for a day."""
    asked.only("format", "fields")
    if directory.FILE not in grant.delivery:
        raise NOT_GRANTED
    kind = asked.values.get("format", "csv")
    if not isinstance(kind, str) or kind not in WRITERS:
        raise WRONG.because(f"format 可为 {'、'.join(WRITERS)}")
    fields = fields_of(grant, asked.values.get("fields"))
    count = serving.open_for(grant).count_of(*serving.condition_of(grant))
    if count > MOST_ROWS:
        raise TOO_MANY.because(f"文件最多 {MOST_ROWS} 行，请改用分页")
    return Work(max(1, count), lambda: _make(grant, kind, fields, asked.now))


def _make(grant: HeldGrant, kind: str, fields: list[str], now: datetime) -> Told:
    token = secrets.token_urlsafe(32)
    table = serving.open_for(grant)
    allowed, bound = serving.condition_of(grant)
    path = place.folder("files") / f"{secrets.token_hex(12)}.{kind}"
    pages = (shown(grant, fields, page) for page in table.pages(fields, allowed, bound, _PAGE))
    count = WRITERS[kind](path, _headings(grant, fields), pages)
    digest, expires = sm3_hex(path), now + timedelta(hours=HOURS)
    Delivery.objects.create(
        grant_id=grant.pk,
        kind=kind,
        token_sm3=sm3_hex(token.encode()),
        file=path.name,
        rows=count,
        sm3=digest,
        version=table.version,
        made_at=now,
        expires_at=expires,
        state=Delivery.State.READY,
    )
    link = f"/api/exchange/files/{token}"
    body = {"link": link, "rows": count, "sm3": digest, "expires": expires.isoformat(), "version": table.version}
    return Told(body, count, len(fields), sum(1 for name in fields if grant.fields[name] == MASKED))


def _headings(grant: HeldGrant, fields: Sequence[str]) -> list[tuple[str, str]]:
    labels = {column.name: column.label for column in load_dataset(grant.resource).columns}
    return [(name, labels[name]) for name in fields]


def _csv(path: Path, headings: list[tuple[str, str]], pages: Rows) -> int:
    """Write CSV for Excel; a text that a spreadsheet would take for a formula is made a text."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([label for _, label in headings])
        for page in pages:
            writer.writerows([_harmless(value) for value in row.values()] for row in page)
            count += len(page)
    return count


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _xlsx(path: Path, headings: list[tuple[str, str]], pages: Rows) -> int:
    count = 0
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [label for _, label in headings])
        for page in pages:
            for row in page:
                count += 1
                for at, value in enumerate(row.values()):
                    sheet.write_string(count, at, "" if value is None else str(value))
    return count


def _parquet(path: Path, headings: list[tuple[str, str]], pages: Rows) -> int:
    """Write Parquet; every value as text, because a masked number is one."""
    schema = pa.schema([(name, pa.string()) for name, _ in headings])
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        for page in pages:
            texts = [{name: None if value is None else str(value) for name, value in row.items()} for row in page]
            writer.write_table(pa.Table.from_pylist(texts, schema=schema))
            count += len(page)
    return count


WRITERS: dict[str, Callable[[Path, list[tuple[str, str]], Rows], int]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "parquet": _parquet,
}


def find(token: str, now: datetime) -> tuple[Delivery, Path]:
    """Return the file of a link while it holds and the grant does. Raises the one refusal for every other link."""
    found = Delivery.objects.filter(token_sm3=sm3_hex(token.encode()), expires_at__gt=now).select_related(
        "grant__partner"
    )
    delivery = found.exclude(file="").first()
    if delivery is None or (delivery.grant and not delivery.grant.in_force(now.astimezone(BEIJING).date())):
        raise NOT_GRANTED
    path = place.folder("files") / delivery.file
    if not path.exists():
        raise NOT_GRANTED
    return delivery, path


def clear(now: datetime) -> int:
    """Remove the files whose links have ended; return how many."""
    ended = Delivery.objects.filter(expires_at__lte=now).exclude(file="")
    for delivery in ended:
        (place.folder("files") / delivery.file).unlink(missing_ok=True)
    return ended.update(file="")
