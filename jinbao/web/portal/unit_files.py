"""Files of an employer, sent by its agent."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web import files
from jinbao.web.acting import only

EMPLOYERS = (Role.EMPLOYER,)


@require_safe
@only(*EMPLOYERS)
def listing(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the files and the form to send another."""
    return files.listing(request, by, "unit")


@require_POST
@only(*EMPLOYERS)
def upload(request: HttpRequest, by: Actor) -> HttpResponse:
    """Take in a file."""
    return files.upload(request, by, "unit")


@require_safe
@only(*EMPLOYERS)
def detail(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show what of a file would be accepted and rejected."""
    return files.detail(request, by, "unit", pk)


@require_POST
@only(*EMPLOYERS)
def decide(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Accept the good rows, or discard the file."""
    return files.decide(request, by, "unit", pk)


@require_safe
@only(*EMPLOYERS)
def rejected(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the rejected rows with their reasons."""
    return files.rejected(request, by, pk)


@require_safe
@only(*EMPLOYERS)
def refused_later(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the rows that could not be entered in the books."""
    return files.refused_later(request, by, pk)
