"""Who calls: the schemes by which calls are signed, recognised by their headers and checked.

`jinbao`: our own, SM2 or HMAC-SM3 over method, address, time, nonce and body (`trust.crypto.messages`).
`gjzwfwpt`, `gjgxjhpt`: the header families of the national platforms, HMAC-SHA256 over sid + rid + rtime. They do not
cover the body: see docs/security.md for what that means.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from jinbao.data.exchange.directory import HeldKey
from jinbao.trust.crypto import hmac_sm3, messages, same, sm2

JINBAO, FAMILIES = "jinbao", ("gjzwfwpt", "gjgxjhpt")
SECRET_MS = 3_600_000
"""How long one secret of the national families is given out; it is accepted for as long again."""
_HEADERS = {name: name.lower() for name in (messages.KEY, messages.TIME, messages.NONCE, messages.SIGNATURE)}


@dataclass(frozen=True)
class Signed:
    """A call with its signature, as it came or as the log has it."""

    family: str
    key_id: str
    time: str
    nonce: str
    """The word used once; for the national families the service id, which with rid and time makes the word."""
    signature: str
    method: str
    path: str
    query: str
    body_sm3: str

    @property
    def word(self) -> str:
        """What must not come twice."""
        used = self.nonce if self.family == JINBAO else f"{self.nonce}:{self.time}"
        return f"{self.key_id}:{used}"

    @property
    def time_ms(self) -> int:
        """The time it bears, or 0 where it bears none."""
        return int(self.time) if self.time.isascii() and self.time.isdigit() and len(self.time) == 13 else 0


def recognise(headers: Mapping[str, str], method: str, path: str, query: str, body_sm3: str) -> Signed | None:
    """Read the signature of a call; None when there is none of a known scheme, or more than one."""
    found = []
    if any(name in headers for name in _HEADERS.values()):
        key, time, nonce, signature = (headers.get(name, "") for name in _HEADERS.values())
        found.append(Signed(JINBAO, key, time, nonce, signature, method, path, query, body_sm3))
    for family in FAMILIES:
        names = [f"{family}-{part}" for part in ("rid", "rtime", "sid", "sign")]
        if any(name in headers for name in names):
            rid, rtime, sid, sign = (headers.get(name, "") for name in names)
            found.append(Signed(family, rid, rtime, sid, sign, method, path, query, body_sm3))
    if len(found) != 1 or not _is_sound(found[0]):
        return None
    return found[0]


def _is_sound(signed: Signed) -> bool:
    """Tell whether every part is there, short, and printable ASCII."""
    parts = ((signed.key_id, 40), (signed.time, 20), (signed.nonce, 100), (signed.signature, 200))
    return all(0 < len(part) <= most and part.isascii() and part.isprintable() for part, most in parts)


def is_good(signed: Signed, key: HeldKey, *, asks_secret: bool = False) -> bool:
    """Tell whether a call was signed with a key; a key of one scheme is no key of the other."""
    try:
        given = base64.b64decode(signed.signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    if signed.family != JINBAO:
        return key.kind == "national" and _is_good_national(signed, key, given, asks_secret=asks_secret)
    text = messages.call_text(
        signed.method, signed.path, signed.query, signed.key_id, signed.time, signed.nonce, signed.body_sm3
    )
    if key.kind == "sm2":
        return sm2().verify(key.public, text, given)
    return key.kind == "hmac-sm3" and same(hmac_sm3(key.secret, text), given)


def _is_good_national(signed: Signed, key: HeldKey, given: bytes, *, asks_secret: bool) -> bool:
    message = f"{signed.nonce}{signed.key_id}{signed.time}".encode()
    period = signed.time_ms // SECRET_MS
    secrets = [key.secret] if asks_secret else [period_secret(key, n).encode() for n in (period, period - 1)]
    return any(same(hmac.digest(secret, message, hashlib.sha256), given) for secret in secrets)


def period_secret(key: HeldKey, period: int) -> str:
    """Return the secret that the key service gives out in a period, the same in every worker and never kept."""
    return hmac_sm3(key.secret, f"secret:{period}".encode()).hex()[:32]


def sign_answer(key: HeldKey, answer_key: bytes, text: bytes) -> str:
    """Sign an answer the way its caller signs: with our SM2 key, or with the secret that both have."""
    made = sm2().sign(answer_key, text) if key.kind == "sm2" else hmac_sm3(key.secret, text)
    return base64.b64encode(made).decode()
