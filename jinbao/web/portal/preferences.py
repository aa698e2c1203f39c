"""How a visitor wants to read: language and large type, kept in cookies so that no account is needed."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import check_for_language
from django.views.decorators.http import require_safe

from jinbao.web.acting import safe_next
from jinbao.web.context import LARGE_COOKIE

YEAR = 365 * 24 * 3600


@require_safe
def large(request: HttpRequest) -> HttpResponse:
    """Turn the large-type mode (长者版) on or off and go back."""
    response = redirect(safe_next(request))
    if request.GET.get("on") == "1":
        response.set_cookie(LARGE_COOKIE, "1", max_age=YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(LARGE_COOKIE)
    return response


@require_safe
def language(request: HttpRequest, code: str) -> HttpResponse:
    """Choose Chinese or English and go back."""
    if code not in dict(settings.LANGUAGES) or not check_for_language(code):
        raise Http404
    response = redirect(safe_next(request))
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR, samesite="Lax", httponly=True)
    return response
