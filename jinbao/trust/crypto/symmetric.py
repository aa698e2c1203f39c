"""HMAC-SM3 (GB/T 15852.2) and sealing with SM4-GCM (GB/T 32907, GB/T 36624)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hmac import HMAC

from jinbao.trust.sm3 import sm3_hex

_HAS_SM3 = "sm3" in hashlib.algorithms_available
_NONCE, _TAG = 12, 16


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """Return the 32 bytes of HMAC-SM3."""
    if _HAS_SM3:
        return hmac.digest(key, message, "sm3")
    mac = HMAC(key, hashes.SM3())
    mac.update(message)
    return mac.finalize()


def sm3_bytes(message: bytes) -> bytes:
    """Return the 32 bytes of SM3."""
    return bytes.fromhex(sm3_hex(message))


def same(one: bytes, two: bytes) -> bool:
    """Compare two signatures in a time that does not tell where they differ."""
    return hmac.compare_digest(one, two)


def seal(key: bytes, secret: bytes, about: bytes, nonce: bytes | None = None) -> bytes:
    """Encrypt a secret under a key of 16 bytes and bind it to what it is about; `nonce` only for printed examples."""
    nonce = nonce or secrets.token_bytes(_NONCE)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(about)
    sealed = encryptor.update(secret) + encryptor.finalize()
    return nonce + sealed + encryptor.tag


def open_sealed(key: bytes, sealed: bytes, about: bytes) -> bytes:
    """Decrypt what `seal` made. Raises ValueError when key, content or what it is about do not fit."""
    nonce, content, tag = sealed[:_NONCE], sealed[_NONCE:-_TAG], sealed[-_TAG:]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(about)
    try:
        return decryptor.update(content) + decryptor.finalize()
    except InvalidTag:
        raise ValueError("the seal does not open with this key") from None
