"""Django's handle on this room."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """共享交换."""

    name = "jinbao.data.exchange"
    label = "exchange"
    verbose_name = "共享交换"
