"""Push to a partner's server in another process, which is slow, breaks, lies, redirects, or dies: nothing is lost."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from jinbao.data.exchange import actions, collect, journal, push, verify
from jinbao.data.exchange.models import Call, Delivery
from jinbao.kernel.errors import FormatError
from jinbao.trust.actors import Actor
from tests.exchange.conftest import NOW, World, serve, terms
from tests.killing import run_and_kill

SERVER = Path(__file__).with_name("partner.py")
SYSTEM = Actor.system()


@dataclass
class Server:
    """The partner's process and what it got."""

    got: Path
    root: str

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.got.read_text().splitlines()]

    @property
    def pages(self) -> list[int]:
        return [json.loads(one["body"])["page"] for one in self.requests]


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    monkeypatch.setenv(push.HTTP_HOSTS, "127.0.0.1")
    running = []

    def start(certificate: Path | None = None) -> Server:
        got = tmp_path / "got.jsonl"
        command = [sys.executable, str(SERVER), str(got), *([str(certificate)] if certificate else [])]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        return Server(got, f"{'https' if certificate else 'http'}://127.0.0.1:{port}")

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def pushing(world: World, steward: Actor, reviewer: Actor, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Grant a push in pages of one row, and say where they go."""
    monkeypatch.setattr(push, "PAGE", 1)
    actions.grant(reviewer, world.fund, terms(delivery=["push"]), "办件2", now=NOW)
    return lambda url: actions.set_push_url(steward, world.fund, url)


def lines() -> list[dict[str, Any]]:
    """Return what the journals say of pushes."""
    return [one for file in collect.journals() for one, *_ in journal.read(file) if one["family"] == "push"]


def is_true(server: Server) -> None:
    """Tell that every page that arrived is in the log, and that the log is whole."""
    assert {one["headers"]["X-Jinbao-Nonce"] for one in server.requests} <= {one["nonce"] for one in lines()}
    collect.bring_up_to_date(SYSTEM, NOW)
    assert verify.verify().problems == []


BAD = {
    "/500": (500, "HTTP 500"),
    "/close": (504, "对方关闭了连接"),
    "/mute": (504, "没有答复"),
    "/drip": (504, "内没有答复完"),
    "/redirect": (307, "HTTP 307"),
}


@pytest.mark.parametrize("path", BAD)
def test_what_a_bad_server_did_is_said_logged_and_made_good(
    path: str, started: Callable[..., Server], pushing: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "TIMEOUT_S", 0.4)
    monkeypatch.setattr(push, "MOST_S", 1)
    server = started()
    pushing(server.root + path)
    assert push.run(SYSTEM, now=NOW) == 0
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.rows) == ("waiting", 1, 0)
    status, said = BAD[path]
    assert said in row.said
    assert [(one["status"], one["code"], one["rows"]) for one in lines()] == [(200, "", 1), (status, "not-taken", 0)]
    pushing(server.root + "/take")
    assert push.run(SYSTEM, now=NOW + timedelta(minutes=2)) == 1
    assert "/inside" not in [one["path"] for one in server.requests]
    assert server.pages == [0, 0, 1, 2]
    is_true(server)
    assert Call.objects.filter(family="push", status=200).count() == 4


def test_a_page_that_the_partner_took_without_saying_so_comes_again_under_its_number(
    started: Callable[..., Server], pushing: Callable[[str], None]
) -> None:
    server = started()
    pushing(server.root + "/lost")
    assert push.run(SYSTEM, now=NOW) == 0
    assert push.run(SYSTEM, now=NOW + timedelta(minutes=2)) == 1
    first, again, second, _ = server.requests
    assert first["body"] == again["body"]
    assert first["headers"]["X-Jinbao-Request"] == again["headers"]["X-Jinbao-Request"]
    assert first["headers"]["X-Jinbao-Request"] == json.loads(first["body"])["request_id"]
    assert first["headers"]["X-Jinbao-Request"] != second["headers"]["X-Jinbao-Request"]
    assert first["headers"]["X-Jinbao-Nonce"] != again["headers"]["X-Jinbao-Nonce"]


def test_it_goes_on_at_the_page_that_was_not_taken_and_counts_each_row_once(
    started: Callable[..., Server], pushing: Callable[[str], None], world: World, steward: Actor
) -> None:
    server = started()
    pushing(server.root + "/second")
    assert push.run(SYSTEM, now=NOW) == 0
    assert Delivery.objects.get().rows == 1
    assert push.run(SYSTEM, now=NOW + timedelta(minutes=2)) == 1
    assert Delivery.objects.get().rows == 3
    assert server.pages == [0, 1, 1, 2]
    is_true(server)


def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    started: Callable[..., Server], pushing: Callable[[str], None], tmp_path: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    signed = made.not_valid_after(datetime(2040, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "partner.pem"
    file.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    server = started(file)
    pushing(server.root + "/take")
    assert push.run(SYSTEM, now=NOW) == 0
    assert "证书不可信" in Delivery.objects.get().said
    assert server.requests == []


def test_nobody_at_the_address_stops_no_other_partner(pushing: Callable[[str], None]) -> None:
    pushing("https://no-such-host.invalid/take")
    assert push.run(SYSTEM, now=NOW) == 0
    assert Delivery.objects.get().said in ("连接失败：找不到这个主机名", "连接失败：20 秒没有答复")


def test_newer_data_takes_the_place_of_what_still_waits(
    started: Callable[..., Server], pushing: Callable[[str], None]
) -> None:
    server = started()
    pushing(server.root + "/500")
    push.run(SYSTEM, now=NOW)
    serve(version="v2")
    pushing(server.root + "/take")
    assert push.run(SYSTEM, now=NOW + timedelta(seconds=5)) == 1
    assert sorted(Delivery.objects.values_list("version", "state")) == [("v1", "failed"), ("v2", "done")]


@pytest.mark.django_db(transaction=True)
def test_a_push_that_is_killed_is_made_again_whole_and_the_log_has_every_page(
    started: Callable[..., Server], pushing: Callable[[str], None]
) -> None:
    server = started()
    pushing(server.root + "/late")
    work = """
from datetime import datetime, UTC
from jinbao.data.exchange import push
from jinbao.trust.actors import Actor
push.PAGE = 1
send = push._send
def telling(*given):
    print("page", flush=True)
    return send(*given)
push._send = telling
push.run(Actor.system(), now=datetime(2026, 3, 20, 2, tzinfo=UTC))
"""
    run_and_kill(work, after_lines=2, delay_s=0.8)
    assert server.pages == [0, 1]
    assert not Delivery.objects.exists()
    pushing(server.root + "/take")
    assert push.run(SYSTEM, now=NOW + timedelta(minutes=1)) == 1
    assert server.pages == [0, 1, 0, 1, 2]
    numbers = [one["headers"]["X-Jinbao-Request"] for one in server.requests]
    assert numbers[:2] == numbers[2:4]
    is_true(server)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://[::1]/x", "https://169.254.169.254/latest", "https://0.0.0.0/", "https://localhost/",
        "https://a.localhost/x", "https://host:99999/x", "https://host:0/x", "https://host/路径", "https://ho st/x",
        "https://host/a\r\nX-Evil: 1", "https://" + "a" * 70 + ".cn/x", "https://a..b/x", "https://[::1/x", "//host/x",
        "https://127.1/x", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://localhost./",
        "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://0/",
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_or_back_here_is_refused(world: World, steward: Actor, url: str) -> None:
    with pytest.raises(FormatError):
        actions.set_push_url(steward, world.fund, url)


def test_a_name_that_leads_back_here_gets_nothing(
    started: Callable[..., Server], pushing: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = started()
    port = int(server.root.rpartition(":")[2])
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    monkeypatch.setattr(push.http.client, "HTTPSConnection", push.http.client.HTTPConnection)
    pushing(f"https://partner.example:{port}/take")
    assert push.run(SYSTEM, now=NOW) == 0
    assert server.requests == []
    assert "指向本机" in Delivery.objects.get().said


def test_an_address_that_is_no_more_allowed_stops_no_other_partner(
    started: Callable[..., Server], pushing: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    pushing(started().root + "/take")
    monkeypatch.delenv(push.HTTP_HOSTS)
    assert push.run(SYSTEM, now=NOW) == 0
    assert "推送地址不合要求" in Delivery.objects.get().said


def test_another_address_gets_every_page(started: Callable[..., Server], pushing: Callable[[str], None]) -> None:
    """What the old server took of a version, the new one has never seen."""
    server = started()
    pushing(server.root + "/second")
    assert push.run(SYSTEM, now=NOW) == 0
    assert Delivery.objects.get().rows == 1
    pushing(server.root + "/take")
    assert push.run(SYSTEM, now=NOW + timedelta(minutes=2)) == 1
    assert server.pages == [0, 1, 0, 1, 2]
