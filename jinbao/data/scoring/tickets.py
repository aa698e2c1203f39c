"""Tickets follow the data: a run opens, counts, closes and reopens them, nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils.timezone import localtime

from jinbao.data.scoring.declared import weights
from jinbao.data.scoring.engine import Counted
from jinbao.data.scoring.models import Run, Ticket, TicketEvent
from jinbao.kernel.workdays import CalendarNotCovered, add_workdays
from jinbao.trust.actors import Actor
from jinbao.trust.scope import within

Kind = TicketEvent.Kind


def follow(run: Run, counted: Sequence[Counted], *, by: Actor, now: datetime) -> int:
    """Bring the tickets of a dataset in line with a run; return how many changed.

    A rule that checked nothing leaves its ticket as it is; one that is declared no more closes it.
    """
    known = {ticket.rule: ticket for ticket in Ticket.objects.select_for_update().filter(dataset=run.dataset)}
    changed = 0
    for one in counted:
        ticket = known.pop(one.rule.name, None)
        changed += _follow(run, one, ticket, by, now)
    for ticket in known.values():
        if ticket.closed_at is None:
            _set(ticket, run, 0, by, now, Kind.WITHDRAWN)
            changed += 1
    return changed


def _follow(run: Run, one: Counted, ticket: Ticket | None, by: Actor, now: datetime) -> bool:
    days = weights().severity(one.rule.severity).workdays
    if ticket is None:
        if not one.failed or days is None:
            return False
        _open(run, one, days, by, now)
        return True
    if not one.checked:
        return False
    if ticket.closed_at is None:
        changed = one.failed != ticket.failed
        if changed or ticket.last_run_id != run.pk:
            _set(ticket, run, one.failed, by, now, Kind.COUNTED if one.failed else Kind.CLOSED, quiet=not changed)
        return changed
    if not one.failed or days is None:
        return False
    ticket.times += 1
    ticket.opened_at, ticket.due_on, ticket.severity = now, due_on(localtime(now).date(), days), one.rule.severity
    ticket.reminded_on = None
    _set(ticket, run, one.failed, by, now, Kind.REOPENED)
    return True


def _open(run: Run, one: Counted, days: int, by: Actor, now: datetime) -> None:
    ticket: Ticket = Ticket.objects.create(
        dataset=run.dataset, rule=one.rule.name, severity=one.rule.severity, unit=run.unit, region=run.region,
        opened_at=now, due_on=due_on(localtime(now).date(), days), failed=one.failed, last_run=run,
    )  # fmt: skip
    TicketEvent.objects.create(ticket=ticket, kind=Kind.OPENED, at=now, by=by.username, run=run, failed=one.failed)


def _set(
    ticket: Ticket, run: Run, failed: int, by: Actor, now: datetime, kind: TicketEvent.Kind, *, quiet: bool = False
) -> None:
    """Write what a run found of a ticket; `quiet` where nothing changed and the history need not say so."""
    ticket.failed, ticket.last_run = failed, run
    ticket.closed_at = None if failed else now
    ticket.save()
    if not quiet:
        TicketEvent.objects.create(ticket=ticket, kind=kind, at=now, by=by.username, run=run, failed=failed)


def due_on(day: date, workdays: int) -> date:
    """Return the day so many working days later; where the holidays are not published yet, weekdays are counted."""
    try:
        return add_workdays(day, workdays)
    except CalendarNotCovered:
        due = day
        while workdays:
            due += timedelta(days=1)
            workdays -= due.weekday() < 5
        return due


def remind(by: Actor, *, now: datetime) -> list[TicketEvent]:
    """Record a reminder for every open ticket of the region that is due soon or overdue, once a day."""
    today = localtime(now).date()
    soon = due_on(today, weights().remind_workdays)
    waiting = Ticket.objects.filter(within("region", by.region), closed_at__isnull=True, due_on__lte=soon)
    made = []
    for ticket in waiting.exclude(reminded_on=today).order_by("pk"):
        ticket.reminded_on = today
        ticket.save(update_fields=["reminded_on"])
        late = ticket.due_on < today
        text = f"已逾期，期限为 {ticket.due_on}" if late else f"将于 {ticket.due_on} 到期"
        made.append(TicketEvent(ticket=ticket, kind=Kind.REMINDED, at=now, by=by.username, text=text))
    return TicketEvent.objects.bulk_create(made)
