"""Turn expected errors into pages people can act on, and guard every page with security headers."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_noop

from jinbao.kernel.errors import DeclarationError, FormatError, JinbaoError
from jinbao.trust import audit
from jinbao.web.acting import COUNTER, acting

log = logging.getLogger(__name__)

STATUS = {"not-found": 404, "not-allowed": 403, "conflict": 409, "declaration": 500}
"""HTTP status by stable error code; every other code is the sender's mistake, 400."""

HEADINGS = {
    403: gettext_noop("没有权限"),
    404: gettext_noop("没有找到"),
    409: gettext_noop("情况已经变化"),
    400: gettext_noop("填写有误"),
    500: gettext_noop("系统设置有误"),
}

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
"""Inline styles are allowed because charts position themselves with them; inline scripts are not."""


class ErrorPages:
    """Answer a JinbaoError with its message, place, advice and code: a page for people, JSON for programs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request; whatever it does is recorded with the address it came from."""
        chinese_first(request)
        with audit.from_origin(address=request.META.get("REMOTE_ADDR", "")):
            response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.status_code == 404 and wants_json(request) and "json" not in response.headers["Content-Type"]:
            return problem(404, "not-found", "没有这个接口", "请看 /api/docs 的接口清单。")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer expected errors; leave the others to Django, which records the traceback and shows 500.html."""
        if isinstance(exception, ValueError | DataError) and "NUL (0x00)" in str(exception):
            exception = _NUL
        if not isinstance(exception, JinbaoError):
            return None
        status = STATUS.get(exception.code, 400)
        if status == 500:
            log.error("%s %s: %s", request.method, request.path, exception)
        shown = exception if status < 500 or _may_see_settings(request) else _BROKEN
        if wants_json(request):
            return problem(status, exception.code, placed(shown), shown.advice)
        return page_of(request, shown, status)


_BROKEN = DeclarationError(
    gettext_noop("系统设置有误，问题已经记录。"),
    advice=gettext_noop("请稍后再试；如果一再出现，请拨打 12333 并说明时间和正在办理的事项。"),
)
"""What the public reads of a broken declaration: files and values of the server are not its business."""


_NUL = FormatError(
    "填写的内容里有不可见的空字符（NUL）", advice="请删去该字符，多半是从别处粘贴时带来的；其余内容都还在。"
)
"""PostgreSQL keeps no NUL in a text and its driver says so; nothing was written."""


def _may_see_settings(request: HttpRequest) -> bool:
    """Tell whether whoever asks works at the counter and may read which file of the declarations is wrong."""
    who = acting(request)
    return who is not None and who.role in COUNTER


def page_of(request: HttpRequest, error: JinbaoError, status: int) -> HttpResponse:
    """Show an error as a page: what happened, where, what to do, the stable code and the way back."""
    back = request.headers.get("referer", "") if request.method == "POST" else ""
    shown = {
        "heading": gettext(HEADINGS.get(status, "填写有误")),
        "message": gettext(placed(error)) if error is _BROKEN else placed(error),
        "advice": gettext(error.advice) if error is _BROKEN else error.advice,
        "code": error.code,
        "status": status,
        "back": back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "",
    }
    return render(request, "error.html", shown, status=status)


def chinese_first(request: HttpRequest) -> None:
    """Show Chinese unless the visitor has chosen a language; the browser's own is no choice."""
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = settings.LANGUAGE_CODE


def wants_json(request: HttpRequest) -> bool:
    """Tell whether the sender is a program."""
    return request.path.startswith("/api/")


def placed(error: JinbaoError) -> str:
    """Write the message with the place where it happened."""
    return f"{error.at}：{error.message}" if error.at and str(error.at) else error.message


def problem(status: int, code: str, message: str, advice: str = "") -> JsonResponse:
    """Make the one JSON shape of an error: {"code", "message", "advice"}."""
    body = {"code": code, "message": message, "advice": advice}
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
