"""No answered call is missing from the log, however the server dies; whoever alters the log is found out."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from jinbao.client import Client, Failed, Hmac, Refused, Sm2
from jinbao.data.exchange import actions, collect, journal, place, verify
from jinbao.data.exchange.models import Call
from jinbao.trust import clock
from jinbao.trust.actors import Actor
from jinbao.trust.append_only import guards_lifted
from jinbao.trust.crypto import public_of
from tests.conftest import LI_SI, ZHANG_SAN
from tests.exchange.conftest import NOW, RESOURCE, World

QUERY = {"key": {"id_number": ZHANG_SAN}}
ROOT = Path(__file__).resolve().parents[2]
SERVER = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "jinbao.project.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"] = os.environ["TEST_NAME"]
from jinbao.project.wsgi import application
"""


def test_calls_are_collected_once_and_verify(world: World, steward: Actor) -> None:
    for who in (world.sm2, world.hmac, world.other):
        who.post("query", QUERY)
    world.national.national(world.grant.number, {"id_number": ZHANG_SAN}, secret="wrong")
    assert [collect.bring_up_to_date(steward, NOW).calls for _ in range(2)] == [4, 0]
    world.sm2.get("list", "size=2")
    assert collect.bring_up_to_date(steward, NOW).calls == 1
    done = verify.verify()
    assert (done.calls, done.signatures, done.wrong, done.not_collected) == (5, 4, 0, 0)
    assert Call.objects.count() == 5
    assert verify.verify(partner=world.court.code).calls == 1
    assert verify.verify(since=NOW + timedelta(days=1)).calls == 0


def test_whoever_alters_the_log_is_found_out(world: World, steward: Actor) -> None:
    for _ in range(4):
        world.hmac.post("query", QUERY)
    collect.bring_up_to_date(steward, NOW)
    (file,) = collect.journals()
    original = file.read_bytes()
    lines = original.splitlines(keepends=True)
    forged = [
        original.replace(b'"rows":1', b'"rows":0', 1),
        b"".join([lines[0], *lines[2:]]),
        b"".join([lines[1], lines[0], *lines[2:]]),
        b"".join(lines[:3]),
        b"",
    ]
    for content in forged:
        file.write_bytes(content)
        assert verify.verify().wrong, content[:80]
    file.unlink()
    assert verify.verify().wrong == 1
    file.write_bytes(original + b'{"half a line')
    assert not verify.verify().wrong
    with guards_lifted(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE exchange_call SET rows = 7 WHERE id = (SELECT min(id) FROM exchange_call)")
    assert "rows" in verify.verify().problems[0]


def test_a_damaged_journal_keeps_what_came_before(world: World, steward: Actor) -> None:
    for _ in range(3):
        world.hmac.post("query", QUERY)
    (file,) = collect.journals()
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:2], lines[2].replace(b"200", b"403", 1)]))
    done = collect.bring_up_to_date(steward, NOW)
    assert (done.calls, done.damaged) == (2, {file.name: 3})


def test_many_threads_write_one_chain(tmp_path: Path) -> None:
    book = journal.JournalFile(tmp_path, NOW)
    threads = [
        threading.Thread(target=lambda n=n: [book.append({"n": n, "k": k}) for k in range(50)]) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [(line["n"], line["k"]) for line, _, _ in journal.read(tmp_path / book.name)]
    assert sorted(found) == [(n, k) for n in range(8) for k in range(50)]


@contextmanager
def serving_two_workers() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve the test's books with granian and two workers."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    target = Path(settings.VAR) / "served_for_test.py"
    target.write_text(SERVER)
    known = {"JINBAO_VAR": str(settings.VAR), "TEST_NAME": str(connection.settings_dict["NAME"])}
    environment = os.environ | known | {"PYTHONPATH": f"{settings.VAR}:{ROOT}"}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "4", "served_for_test:application"]
    server = subprocess.Popen(
        command, env=environment, cwd=settings.VAR, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}", server
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not start")


@pytest.fixture
def by_the_clock() -> Iterator[None]:
    """The server reads the real clock, so the grant must hold today."""
    token = clock._fixed.set(None)
    yield
    clock._fixed.reset(token)


@pytest.mark.django_db(transaction=True)
def test_two_workers_killed_in_the_middle_lose_no_answered_call(
    by_the_clock: None, world: World, steward: Actor, reviewer: Actor
) -> None:
    from tests.exchange.conftest import terms

    now = datetime.now(UTC)
    since, until = (now - timedelta(days=2)).date(), (now + timedelta(days=2)).date()
    grant = actions.grant(reviewer, world.fund, terms(valid_from=since, valid_to=until), "办件9", now=now)
    answered: list[str] = []
    actions.set_quota(steward, grant, quota_per_day=100_000, rate_per_second=10_000)
    with serving_two_workers() as (url, server):
        platform = public_of(place.answer_key()).hex()
        signers: list[Any] = [Hmac(world.hmac.key_id, world.hmac.secret)] * 3
        signers.append(Sm2(world.sm2.key_id, world.sm2.private.hex(), platform))
        clients = [Client(url, signer, attempts=1) for signer in signers]
        assert [row["name"] for row in clients[3].query(RESOURCE, id_number=LI_SI)] == ["李*"]
        assert sorted(row["name"] for row in clients[0].rows(RESOURCE, size=2)) == ["张*", "李*", "王*"]
        assert clients[0].match(RESOURCE, "id_number", [ZHANG_SAN, "x"], hashed=True) == [True, False]
        assert clients[0].grants()[0]["number"] == grant.number
        assert clients[0].file(RESOURCE).count(b"\n") == 4

        def keep_asking(client: Client) -> None:
            while True:
                try:
                    answered.append(client._post(RESOURCE, "query", QUERY)["request_id"])
                except Failed:
                    return

        threads = [threading.Thread(target=keep_asking, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        while len(answered) < 200:
            time.sleep(0.01)
        os.killpg(server.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
    logged = {line["request_id"] for file in collect.journals() for line, _, _ in journal.read(file)}
    assert set(answered) <= logged
    collect.bring_up_to_date(steward, now)
    assert not verify.verify().problems
    _limits_and_revocation_hold_over_two_workers(world, steward, grant)


def _limits_and_revocation_hold_over_two_workers(world: World, steward: Actor, grant: Any) -> None:
    """Ask both workers at once: no more than the quota is given, and nothing after the revocation."""
    actions.set_quota(steward, grant, quota_per_day=100_000, rate_per_second=5)
    with serving_two_workers() as (url, _):
        codes: list[str] = []

        def ask() -> None:
            client = Client(url, Hmac(world.hmac.key_id, world.hmac.secret), attempts=1)
            for _ in range(10):
                try:
                    client.query(RESOURCE, id_number=ZHANG_SAN)
                    codes.append("")
                except Refused as refused:
                    codes.append(refused.code)

        threads, began = [threading.Thread(target=ask) for _ in range(6)], time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(codes) == {"", "rate"}
        assert codes.count("") <= 5 + 5 * (time.monotonic() - began + 1)
        actions.revoke(steward, grant, "演示", now=NOW)
        codes.clear()
        ask()
        assert set(codes) == {"not-granted"}
