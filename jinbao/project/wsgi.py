"""The WSGI application that granian serves: the exchange's door, and Django behind it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jinbao.project.settings")
_pages = get_wsgi_application()

from jinbao.web.api.exchange import in_front_of  # noqa: E402  # needs the apps that were loaded just now

application = in_front_of(_pages)
