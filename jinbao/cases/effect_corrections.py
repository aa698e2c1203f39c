"""What the approval of a correction does: rows that supersede, and the difference due or to be refunded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from jinbao.cases.clock import local_day, noon_of
from jinbao.cases.effect_batches import (
    NOTHING,
    accepted,
    declaration_lines,
    preview_recording,
    references,
    require_some_recorded,
)
from jinbao.cases.models import Case
from jinbao.cases.outcome import Change, Preview
from jinbao.cases.rehearsal import rehearse
from jinbao.insurance.contributions import actions as contributions
from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor


def correct_contribution(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Correct declared wages from the file or the single row of a case (缴费更正)."""
    today = local_day(now)
    if "batch" in case.form:
        batch = accepted(by, case, now)
        made = contributions.correct(by, batch, today=today, case_number=case.number)
        require_some_recorded(batch, len(made))
        return references(batch, made)
    made = contributions.correct(by, [row_of(case)], today=today, case_number=case.number)
    return {"declarations": [one.pk for one in made]}


def row_of(case: Case) -> contributions.Declared:
    """Return the single row that a form corrects."""
    form = case.form
    scheme = form.get("scheme", "all")
    return contributions.Declared(
        id_number=form["id_number"],
        name=form["name"],
        month=Month.parse(form["month"]),
        wage_fen=form["wage_fen"],
        employer_uscc=form["employer_uscc"],
        scheme="" if scheme == "all" else scheme,
    )


def preview_correction(case: Case, today: date) -> Preview:
    """Show each row before and after, and the difference to be paid or refunded."""
    if "batch" in case.form:
        return preview_recording(case, "缴费更正文件", correct_contribution, today)
    return Preview(tuple(rehearse(case.region, lambda system: _changes(system, case, today))))


def _changes(system: Actor, case: Case, today: date) -> list[Change]:
    made = correct_contribution(system, case, noon_of(today))["declarations"]
    new = Contribution.objects.filter(declaration__in=made).select_related("supersedes").order_by("scheme")
    lines = [_line(row) for row in new]
    return lines + declaration_lines(Declaration.objects.filter(pk__in=made).order_by("month", "kind"))


def _line(row: Contribution) -> Change:
    return Change(f"{row.month} {row.get_scheme_display()}", _amounts(row.supersedes), _amounts(row))


def _amounts(row: Contribution | None) -> str:
    if row is None:
        return NOTHING
    wage, base = format_fen(row.wage_fen), format_fen(row.base_fen)
    return f"工资 {wage}，基数 {base}，单位 {format_fen(row.employer_fen)}，个人 {format_fen(row.individual_fen)}"
