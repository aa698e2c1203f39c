"""Pages that only show: home, the four entries, and what a public site must say about itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.cases.services import Service, applications


def services() -> list[Service]:
    """List the service items of the public, those that a person applies for himself first."""
    public = [service for service in applications().values() if set(service.applicants) != {"经办"}]
    return sorted(public, key=lambda service: (service.subject != "参保人", service.code))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the home page."""
    return render(request, "portal/home.html", {"items": services()})


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Show 我要查: calculators and a person's own records."""
    return render(request, "portal/check.html")


@require_safe
def see(request: HttpRequest) -> HttpResponse:
    """Show 我要看: the law, the totals, public documents."""
    return render(request, "portal/see.html")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Show every public page."""
    return render(request, "portal/sitemap.html", {"items": services()})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say which data are kept, and who sees them."""
    return render(request, "portal/privacy.html")


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how the site can be used without a mouse, with large type and with a screen reader."""
    return render(request, "portal/accessibility.html")
