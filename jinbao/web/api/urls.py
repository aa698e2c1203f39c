"""Addresses of the API."""

from django.urls import path

from jinbao.web.api import docs
from jinbao.web.api.service import api

urlpatterns = [path("docs", docs.page, name="api-docs"), path("", api.urls)]
