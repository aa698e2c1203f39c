"""Django's handle on this room."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """监督."""

    name = "jinbao.oversight"
    label = "oversight"
    verbose_name = "监督"
