"""Reads of benefits that other rooms and pages use; each shows only what its actor may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from jinbao.insurance.benefits.compute import PENSION, Computed, compute
from jinbao.insurance.benefits.determine import replay
from jinbao.insurance.benefits.facts import facts_for, statutory_month
from jinbao.insurance.benefits.models import Award, Determination, DeterminationRun, Suspension
from jinbao.insurance.benefits.owed import entitlements_of
from jinbao.insurance.registry.families import Who, root_of
from jinbao.insurance.registry.queries import Happening, family, see
from jinbao.kernel.errors import Conflict, NotFound
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.trust.scope import scope

__all__ = [
    "Computed",
    "Recalculated",
    "Record",
    "award",
    "awards",
    "determination",
    "determination_of",
    "determinations",
    "determinations_of",
    "due_months",
    "estimate",
    "history",
    "recalculated",
    "record",
    "replay",
    "runs",
    "statutory_month",
    "suspensions",
]


def _mine(by: Actor, person: Who) -> list[int]:
    """Return a person's identities; nothing of a benefit is shown to an employer."""
    ids = family(by, person)
    return [] if by.role == Role.EMPLOYER else ids


def estimate(by: Actor, person: Who, month: Month | None = None, benefit: str = PENSION) -> Computed:
    """Compute what somebody would receive who retires in a month (default: the statutory one), without keeping it.

    Raises EvaluationError where the law cannot answer, NotFound for somebody the actor may not see.
    """
    if not _mine(by, person):
        raise NotFound("没有这位参保人，或您无权查看", advice="请由本人或经办人员办理。")
    root = root_of(person)
    retires = month or statutory_month(root)
    return compute(facts_for(root, retires), retires, root.region, benefit)


def determinations_of(by: Actor, person: Who) -> list[Determination]:
    """Return the determinations of a person, the newest first."""
    return list(Determination.objects.filter(person__in=_mine(by, person)).order_by("-pk"))


def determinations(by: Actor, retires: Month | None = None) -> QuerySet[Determination]:
    """Return determinations with their people, by month of retirement; explanations are left in the database."""
    seen = scope(Determination.objects.all(), by, region_field="region", person_field="person__id_number")
    if retires is not None:
        seen = seen.filter(on=retires.first_day)
    return seen.select_related("person").defer("trace", "facts").order_by("-pk")


def determination(by: Actor, pk: int) -> Determination:
    """Return one determination with its explanation. Raises NotFound also for what may not be seen."""
    found = Determination.objects.select_related("person").filter(pk=pk).first()
    if found is None or not _mine(by, found.person):
        raise NotFound("没有这项核定，或您无权查看", advice="请从列表中重新打开。")
    return found


@dataclass(frozen=True)
class Recalculated:
    """What recalculating an award now would give, before anything is kept."""

    answer: Computed
    before_fen: int
    months: int
    """Months owed so far whose amount would change."""
    difference_fen: int
    """Positive: back-pay in the next draft. Negative: paid too much, to be claimed back by a decision."""


def recalculated(by: Actor, award: Award, until: Month) -> Recalculated:
    """Compute a running award anew without keeping it; the difference counts the months owed up to `until`.

    Raises NotFound for what may not be seen, Conflict for an award of the former system or one that ended.
    """
    if not _mine(by, award.person):
        raise NotFound("没有这项待遇，或您无权查看", advice="请从列表中重新打开。")
    if award.end is not None or award.determination is None:
        raise Conflict("只能重新核定由本系统核定、正在领取的待遇", advice="原系统移交的待遇请在重算批次中比对或改发。")
    month = Month.of(award.determination.on)
    answer = compute(facts_for(award.person, month), month, award.region, award.benefit)
    owed = [one for one, _ in due_months(award, until) if one >= award.start]
    changed = answer.monthly_fen - award.monthly_fen if answer.eligible else 0
    return Recalculated(answer, award.monthly_fen, len(owed), changed * len(owed))


