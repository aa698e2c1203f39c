"""Django's handle on this room."""

from django.apps import AppConfig


class CentreConfig(AppConfig):
    """信息中心自身的工作."""

    name = "jinbao.centre"
    label = "centre"
    verbose_name = "中心工作"
