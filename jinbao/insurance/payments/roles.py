"""Who prepares, who decides and who settles payments: never the same person for the first two."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from jinbao.insurance.benefits.compute import PENSION
from jinbao.insurance.registry.models import Scheme
from jinbao.kernel.errors import NotFound
from jinbao.trust.models import Role

PREPARERS = (Role.CLERK, Role.FINANCE)
APPROVERS = (Role.REVIEWER, Role.FINANCE)
SETTLERS = (Role.FINANCE, Role.CLERK)
DECIDERS = (Role.CLERK, Role.REVIEWER)

BENEFITS = {str(Scheme.PENSION): (PENSION,)}
"""The monthly benefits that each fund pays."""


def benefits_of(fund: str) -> tuple[str, ...]:
    """Return the benefits of a fund; raise NotFound for a fund that pays none here."""
    if fund not in BENEFITS:
        raise NotFound(f"基金 {fund} 没有由本系统按月支付的待遇", advice=f"可用的基金：{'、'.join(BENEFITS)}。")
    return BENEFITS[fund]


def day_of(now: datetime) -> date:
    """Return the day of an instant where the centre is."""
    return timezone.localtime(now).date()
