"""What others may read of the exchange, each as far as it may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncMinute

from jinbao.data.datasets import Dataset, all_datasets
from jinbao.data.exchange.gate import gate
from jinbao.data.exchange.models import Call, Delivery, Grant, Key, Partner
from jinbao.kernel.errors import NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.trust.scope import within


def looks_after(by: Actor, partner: Partner) -> bool:
    """Tell whether an actor manages a partner: the data steward of its region, or an officer who decides there."""
    return by.stewards(partner.region) or by.covers(partner.region)


def partners(by: Actor) -> QuerySet[Partner]:
    """Return the partners an actor sees: of the own region, or itself."""
    rows = Partner.objects.order_by("name", "pk")
    if by.role == Role.PARTNER:
        return rows.filter(code=by.subject) if by.subject else rows.none()
    if by.role == Role.STEWARD or by.is_officer or by.is_system:
        return rows.filter(within("region", by.region)) if by.region else rows.none()
    return rows.none()


def partner(by: Actor, code: str) -> Partner:
    """Return one partner. Raises NotFound also for one that the actor may not see."""
    found = partners(by).filter(code=code).first()
    if found is None:
        raise NotFound("没有这个合作单位，或您无权查看", advice="请核对统一社会信用代码；新单位请先登记。")
    return found


def name_of(by: Actor, code: str) -> str:
    """Return the name of a partner that the actor sees; empty for any other."""
    return partners(by).filter(code=code).values_list("name", flat=True).first() or "" if code else ""


def keys(by: Actor, of: Partner) -> QuerySet[Key]:
    """Return a partner's keys, newest first."""
    return Key.objects.filter(partner=partner(by, of.code)).order_by("-pk")


def key(by: Actor, key_id: str) -> Key:
    """Return one key. Raises NotFound."""
    found = Key.objects.filter(key_id=key_id, partner__in=partners(by)).select_related("partner").first()
    if found is None:
        raise NotFound("没有这个密钥，或您无权查看", advice="请核对密钥编号。")
    return found


def usable_keys(by: Actor, of: Partner, now: datetime) -> list[Key]:
    """Return the keys with which a partner can sign at a moment, newest first."""
    return list(keys(by, of).filter(withdrawn_at__isnull=True).exclude(valid_until__lte=now))


def calls_with(by: Actor, key: Key, now: datetime, days: int = 7) -> int:
    """Count the logged calls that were signed with a key in the last days."""
    since = now - timedelta(days=days)
    return calls(by).filter(partner=key.partner.code, at__gte=since, key_id=key.key_id).count()


def grants(by: Actor) -> QuerySet[Grant]:
    """Return the grants of the partners an actor sees, newest first."""
    return Grant.objects.filter(partner__in=partners(by)).select_related("partner").order_by("-granted_at", "-pk")


def granted(of: Partner, on: date) -> QuerySet[Grant]:
    """Return what a partner may use on a day."""
    live = Grant.objects.filter(partner=of, partner__active=True, revoked_at__isnull=True)
    return live.filter(valid_from__lte=on, valid_to__gte=on).order_by("resource")


def grant(by: Actor, number: str) -> Grant:
    """Return one grant. Raises NotFound."""
    found = grants(by).filter(number=number).first()
    if found is None:
        raise NotFound("没有这项授权，或您无权查看", advice="请核对授权编号。")
    return found


def deliveries(by: Actor, of: Grant) -> QuerySet[Delivery]:
    """Return the files and pushes of a grant, newest first."""
    return Delivery.objects.filter(grant__in=grants(by).filter(pk=of.pk)).order_by("-pk")


def open_deliveries(by: Actor, of: Grant, now: datetime) -> tuple[int, int]:
    """Count the files of a grant that can still be fetched, and the pushes that wait."""
    found = deliveries(by, of)
    ready = found.filter(state=Delivery.State.READY, expires_at__gt=now).count()
    return ready, found.filter(state=Delivery.State.WAITING).count()


def shareable() -> list[Dataset]:
    """Return the datasets that a partner may apply for."""
    return [dataset for dataset in all_datasets() if dataset.shared]


