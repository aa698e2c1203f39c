"""Django's handle on this room."""

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    """数据质量."""

    name = "jinbao.data.scoring"
    label = "scoring"
    verbose_name = "数据质量"
