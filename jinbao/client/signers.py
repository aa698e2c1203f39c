"""How a partner signs its calls and checks the answers: with an SM2 key pair, or with a shared secret."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Protocol

from jinbao.trust.crypto import hmac_sm3, sm2


class Signer(Protocol):
    """A key with its number."""

    key_id: str

    def sign(self, text: bytes) -> bytes:
        """Sign a call."""

    def is_answer(self, text: bytes, signature: bytes) -> bool:
        """Tell whether an answer was signed by the platform."""


@dataclass(frozen=True)
class Hmac:
    """HMAC-SM3 with the secret that both sides have."""

    key_id: str
    secret: str = field(repr=False)

    def sign(self, text: bytes) -> bytes:
        """Sign a call."""
        return hmac_sm3(self.secret.encode(), text)

    def is_answer(self, text: bytes, signature: bytes) -> bool:
        """Tell whether an answer was signed with the same secret."""
        return hmac.compare_digest(self.sign(text), signature)


@dataclass(frozen=True)
class Sm2:
    """SM2 with the own private key (32 bytes) and the platform's public key (65 bytes), both in hexadecimal."""

    key_id: str
    private: str = field(repr=False)
    platform: str

    def sign(self, text: bytes) -> bytes:
        """Sign a call."""
        return sm2().sign(bytes.fromhex(self.private), text)

    def is_answer(self, text: bytes, signature: bytes) -> bool:
        """Tell whether an answer was signed with the platform's key."""
        return sm2().verify(bytes.fromhex(self.platform), text, signature)
