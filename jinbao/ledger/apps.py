"""Django's handle on this room."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """账务."""

    name = "jinbao.ledger"
    label = "ledger"
    verbose_name = "账务"
