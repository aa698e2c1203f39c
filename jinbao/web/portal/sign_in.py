"""Sign in, choose a role, sign out."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from jinbao.kernel.errors import NotAllowed
from jinbao.trust import users
from jinbao.trust.models import Role, User
from jinbao.web.acting import GRANT_IN_SESSION, grants_of, safe_next
from jinbao.web.dates import now

BACKEND = "django.contrib.auth.backends.ModelBackend"
"""Reads the signed-in user back; names and passwords are checked by trust.users, which also locks and records."""


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for username and password; whoever holds several roles chooses one next."""
    shown = {"next": safe_next(request, ""), "username": request.POST.get("username", "").strip()}
    if request.method == "GET":
        return render(request, "portal/login.html", shown)
    try:
        user = users.sign_in(shown["username"], request.POST.get("password", ""), now=now())
    except NotAllowed as error:
        return render(request, "portal/login.html", shown | {"error": error}, status=403)
    login(request, user, backend=BACKEND)
    grants = grants_of(user)
    if len(grants) == 1:
        return _enter(request, grants[0].pk, Role(grants[0].role))
    return render(request, "portal/role.html", {"grants": grants, "next": shown["next"]})


@login_required
@require_http_methods(["GET", "POST"])
def choose_role(request: HttpRequest) -> HttpResponse:
    """Offer the roles of a user, or take up the chosen one."""
    grants = grants_of(request.user) if isinstance(request.user, User) else []
    for grant in grants:
        if request.method == "POST" and str(grant.pk) == request.POST.get("grant"):
            return _enter(request, grant.pk, Role(grant.role))
    status = 400 if request.method == "POST" else 200
    return render(request, "portal/role.html", {"grants": grants, "next": safe_next(request, "")}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("portal-home")


def _enter(request: HttpRequest, grant: int, role: Role) -> HttpResponse:
    """Act in a role from now on, and go where the user wanted to go or where the role works."""
    request.session[GRANT_IN_SESSION] = grant
    begins = {Role.INSURED: "my", Role.EMPLOYER: "unit", Role.PARTNER: "sharing"}
    return redirect(safe_next(request, reverse(begins.get(role, "counter-home"))))
