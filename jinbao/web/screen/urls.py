"""Addresses of this face."""

from django.urls import path

from jinbao.web.screen import home, platform

urlpatterns = [
    path("", home.index, name="screen-home"),
    path("platform/", platform.index, name="screen-platform"),
]
