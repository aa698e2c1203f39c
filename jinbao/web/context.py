"""What every page knows: whose it is, the large-type mode, the face, who is signed in as what, and the navigation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from jinbao.web.acting import Acting, acting
from jinbao.web.menu import Entry, menu_of

LARGE_COOKIE = "jinbao_large"
FACES = ("counter", "screen")


def page(request: HttpRequest) -> dict[str, Any]:
    """Return `centre`, `is_demonstration`, `large` (长者版), `face`, `path`, `acting` (an Acting or none) and `menu`.

    Who is signed in is looked up only by templates that show it, and once.
    """
    first = request.path.split("/", 2)[1]
    face = first if first in FACES else "portal"

    def menu() -> list[Entry]:
        who: Acting | None = acting(request)
        return menu_of(face, who.role if who else None, request.path)

    return {
        "centre": settings.CENTRE,
        "is_demonstration": not settings.PRODUCTION,
        "large": request.COOKIES.get(LARGE_COOKIE) == "1",
        "face": face,
        "path": request.get_full_path(),
        "acting": SimpleLazyObject(lambda: acting(request)),
        "menu": SimpleLazyObject(menu),
    }
