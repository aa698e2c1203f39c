"""The project's own application with one more address that does nothing: what any page is compared with."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jinbao.project.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def empty(request: HttpRequest) -> HttpResponse:
    """Answer with nothing."""
    return HttpResponse("")


application = get_wsgi_application()  # loads the apps that the addresses need
settings.ROOT_URLCONF = __name__
urlpatterns = [path("empty/", empty), path("", include("jinbao.project.urls"))]
