"""Signatures computed by hand: nothing of ours, only hashlib and arithmetic, as docs/exchange.md says them.

The vectors of the national families come from the published description (rid, sid, rtime, sign), not from our code.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from jinbao.data.exchange import national, place, signatures
from jinbao.data.exchange.directory import HeldKey
from jinbao.trust.crypto import public_of
from tests.conftest import ZHANG_SAN
from tests.exchange.conftest import ADDRESS, NOW, World, send

MS = str(int(NOW.timestamp() * 1000))


def hmac_of(name: str, key: bytes, text: bytes) -> bytes:
    """RFC 2104 with the hash of a name; both hashes have blocks of 64 bytes."""
    key = (hashlib.new(name, key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.new(name, bytes(byte ^ 0x36 for byte in key) + text).digest()
    return hashlib.new(name, bytes(byte ^ 0x5C for byte in key) + inner).digest()


def times(a: int, b: int) -> int:
    """Multiply in the field of AES (FIPS 197, 4.2)."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a, b = (a << 1) ^ (0x11B if a & 0x80 else 0), b >> 1
    return product


def _box() -> list[int]:
    inverse = [0] + [next(b for b in range(1, 256) if times(a, b) == 1) for a in range(1, 256)]
    turned = [[((x << n) | (x >> (8 - n))) & 255 for n in range(5)] for x in inverse]
    return [a ^ b ^ c ^ d ^ e ^ 0x63 for a, b, c, d, e in turned]


BOX = _box()


def opened(key: bytes, sealed: bytes) -> bytes:
    """Decrypt AES-128-ECB and take the padding of PKCS#5 away."""
    words, factor = [list(key[at : at + 4]) for at in range(0, 16, 4)], 1
    for at in range(4, 44):
        word = words[at - 1]
        if at % 4 == 0:
            word = [BOX[byte] for byte in (*word[1:], word[0])]
            word[0], factor = word[0] ^ factor, times(factor, 2)
        words.append([a ^ b for a, b in zip(words[at - 4], word, strict=True)])
    rounds = [[byte for word in words[at : at + 4] for byte in word] for at in range(0, 44, 4)]
    plain = b"".join(_block(rounds, sealed[at : at + 16]) for at in range(0, len(sealed), 16))
    assert plain.endswith(bytes([plain[-1]]) * plain[-1])
    return plain[: -plain[-1]]


def _block(rounds: list[list[int]], sealed: bytes) -> bytes:
    state = [a ^ b for a, b in zip(sealed, rounds[10], strict=True)]
    for number in range(9, -1, -1):
        state = [state[(at - 4 * (at % 4)) % 16] for at in range(16)]
        state = [BOX.index(byte) ^ key for byte, key in zip(state, rounds[number], strict=True)]
        if number:
            state = [
                times(c[n], 14) ^ times(c[(n + 1) % 4], 11) ^ times(c[(n + 2) % 4], 13) ^ times(c[(n + 3) % 4], 9)
                for c in (state[at : at + 4] for at in range(0, 16, 4))
                for n in range(4)
            ]
    return bytes(state)


def aes_key(appkey: str) -> bytes:
    return hashlib.sha1(hashlib.sha1(appkey.encode(), usedforsecurity=False).digest(), usedforsecurity=False).digest()[
        :16
    ]


def sign(secret: str, sid: str, rid: str, rtime: str) -> str:
    return base64.b64encode(hmac_of("sha256", secret.encode(), f"{sid}{rid}{rtime}".encode())).decode()


def call(family: str, path: str, secret: str, sid: str, rid: str, value: Any) -> Any:
    parts = {"rid": rid, "sid": sid, "rtime": MS, "sign": sign(secret, sid, rid, MS)}
    headers = {f"{family}_{name}": part for name, part in parts.items()}
    return send("POST", f"/api/exchange/sysapi/{path}", headers, json.dumps(value).encode()).body


def test_the_published_vectors_come_out_of_the_arithmetic_and_are_what_we_accept() -> None:
    published = "EG2pXBYDiZQJK+bKMOMKy+sIph8tDRoyyPG9eE/8mOE="
    assert sign("key", "s_1", "r_1", "1700000000000") == published
    key = HeldKey("r_1", "national", "x", 1, False, b"", b"key", None)  # not of the sandbox
    asked = ("gjzwfwpt", "r_1", "1700000000000", "s_1", published, "POST", "/sysapi/secret", "", "")
    assert signatures.is_good(signatures.Signed(*asked), key, asks_secret=True)
    turned = sign("key", "r_1", "s_1", "1700000000000")
    assert not signatures.is_good(signatures.Signed(*asked[:4], turned, *asked[5:]), key, asks_secret=True)
    sealed = "gfT/hZ/gsV4sN4sgZKjVUD4tPACvUbo8vmi7tm1Qdc0="
    assert opened(aes_key("demo-appkey"), base64.b64decode(sealed)) == b"demo-secret-0001"
    assert national.encrypt(b"demo-appkey", b"demo-secret-0001") == sealed


