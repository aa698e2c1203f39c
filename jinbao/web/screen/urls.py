"""Addresses of this face."""

from django.urls import path

from jinbao.web.screen import home

urlpatterns = [path("", home.index, name="screen-home")]
