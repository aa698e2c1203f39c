"""Reads of data requests: officers their own, stewards and those who decide the region's, nobody else anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localtime

from jinbao.data.extraction.declared import lower, policy
from jinbao.data.extraction.models import Clearance, DataRequest, Delivery
from jinbao.kernel.errors import Conflict, NotAllowed, NotFound
from jinbao.kernel.workdays import CalendarNotCovered, workdays_between
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.trust.scope import within

State = DataRequest.State
DECIDERS = (Role.REVIEWER, Role.STEWARD)
OVERSEERS = (Role.STEWARD, Role.REVIEWER, Role.AUDITOR)
"""Who sees every request of the region."""


def folder() -> Path:
    """Return where delivered files lie."""
    path = Path(settings.VAR) / "extraction"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def requests(by: Actor, *, state: str = "", year: str = "", words: str = "") -> QuerySet[DataRequest]:
    """Return the requests that an actor may see, the newest first, filtered."""
    if not by.is_system and by.role not in OVERSEERS and not by.is_officer:
        return DataRequest.objects.none()
    oversees = by.is_system or by.role in OVERSEERS
    own, ours = Q(asked_by=by.username), within("region", by.region)
    seen = own if not oversees else own | ours if ours else ours  # the whole nation is an empty condition
    found = DataRequest.objects.filter(seen).order_by("-pk")
    if state in State.values:
        found = found.filter(state=state)
    if year.isascii() and year.isdigit() and len(year) == 4:
        found = found.filter(asked_at__year=int(year))
    for word in words.split()[:5]:
        found = found.filter(
            Q(number__icontains=word) | Q(purpose__icontains=word) | Q(recipient__icontains=word)
            | Q(columns__icontains=word) | Q(asked_by=word) | Q(drafts__sql__icontains=word)
        )  # fmt: skip
    return found.distinct()


def request(by: Actor, number: str) -> DataRequest:
    """Return one request; raise NotFound, also for one that the actor may not see."""
    found = requests(by).filter(number=number).select_related("draft").first()
    if found is None:
        raise NotFound("没有这份申请，或您无权查看", advice="请从申请列表打开。")
    return found


def clearance(username: str, on: date) -> str:
    """Return the highest level that a steward may see on a day."""
    newest = Clearance.objects.filter(username=username).order_by("-pk").first()
    return newest.level if newest and newest.until >= on else policy().default_level


def clearances(by: Actor) -> QuerySet[Clearance]:
    """Return the levels that were given in the region, the newest first."""
    if by.role not in OVERSEERS and not by.is_system:
        raise NotAllowed("您无权查看敏感级别授权", advice="由数据管理、复核和稽核人员查看。")
    found: QuerySet[Clearance] = Clearance.objects.filter(within("region", by.region)).order_by("-pk")
    return found


def level_for(by: Actor, of: DataRequest, on: date) -> str:
    """Return the level at which somebody works on a request: the person's, and no more than was asked for."""
    return lower(clearance(by.username, on), of.level)


def deliveries(of: DataRequest) -> list[Delivery]:
    """Return the files of a request, the newest first, each with `fetched`."""
    return list(of.deliveries.annotate(fetched=Count("downloads")).order_by("-pk"))


def delivery_for(by: Actor, code: str, now: datetime) -> tuple[Delivery, Path]:
    """Return a file for whoever asked for it while it may be fetched; raise NotFound or Conflict."""
    found = Delivery.objects.filter(code=code, request__asked_by=by.username).select_related("request").first()
    if found is None:
        raise NotFound("没有这个文件，或您无权下载", advice="文件只能由申请人下载。")
    if found.revoked_at or found.request.state != State.DELIVERED:
        raise Conflict("这个文件已被收回", advice="如仍需要，请重新申请。")
    path = folder() / found.file
    if found.expires_at <= now or not found.file or not path.is_file():
        raise Conflict("下载期限已过", advice="请数据管理人员重新交付。")
    if found.downloads.count() >= policy().most_downloads:
        raise Conflict(f"这个文件已下载 {policy().most_downloads} 次", advice="请数据管理人员重新交付。")
    return found, path


OPEN = (State.ASKED, State.SUBMITTED, State.APPROVED)
"""Requests that somebody still has to work on."""


@dataclass(frozen=True)
class InWork:
    """How many requests stand in one state, and how many of them are past their term."""

    state: str
    count: int
    late: int


def in_work(by: Actor, today: date) -> list[InWork]:
    """Count the open requests that an actor may see, by state in the order of the work."""
    rows = requests(by).filter(state__in=OPEN).order_by("state").values("state")
    counted = rows.annotate(n=Count("pk", distinct=True), late=Count("pk", distinct=True, filter=Q(due__lt=today)))
    found = {row["state"]: (row["n"], row["late"]) for row in counted}
    return [InWork(state, *found.get(state, (0, 0))) for state in OPEN]


@dataclass(frozen=True)
class Year:
    """What a year brought: requests, how many were delivered or refused, the time it took, the rows."""

    year: int
    asked: int
    delivered: int
    declined: int
    late: int
    days: int | None
    """Working days from the request to the first delivery, the median; None where nothing was delivered."""
    rows: int


def statistics(by: Actor, on: date) -> list[Year]:
    """Count the requests that an actor may see by year, the newest first."""
    years: dict[int, list[DataRequest]] = {}
    for one in requests(by).prefetch_related("deliveries"):
        years.setdefault(localtime(one.asked_at).year, []).append(one)
    return [_year(year, of, on) for year, of in sorted(years.items(), reverse=True)]


def _year(year: int, of: list[DataRequest], on: date) -> Year:
    firsts = {one.pk: min(made) for one in of if (made := [localtime(d.made_at).date() for d in one.deliveries.all()])}
    taken = [days for one in of if one.pk in firsts and (days := _days(one, firsts[one.pk])) is not None]
    late = [
        one for one in of
        if one.state not in (State.DECLINED, State.WITHDRAWN) and firsts.get(one.pk, on) > one.due
    ]  # fmt: skip
    counted: dict[str, Any] = {
        "asked": len(of),
        "delivered": len(firsts),
        "declined": sum(1 for one in of if one.state == State.DECLINED),
        "late": len(late),
        "rows": sum(delivery.rows for one in of for delivery in one.deliveries.all()),
    }
    return Year(year=year, days=round(median(taken)) if taken else None, **counted)


def _days(one: DataRequest, until: date) -> int | None:
    try:
        return workdays_between(localtime(one.asked_at).date(), until)
    except CalendarNotCovered:
        return None
