"""The national algorithms behind one door: SM2 signatures, HMAC-SM3, SM4-GCM. Knows nothing of Django."""

from __future__ import annotations

from jinbao.trust.crypto.provider import Sm2, public_of, sm2
from jinbao.trust.crypto.symmetric import hmac_sm3, open_sealed, same, seal, sm3_bytes

__all__ = ["Sm2", "hmac_sm3", "open_sealed", "public_of", "same", "seal", "sm2", "sm3_bytes"]
