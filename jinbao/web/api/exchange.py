"""The door of the exchange: it stands before Django, because sessions, languages and pages are nothing to its callers.

`in_front_of` answers the addresses below /api/exchange/ and hands everything else on. Measured with an empty answer,
Django's own way in and out costs more than everything that the gateway does (bench/exchange.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http.client import responses
from typing import Any
from wsgiref.util import FileWrapper

from jinbao.data.exchange import gateway
from jinbao.data.exchange.call import Answer, Received
from jinbao.data.exchange.gateway import BASE, LARGEST_BODY
from jinbao.trust import clock

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
FILES = f"{BASE}files/"
_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json; charset=utf-8"}


def in_front_of(application: Application) -> Application:
    """Answer the calls of partners and hand everything else on."""

    def answers(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(BASE):
            return application(environ, start_response)
        call = received(environ)
        if call.method == "GET" and call.path.startswith(FILES):
            return _file(call, start_response)
        return _send(gateway.answer(call), start_response)

    return answers


def received(environ: dict[str, Any]) -> Received:
    """Take the parts of a call out of the server's form; a body that is too long is not read to its end."""
    headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name[:5] == "HTTP_"}
    length = environ.get("CONTENT_LENGTH") or "0"
    wanted = min(int(length), LARGEST_BODY + 1) if length.isascii() and length.isdigit() else 0
    return Received(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        headers,
        environ["wsgi.input"].read(wanted) if wanted else b"",
        environ.get("REMOTE_ADDR", ""),
        clock.now(),
    )


def _send(answer: Answer, start_response: Any) -> Iterable[bytes]:
    headers = {
        "Content-Type": _TYPES["json"],
        "Content-Length": str(len(answer.body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    status = f"{answer.status} {responses[answer.status]}"
    start_response(status, [*headers.items(), *answer.headers.items()])
    return [answer.body]


def _file(call: Received, start_response: Any) -> Iterable[bytes]:
    """Send a file by its link."""
    answer, path = gateway.fetch(call, call.path.removeprefix(FILES)[:100])
    if path is None:
        return _send(answer, start_response)
    headers = {
        "Content-Type": _TYPES.get(path.suffix[1:], "application/octet-stream"),
        "Content-Length": str(path.stat().st_size),
        "Content-Disposition": f'attachment; filename="{path.name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    start_response("200 OK", [*headers.items(), *answer.headers.items()])
    return FileWrapper(path.open("rb"), 1 << 16)
