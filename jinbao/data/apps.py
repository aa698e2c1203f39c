"""Django's handle on this room."""

from django.apps import AppConfig


class DataConfig(AppConfig):
    """数据."""

    name = "jinbao.data"
    label = "data"
    verbose_name = "数据"
