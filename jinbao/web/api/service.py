"""The API: what programs may ask, and the one shape of its errors."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from jinbao.kernel.errors import FormatError
from jinbao.rules.factfile import read_json
from jinbao.web.api import catalogue, health, law
from jinbao.web.middleware import problem


class ExactParser(Parser):
    """Reads requests as the command reads facts: decimal numbers as they are written, no name twice."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Read the body. Raises FormatError."""
        try:
            text = request.body.decode("utf-8")
        except UnicodeDecodeError:
            raise FormatError("请求不是 UTF-8 文字", advice="请用 UTF-8 编码发送 JSON。") from None
        return read_json(text, "请求")


api = NinjaAPI(
    parser=ExactParser(),
    title="金保接口",
    version="1",
    description="社会保险信息平台的公开接口：法律规则查询与计算。金额为元、以文字表示，不用浮点数。"
    "出错时返回 {code, message, advice}，code 固定不变。",
    docs_url=None,
    openapi_url="/openapi.json",
)
api.add_router("/law", law.router, tags=["规则"])
api.add_router("/catalogue", catalogue.router, tags=["数据资源目录"])
api.add_router("/health", health.router, tags=["运行"])


@api.exception_handler(ValidationError)
def wrong_request(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say which part of a request does not have the form it must have."""
    parts = ("、".join(str(step) for step in each["loc"]) + f"：{each['msg']}" for each in error.errors)
    return problem(400, "format", "；".join(parts), "请对照 /api/docs 的说明改正请求。")


@api.exception_handler(HttpError)
def unreadable_request(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Say why a request cannot be read at all."""
    cause = error.__cause__
    if isinstance(cause, FormatError):
        return problem(400, cause.code, cause.message, cause.advice)
    return problem(error.status_code, "format", str(error), "请对照 /api/docs 的说明改正请求。")


@api.exception_handler(RequestDataTooBig)
def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """Say that a request is too long."""
    return problem(413, "too-big", "请求太长", "一次请求不超过 2.5 MB。")
