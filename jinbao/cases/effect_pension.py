"""What the approval of a pension application does: account, determination, award.

The preview computes without writing; the approval writes the determination. That it is the one that was examined shows
in the hash of its facts and the version of the law, both part of the preview's fingerprint.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from jinbao.cases.clock import local_day
from jinbao.cases.effect_registry import account_line, person_of
from jinbao.cases.models import Case
from jinbao.cases.outcome import Change, Preview
from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.compute import PENSION, Computed, compute
from jinbao.insurance.benefits.facts import facts_for
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.families import Seen
from jinbao.insurance.registry.models import Enrolment
from jinbao.insurance.registry.queries import see
from jinbao.kernel.errors import Conflict
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.trust.masking import mask_account

NOTHING = "无"


def award_pension(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Register the account, determine the pension and grant it on the ground of the case (养老待遇申领)."""
    person, form = person_of(case), case.form
    if too_early := _too_early(case, local_day(now)):
        raise Conflict(too_early, advice="请在退休年月到来后复核。")
    account = registry.change_bank_account(
        by, person, form["bank"], form["account_number"], form["account_holder"], since=local_day(now)
    )
    made = benefits.determine(by, person, PENSION, retires(case), now=now, reason=case.number)
    award = benefits.award(by, made, case.number, now=now)
    return {"bank_account": account.pk, "determination": made.pk, "award": award.pk}


def retires(case: Case) -> Month:
    """Return the month of retirement that is applied for."""
    return Month.parse(case.form["retire_month"])


def _too_early(case: Case, today: date) -> str:
    """Say why it cannot be decided yet: contributions of months to come would be missing from the pension."""
    month = retires(case)
    return f"退休年月 {month} 还没有到，此前的缴费尚未到账" if month > Month.of(today) else ""


def preview_pension(case: Case, today: date) -> Preview:
    """Compute the pension with its explanation, and say what else the award changes."""
    seen = see(Actor.system(), person_of(case))
    answer = compute(facts_for(seen, retires(case)), retires(case), seen.person.region)
    problems = [*([] if answer.eligible else _why_not(answer)), *_obstacles(case, seen, today)]
    return Preview(
        tuple(_changes(case, seen, answer)),
        tuple(problems),
        explanation=answer.trace,
        results=answer.results,
        basis=(("law", answer.law_version), ("facts", answer.facts_hash), ("account", case.form["account_number"])),
    )


def _why_not(answer: Computed) -> list[str]:
    return [f"不符合领取条件：{reason}" for reason in answer.reasons] or ["不符合领取条件，见核定说明"]


def _obstacles(case: Case, seen: Seen, today: date) -> list[str]:
    found = [_too_early(case, today)]
    running = Award.objects.filter(person__in=seen.ids, benefit=PENSION, end__isnull=True).first()
    found.append(f"{seen.person.name}自 {running.start} 起已领取{PENSION}" if running else "")
    return [text for text in found if text]


def _changes(case: Case, seen: Seen, answer: Computed) -> list[Change]:
    form = case.form
    new_account = f"{form['bank']} {mask_account(form['account_number'])}（{form['account_holder']}）"
    amount = f"{format_fen(answer.monthly_fen)} 元/月" if answer.eligible else "不符合领取条件"
    changes = [
        Change(PENSION, NOTHING, amount),
        Change("待遇起始年月", NOTHING, str(answer.starts)),
        Change("待遇发放账户", account_line(seen), new_account),
    ]
    running = Enrolment.objects.filter(person__in=seen.ids, end__isnull=True, start__lt=answer.starts)
    for row in running.select_related("employer").order_by("pk"):
        where = row.employer.name if row.employer else "灵活就业"
        changes.append(
            Change(f"参保：{row.get_scheme_display()}", f"{where}，自 {row.start}", f"自 {answer.starts} 停保")
        )
    changes += [Change("预发", NOTHING, text) for text in answer.provisional]
    return changes
