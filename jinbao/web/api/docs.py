"""The page that describes the API, made from its own OpenAPI document; it loads nothing from elsewhere."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.web.api.service import api


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show every operation with its fields and an example."""
    schema: dict[str, Any] = api.get_openapi_schema()
    operations = [
        {"method": method.upper(), "path": path, "about": about, "fields": _fields(schema, about)}
        for path, methods in schema["paths"].items()
        for method, about in methods.items()
    ]
    shown = {"info": schema["info"], "operations": operations, "example": json.dumps(EXAMPLE, ensure_ascii=False)}
    return render(request, "api/docs.html", shown)


EXAMPLE = {
    "rule": "法定退休年月",
    "facts": {"出生年月": "1966-01", "退休类别": "男职工"},
    "on": "2026-01-01",
    "region": "000000",
}


def _fields(schema: dict[str, Any], about: dict[str, Any]) -> list[dict[str, Any]]:
    """List the fields of the request body."""
    body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = body.get("$ref", "").rpartition("/")[2]
    declared = schema["components"]["schemas"].get(name, {})
    return [
        {"name": field, "text": rest.get("description", ""), "required": field in declared.get("required", ())}
        for field, rest in declared.get("properties", {}).items()
    ]
