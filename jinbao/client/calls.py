"""Calls of the exchange: signed, repeated when that may help, and believed only when the answer's signature is good."""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinbao.client.signers import Signer
from jinbao.trust.crypto import messages
from jinbao.trust.sm3 import sm3_hex

LINES_A_CALL, ROWS_A_PAGE = 5_000, 1_000
_AGAIN = frozenset({"rate", "not-ready", "too-slow", "log-unavailable", "internal"})


class Failed(Exception):
    """The platform could not be reached or gave no answer of the exchange."""


class Untrusted(Failed):
    """An answer without a good signature of the platform; its content is not given."""


class Refused(Exception):
    """The platform said no: `code` is stable, `advice` says what to do, `request_id` finds the call in the log."""

    def __init__(self, code: str, message: str, advice: str, request_id: str) -> None:
        super().__init__(f"{message} [{code}] {advice}（请求编号 {request_id}）")
        self.code, self.message, self.advice, self.request_id = code, message, advice, request_id


@dataclass
class Client:
    """One partner's way to one platform."""

    url: str
    signer: Signer
    sandbox: bool = False
    attempts: int = 4
    pause_s: float = 0.5
    """Before the second attempt; doubled before each further one."""
    timeout_s: float = 30
    _link: http.client.HTTPConnection | None = field(default=None, repr=False)

    def query(self, resource: str, fields: Sequence[str] = (), **key: str | int) -> list[dict[str, Any]]:
        """Return the rows of one key, such as id_number="…"."""
        return self.query_many(resource, [key], fields)

    def query_many(
        self, resource: str, keys: Sequence[Mapping[str, str | int]], fields: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Return the rows of several keys, at most a hundred a call."""
        wanted = {"fields": list(fields)} if fields else {}
        rows: list[dict[str, Any]] = []
        for at in range(0, len(keys), 100):
            rows += self._post(resource, "query", {"keys": [dict(key) for key in keys[at : at + 100]], **wanted})[
                "rows"
            ]
        return rows

    def rows(self, resource: str, fields: Sequence[str] = (), size: int = ROWS_A_PAGE) -> Iterator[dict[str, Any]]:
        """Go through every row that the grant allows, page after page."""
        after = ""
        while True:
            asked = {"size": str(size)} | ({"after": after} if after else {})
            asked |= {"fields": ",".join(fields)} if fields else {}
            page = self._call("GET", self._path(resource, "list"), urlencode(asked), b"")
            yield from page["rows"]
            after = page["next"]
            if not after:
                return

    def match(self, resource: str, column: str, values: Sequence[str], *, hashed: bool = False) -> list[bool]:
        """Tell for each value whether there is such a row; with `hashed` only SM3 hashes of the values are sent."""
        sent = [sm3_hex(value.encode()) for value in values] if hashed else list(values)
        there: list[bool] = []
        for at in range(0, len(sent), LINES_A_CALL):
            asked = {"columns": [column], "lines": sent[at : at + LINES_A_CALL], "hashed": hashed}
            there += self._post(resource, "match", asked)["matched"]
        return there

    def file(self, resource: str, kind: str = "csv") -> bytes:
        """Order a file (csv, xlsx, parquet), fetch it, and check it against the hash of the signed answer."""
        order = self._post(resource, "file", {"format": kind})
        status, _, content = self._exchange("GET", order["link"], "", b"", {})
        if status != 200 or sm3_hex(content) != order["sm3"]:
            raise Untrusted("the file is not the one that was ordered")
        return content

    def grants(self) -> list[dict[str, Any]]:
        """Return what one was granted, with today's use."""
        found: list[dict[str, Any]] = self._call("GET", "/api/exchange/me", "", b"")["grants"]
        return found

    def _path(self, resource: str, operation: str) -> str:
        return f"/api/exchange/{'sandbox' if self.sandbox else 'data'}/{resource}/{operation}"

    def _post(self, resource: str, operation: str, value: Any) -> dict[str, Any]:
        return self._call("POST", self._path(resource, operation), "", json.dumps(value).encode())

    def _call(self, method: str, path: str, query: str, body: bytes) -> dict[str, Any]:
        """Call until it is answered; each attempt is a call of its own, with its own time and word."""
        for attempt in range(1, self.attempts + 1):
            try:
                return self._once(method, path, query, body)
            except Refused as refused:
                if refused.code not in _AGAIN or attempt == self.attempts:
                    raise
            except Untrusted:
                raise
            except (OSError, http.client.HTTPException) as error:
                if attempt == self.attempts:
                    raise Failed(f"{self.url}: {error}") from error
            time.sleep(self.pause_s * 2 ** (attempt - 1))
        raise Failed("no attempt was allowed")

    def _once(self, method: str, path: str, query: str, body: bytes) -> dict[str, Any]:
        now, nonce = str(time.time_ns() // 1_000_000), secrets.token_hex(16)
        text = messages.call_text(method, path, query, self.signer.key_id, now, nonce, sm3_hex(body))
        signature = base64.b64encode(self.signer.sign(text)).decode()
        parts = (self.signer.key_id, now, nonce, signature)
        names = (messages.KEY, messages.TIME, messages.NONCE, messages.SIGNATURE)
        status, headers, content = self._exchange(method, path, query, body, dict(zip(names, parts, strict=True)))
        return self._believed(status, headers, content, nonce)

    def _believed(self, status: int, headers: Mapping[str, str], content: bytes, nonce: str) -> dict[str, Any]:
        """Return the content if its signature is good; a refusal of an unknown key cannot be signed for it."""
        request_id, signature = headers.get(messages.REQUEST.lower(), ""), headers.get(messages.SIGNATURE.lower(), "")
        text = messages.answer_text(request_id, nonce, status, sm3_hex(content))
        try:
            good = self.signer.is_answer(text, base64.b64decode(signature, validate=True))
            said = json.loads(content)
        except (binascii.Error, ValueError):
            raise Untrusted(f"HTTP {status}: not an answer of the exchange") from None
        if status == 200 and not good:
            raise Untrusted(f"the answer {request_id} has no good signature")
        if status != 200:
            refused = [str(said.get(name, "")) for name in ("code", "message", "advice")]
            raise Refused(refused[0], refused[1], refused[2], request_id)
        result: dict[str, Any] = said
        return result

    def _exchange(
        self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request over the open connection; open it anew after a fault."""
        target = f"{path}?{query}" if query else path
        link = self._link = self._link or self._open()
        try:
            link.request(method, target, body or None, {"Content-Type": "application/json", **headers})
            answer = link.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    def _open(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=self.timeout_s)

    def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close()
            self._link = None
