"""Interfaces of other systems: paged JSON over HTTP(S), with retries, limits and signed headers."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from jinbao.data.supply.rows import Fetched, SourceError, decoded, highest, keep_watermark, read_watermark, write_rows
from jinbao.data.supply.secret import secret
from jinbao.data.supply.sources import Interface, SupplySource

MOST_PAGES = 100_000
LONGEST_WAIT_S = 30.0
LONGEST_PAGE_S = 120.0
"""How long a page may take, however steadily it comes."""
_PIECE = 1 << 16
ADVICE = "请联系对方核对接口，或稍后在“供数”页面重新取数；已取到的不会丢失，也不会重复。"


@dataclass(frozen=True)
class Call:
    """What a signing scheme sees of a request."""

    method: str
    target: str
    """Path and query."""
    app_id: str
    secret: str
    timestamp: str
    nonce: str


def _hmac_sm3(call: Call) -> dict[str, str]:
    """Our own scheme: HMAC-SM3 over method, target, time and nonce, each on a line."""
    text = "\n".join((call.method, call.target, call.timestamp, call.nonce))
    keyed = HMAC(call.secret.encode(), SM3())
    keyed.update(text.encode())
    signed = keyed.finalize().hex()
    return {"x-app-id": call.app_id, "x-timestamp": call.timestamp, "x-nonce": call.nonce, "x-signature": signed}


SIGNERS: dict[str, Callable[[Call], dict[str, str]]] = {"hmac-sm3": _hmac_sm3}
"""Signing scheme → headers. A deployment with another gateway adds its own here."""


def fetch(
    source: SupplySource, way: Interface, since: str, into: Path, now: datetime,
    sleep: Callable[[float], None] = time.sleep,
) -> Fetched:  # fmt: skip
    """Read every page into a file; raise SourceError. A fetch that breaks off leaves nothing behind."""
    names = list(way.columns)
    found: list[Any] = []
    rows = _cells(_pages(way, since, sleep), way)
    kept = highest(rows, len(names), found, way.watermark) if way.watermark else rows
    count = write_rows(into, source.dataset, names, kept)
    return Fetched(into, count, keep_watermark(found[0], now) if found else since)


def _cells(rows: Iterator[Any], way: Interface) -> Iterator[list[Any]]:
    paths = [*way.columns.values(), *([way.watermark] if way.watermark else [])]
    for row in rows:
        if not isinstance(row, Mapping):
            raise SourceError("接口返回的一行不是对象", advice="请核对来源声明中的 rows 路径。")
        yield [_cell(row, path) for path in paths]


def _cell(row: Mapping[str, Any], path: str) -> Any:
    value = _at(row, path)
    if isinstance(value, Mapping | list):
        raise SourceError(f"接口返回的 {path} 不是一个值，而是对象或列表", advice="请核对来源声明中 columns 的路径。")
    return value


def _total(answer: Any, path: str) -> int | None:
    """Read how many rows the interface says there are; None where none is declared or said."""
    said = _at(answer, path) if path else None
    if said is None:
        return None
    text = str(said)
    if isinstance(said, int | str) and text.isascii() and text.isdigit():
        return int(text)
    raise SourceError(f"接口返回的总行数 {path} 不是整数：{text[:30]}", advice="请核对来源声明中 total 的路径。")


def _pages(way: Interface, since: str, sleep: Callable[[float], None]) -> Iterator[Any]:
    """Yield the rows of all pages; in the end compare with the total that the interface itself named."""
    paging, count = way.paging, 0
    total: int | None = None
    page, cursor, seen = paging.first, "", set()
    before: list[Any] = []
    for _ in range(MOST_PAGES):
        answer = _answer(way, _params(way, since, page, cursor), sleep)
        rows = _at(answer, way.rows)
        if not isinstance(rows, list):
            raise SourceError(
                f"接口的返回中没有列表 {way.rows}", advice="请核对来源声明中的 rows 路径，或对方返回的错误。"
            )
        if rows and rows == before:
            raise SourceError("接口接连两页给出同样的行", advice="请核对来源声明中的翻页参数，或联系对方。")
        before = rows
        yield from rows
        count += len(rows)
        total = _total(answer, paging.total)
        cursor = str(_at(answer, paging.cursor) or "") if paging.style == "cursor" else ""
        if _is_last(way, len(rows), count, total, cursor):
            break
        if cursor and cursor in seen:
            raise SourceError("接口的翻页游标转了回来", advice=ADVICE)
        seen.add(cursor)
        page += 1
    else:
        raise SourceError(f"接口取了 {MOST_PAGES} 页还没有完", advice="请把每页的行数（size）改大，或按增量取数。")
    if total is not None and count != total:
        raise SourceError(f"接口说共有 {total} 行，取到 {count} 行：取数期间数据有变化", advice="请重新取数。")


def _is_last(way: Interface, got: int, count: int, total: int | None, cursor: str) -> bool:
    if way.paging.style == "none" or not got:
        return True
    if way.paging.style == "cursor":
        return not cursor
    return count >= total if total is not None else got < way.paging.size


def _params(way: Interface, since: str, page: int, cursor: str) -> dict[str, str]:
    params = dict(way.params)
    if way.paging.style != "none":
        params[way.paging.size_param] = str(way.paging.size)
    if way.paging.style == "page":
        params[way.paging.page_param] = str(page)
    if cursor:
        params[way.paging.cursor_param] = cursor
    if way.since_param and since:
        params[way.since_param] = str(read_watermark(since))
    return params


def _at(value: Any, path: str) -> Any:
    """Follow a path of names separated by dots; missing is None."""
    for name in filter(None, path.split(".")):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _answer(way: Interface, params: Mapping[str, str], sleep: Callable[[float], None]) -> Any:
    """Ask for one page, again after a pause where that may help."""
    wait = 0.5
    for attempt in range(way.retries + 1):
        try:
            return _asked(way, params)
        except _Passing as trouble:
            if attempt == way.retries:
                raise SourceError(f"接口试了 {attempt + 1} 次都不成：{trouble}", advice=ADVICE) from None
            sleep(min(trouble.wait or wait, LONGEST_WAIT_S))
            wait *= 2
    raise AssertionError("unreachable")


class _Passing(Exception):
    """Trouble that may pass: try again after `wait` seconds, if the other side named them."""

    def __init__(self, text: str, wait: float = 0.0) -> None:
        super().__init__(text)
        self.wait = wait


class _SameHost(HTTPRedirectHandler):
    """Follow no redirect: signed headers belong to one address."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