def calls(by: Actor) -> QuerySet[Call]:
    """Return the logged calls of the partners an actor sees, newest first; calls of nobody known for the steward."""
    seen = Q(partner__in=list(partners(by).values_list("code", flat=True)))
    if by.role != Role.PARTNER:
        seen |= Q(partner="")
    return Call.objects.filter(seen).order_by("-at", "-pk")


def search(
    by: Actor, *, request_id: str = "", code: str = "", day: date | None = None, status: str = ""
) -> QuerySet[Call]:
    """Return the calls that fit: by number, partner, day of Beijing, and "ok" or "refused" or a refusal's code."""
    found = calls(by)
    if request_id:
        found = found.filter(request_id=request_id.strip().lower()[:32])
    if code:
        found = found.filter(partner=code.strip())
    if day is not None:
        since = datetime.fromisoformat(f"{day}T00:00:00+08:00")
        found = found.filter(at__gte=since, at__lt=since + timedelta(days=1))
    if status == "ok":
        return found.filter(status=200)
    if status == "refused":
        return found.exclude(status=200)
    return found.filter(code=status) if status else found


@dataclass(frozen=True)
class Minute:
    """The calls of one minute, and how many of them were refused."""

    at: datetime
    calls: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Traffic:
    """The logged calls of some minutes."""

    minutes: list[Minute]
    latencies: dict[int, int]
    """Tenths of a millisecond (rounded down) → calls that took so long in the gateway."""
    last_at: datetime | None
    """The newest logged call, however long ago."""

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return sum(one.calls for one in self.minutes)

    @property
    def refused(self) -> int:
        """How many of them were refused."""
        return sum(one.refused for one in self.minutes)

    def percentile(self, percent: int) -> int | None:
        """Return within how many tenths of a millisecond so many percent of the calls were answered; None for none."""
        wanted, passed = -(-self.calls * percent // 100), 0
        for tenths, count in sorted(self.latencies.items()):
            passed += count
            if passed >= wanted:
                return tenths + 1
        return None


def traffic(by: Actor, until: datetime, minutes: int) -> Traffic:
    """Count the logged calls that an actor sees in the whole minutes before `until`, minute by minute."""
    end = until.replace(second=0, microsecond=0)
    since = end - timedelta(minutes=minutes)
    seen = calls(by)
    rows = seen.filter(at__gte=since, at__lt=end).annotate(minute=TruncMinute("at"), tenths=F("micros") / 100)
    by_minute: dict[datetime, tuple[int, int]] = {}
    latencies: dict[int, int] = {}
    grouped = rows.order_by("minute").values("minute", "tenths")
    for row in grouped.annotate(n=Count("pk"), refused=Count("pk", filter=~Q(status=200))):
        counted, refused = by_minute.get(row["minute"], (0, 0))
        by_minute[row["minute"]] = (counted + row["n"], refused + row["refused"])
        latencies[row["tenths"]] = latencies.get(row["tenths"], 0) + row["n"]
    each = [since + timedelta(minutes=n) for n in range(minutes)]
    shown = [Minute(at, *by_minute.get(at, (0, 0))) for at in each]
    return Traffic(shown, latencies, seen.values_list("at", flat=True).first())


@dataclass(frozen=True)
class Usage:
    """How much was asked under a grant."""

    grant: Grant
    today: int
    calls_today: int
    calls: int
    rows: int
    last_at: datetime | None

    @property
    def percent(self) -> int:
        """Today's share of the quota."""
        return min(100, 100 * self.today // self.grant.quota_per_day)


def usage(by: Actor, of: list[Grant], today: date) -> list[Usage]:
    """Return today's use as the gate counts it, and the log's totals."""
    numbers = [each.number for each in of]
    totals: dict[str, Any] = {
        line["grant"]: line
        for line in Call.objects.filter(grant__in=numbers, status=200)
        .values("grant")
        .annotate(calls=Count("pk"), given=Sum("rows"), last=Max("at"))
    }
    lines = []
    for each in of:
        amount, count = gate().used(each.number, str(today))
        total = totals.get(each.number, {})
        lines.append(Usage(each, amount, count, total.get("calls", 0), total.get("given") or 0, total.get("last")))
    return lines
