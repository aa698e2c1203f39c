"""The WSGI application that granian serves: the exchange's door, and Django behind it.

A worker reads the law before its first request, and then takes what it holds out of the garbage collector's rounds:
they would walk through the whole law in the middle of an answer (bench/city.py: the slowest of a hundred answers).
"""

import atexit
import gc
import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jinbao.project.settings")
_pages = get_wsgi_application()

from jinbao.kernel.errors import JinbaoError  # noqa: E402  # needs the apps that were loaded just now
from jinbao.rules import load_law  # noqa: E402  # likewise
from jinbao.web.api.exchange import in_front_of  # noqa: E402  # likewise

try:
    load_law()
except JinbaoError as error:
    print(error, file=sys.stderr)  # noqa: T201  # a worker has no other place; pages that need no law go on
gc.collect()
gc.freeze()
atexit.register(gc.unfreeze)

application = in_front_of(_pages)
