"""Push until the partner takes it; the commands; refreshing from the lake; what the documents promise."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from jinbao.data.exchange import actions, checks, files, openapi, place, push, refresh, serving
from jinbao.data.exchange.models import Delivery
from jinbao.data.exchange.refusals import ALL
from jinbao.kernel.errors import FormatError
from jinbao.project.commands.exchange import command
from jinbao.trust.actors import Actor
from jinbao.trust.crypto import messages, public_of, sm2
from jinbao.trust.sm3 import sm3_hex
from tests.conftest import ZHANG_SAN
from tests.exchange.conftest import NOW, RESOURCE, World, terms

ROOT = Path(__file__).resolve().parents[2]


class Partner(BaseHTTPRequestHandler):
    """A partner's side: refuses the first page, takes the rest."""

    taken: list[tuple[dict[str, str], bytes]] = []
    status = [500]

    def do_POST(self) -> None:
        self.taken.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.status.pop() if self.status else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def partner_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Partner)
    monkeypatch.setenv(push.HTTP_HOSTS, "127.0.0.1")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/take"
    server.shutdown()
    thread.join()
    server.server_close()


def test_rows_are_pushed_again_until_they_are_taken(
    world: World, steward: Actor, reviewer: Actor, partner_url: str
) -> None:
    actions.grant(reviewer, world.fund, terms(delivery=["push"]), "办件2", now=NOW)
    actions.set_push_url(steward, world.fund, partner_url)
    system = Actor.system()
    assert push.run(system, now=NOW) == 0
    assert push.run(system, now=NOW + timedelta(seconds=30)) == 0  # not yet
    assert push.run(system, now=NOW + timedelta(minutes=2)) == 1
    assert push.run(system, now=NOW + timedelta(days=1)) == 0  # nothing new
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.rows) == ("done", 2, 3)
    headers, body = Partner.taken[-1]
    text = messages.call_text(
        "POST", "/take", "", "platform", headers[messages.TIME], headers[messages.NONCE], sm3_hex(body)
    )
    assert sm2().verify(public_of(place.answer_key()), text, base64.b64decode(headers[messages.SIGNATURE]))
    assert [row["name"] for row in json.loads(body)["rows"]] == ["张*", "李*", "王*"]


@pytest.mark.parametrize(
    "url",
    ["http://example.gov.cn/x", "ftp://a/b", "https://u:p@host/", "javascript:alert(1)", "https://", "file:///etc"],
)
def test_rows_are_not_pushed_just_anywhere(world: World, steward: Actor, url: str) -> None:
    with pytest.raises(FormatError):
        actions.set_push_url(steward, world.fund, url)


def test_the_commands_tell_and_revoke(world: World) -> None:
    world.hmac.post("query", {"key": {"id_number": ZHANG_SAN}})

    def run(*words: str) -> str:
        result = CliRunner().invoke(command, list(words))
        assert result.exit_code == 0, result.output
        return result.output

    assert world.fund.code in run("partners")
    assert json.loads(run("grants", "--json"))[0]["number"] == world.grant.number
    assert world.sm2.key_id in run("keys", world.fund.code)
    assert world.hmac.secret not in run("keys", world.fund.code)
    assert json.loads(run("usage", "--json"))[0]["calls"] == 1
    assert "签名全部相符" in run("verify", "--from", "2026-03-20", "--to", "2026-03-20")
    assert "已收回" in run("revoke", world.grant.number, "--why", "试")
    assert world.hmac.post("query", {"key": {"id_number": ZHANG_SAN}}).code == "not-granted"
    assert "更新" in run("refresh")


def test_an_empty_lake_serves_an_empty_table(world: World) -> None:
    assert refresh.build(RESOURCE) == 0
    assert serving.table(RESOURCE, sandbox=False).count == 0
    assert world.sm2.post("query", {"key": {"id_number": ZHANG_SAN}}).body["rows"] == []


def test_files_go_when_their_links_end(world: World) -> None:
    world.sm2.post("file", {})
    assert files.clear(NOW) == 0
    assert files.clear(NOW + timedelta(days=2)) == 1
    assert not list(place.folder("files").iterdir())


def test_every_call_and_every_refusal_is_documented(world: World) -> None:
    text = (ROOT / "docs" / "exchange.md").read_text()
    assert [refusal.code for refusal in ALL if f"`{refusal.code}`" not in text] == []
    for operation in openapi.operations():
        assert operation.path.replace("{resource}", "<resource>") in text
    assert set(openapi.schema()["paths"]) == {operation.path for operation in openapi.operations()}


def test_the_invariants_hold(world: World, steward: Actor) -> None:
    world.hmac.post("query", {"key": {"id_number": ZHANG_SAN}})
    CliRunner().invoke(command, ["usage"])
    assert [row for check in checks.CHECKS for row in check.rows()] == []
