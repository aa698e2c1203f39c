"""Django's handle on this room."""

from django.apps import AppConfig


class SupplyConfig(AppConfig):
    """供数."""

    name = "jinbao.data.supply"
    label = "supply"
    verbose_name = "供数"
