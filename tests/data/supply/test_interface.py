"""Paged JSON over HTTP, from a server that behaves, stumbles, lies or stays silent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from jinbao.data.models import Batch
from jinbao.data.supply import interface
from jinbao.data.supply.models import Pull
from tests.data.supply.conftest import NOW, ask
from tests.data.supply.test_sources import MINUTE, Declare, declare, pull

__all__ = ["declare"]
PAGED = """
title: 就诊接口
dataset: visits
sender: 卫健
schedule: {every_minutes: 60}
accept: always
interface:
  url_env: JINBAO_SOURCE_HTTP
  rows: data.records
  columns: {visit_no: no, name: person.name, month: month, cost_fen: cost}
  paging: {size: 2, total: data.total}
"""
Answer = tuple[int, Any]


def rows_of(count: int) -> list[dict[str, Any]]:
    return [
        {"no": f"A{n}", "person": {"name": "张三"}, "month": "2026-01", "cost": 0.1 + n, "at": n} for n in range(count)
    ]


class Other:
    """Somebody else's server: what it was asked, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.rows = rows_of(5)
        self.answer: Callable[[dict[str, str]], Answer] = self.page
        self.headers: dict[str, str] = {}
        self.trickle = 0.0
        """Seconds between the bytes of an answer."""

    def page(self, query: dict[str, str]) -> Answer:
        size, at = int(query["size"]), int(query["page"]) - 1
        part = self.rows[at * size : (at + 1) * size]
        return 200, {"data": {"records": part, "total": len(self.rows)}}


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[Other]:
    """A server on this machine."""
    theirs = Other()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            theirs.asked.append((self.path, query, {name.lower(): value for name, value in self.headers.items()}))
            status, body = theirs.answer(query)
            self.send_response(status)
            for name, value in theirs.headers.items():
                self.send_header(name, value)
            self.end_headers()
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            for at in range(0, len(content), 1 if theirs.trickle else len(content)):
                self.wfile.write(content[at : at + 1] if theirs.trickle else content)
                time.sleep(theirs.trickle)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("JINBAO_SOURCE_HTTP", f"http://127.0.0.1:{server.server_port}/visits")
    monkeypatch.setattr(interface, "LONGEST_WAIT_S", 0.0)
    yield theirs
    server.shutdown()
    server.server_close()


def test_all_pages_are_read_and_numbers_keep_their_digits(declare: Declare, other: Other) -> None:
    (run,) = pull(declare(PAGED))
    assert (run.status, run.rows, len(other.asked)) == (Pull.Status.DONE, 5, 3)
    assert ask("SELECT cost_fen FROM visits ORDER BY visit_no") == [(10,), (110,), (210,), (310,), (410,)]


def test_a_server_that_stumbles_is_asked_again(declare: Declare, other: Other) -> None:
    stumbles = iter([503, 429, 500])

    def answer(query: dict[str, str]) -> Answer:
        status = next(stumbles, 200)
        return other.page(query) if status == 200 else (status, {})

    other.answer = answer
    assert pull(declare(PAGED))[0].status == Pull.Status.DONE


def test_a_server_that_stays_down_is_a_failed_run_and_nothing_is_kept(declare: Declare, other: Other) -> None:
    other.answer = lambda query: other.page(query) if query["page"] == "1" else (503, {})
    (run,) = pull(declare(PAGED))
    assert run.status == Pull.Status.FAILED
    assert "试了 5 次" in run.error
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((403, {}), "拒绝了请求：返回 403"),
        ((302, {}), "返回 302"),
        ((200, b"<html>login"), "不是 JSON"),
        ((200, {"data": {"error": "no"}}), "没有列表 data.records"),
        ((200, {"data": {"records": ["x"], "total": 1}}), "不是对象"),
        ((200, {"data": {"records": [], "total": 3}}), "说共有 3 行，取到 0 行"),
    ],
)
def test_what_is_no_answer_is_said(declare: Declare, other: Other, answer: Answer, said: str) -> None:
    other.answer = lambda _: answer
    (run,) = pull(declare(PAGED))
    assert (run.status, said in run.error) == (Pull.Status.FAILED, True), run.error


def test_an_answer_that_is_too_large_is_refused(declare: Declare, other: Other) -> None:
    small = declare(PAGED.replace("interface:\n", "interface:\n  most_bytes: 100\n"))
    assert "一页超过" in pull(small)[0].error


def test_a_cursor_is_followed_to_the_end_and_not_in_circles(declare: Declare, other: Other) -> None:
    text = PAGED.replace("{size: 2, total: data.total}", "{style: cursor, size: 2, cursor: next}")
    following = {"": "b", "b": "c", "c": ""}

    def answer(query: dict[str, str]) -> Answer:
        at = query.get("cursor", "")
        number = list(following).index(at)
        return 200, {"data": {"records": other.rows[number * 2 : number * 2 + 2]}, "next": following[at]}

    other.answer = answer
    assert pull(declare(text))[0].rows == 5
    following["c"] = "b"
    assert "转了回来" in pull(declare(text), NOW + MINUTE)[0].error


def test_the_watermark_is_sent_with_the_next_run(declare: Declare, other: Other) -> None:
    text = PAGED + "  since_param: since\n  watermark: at\n"
    pull(declare(text))
    other.asked.clear()
    other.rows.append({"no": "A9", "person": {"name": "李四"}, "month": "2026-01", "cost": 1, "at": 9})
    pull(declare(text), NOW + MINUTE)
    assert other.asked[0][1]["since"] == "4"


def test_a_signed_request_can_be_verified_by_the_other_side(
    declare: Declare, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINBAO_SOURCE_KEY", "shared")
    pull(declare(PAGED + "  sign: hmac-sm3\n  app_id: jinbao\n  secret_env: JINBAO_SOURCE_KEY\n"))
    target, _, headers = other.asked[0]
    keyed = HMAC(b"shared", SM3())
    keyed.update("\n".join(("GET", target, headers["x-timestamp"], headers["x-nonce"])).encode())
    assert headers["x-signature"] == keyed.finalize().hex()
    assert headers["x-app-id"] == "jinbao"


def test_an_address_that_is_a_file_is_refused(declare: Declare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINBAO_SOURCE_HTTP", "file:///etc/passwd")
    assert "不是接口地址" in pull(declare(PAGED))[0].error
