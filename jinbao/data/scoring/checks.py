"""Invariants of quality: tickets and scores say what the newest run found."""

from __future__ import annotations

from collections.abc import Iterator

from jinbao.data.scoring.declared import weights
from jinbao.data.scoring.models import RuleResult, Run, Ticket
from jinbao.data.scoring.newest import latest_runs
from jinbao.kernel.checks import Check, Row


def ticket_beside_the_data() -> Iterator[Row]:
    """A ticket says of the run it was last followed up by how many rows failed there."""
    for ticket in Ticket.objects.filter(closed_at__isnull=True).select_related("last_run"):
        counted = RuleResult.objects.filter(run=ticket.last_run, rule=ticket.rule).first()
        if counted is None or counted.failed != ticket.failed:
            found = counted.failed if counted else "没有结果"
            yield Row(f"scoring.Ticket:{ticket.pk}", f"写着 {ticket.failed} 行不符，检查结果为 {found}")


def failing_rule_without_ticket() -> Iterator[Row]:
    """Every failing rule of a newest run whose severity wants one has an open ticket."""
    wanted = [one.name for one in weights().severities if one.workdays is not None]
    newest = [run.pk for run in latest_runs(Run.objects.all())]
    open_ = set(Ticket.objects.filter(closed_at__isnull=True).values_list("dataset", "rule"))
    failing = RuleResult.objects.filter(run__in=newest, failed__gt=0, severity__in=wanted).select_related("run")
    for one in failing:
        if (one.run.dataset, one.rule) not in open_:
            yield Row(f"scoring.RuleResult:{one.pk}", f"{one.run.dataset}“{one.rule}”有不符的行，却没有问题单")


CHECKS = (
    Check("scoring.ticket_beside_the_data", "问题单上的行数就是检查的结果", ticket_beside_the_data),
    Check("scoring.failing_rule_without_ticket", "有不符的行就有未关闭的问题单", failing_rule_without_ticket),
)
