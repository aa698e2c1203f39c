"""Addresses of the data platform; each room adds its own list."""

from django.urls import path

from jinbao.web.counter.data import home

urlpatterns = [
    path("", home.index, name="counter-data"),
]
