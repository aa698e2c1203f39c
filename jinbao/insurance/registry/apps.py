"""Django's handle on this room."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """参保登记."""

    name = "jinbao.insurance.registry"
    label = "registry"
    verbose_name = "参保登记"
