"""What every way of fetching yields: rows as texts, written as a file that the gate reads like any other."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.timezone import localtime

from jinbao.data.datasets import Dataset
from jinbao.kernel.errors import JinbaoError


class SourceError(JinbaoError):
    """A source did not give what it should: not reachable, refused, or not what was declared."""

    code = "source"


@dataclass
class Fetched:
    """What a fetch brought: the file, how many rows, and the highest watermark seen (as kept text)."""

    path: Path
    rows: int = 0
    watermark: str = ""


def write_rows(path: Path, dataset: Dataset, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows under the headings of their columns; return how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([dataset.column(name).label for name in names])
        for row in rows:
            writer.writerow([as_text(value) for value in row])
            count += 1
    return count


def as_text(value: Any) -> str:
    """Write a value as a file would have it: whole days without a time, numbers without an exponent.

    Bytes are read as UTF-8 or GB 18030. What is no text in either, half characters and NUL are written as escapes, so
    that nothing is lost and the gate returns the row where a column does not allow them.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, Decimal | float):
        return format(Decimal(str(value)), "f")
    if isinstance(value, bytes | bytearray | memoryview):
        return as_text(decoded(bytes(value)))
    return str(value).encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def decoded(text: bytes) -> str:
    """Read text of another system, which need not say how it is encoded."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return text.decode(encoding)
        except UnicodeDecodeError:
            continue
    return text.decode("utf-8", "backslashreplace")


class NoTime(str):  # a text like any other
    """A time as a database wrote it that Python has no value for: without end, before Christ."""


def keep_watermark(value: Any, now: datetime) -> str:
    """Write a watermark so that it can be read back with its type.

    A time that is more than a day ahead of us is a mistake, after which nothing would ever be new: now stands for it.
    """
    value = _not_ahead(value, localtime(now).replace(tzinfo=None))
    if isinstance(value, datetime):
        return json.dumps({"time": value.isoformat()})
    if isinstance(value, date):
        return json.dumps({"day": value.isoformat()})
    if isinstance(value, int | Decimal):
        return json.dumps({"number": str(value)})
    return json.dumps({"text": str(value)}, ensure_ascii=False)


def _not_ahead(value: Any, now: datetime) -> Any:
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        latest = _not_ahead(at, now)
        return value if latest == at else _like(value, latest)
    if isinstance(value, datetime):
        ahead = value.replace(tzinfo=None) - now
        return value if ahead <= timedelta(days=1) else now.replace(tzinfo=value.tzinfo)
    if isinstance(value, date):
        return min(value, now.date() + timedelta(days=1))
    return value


def _like(text: str, at: datetime) -> str:
    """Write a time as another one is written."""
    return str(at.date()) if len(text) == 10 else at.isoformat(sep="T" if "T" in text else " ")


def read_watermark(kept: str, overlap: int = 0) -> Any:
    """Read a watermark back, an overlap (seconds, or units) earlier."""
    ((kind, value),) = json.loads(kept).items()
    if kind == "time":
        return datetime.fromisoformat(value) - timedelta(seconds=overlap)
    if kind == "day":
        return date.fromisoformat(value) - timedelta(days=-(-overlap // 86400))
    if kind == "number":
        return int(Decimal(value)) - overlap
    return _earlier_text(value, overlap)


def _earlier_text(value: str, overlap: int) -> str:
    """Take the overlap off a time that is written as text; any other text stays as it is."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return _like(value, at - timedelta(seconds=overlap))


def highest(rows: Iterable[Sequence[Any]], at: int, found: list[Any], name: str) -> Iterator[Sequence[Any]]:
    """Pass rows on without their cell `at`, remembering its highest value in `found`.

    Raises SourceError with the `name` of the watermark where its values cannot be compared.
    """
    for row in rows:
        value = row[at]
        try:
            is_higher = value is not None and not isinstance(value, NoTime) and (not found or value > found[0])
        except TypeError:
            raise SourceError(
                f"增量字段 {name} 的值类型不一：{as_text(found[0])[:30]} 与 {as_text(value)[:30]} 无法比较先后",
                advice="请对方统一该字段的类型，或改用另一个只增不减的字段。",
            ) from None
        if is_higher:
            found[:] = [value]
        yield [*row[:at], *row[at + 1 :]]
