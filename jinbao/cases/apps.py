"""Django's handle on this room."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """办件."""

    name = "jinbao.cases"
    label = "cases"
    verbose_name = "办件"
