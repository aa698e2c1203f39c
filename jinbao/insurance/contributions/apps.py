"""Django's handle on this room."""

from django.apps import AppConfig


class ContributionsConfig(AppConfig):
    """缴费."""

    name = "jinbao.insurance.contributions"
    label = "contributions"
    verbose_name = "缴费"
