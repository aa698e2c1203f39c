"""Service items for the public: the list, and the guide of each."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.cases.services import application_of
from jinbao.web.portal.pages import services


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show 我要办: every service item."""
    return render(request, "portal/do.html", {"items": services()})


@require_safe
def guide(request: HttpRequest, item: str) -> HttpResponse:
    """Show the guide of one item: who may apply, what is needed, how long it takes, on which ground."""
    return render(request, "portal/item.html", {"item": application_of(item)})
