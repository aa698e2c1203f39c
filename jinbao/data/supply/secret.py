"""Addresses and keys come from the environment, never from a declared file."""

from __future__ import annotations

import os

from jinbao.data.supply.rows import SourceError


def secret(variable: str) -> str:
    """Return the value of an environment variable; raise SourceError where it is not set."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise SourceError(
            f"没有设置环境变量 {variable}", advice="请在服务的环境（如 systemd 的 EnvironmentFile）里设置。"
        )
    return value
