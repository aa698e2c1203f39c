"""Django's handle on this room."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class TrustConfig(AppConfig):
    """信任."""

    name = "jinbao.trust"
    label = "trust"
    verbose_name = "信任"

    def ready(self) -> None:
        """Guard the append-only tables anew after every migration, whichever room it belongs to."""
        post_migrate.connect(_install_guards, sender=self)


def _install_guards(using: str, **_: Any) -> None:
    from jinbao.trust.append_only import install_guards

    install_guards(connections[using])
