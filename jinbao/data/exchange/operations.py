"""What a call asks for: look-up by keys, list page by page, matching; read first, to know its cost, then run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from jinbao.data.exchange import directory, place, serving
from jinbao.data.exchange.directory import HeldGrant
from jinbao.data.exchange.masks import MASKED
from jinbao.data.exchange.refusals import FIELD_NOT_GRANTED, NOT_GRANTED, TOO_MANY, WRONG
from jinbao.kernel.duck import quoted
from jinbao.trust.crypto import open_sealed, seal

MOST_KEYS, MOST_LINES, LARGEST_PAGE, LONGEST_VALUE = 100, 5_000, 1_000, 128
MOST_ROWS_A_KEY = 1_000


@dataclass
class Told:
    """What a call gave, for the answer and for the log."""

    body: dict[str, Any]
    rows: int = 0
    fields: int = 0
    masked: int = 0


@dataclass(frozen=True)
class Work:
    """A call that was read: what it will take of the quota, and how it is run."""

    cost: int
    run: Callable[[], Told]


@dataclass(frozen=True)
class Asked:
    """The parameters of a call, before they are understood."""

    values: Mapping[str, Any]
    now: datetime

    def only(self, *names: str) -> Asked:
        """Refuse parameters that the operation does not know."""
        unknown = sorted(set(self.values) - set(names))
        if unknown:
            raise WRONG.because(f"没有参数“{unknown[0][:40]}”，可用 {'、'.join(names)}")
        return self


def read_body(body: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises the refusal of anything else, and of a name that comes twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise WRONG.because("有重名的项")
        return dict(pairs)

    try:
        values = json.loads(body, object_pairs_hook=once, parse_float=str)
        json.dumps(values, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise WRONG.because("请求体不是 UTF-8 编码的 JSON") from None
    if not isinstance(values, dict):
        raise WRONG.because("请求体应为 JSON 对象")
    return values


def read_query(query: str) -> dict[str, Any]:
    """Read what stands behind the question mark; each name once."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=20, errors="strict")
    except ValueError:
        raise WRONG.because("查询串不合格式") from None
    if len(dict(pairs)) < len(pairs):
        raise WRONG.because("有重名的参数")
    return dict(pairs)


def fields_of(grant: HeldGrant, wanted: Any) -> list[str]:
    """Return the fields to give: all that are granted, or those of them that were asked for."""
    if wanted is None or wanted == "":
        return list(grant.fields)
    names = wanted.split(",") if isinstance(wanted, str) else wanted
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise WRONG.because("fields 应为字段名的列表")
    if any(name not in grant.fields for name in names) or len(set(names)) < len(names):
        raise FIELD_NOT_GRANTED
    return names


