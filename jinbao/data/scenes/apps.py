"""Django's handle on this room."""

from django.apps import AppConfig


class ScenesConfig(AppConfig):
    """应用场景."""

    name = "jinbao.data.scenes"
    label = "scenes"
    verbose_name = "应用场景"
