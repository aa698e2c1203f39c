"""Which implementation of SM2 is used: the first of PROVIDERS that is there and passes its self-test.

1. `libcrypto`: the OpenSSL 3 of the system by ctypes: quick; scalar multiplication is constant-time as OpenSSL has it.
2. `plain`: our own arithmetic: slow and not constant-time; good for checking, and where there is no OpenSSL 3.

A hardware module (密码机) is one more class with the methods of `Sm2` at the head of PROVIDERS: nothing else changes.
Where the law asks for approved products (商用密码应用安全性评估), that is what has to be put there.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache
from typing import Protocol

from jinbao.trust.crypto import libcrypto, plain


class Sm2(Protocol):
    """Signatures with SM2 and SM3 (GB/T 32918.2), DER-encoded (GB/T 35276), with the default user id."""

    name: str

    def sign(self, private: bytes, message: bytes) -> bytes:
        """Sign with a private key of 32 bytes."""

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature is good under a public key of 65 bytes (04 ‖ x ‖ y); never raises for bad input."""


PROVIDERS: tuple[Callable[[], Sm2], ...] = (libcrypto.Libcrypto, plain.Plain)

KNOWN_PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
KNOWN_SIGNATURE = bytes.fromhex(
    "3046022100F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "022100B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
"""The example of GB/T 32918.5-2017, appendix A.2, over "message digest"."""


@cache
def sm2() -> Sm2:
    """Return the implementation in use. Raises RuntimeError when none passes its self-test."""
    for make in PROVIDERS:
        try:
            found = make()
        except (OSError, AttributeError):
            continue
        if passes(found):
            return found
    raise RuntimeError("no implementation of SM2 passes its self-test")


def passes(provider: Sm2) -> bool:
    """Tell whether a provider accepts the printed example, refuses an altered one and accepts its own signature."""
    public = public_of(KNOWN_PRIVATE)
    good = provider.verify(public, b"message digest", KNOWN_SIGNATURE)
    bad = provider.verify(public, b"message digesT", KNOWN_SIGNATURE)
    return good and not bad and provider.verify(public, b"own", provider.sign(KNOWN_PRIVATE, b"own"))


def public_of(private: bytes) -> bytes:
    """Return the public key (04 ‖ x ‖ y) of a private key."""
    return plain.public_of(private)


def new_private() -> bytes:
    """Draw a private key from the operating system's randomness."""
    return (secrets.randbelow(plain.N - 2) + 1).to_bytes(32, "big")
