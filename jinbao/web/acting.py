"""Who is asking: the signed-in user in the role they chose, as the Actor that actions and queries want."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from jinbao.kernel.errors import NotAllowed
from jinbao.trust import actors
from jinbao.trust.actors import Actor, actor_of
from jinbao.trust.models import Grant, Role, User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
ActorView = Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase]

GRANT_IN_SESSION = "grant"
OFFICERS = tuple(role for role in Role if role in actors.OFFICERS)
"""Roles that see the business of a region; 系统管理 sees none of it."""
COUNTER = (*OFFICERS, Role.ADMIN, Role.STEWARD)
"""Roles that work at the counter."""


@dataclass(frozen=True)
class Acting:
    """A user in one role, for the head of the page and for the decorator below."""

    actor: Actor
    name: str
    role_name: str
    several: bool
    """True when the user could change to another role."""

    @property
    def role(self) -> Role:
        """The role in which the user acts."""
        return self.actor.role


def grants_of(user: User) -> list[Grant]:
    """List what a user may act as."""
    return list(Grant.objects.filter(user=user).order_by("id"))


def acting(request: HttpRequest) -> Acting | None:
    """Return who asks, or None for a visitor or while the role is not chosen; looked up once a request."""
    if not hasattr(request, "_acting"):
        request._acting = _look_up(request)  # type: ignore[attr-defined]  # remembered on the request itself
    found: Acting | None = request._acting  # type: ignore[attr-defined]  # as above
    return found


def _look_up(request: HttpRequest) -> Acting | None:
    user = request.user
    if not isinstance(user, User):
        return None
    grants = grants_of(user)
    chosen = [grant for grant in grants if grant.pk == request.session.get(GRANT_IN_SESSION)]
    if not chosen and len(grants) == 1:
        chosen = grants
    if not chosen:
        return None
    grant = chosen[0]
    return Acting(actor_of(user, grant), user.name, str(Role(grant.role).label), len(grants) > 1)


def only(*roles: Role) -> Callable[[ActorView[P]], View[P]]:
    """Let a view be called only in these roles, and give it the Actor as its second argument.

    A visitor is sent to sign in; a user with several roles who has chosen none, to choose. Raises NotAllowed for any
    other role.
    """

    def decorate(view: ActorView[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            who = acting(request)
            if who is None:
                return _ask_who(request)
            if who.role not in roles:
                raise _wrong_role(who, roles)
            response = view(request, who.actor, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        guarded.roles = roles  # type: ignore[attr-defined]  # read by the test that tries every address in every role
        return cast("View[P]", guarded)

    return decorate


def _ask_who(request: HttpRequest) -> HttpResponse:
    """Send a visitor to sign in and a user to choose a role, and back here afterwards."""
    where = "role" if request.user.is_authenticated else "login"
    back = request.get_full_path() if request.method == "GET" else "/"
    return redirect(f"{reverse(where)}?{urlencode({'next': back})}")


def _wrong_role(who: Acting, roles: tuple[Role, ...]) -> NotAllowed:
    named = "、".join(_(str(role.label)) for role in roles)
    return NotAllowed(
        _("“%(role)s”不能打开这一页") % {"role": _(who.role_name)},
        advice=_("这一页只对以下身份开放：%(roles)s。请更换身份或用相应的账户登录。") % {"roles": named},
    )


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """Return the address to go back to, if it is one of ours."""
    target = str(request.POST.get("next") or request.GET.get("next") or "")
    known = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if known else default


def form_key(request: HttpRequest, *parts: Any) -> str | None:
    """Return the idempotency key a form carried, bound to what it acts on; None when it carried none."""
    key = request.POST.get("key", "")
    return ":".join([*map(str, parts), key])[:128] if key else None


def version_of(request: HttpRequest) -> int:
    """Return the version of the case that the form showed; nonsense counts as an old one."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
