"""Django's handle on this room."""

from django.apps import AppConfig


class ExtractionConfig(AppConfig):
    """数据提取."""

    name = "jinbao.data.extraction"
    label = "extraction"
    verbose_name = "数据提取"
