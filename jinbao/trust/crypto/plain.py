"""SM2 in plain integers (GB/T 32918): the definition that other implementations are checked against.

About a hundredth of the speed of OpenSSL, and its running time depends on the secret: not for a busy server.
"""

from __future__ import annotations

import secrets

from jinbao.trust.sm3 import sm3_hex

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
DEFAULT_ID = b"1234567812345678"
Point = tuple[int, int] | None
"""A point of the curve; None is the point at infinity."""


def _add(one: Point, two: Point) -> Point:
    if one is None or two is None:
        return one or two
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if one == two else (y2 - y1) * pow(x2 - x1, -1, P)
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P


def _times(factor: int, point: Point) -> Point:
    total: Point = None
    while factor:
        if factor & 1:
            total = _add(total, point)
        point = _add(point, point)
        factor >>= 1
    return total


def public_of(private: bytes) -> bytes:
    """Return 04 ‖ x ‖ y of a private key. Raises ValueError for one out of range."""
    number = int.from_bytes(private, "big")
    point = _times(number, G)
    if not 0 < number < N - 1 or point is None:
        raise ValueError("not an SM2 private key")
    return b"\x04" + _bytes(point[0]) + _bytes(point[1])


def point_of(public: bytes) -> tuple[int, int]:
    """Read a public key. Raises ValueError unless it is a point of the curve."""
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    if len(public) != 65 or public[0] != 4 or x >= P or y >= P or (y * y - x * x * x - A * x - B) % P:
        raise ValueError("not an SM2 public key")
    return x, y


def digest(public: bytes, message: bytes) -> int:
    """Return e = SM3(Z ‖ message), Z being the hash of the user id, the curve and the key."""
    curve = b"".join(map(_bytes, (A, B, *G)))
    z = bytes.fromhex(sm3_hex((len(DEFAULT_ID) * 8).to_bytes(2, "big") + DEFAULT_ID + curve + public[1:]))
    return int(sm3_hex(z + message), 16)


class Plain:
    """SM2 signatures by the arithmetic above."""

    name = "plain"

    def sign(self, private: bytes, message: bytes, nonce: int | None = None) -> bytes:
        """Sign; a `nonce` is given only to reproduce a printed example."""
        key = int.from_bytes(private, "big")
        e = digest(public_of(private), message)
        while True:
            k = nonce or secrets.randbelow(N - 1) + 1
            point = _times(k, G)
            r = (e + (point[0] if point else 0)) % N
            s = pow(1 + key, -1, N) * (k - r * key) % N
            if r and s and r + k != N:
                return _der(r, s)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature is good."""
        try:
            r, s = _read_der(signature)
            point = point_of(public)
        except (ValueError, IndexError):
            return False
        t = (r + s) % N
        if not (0 < r < N and 0 < s < N and t):
            return False
        found = _add(_times(s, G), _times(t, point))
        return found is not None and (digest(public, message) + found[0]) % N == r


def _bytes(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _der(*numbers: int) -> bytes:
    parts = [number.to_bytes(number.bit_length() // 8 + 1, "big") for number in numbers]
    body = b"".join(bytes([2, len(part)]) + part for part in parts)
    return bytes([0x30, len(body)]) + body


def _read_der(signature: bytes) -> tuple[int, int]:
    first = signature[3]
    r, s = signature[4 : 4 + first], signature[6 + first :]
    numbers = int.from_bytes(r, "big"), int.from_bytes(s, "big")
    if _der(*numbers) != signature:
        raise ValueError("not a DER signature")
    return numbers
