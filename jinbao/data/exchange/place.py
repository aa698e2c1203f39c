"""Where the exchange keeps its files, and the two keys of the deployment that lie there."""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from jinbao.trust.crypto.provider import new_private


def folder(*parts: str) -> Path:
    """Return a folder below var/exchange; it is made when it is not there."""
    path = Path(settings.VAR).joinpath("exchange", *parts)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def sealing_key() -> bytes:
    """Return the key (SM4, 16 bytes) under which secrets of partners lie in the books; made on first use.

    Without it no secret can be read: it belongs into the backup, apart from the books, or into a hardware module.
    """
    return _read(Path(settings.VAR), "sealing-key")


def answer_key() -> bytes:
    """Return the SM2 key with which answers are signed; made on first use."""
    return _read(Path(settings.VAR), "answer-key")


@lru_cache(16)
def _read(var: Path, name: str) -> bytes:
    """Read a key; the first process that needs it makes it, durably, under its final name."""
    path = folder() / name
    if not path.exists():
        made = new_private() if name == "answer-key" else secrets.token_bytes(16)
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(made.hex())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return bytes.fromhex(path.read_text())