@pytest.mark.parametrize("family", ["gjzwfwpt", "gjgxjhpt"])
def test_a_client_that_knows_only_the_facts_gets_its_secret_and_its_rows(world: World, family: str) -> None:
    appkey, rid = world.national.secret, world.national.key_id
    told = call(family, "secret", appkey, "any", rid, {})
    assert told["code"] == "0"
    secret = opened(aes_key(appkey), base64.b64decode(told["data"]["secret"])).decode()
    assert int(told["data"]["secretEndTime"]) > int(MS)
    answer = call(family, "people", secret, world.grant.number, rid, {"id_number": ZHANG_SAN})
    assert (answer["code"], answer["data"]["rows"][0]["name"]) == ("200", "张*")
    refused = call(family, "people", appkey, world.grant.number, rid, {"id_number": ZHANG_SAN})
    assert refused["code"] == "300"


def lines(*parts: str) -> bytes:
    return "\n".join(parts).encode()


def sm3(content: bytes) -> str:
    return hashlib.new("sm3", content).hexdigest()


P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A, B = P - 3, 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
"""The curve of GB/T 32918.5."""
Point = tuple[int, int] | None


def plus(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % P == 0:
        return None
    slope = (3 * x * x + A) * pow(2 * y, -1, P) if one == other else (v - y) * pow(u - x, -1, P)
    w = (slope * slope - x - u) % P
    return w, (slope * (x - w) - y) % P


def multiple(count: int, point: Point) -> Point:
    total: Point = None
    while count:
        total, point, count = plus(total, point) if count & 1 else total, plus(point, point), count >> 1
    return total


def numbers(der: bytes) -> tuple[int, int]:
    assert der[0] == 0x30
    assert der[1] == len(der) - 2
    at, found = 2, []
    while at < len(der):
        found.append(int.from_bytes(der[at + 2 : at + 2 + der[at + 1]]))
        at += 2 + der[at + 1]
    return found[0], found[1]


def is_signed(public: bytes, text: bytes, der: bytes) -> bool:
    """Verify as GB/T 32918.2 says, with the user id of GM/T 0009."""
    x, y = int.from_bytes(public[-64:-32]), int.from_bytes(public[-32:])
    user = b"1234567812345678"
    about = (len(user) * 8).to_bytes(2) + user + b"".join(n.to_bytes(32) for n in (A, B, *G, x, y))
    e = int(sm3(bytes.fromhex(sm3(about)) + text), 16)
    r, s = numbers(der)
    found = plus(multiple(s, G), multiple((r + s) % N, (x, y)))
    return found is not None and (e + found[0]) % N == r


@pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")
def test_our_own_scheme_is_what_the_document_says(world: World) -> None:
    path, body = f"{ADDRESS}/query", json.dumps({"key": {"id_number": ZHANG_SAN}}).encode()
    who = world.hmac
    text = lines("JINBAO-1", "POST", path, "", who.key_id, MS, "once", sm3(body))
    headers = {"X-Jinbao-Key": who.key_id, "X-Jinbao-Time": MS, "X-Jinbao-Nonce": "once"}
    signed = base64.b64encode(hmac_of("sm3", who.secret.encode(), text)).decode()
    reply = send("POST", path, headers | {"X-Jinbao-Signature": signed}, body)
    assert reply.status == 200
    told = {name.lower(): value for name, value in reply.headers.items()}
    answered = lines("JINBAO-1-ANSWER", told["x-jinbao-request"], "once", "200", sm3(reply.content))
    assert base64.b64decode(told["x-jinbao-signature"]) == hmac_of("sm3", who.secret.encode(), answered)


@pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")
def test_our_answers_to_callers_with_sm2_verify_by_arithmetic(world: World) -> None:
    reply = world.sm2.post("query", {"key": {"id_number": ZHANG_SAN}}, nonce="twice")
    told = {name.lower(): value for name, value in reply.headers.items()}
    text = lines("JINBAO-1-ANSWER", told["x-jinbao-request"], "twice", "200", sm3(reply.content))
    signature = base64.b64decode(told["x-jinbao-signature"])
    public = public_of(place.answer_key())
    assert is_signed(public, text, signature)
    assert not is_signed(public, text + b"x", signature)
