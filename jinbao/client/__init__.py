"""Client of the exchange for partners: small, without Django; see docs/exchange.md.

from jinbao.client import Client, Hmac

client = Client("https://shuju.example.gov.cn", Hmac("k0123…", "the secret that was shown once"))
for row in client.query("contribution_declaration", id_number="99…"):
    print(row["name"])
"""

from __future__ import annotations

from jinbao.client.calls import Client, Failed, Refused, Untrusted
from jinbao.client.signers import Hmac, Signer, Sm2

__all__ = ["Client", "Failed", "Hmac", "Refused", "Signer", "Sm2", "Untrusted"]
