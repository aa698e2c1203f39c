"""数据资源目录: what data the public sector holds and how it is shared; only what is published, no values."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.data.catalogue import dcat, exporting, queries
from jinbao.data.exchange import queries as exchange
from jinbao.kernel.errors import NotFound
from jinbao.web.dates import now
from jinbao.web.resources import searched


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Search the published catalogue."""
    return render(request, "portal/resources.html", searched(request, None))


@require_safe
def detail(request: HttpRequest, front: str, number: str) -> HttpResponse:
    """Show one published resource with its items."""
    resource, described = queries.published(f"{front}/{number}")
    asked_for = any(one.name == resource.dataset for one in exchange.shareable())
    shown = {"resource": resource, "described": described, "items": described.items, "may_be_asked": asked_for}
    return render(request, "portal/resource.html", shown)


@require_safe
def export(request: HttpRequest, form: str) -> HttpResponse:
    """Give the published catalogue as DCAT."""
    if form not in dcat.FORMATS:
        raise NotFound(f"没有格式“{form}”", advice=f"可用的格式：{'、'.join(dcat.FORMATS)}。")
    content = exporting.export(None, form, base=request.build_absolute_uri("/see/data/"), now=now())
    return HttpResponse(content, content_type=f"{dcat.MEDIA[form]}; charset=utf-8")
