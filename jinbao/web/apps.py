"""Django's handle on this room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Faces."""

    name = "jinbao.web"
    label = "web"
    verbose_name = "网页"
