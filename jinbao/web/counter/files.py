"""Files at the counter: for employers that come to the window, and what the bank reports."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jinbao.data import queries
from jinbao.insurance.contributions import actions as contributions
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web import files
from jinbao.web.acting import OFFICERS, only
from jinbao.web.dates import today

SENDERS = (Role.CLERK, Role.REVIEWER, Role.FINANCE)


@require_safe
@only(*OFFICERS)
def listing(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the files and the form to send another."""
    return files.listing(request, by, "counter")


@require_POST
@only(*SENDERS)
def upload(request: HttpRequest, by: Actor) -> HttpResponse:
    """Take in a file."""
    return files.upload(request, by, "counter")


@require_safe
@only(*OFFICERS)
def detail(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show what of a file would be accepted and rejected."""
    return files.detail(request, by, "counter", pk)


@require_POST
@only(*SENDERS)
def decide(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Accept the good rows, or discard the file."""
    return files.decide(request, by, "counter", pk)


@require_safe
@only(*SENDERS)
def rejected(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the rejected rows with their reasons."""
    return files.rejected(request, by, pk)


@require_safe
@only(*SENDERS)
def refused_later(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the rows that could not be entered in the books."""
    return files.refused_later(request, by, pk)


@require_POST
@only(Role.FINANCE)
def receive(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Enter an accepted file of payments in the books."""
    contributions.receive_file(by, queries.batch(by, pk), today=today())
    return redirect("counter-file", pk=pk)
