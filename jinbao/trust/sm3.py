"""SM3 (GB/T 32905-2016): by OpenSSL where it offers it, else by `cryptography`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from cryptography.hazmat.primitives import hashes

CHUNK = 1 << 20


class Digest(Protocol):
    """A hash that is being fed."""

    def update(self, data: bytes, /) -> None:
        """Feed more bytes."""

    def hexdigest(self) -> str:
        """Return the 64 lower-case hexadecimal characters of what was fed."""


class CryptographySM3:
    """SM3 of the `cryptography` package, which brings its own OpenSSL."""

    def __init__(self) -> None:
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, data: bytes, /) -> None:
        """Feed more bytes."""
        self._hash.update(data)

    def hexdigest(self) -> str:
        """Return the 64 lower-case hexadecimal characters of what was fed."""
        return self._hash.copy().finalize().hex()


def openssl_sm3() -> Digest:
    """Start an SM3 digest of the OpenSSL that Python runs on; raise ValueError where it was built without SM3."""
    return hashlib.new("sm3")


def _choose() -> Callable[[], Digest]:
    try:
        openssl_sm3()
    except ValueError:
        return CryptographySM3
    return openssl_sm3


sm3: Callable[[], Digest] = _choose()
"""Start a digest: feed it with `update`, read it with `hexdigest`."""


def sm3_hex(source: bytes | Path | BinaryIO) -> str:
    """Return the SM3 of bytes, of a file, or of an open binary stream from where it stands, as 64 hexadecimal digits.

    Files and streams are read in pieces, in bounded memory.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            return sm3_hex(file)
    digest = sm3()
    if isinstance(source, bytes):
        digest.update(source)
    else:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
