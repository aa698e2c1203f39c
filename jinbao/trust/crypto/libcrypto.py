"""SM2 by the OpenSSL 3 of the system, through ctypes."""

from __future__ import annotations

import ctypes
import ctypes.util
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_ulong, c_void_p
from functools import lru_cache
from typing import Any

from jinbao.trust.crypto import plain

_PUBLIC_HEAD = bytes.fromhex("3059301306072A8648CE3D020106082A811CCF5501822D034200")
"""SubjectPublicKeyInfo of a key on the curve sm2p256v1, up to the point."""
_PRIVATE_HEAD = bytes.fromhex("308187020100301306072A8648CE3D020106082A811CCF5501822D046D306B0201010420")
_PRIVATE_MIDDLE = bytes.fromhex("A144034200")
"""PKCS#8 of a private key: head, key, middle, point."""
_ANSWERS: dict[str, tuple[Any, list[Any]]] = {
    "d2i_PUBKEY": (c_void_p, [c_void_p, POINTER(c_char_p), c_ulong]),
    "d2i_AutoPrivateKey": (c_void_p, [c_void_p, POINTER(c_char_p), c_ulong]),
    "EVP_PKEY_free": (None, [c_void_p]),
    "EVP_MD_CTX_new": (c_void_p, []),
    "EVP_MD_CTX_free": (None, [c_void_p]),
    "EVP_PKEY_CTX_new": (c_void_p, [c_void_p, c_void_p]),
    "EVP_PKEY_CTX_free": (None, [c_void_p]),
    "EVP_PKEY_CTX_set1_id": (c_int, [c_void_p, c_char_p, c_size_t]),
    "EVP_MD_CTX_set_pkey_ctx": (None, [c_void_p, c_void_p]),
    "EVP_sm3": (c_void_p, []),
    "EVP_DigestVerifyInit": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "EVP_DigestVerify": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_size_t]),
    "EVP_DigestSignInit": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "EVP_DigestSign": (c_int, [c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t]),
    "ERR_clear_error": (None, []),
}


class Libcrypto:
    """SM2 signatures by OpenSSL; ctypes lets other threads run meanwhile. Keys are read once and kept."""

    name = "libcrypto"

    def __init__(self) -> None:
        self._c = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
        for name, (answer, arguments) in _ANSWERS.items():
            function = getattr(self._c, name)
            function.restype, function.argtypes = answer, arguments
        self._sm3 = self._c.EVP_sm3()
        self._public = lru_cache(1024)(self._read_public)
        self._private = lru_cache(64)(self._read_private)

    def sign(self, private: bytes, message: bytes) -> bytes:
        """Sign. Raises ValueError for what is no private key."""
        key = self._private(private)
        size, out = c_size_t(80), ctypes.create_string_buffer(80)
        with _Context(self._c, key.pointer) as context:
            begun = self._c.EVP_DigestSignInit(context, None, self._sm3, None, key.pointer)
            if begun != 1 or self._c.EVP_DigestSign(context, out, byref(size), message, len(message)) != 1:
                raise ValueError("OpenSSL could not sign")
        return out.raw[: size.value]

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature is good."""
        try:
            key = self._public(public)
        except ValueError:
            return False
        with _Context(self._c, key.pointer) as context:
            begun = self._c.EVP_DigestVerifyInit(context, None, self._sm3, None, key.pointer)
            good = self._c.EVP_DigestVerify(context, signature, len(signature), message, len(message))
        if good != 1:
            self._c.ERR_clear_error()
        return bool(begun == 1 and good == 1)

    def _read_public(self, public: bytes) -> _Key:
        plain.point_of(public)
        return _Key(self._c, self._c.d2i_PUBKEY, _PUBLIC_HEAD + public)

    def _read_private(self, private: bytes) -> _Key:
        der = _PRIVATE_HEAD + private + _PRIVATE_MIDDLE + plain.public_of(private)
        return _Key(self._c, self._c.d2i_AutoPrivateKey, der)


class _Key:
    """A key as OpenSSL holds it, freed with this object."""

    def __init__(self, library: Any, read: Any, der: bytes) -> None:
        self._free = library.EVP_PKEY_free
        self.pointer = read(None, byref(c_char_p(der)), len(der))
        if not self.pointer:
            raise ValueError("OpenSSL does not read this key")

    def __del__(self) -> None:
        if getattr(self, "pointer", None):
            self._free(self.pointer)


class _Context:
    """One running signature or verification, with the default user id."""

    def __init__(self, library: Any, key: int) -> None:
        self._c = library
        self._digest = library.EVP_MD_CTX_new()
        self._key = library.EVP_PKEY_CTX_new(key, None)
        library.EVP_PKEY_CTX_set1_id(self._key, plain.DEFAULT_ID, len(plain.DEFAULT_ID))
        library.EVP_MD_CTX_set_pkey_ctx(self._digest, self._key)

    def __enter__(self) -> Any:
        return self._digest

    def __exit__(self, *_: object) -> None:
        self._c.EVP_MD_CTX_free(self._digest)
        self._c.EVP_PKEY_CTX_free(self._key)
