"""What decided cases about clues do: the clue is settled, and where the books have a verb for it, the books follow.

A death ends the awards and claims back what was paid later; a sentence suspends them. What else a scene names as the
next step needs somebody's own application, agreement or visit: the case records the finding and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from jinbao.cases.clock import local_day, noon_of
from jinbao.cases.effect_batches import NOTHING, Run
from jinbao.cases.machine import EXAMINATIONS
from jinbao.cases.models import Case
from jinbao.cases.outcome import Change, Preview
from jinbao.cases.rehearsal import rehearse
from jinbao.cases.sight import numbers_of
from jinbao.data.scenes import actions as scenes
from jinbao.data.scenes.models import Finding
from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.models import Award, Suspension
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.payments import queries as paid
from jinbao.insurance.payments.models import Clawback
from jinbao.insurance.registry.families import family_ids, root_of
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor

TRUE = Finding.Outcome.TRUE
IN_PRISON = "服刑期间多发"


def settle_clue(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Settle the clue with what the examiner found; nothing else changes."""
    outcome = Finding.Outcome(case.form["finding"])
    told = case.steps.filter(verb__in=EXAMINATIONS).order_by("-version").first()
    remark = told.note if told else ""
    clue = scenes.settle(by, Finding.objects.get(pk=case.clue_id or 0), case.number, outcome, remark, now=now)
    return {"clue": clue.pk, "outcome": str(outcome)}


def settle_death(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Settle the clue; a true one records the death, ends the awards and claims back what was paid since (死亡冒领)."""
    return settle_clue(by, case, now) | _end(by, case, now)


def settle_prison(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Settle the clue; a true one suspends the awards and claims back what was paid since (服刑领取)."""
    return settle_clue(by, case, now) | _suspend(by, case, now)


def _end(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    running = awards_to_end(case)
    if not running:
        return {}
    day = date.fromisoformat(case.form["died_on"])
    claims = payments.report_death(by, root_of(running[0].person), day, today=local_day(now), now=now)
    return {"ended": [award.pk for award in running], "clawbacks": [claim.pk for claim in claims]}


def _suspend(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    running = awards_to_suspend(case)
    if not running:
        return {}
    start = Month.parse(case.form["suspend_from"])
    stopped = [benefits.suspend(by, award, start, case.number) for award in running]
    later = {award.pk: [month for month in paid.standing(by, award).overpaid() if month >= start] for award in running}
    claims = [
        payments.clawback(by, award, start, max(later[award.pk]), IN_PRISON, now=now)
        for award in running
        if later[award.pk]
    ]
    return {"suspensions": [row.pk for row in stopped], "clawbacks": [claim.pk for claim in claims]}


def awards_to_end(case: Case) -> list[Award]:
    """Return the awards of the person of a true clue that have not ended, merged identities included.

    None where our books do not know the award under the number of the clue: a centre may hold the data without the
    books, and another system's number of an award may be one of ours.
    """
    number = str(case.evidence["row"].get("award_no") or "")
    if case.form.get("finding") != TRUE or not case.person_id_number or not (number.isascii() and number.isdigit()):
        return []
    known = Award.objects.filter(pk=int(number), person__id_number__in=numbers_of(case.person_id_number)).first()
    if known is None:
        return []
    mine = Award.objects.filter(person__in=family_ids(known.person), end__isnull=True)
    return list(mine.select_related("person").order_by("pk"))


def awards_to_suspend(case: Case) -> list[Award]:
    """Return the awards of the person of a true clue that are paid now."""
    running = awards_to_end(case)
    stopped = Suspension.objects.filter(award__in=running, end__isnull=True).values_list("award", flat=True)
    return [award for award in running if award.pk not in set(stopped)]


def preview_clue(case: Case, today: date) -> Preview:
    """Say what becomes of the clue, and what the next step is."""
    return Preview(tuple(_lines(case)))


def preview_death(case: Case, today: date) -> Preview:
    """Show which awards end and what is claimed back."""
    return _preview(case, today, _end)


def preview_prison(case: Case, today: date) -> Preview:
    """Show which awards are suspended and what is claimed back."""
    return _preview(case, today, _suspend)


def _preview(case: Case, today: date, run: Run) -> Preview:
    """Rehearse what would happen to the books."""
    lines = _lines(case)
    if case.form.get("finding") == TRUE:
        changes = rehearse(case.region, lambda system: _told(run(system, case, noon_of(today))))
        lines += changes or [Change("账册", NOTHING, "没有这个人在发的待遇，账册不变")]
    return Preview(tuple(lines))


def _lines(case: Case) -> list[Change]:
    if "finding" not in case.form:
        return []
    told, outcome = case.evidence, Finding.Outcome(case.form["finding"])
    lines = [Change(f"线索（{told['title']}）", Finding.State.HANDED.label, f"已办结：{outcome.label}")]
    return [*lines, Change("接下来", NOTHING, told["then"])] if outcome == TRUE else lines


def _told(made: dict[str, Any]) -> list[Change]:
    """Read what a rehearsal made before it is undone."""
    ended = Award.objects.filter(pk__in=made.get("ended", ())).order_by("pk")
    stopped = Suspension.objects.filter(pk__in=made.get("suspensions", ())).select_related("award").order_by("pk")
    lines = [Change(_name(one), "在发", f"自 {one.end} 终止") for one in ended]
    lines += [Change(_name(one.award), "在发", f"自 {one.start} 暂停") for one in stopped]
    return lines + _claims(made.get("clawbacks", ()))


def _name(award: Award) -> str:
    return f"{award.benefit} {format_fen(award.monthly_fen)} 元/月"


def _claims(numbers: Sequence[int]) -> list[Change]:
    return [
        Change("追回", NOTHING, f"{one.from_month} 至 {one.to_month} 多发的 {format_fen(one.amount_fen)} 元")
        for one in Clawback.objects.filter(pk__in=numbers).order_by("pk")
    ]
