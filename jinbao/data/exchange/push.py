"""Push: rows of a grant are sent to the partner's address as signed requests, again and again until it takes them."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from jinbao.kernel.errors import FormatError

HTTP_HOSTS = "JINBAO_EXCHANGE_HTTP_HOSTS"
"""Environment: hosts (host or host:port) to which rows may go without TLS, such as inside a protected network."""


def check_url(url: str) -> str:
    """Return an address that rows may be pushed to. Raises FormatError for any other."""
    parts = urlsplit(url.strip())
    allowed = os.environ.get(HTTP_HOSTS, "").split(",")
    plain = parts.scheme == "http" and (parts.netloc in allowed or parts.hostname in allowed)
    if not parts.hostname or parts.username or parts.fragment or not (parts.scheme == "https" or plain):
        raise FormatError(
            "推送地址不合要求", advice="请用 https 地址；内网主机确需 http 的，由系统管理员在配置中列出。"
        )
    return url.strip()
