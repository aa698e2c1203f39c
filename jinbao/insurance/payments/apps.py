"""Django's handle on this room."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """支付."""

    name = "jinbao.insurance.payments"
    label = "payments"
    verbose_name = "支付"
