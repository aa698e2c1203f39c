"""`@action`: what makes a function a verb of the house.

Permission, one transaction, an answer for a repeated request, and exactly one audit event. Who may run which action
stands beside each verb (`roles=`); `jinbao audit permissions` prints the whole table.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.db import connection, transaction
from django.db.models import Model

from jinbao.kernel.errors import Conflict, FormatError, NotAllowed
from jinbao.trust import audit, clock
from jinbao.trust.actors import Actor
from jinbao.trust.answers import decode, encode
from jinbao.trust.canonical import canonical, plain, reference
from jinbao.trust.models import AnsweredRequest, Role
from jinbao.trust.sm3 import sm3_hex

P = ParamSpec("P")
R = TypeVar("R")

REFUSED = "trust.refused"
"""Action name of the event that records an attempt without the right to it."""


@dataclass(frozen=True)
class Permission:
    """One line of the table of who may do what."""

    action: str
    roles: frozenset[Role]
    persons_only: bool
    """True where even automatic work must not decide, such as the approval of payments."""
    sentence: str
    verb: str

    def allows(self, by: Actor) -> bool:
        """Tell whether an actor may run the action."""
        return not self.persons_only if by.is_system else by.role in self.roles


PERMISSIONS: dict[str, Permission] = {}
"""Every action of the loaded rooms by its name."""


@dataclass
class _Note:
    """What a verb tells the audit event of its own running."""

    target: Model | str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


_note: ContextVar[_Note | None] = ContextVar("note_of_the_action", default=None)
_within: ContextVar[str] = ContextVar("action_around", default="")


def note(*, target: Model | str | None = None, **detail: Any) -> None:
    """Tell the audit event of the running action what it was about; later calls add to earlier ones.

    Identity numbers, accounts and phones go in masked. Raises RuntimeError outside of an action.
    """
    current = _note.get()
    if current is None:
        raise RuntimeError("note() is for the body of an @action")
    current.target = target if target is not None else current.target
    current.detail |= detail


def action(
    name: str, *, roles: Iterable[Role], persons_only: bool = False
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[Concatenate[Actor, P], R]]:
    """Make a verb out of a function whose first argument is the actor.

    `roles` may run it, and the system unless `persons_only`; nobody else (NotAllowed, which is recorded).
    It runs in one transaction that it shares with the actions it calls.
    If the verb takes `key` and one is given, a repeated request is answered with the first answer and does nothing; the
    same key for another request is a Conflict.
    If it takes `now`, that is the time of the event; the event's target is what `note` says, else the row it returns.
    """

    def decorate(verb: Callable[Concatenate[Actor, P], R]) -> Callable[Concatenate[Actor, P], R]:
        permission = _register(name, frozenset(roles), persons_only, verb)
        parameters = list(inspect.signature(verb).parameters)[1:]

        @wraps(verb)
        def run(by: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            arguments = dict(zip(parameters, args, strict=False)) | kwargs
            request = _Request(permission, by, arguments)
            try:
                _permit(permission, by)
                with transaction.atomic(), audit.collecting():
                    return cast("R", request.answer(lambda: verb(by, *args, **kwargs)))
            except NotAllowed as refusal:
                request.record_refusal(refusal)
                raise

        return run

    return decorate


def _register(name: str, roles: frozenset[Role], persons_only: bool, verb: Callable[..., Any]) -> Permission:
    sentence = (inspect.getdoc(verb) or "").partition("\n")[0]
    permission = Permission(name, roles, persons_only, sentence, f"{verb.__module__}.{verb.__qualname__}")
    known = PERMISSIONS.setdefault(name, permission)
    if known.verb != permission.verb:
        raise RuntimeError(f"two verbs share the action {name!r}: {known.verb} and {permission.verb}")
    PERMISSIONS[name] = permission
    return permission


def _permit(permission: Permission, by: Actor) -> None:
    if permission.allows(by):
        return
    may = "、".join(role.label for role in Role if role in permission.roles) or "系统"
    raise NotAllowed(f"{by.name}（{by.role.label}）无权办理“{permission.action}”", advice=f"此项由{may}办理。")


class _Request:
    """One call of an action: who, with what arguments, under which key."""

    def __init__(self, permission: Permission, by: Actor, arguments: Mapping[str, Any]) -> None:
        self.permission = permission
        self.by = by
        self.arguments = arguments
        self.key = _checked_key(arguments.get("key"))
        now = arguments.get("now")
        self.at = now if isinstance(now, datetime) else clock.now()

    def answer(self, run: Callable[[], Any]) -> Any:
        """Return the first answer of a repeated request; else run the verb, keep its answer and write its event."""
        if self.key and not self._claim():
            return self._first_answer()
        current = _Note()
        noted, within = _note.set(current), _within.set(self.permission.action)
        try:
            result = run()
        finally:
            _note.reset(noted)
            _within.reset(within)
        self._write_event(current, result)
        if self.key:
            self._mine().update(answer=encode(result))
        return result

    def _write_event(self, current: _Note, result: Any) -> None:
        target = current.target if current.target is not None else _target_of(result)
        extra = {"key": self.key, "within": _within.get()}
        detail = {name: value for name, value in extra.items() if value} | current.detail
        audit.append(self.by, self.permission.action, target, plain(detail), self.at)

    def _claim(self) -> bool:
        """Take the key for this request; wait for whoever is using it now. False when it was answered before."""
        sql = (
            "INSERT INTO trust_answeredrequest (action, key, actor, request_sm3, at) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING"
        )
        at = connection.ops.adapt_datetimefield_value(self.at)
        with connection.cursor() as cursor:
            cursor.execute(sql, [self.permission.action, self.key, self.by.username, self._sm3(), at])
            return bool(cursor.rowcount == 1)

    def _first_answer(self) -> Any:
        first = self._mine().get()
        if (first.actor, first.request_sm3) != (self.by.username, self._sm3()):
            raise Conflict(f"请求编号“{self.key}”已用于另一项请求", advice="请换一个新的请求编号后重新提交。")
        return decode(first.answer)

    def _mine(self) -> Any:
        return AnsweredRequest.objects.filter(action=self.permission.action, key=self.key)

    def _sm3(self) -> str:
        """Hash the arguments that make the request, not those that say when and how it is sent."""
        asked = {
            name: _recognisable(value)
            for name, value in self.arguments.items()
            if name not in {"key", "now", "today", "progress"} and value is not None
        }
        return sm3_hex(canonical(asked))

    def record_refusal(self, refusal: NotAllowed) -> None:
        """Record the attempt once the transaction is undone; inside another action that one records it, if it fails."""
        if audit.is_acting():
            return
        detail = plain({"action": self.permission.action, "why": refusal.message})
        audit.append(self.by, REFUSED, self.permission.action, detail, self.at)


def _checked_key(key: Any) -> str:
    if key is None:
        return ""
    if not isinstance(key, str) or not key.strip() or len(key) > 128 or not key.isprintable():
        raise FormatError(f"请求编号“{str(key)[:40]}”不合要求", advice="请求编号为 1 至 128 个可见字符。")
    return key


def _recognisable(value: Any) -> Any:
    """Return something that is equal for equal arguments; files and the like count by their type only."""
    try:
        return plain(value)
    except TypeError:
        return f"<{type(value).__name__}>"


def _target_of(result: Any) -> str:
    if isinstance(result, Model):
        return reference(result)
    if isinstance(result, list | tuple) and result and isinstance(result[0], Model):
        more = f" 等{len(result)}项" if len(result) > 1 else ""
        return f"{reference(result[0])}{more}"
    return ""