def _asked(way: Interface, params: Mapping[str, str]) -> Any:
    request = _request(way, params)
    try:
        with build_opener(_SameHost).open(request, timeout=way.timeout_s) as response:
            return _read(response, way)
    except HTTPError as error:
        with error:
            if error.code in (408, 425, 429) or error.code >= 500:
                after = error.headers.get("Retry-After", "")
                raise _Passing(
                    f"返回 {error.code}", float(after) if after.isascii() and after.isdigit() else 0.0
                ) from None
            raise SourceError(f"接口拒绝了请求：返回 {error.code}", advice="请核对地址、授权和签名。") from None
    except (URLError, TimeoutError, ConnectionError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise _Passing(f"{type(reason).__name__} {reason}"[:120]) from None


def _request(way: Interface, params: Mapping[str, str]) -> Request:
    base = secret(way.url_env)
    if not _is_address(base):
        raise SourceError(f"环境变量 {way.url_env} 不是接口地址", advice="应以 https:// 或 http:// 开头。")
    url = f"{base}{'&' if '?' in base else '?'}{urlencode(params)}" if params else base
    headers = {"accept": "application/json", **way.headers, **_signed(way, url)}
    return Request(url, headers=headers)  # noqa: S310  # http and https only, checked above


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, _ = (parts.hostname or "").encode("idna"), parts.port
    except ValueError:  # also a name that cannot be written for the name service
        return False
    return bool(host) and parts.scheme in ("http", "https") and text.isprintable()


def _signed(way: Interface, url: str) -> dict[str, str]:
    if not way.sign:
        return {}
    if way.sign not in SIGNERS:
        raise SourceError(f"没有名为“{way.sign}”的签名方式", advice=f"可用：{'、'.join(SIGNERS)}。")
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    stamp = str(int(time.time() * 1000))
    return SIGNERS[way.sign](Call("GET", target, way.app_id, secret(way.secret_env), stamp, uuid.uuid4().hex))


def _read(response: HTTPResponse, way: Interface) -> Any:
    body, until = b"", time.monotonic() + LONGEST_PAGE_S
    while len(body) <= way.most_bytes and (piece := response.read1(_PIECE)):
        body += piece
        if time.monotonic() > until:
            raise _Passing(f"一页 {LONGEST_PAGE_S:.0f} 秒还没有传完")
    if len(body) > way.most_bytes:
        raise SourceError(f"接口一页超过 {way.most_bytes >> 20} MB", advice="请把来源声明中每页的行数（size）改小。")
    try:
        return json.loads(_utf8(body), parse_float=str, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise SourceError("接口返回的不是 JSON", advice="多半是登录页或错误页，请核对地址和授权。") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; a name that it has twice would have to be guessed."""
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise SourceError(f"接口返回的一个对象里 {twice[:40]} 写了两次", advice=ADVICE)
    return made


def _utf8(body: bytes) -> bytes:
    """Return JSON as it is where it is in one of its own encodings, and from GB 18030 in UTF-8."""
    try:
        body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        return decoded(body).encode()
    return body