def determination_of(by: Actor, person: Who, pk: int) -> Determination | None:
    """Return a determination of a person with its explanation; None when it is not one of his."""
    mine = Determination.objects.filter(person__in=_mine(by, person), pk=pk)
    return mine.select_related("person").first()


def runs(by: Actor) -> QuerySet[DeterminationRun]:
    """Return the passes of `determine_all`, the newest first."""
    return scope(DeterminationRun.objects.all(), by, region_field="region").order_by("-pk")


def awards(by: Actor, person: Who) -> list[Award]:
    """Return the awards of a person, merged identities included, the newest first."""
    mine = Award.objects.filter(person__in=_mine(by, person))
    return list(mine.select_related("person", "determination").defer(*_HEAVY).order_by("-start", "-pk"))


_HEAVY = ("determination__trace", "determination__facts")


def award(by: Actor, pk: int) -> Award:
    """Return one award. Raises NotFound also for what may not be seen."""
    found = Award.objects.select_related("person", "determination", "replaces").filter(pk=pk).first()
    if found is None or not _mine(by, found.person):
        raise NotFound("没有这项待遇，或您无权查看", advice="请从列表中重新打开。")
    return found


def suspensions(by: Actor, person: Who) -> list[Suspension]:
    """Return the suspensions of a person's awards, the newest first."""
    mine = Suspension.objects.filter(award__person__in=_mine(by, person))
    return list(mine.select_related("award").order_by("-start", "-pk"))


def due_months(award: Award, until: Month) -> list[tuple[Month, int]]:
    """Return the months owed under an award and those before and after it in its chain, with the amount in fen."""
    for one in entitlements_of([award.person_id]):
        if one.benefit == award.benefit:
            return [(month, row.monthly_fen) for month, row in one.owed(until)]
    return []


@dataclass(frozen=True)
class Record:
    """Everything known of a person's benefits, read once; awards and suspensions with the newest first."""

    awards: list[Award]
    suspensions: list[Suspension]
    history: list[Happening]


def record(by: Actor, person: Who) -> Record:
    """Return everything known of a person's benefits, with three queries for somebody already seen."""
    seen = see(by, person)
    granted, stopped = awards(by, seen), suspensions(by, seen)
    made = Determination.objects.filter(person__in=_mine(by, seen)).defer("trace", "facts")
    return Record(granted, stopped, _told(granted, stopped, made))


def history(by: Actor, person: Who) -> list[Happening]:
    """Tell what was determined, granted, suspended and ended for a person."""
    return record(by, person).history


def _told(
    awards: Iterable[Award], suspensions: Iterable[Suspension], determinations: Iterable[Determination]
) -> list[Happening]:
    lines = [line for row in awards for line in _award_lines(row)]
    for row in suspensions:
        source = f"benefits.Suspension:{row.pk}"
        lines.append(Happening(row.start.first_day, "待遇", f"自 {row.start} 暂停发放：{row.ground}", source))
        if row.end is not None:
            how = "并补发" if row.arrears else "不补发"
            lines.append(Happening(row.end.first_day, "待遇", f"自 {row.end} 恢复发放，{how}", source))
    for made in determinations:
        what = f"{format_fen(made.monthly_fen)} 元/月" if made.eligible else "不符合领取条件"
        text = f"核定{made.benefit}（{Month.of(made.on)} 退休）：{what}"
        lines.append(Happening(made.made_at.date(), "核定", text, f"benefits.Determination:{made.pk}"))
    return sorted(lines, key=lambda line: (line.on, line.source))


def _award_lines(row: Award) -> list[Happening]:
    source = f"benefits.Award:{row.pk}"
    amount = f"{format_fen(row.monthly_fen)} 元/月"
    verb = "重新核定" if row.replaces_id else "领取"
    lines = [
        Happening(row.start.first_day, "待遇", f"自 {row.start} {verb}{row.benefit} {amount}（{row.ground}）", source)
    ]
    if row.end is not None and row.end > row.start:
        lines.append(Happening(row.end.first_day, "待遇", f"自 {row.end} 终止 {amount}（{row.end_reason}）", source))
    return lines
