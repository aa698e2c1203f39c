"""Django's handle on this room."""

from django.apps import AppConfig


class BenefitsConfig(AppConfig):
    """待遇."""

    name = "jinbao.insurance.benefits"
    label = "benefits"
    verbose_name = "待遇"
