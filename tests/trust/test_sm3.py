"""SM3 against the vectors of GB/T 32905-2016, by every way that computes it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.trust.sm3 import CryptographySM3, Digest, openssl_sm3, sm3, sm3_hex

VECTORS = [
    (b"", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"),
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    (b"a" * 1_000_000, "c8aaf89429554029e231941a2acc0ad61ff2a5acd8fadd25847a3a732b3b02c3"),
]


@pytest.mark.parametrize("make", [sm3, openssl_sm3, CryptographySM3])
@pytest.mark.parametrize(("message", "digest"), VECTORS)
def test_the_vectors_of_the_standard(make: Callable[[], Digest], message: bytes, digest: str) -> None:
    try:
        hashing = make()
    except ValueError:
        pytest.skip("this OpenSSL was built without SM3")
    hashing.update(message)
    assert hashing.hexdigest() == digest


@pytest.mark.parametrize(("message", "digest"), VECTORS)
def test_bytes_files_and_streams_hash_alike(tmp_path: Path, message: bytes, digest: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(message)
    assert sm3_hex(message) == sm3_hex(path) == sm3_hex(io.BytesIO(message)) == digest


@given(parts=st.lists(st.binary(max_size=200), max_size=5))
def test_feeding_in_parts_is_feeding_at_once(parts: list[bytes]) -> None:
    hashing = CryptographySM3()
    for part in parts:
        hashing.update(part)
    assert hashing.hexdigest() == sm3_hex(b"".join(parts))
