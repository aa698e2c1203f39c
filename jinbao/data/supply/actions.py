"""Verbs of the supply room: take what a unit delivered into the lake, or out of it again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.data.supply import tables
from jinbao.trust.actions import action
from jinbao.trust.actors import Actor


@action("supply.accept", roles=intake.HANDLERS)
def accept(by: Actor, batch: Batch, *, now: datetime, partial: bool = True, key: str | None = None) -> Batch:
    """Accept the good rows of a unit's delivery; the standard table has them once this is committed."""
    accepted = intake.accept(by, batch, partial=partial, now=now)
    transaction.on_commit(lambda: tables.refresh([batch.dataset]))
    return accepted


@action("supply.discard", roles=intake.HANDLERS)
def discard(by: Actor, batch: Batch, *, now: datetime, reason: str, key: str | None = None) -> Batch:
    """Take a delivery back; the standard table is made anew without it."""
    discarded = intake.discard(by, batch, now=now, reason=reason)
    transaction.on_commit(lambda: tables.refresh([batch.dataset]))
    return discarded
