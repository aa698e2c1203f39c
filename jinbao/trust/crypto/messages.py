"""What is signed: a call of the exchange and its answer, as one text each. Server and client both build it here."""

from __future__ import annotations

VERSION = "JINBAO-1"
KEY, TIME, NONCE, SIGNATURE, REQUEST = (f"X-Jinbao-{name}" for name in ("Key", "Time", "Nonce", "Signature", "Request"))
"""Headers: whose key, milliseconds since 1970, a word used once, the signature in base64, the number of the answer."""


def call_text(method: str, path: str, query: str, key: str, time: str, nonce: str, body_sm3: str) -> bytes:
    """Return the bytes that sign a call; `query` is what stands behind the question mark, exactly as it is sent."""
    return "\n".join((VERSION, method, path, query, key, time, nonce, body_sm3)).encode()


def answer_text(request_id: str, nonce: str, status: int, body_sm3: str) -> bytes:
    """Return the bytes that sign an answer; the nonce of the call binds it to that call."""
    return "\n".join((f"{VERSION}-ANSWER", request_id, nonce, str(status), body_sm3)).encode()
