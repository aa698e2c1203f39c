"""SM2, HMAC-SM3 and SM4-GCM against the printed examples, and each implementation against the other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.trust.crypto import hmac_sm3, open_sealed, public_of, seal, sm2
from jinbao.trust.crypto.libcrypto import Libcrypto
from jinbao.trust.crypto.plain import Plain, digest
from jinbao.trust.crypto.provider import KNOWN_PRIVATE, KNOWN_SIGNATURE, PROVIDERS, Sm2, new_private, passes

PUBLIC = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
BOTH: list[Sm2] = [Libcrypto(), Plain()]


def test_the_example_of_the_standard_is_reproduced() -> None:
    assert public_of(KNOWN_PRIVATE) == PUBLIC
    e = "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"
    assert digest(PUBLIC, b"message digest") == int(e, 16)
    assert Plain().sign(KNOWN_PRIVATE, b"message digest", K) == KNOWN_SIGNATURE


@pytest.mark.parametrize("provider", BOTH, ids=lambda each: each.name)
def test_an_implementation_accepts_the_example_and_nothing_near_it(provider: Sm2) -> None:
    assert passes(provider)
    for wrong in (b"", b"\x30", KNOWN_SIGNATURE[:-1], KNOWN_SIGNATURE + b"\x00", KNOWN_SIGNATURE[::-1]):
        assert not provider.verify(PUBLIC, b"message digest", wrong)
    for key in (b"", PUBLIC[:-1], b"\x04" + bytes(64), PUBLIC[:-1] + b"\x00"):
        assert not provider.verify(key, b"message digest", KNOWN_SIGNATURE)


@given(st.binary(max_size=200))
@settings(max_examples=10, deadline=None)
def test_what_one_implementation_signs_the_other_accepts(message: bytes) -> None:
    private = new_private()
    for signs, checks in (BOTH, BOTH[::-1]):
        assert checks.verify(public_of(private), message, signs.sign(private, message))
        assert not checks.verify(PUBLIC, message, signs.sign(private, message))


def test_the_quick_implementation_is_chosen_where_it_is_there() -> None:
    assert PROVIDERS[0] is Libcrypto
    assert sm2().name == "libcrypto"


def test_hmac_sm3_of_the_example() -> None:
    key = bytes.fromhex("0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20")
    assert hmac_sm3(key, b"abc").hex() == "44809d3ff5336f44071be1917887380730ae145f940a53819279801784c65e17"


def test_sm4_gcm_of_rfc_8998() -> None:
    key, nonce = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), bytes.fromhex("00001234567800000000ABCD")
    about = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    text = b"".join(bytes([byte]) * 8 for byte in bytes.fromhex("AABBCCDDEEFFEEAA"))
    sealed = seal(key, text, about, nonce)
    assert sealed[-16:].hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"
    assert open_sealed(key, sealed, about) == text


def test_a_seal_opens_only_for_what_it_is_about() -> None:
    sealed = seal(b"k" * 16, b"secret", b"partner:1")
    for key, content, about in (
        (b"l" * 16, sealed, b"partner:1"),
        (b"k" * 16, sealed[:-1] + b"0", b"partner:1"),
        (b"k" * 16, sealed, b"partner:2"),
    ):
        with pytest.raises(ValueError, match="does not open"):
            open_sealed(key, content, about)
