"""The header families of the national platforms: the key service, and look-ups in their form of request and answer.

What is known of them comes from public clients, not from the standard: the shapes of errors and of times are our
reading (confidence B to C) and stand together here.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from jinbao.data.exchange import operations, sandbox, signatures
from jinbao.data.exchange.call import BEIJING, Course, Received
from jinbao.data.exchange.directory import Directory, HeldGrant, HeldKey, sandbox_grant
from jinbao.data.exchange.operations import Asked, Told, Work
from jinbao.data.exchange.refusals import NO_SUCH_CALL, NOT_GRANTED, Refusal

SECRET = "sysapi/secret"  # noqa: S105  # an address
SYSAPI = "sysapi/"
MS = signatures.SECRET_MS
OK, FAILED, SECRET_OK = "200", "300", "0"


def work(place: str, call: Received, course: Course, known: Directory) -> Work:
    """Understand a call: POST sysapi/secret, or POST sysapi/… with the service id in the header."""
    key, signed = course.key, course.signed
    if call.method != "POST" or not place.startswith(SYSAPI) or key is None or signed is None:
        raise NO_SUCH_CALL
    if place == SECRET:
        return Work(0, lambda: Told(_secret(key.secret, signatures.period_secret(key, call.now_ms // MS), call.now_ms)))
    course.grant = _grant(signed.nonce, key, known, call.now)
    values = operations.read_body(call.body)
    fields = {"fields": values.pop("fields")} if "fields" in values else {}
    return operations.query(course.grant, Asked({"key": values, **fields}, call.now))


def _grant(service: str, key: HeldKey, known: Directory, now: datetime) -> HeldGrant:
    """Find the grant by its service id; somebody else's is as unknown as none."""
    if key.sandbox:
        resource = service.removeprefix("sandbox-")
        found = sandbox_grant(resource, key.partner_pk) if service.startswith("sandbox-") else None
        if found is not None:
            sandbox.prepare(resource)
    else:
        found = known.by_number.get(service)
    if found is None or found.partner_pk != key.partner_pk or not found.holds(now.astimezone(BEIJING).date()):
        raise NOT_GRANTED
    return found


def _secret(appkey: bytes, secret: str, now_ms: int) -> dict[str, Any]:
    """Give out the secret of the period, encrypted under the application's key, and when it ends."""
    end = (now_ms // MS + 2) * MS
    return {"secret": encrypt(appkey, secret.encode()), "secretEndTime": str(end)}


def encrypt(appkey: bytes, text: bytes) -> str:
    """Encrypt as these platforms do: AES-128-ECB, PKCS#5, key = first 16 bytes of SHA1(SHA1(appkey)), base64."""
    encryptor = Cipher(algorithms.AES(_aes_key(appkey)), modes.ECB()).encryptor()  # noqa: S305  # their scheme
    padder = padding.PKCS7(128).padder()
    padded = padder.update(text) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def _aes_key(appkey: bytes) -> bytes:
    inner = hashlib.sha1(appkey, usedforsecurity=False).digest()
    return hashlib.sha1(inner, usedforsecurity=False).digest()[:16]


def shape(request_id: str, told: Told | None, refusal: Refusal | None) -> dict[str, Any]:
    """Write an answer in the form {code, message, data}: "200" for success, "300" for failure, "0" for a secret."""
    if refusal:
        why = {"request_id": request_id, "code": refusal.code, "advice": refusal.advice}
        return {"code": FAILED, "message": refusal.message, "data": why}
    body = told.body if told else {}
    return {"code": SECRET_OK if "secret" in body else OK, "message": "success", "data": body}