def shown(grant: HeldGrant, fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Give rows with each field masked as the grant says."""
    masks = [grant.masks.get(name) for name in fields]
    return [
        {name: value if mask is None else mask(value) for name, mask, value in zip(fields, masks, row, strict=True)}
        for row in rows
    ]


def _told(grant: HeldGrant, fields: Sequence[str], rows: Sequence[Sequence[Any]], **more: Any) -> Told:
    masked = sum(1 for name in fields if grant.fields[name] == MASKED)
    return Told({"rows": shown(grant, fields, rows), **more}, len(rows), len(fields), masked)


def query(grant: HeldGrant, asked: Asked) -> Work:
    """Look rows up by one key or several: {"key": {"id_number": …}} or {"keys": [{…}, …]}, with "fields"."""
    asked.only("key", "keys", "fields")
    _require(grant, directory.API)
    given = asked.values
    keys = [given["key"]] if "key" in given and "keys" not in given else given.get("keys")
    if not isinstance(keys, list) or not keys:
        raise WRONG.because("应给出 key 或 keys 之一")
    if len(keys) > MOST_KEYS:
        raise TOO_MANY.because(f"一次最多 {MOST_KEYS} 个键")
    conditions = [_key_condition(grant, key) for key in keys]
    fields = fields_of(grant, given.get("fields"))
    return Work(len(keys), lambda: _query(grant, conditions, fields))


def _key_condition(grant: HeldGrant, key: Any) -> tuple[str, list[str]]:
    if not isinstance(key, dict) or not key:
        raise WRONG.because("键应写成 {字段: 值}")
    if any(name not in grant.keys for name in key):
        raise FIELD_NOT_GRANTED
    return " AND ".join(f"{quoted(name)} = ?" for name in key), [_value(value) for value in key.values()]


def _value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > LONGEST_VALUE:
        raise WRONG.because(f"值应为文字或整数，不超过 {LONGEST_VALUE} 字")
    return str(value).strip()


def _query(grant: HeldGrant, conditions: list[tuple[str, list[str]]], fields: list[str]) -> Told:
    table = serving.open_for(grant)
    allowed, bound = serving.condition_of(grant)
    rows = []
    for condition, values in conditions:
        rows += table.rows(fields, f"{condition} AND {allowed}", [*values, *bound], MOST_ROWS_A_KEY)
    return _told(grant, fields, rows, version=table.version)


def listing(grant: HeldGrant, asked: Asked) -> Work:
    """Give a page of all rows that the grant allows: size, after (what the page before said), fields."""
    asked.only("size", "after", "fields")
    _require(grant, directory.API)
    size, after = str(asked.values.get("size", "100")), asked.values.get("after") or ""
    if not (size.isascii() and size.isdigit() and len(size) < 10 and int(size) > 0):
        raise WRONG.because("size 应为正整数")
    if int(size) > LARGEST_PAGE:
        raise TOO_MANY.because(f"一页最多 {LARGEST_PAGE} 行")
    fields = fields_of(grant, asked.values.get("fields"))
    start = _open_cursor(grant, after) if after else ""
    return Work(int(size), lambda: _listing(grant, fields, start, int(size)))


def _listing(grant: HeldGrant, fields: list[str], start: str, size: int) -> Told:
    table = serving.open_for(grant)
    allowed, bound = serving.condition_of(grant)
    found = table.rows(["_row", *fields], f"({allowed}) AND _row > ?", [*bound, start], size + 1)
    page = found[:size]
    further = _cursor(grant, page[-1][0]) if len(found) > size else ""
    return _told(grant, fields, [row[1:] for row in page], next=further, version=table.version)


def _cursor(grant: HeldGrant, row: str) -> str:
    """Write the place behind a row so that nobody reads the row's key from it."""
    return seal(place.sealing_key(), row.encode(), grant.number.encode()).hex()


def _open_cursor(grant: HeldGrant, text: Any) -> str:
    try:
        return open_sealed(place.sealing_key(), bytes.fromhex(text), grant.number.encode()).decode()
    except (ValueError, TypeError):
        raise WRONG.because("after 应为上一页答复中的 next") from None


def match(grant: HeldGrant, asked: Asked) -> Work:
    """Say for each line whether there is such a row: {"columns": [key, …], "lines": [[…], …], "hashed": false}.

    The first column is a key; further ones only such as are given unmasked, else a mask could be asked away.
    """
    asked.only("columns", "lines", "hashed")
    _require(grant, directory.MATCH)
    columns, lines, hashed = (asked.values.get(name) for name in ("columns", "lines", "hashed"))
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) for name in columns):
        raise WRONG.because("columns 应为字段名的列表")
    if columns[0] not in grant.keys or any(not _may_match(grant, name) for name in columns):
        raise FIELD_NOT_GRANTED
    if hashed not in (None, False, True) or (hashed and len(columns) > 1):
        raise WRONG.because("hashed 为 true 或 false；按摘要比对只用一列")
    if not isinstance(lines, list) or not lines:
        raise WRONG.because("lines 应为列表，每行一个值或一组值")
    if len(lines) > MOST_LINES:
        raise TOO_MANY.because(f"一次最多 {MOST_LINES} 行")
    values = [_line(line, len(columns)) for line in lines]
    names = [f"{columns[0]}__sm3"] if hashed else columns
    return Work(len(lines), lambda: _match(grant, names, values))


def _may_match(grant: HeldGrant, name: str) -> bool:
    return name in grant.keys or grant.fields.get(name, MASKED) != MASKED


def _line(line: Any, width: int) -> list[str]:
    parts = line if isinstance(line, list) else [line]
    if len(parts) != width:
        raise WRONG.because(f"每行应有 {width} 个值")
    return [_value(part) for part in parts]


def _match(grant: HeldGrant, names: list[str], lines: list[list[str]]) -> Told:
    table = serving.open_for(grant)
    allowed, bound = serving.condition_of(grant)
    condition = " AND ".join(f"{quoted(name)} = ?" for name in names)
    there = [bool(table.rows(["rowid"], f"{condition} AND {allowed}", [*line, *bound], 1)) for line in lines]
    return Told({"matched": there, "version": table.version}, 0)


def _require(grant: HeldGrant, delivery: str) -> None:
    if delivery not in grant.delivery:
        raise NOT_GRANTED
