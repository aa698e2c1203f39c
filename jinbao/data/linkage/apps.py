"""Django's handle on this room."""

from django.apps import AppConfig


class LinkageConfig(AppConfig):
    """一人一号."""

    name = "jinbao.data.linkage"
    label = "linkage"
    verbose_name = "一人一号"
