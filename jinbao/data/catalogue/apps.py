"""Django's handle on this room."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """资源目录."""

    name = "jinbao.data.catalogue"
    label = "catalogue"
    verbose_name = "资源目录"
