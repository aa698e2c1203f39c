"""A partner with keys of every kind, a resource of three people, and the partner's own way of signing a call."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from jinbao.data.exchange import actions, serving
from jinbao.data.exchange.models import Grant, Key, Partner
from jinbao.data.exchange.terms import Terms
from jinbao.trust import clock
from jinbao.trust.actors import Actor
from jinbao.trust.crypto import hmac_sm3, messages, public_of, sm2
from jinbao.trust.crypto.provider import new_private
from jinbao.trust.models import Role
from jinbao.trust.sm3 import sm3_hex
from jinbao.web.api.exchange import in_front_of
from tests.conftest import CITY, EMPLOYER, LI_SI, WANG_WU, ZHANG_SAN, make_actor

NOW = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)
FUND, COURT = "12990100G00000015M", "11990100G00000023K"
RESOURCE = "contribution_declaration"
ADDRESS = f"/api/exchange/data/{RESOURCE}"
FIELDS = {"id_number": "", "name": "", "month": "", "wage_fen": "plain"}
ROWS = [
    (ZHANG_SAN, "张三", 202602, 800_000),
    (LI_SI, "李四", 202602, 700_000),
    (WANG_WU, "王五", 202602, 600_000),
]


@pytest.fixture(autouse=True)
def at_ten() -> Iterator[None]:
    with clock.stopped_at(NOW):
        yield


@pytest.fixture
def steward(db: None) -> Actor:
    return make_actor("shuju", "孙数据", Role.STEWARD, region=CITY)


def serve(rows: list[tuple[Any, ...]] = ROWS, version: str = "v1") -> None:
    """Put rows into the serving table, as a refresh would from the lake."""
    names = [column.name for column in serving.load_dataset(RESOURCE).columns]
    known = ["id_number", "name", "month", "wage_fen"]

    def full(row: tuple[Any, ...]) -> list[Any]:
        values = dict(zip(known, row, strict=True)) | {"employer_uscc": EMPLOYER}
        return [f"{row[0]}|{row[2]}", *(values.get(name) for name in names)]

    serving.build(RESOURCE, [full(row) for row in rows], version, sandbox=False)


def terms(**changes: Any) -> Terms:
    return replace(
        Terms(
            RESOURCE, "核定公积金缴存", "住房公积金管理条例第十五条", FIELDS, date(2026, 1, 1), date(2026, 12, 31),
            10_000, 1_000, ["api", "match", "file"],
        ),
        **changes,
    )  # fmt: skip


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))


def send(
    method: str, path: str, headers: dict[str, str], body: bytes = b"", query: str = "", application: Any = None
) -> Reply:
    """Send a call through the door, as a server would."""
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    environ |= {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1"}
    started: dict[str, Any] = {}

    def start(status: str, pairs: list[tuple[str, str]]) -> None:
        started.update(status=int(status[:3]), headers=dict(pairs))

    door = in_front_of(lambda *_: [b"not for us"])
    answered = door(environ | {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}, start)
    return Reply(started["status"], started["headers"], b"".join(answered))


@dataclass
class Caller:
    """A partner's program."""

    key_id: str
    private: bytes = b""
    secret: str = ""

    def headers(
        self, method: str, path: str, body: bytes = b"", query: str = "", *, at: datetime = NOW, nonce: str = ""
    ) -> dict[str, str]:
        time, word = str(int(at.timestamp() * 1000)), nonce or uuid.uuid4().hex
        text = messages.call_text(method, path, query, self.key_id, time, word, sm3_hex(body))
        signed = sm2().sign(self.private, text) if self.private else hmac_sm3(self.secret.encode(), text)
        names = (messages.KEY, messages.TIME, messages.NONCE, messages.SIGNATURE)
        return dict(zip(names, (self.key_id, time, word, base64.b64encode(signed).decode()), strict=True))

    def post(self, operation: str, value: Any, *, base: str = ADDRESS, **how: Any) -> Reply:
        path, body = f"{base}/{operation}", json.dumps(value).encode()
        return send("POST", path, self.headers("POST", path, body, **how), body)

    def get(self, operation: str, query: str = "", *, base: str = ADDRESS, **how: Any) -> Reply:
        path = f"{base}/{operation}" if operation else base
        return send("GET", path, self.headers("GET", path, query=query, **how), query=query)

    def national(self, sid: str, value: Any, *, family: str = "gjzwfwpt", secret: str = "", at: datetime = NOW,
                 path: str = "/api/exchange/sysapi/query") -> Reply:  # fmt: skip
        rtime = str(int(at.timestamp() * 1000))
        sign = hmac.digest((secret or self.secret).encode(), f"{sid}{self.key_id}{rtime}".encode(), hashlib.sha256)
        parts = {"rid": self.key_id, "sid": sid, "rtime": rtime, "sign": base64.b64encode(sign).decode()}
        return send(
            "POST", path, {f"{family}_{name}": part for name, part in parts.items()}, json.dumps(value).encode()
        )


@dataclass
class World:
    """The housing fund, which was granted the resource, and the court, which was not."""

    fund: Partner
    court: Partner
    grant: Grant
    sm2: Caller
    hmac: Caller
    national: Caller
    sandbox: Caller
    other: Caller


def caller(by: Actor, partner: Partner, kind: str, *, sandbox: bool = False) -> Caller:
    if kind == Key.Kind.SM2:
        private = new_private()
        return Caller(
            actions.add_public_key(by, partner, public_of(private).hex(), now=NOW, sandbox=sandbox).key_id, private
        )
    key, secret = actions.make_secret(by, partner, kind, now=NOW, sandbox=sandbox)
    return Caller(key.key_id, secret=secret)


@pytest.fixture
def world(steward: Actor, reviewer: Actor) -> World:
    serve()
    fund = actions.register_partner(steward, FUND, "公积金中心", region=CITY, now=NOW)
    court = actions.register_partner(steward, COURT, "演示法院", region=CITY, now=NOW)
    grant = actions.grant(reviewer, fund, terms(), "办件1", now=NOW)
    kinds = Key.Kind
    made = [caller(steward, fund, kind) for kind in (kinds.SM2, kinds.HMAC, kinds.NATIONAL)]
    sandbox, other = caller(steward, fund, kinds.HMAC, sandbox=True), caller(steward, court, kinds.HMAC)
    return World(fund, court, grant, *made, sandbox, other)
