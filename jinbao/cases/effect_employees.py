"""What the approval of a list of employees does: a line registers and enrols one person, or waits with its reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from jinbao.cases.clock import local_day
from jinbao.cases.effect_batches import accepted, preview_recording, require_some_recorded
from jinbao.cases.models import Case
from jinbao.cases.outcome import Preview
from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry import batches
from jinbao.insurance.registry.models import Employer, Person, Scheme
from jinbao.insurance.registry.refused import RefusedLine, as_text, keep, place_of
from jinbao.kernel.errors import Conflict, JinbaoError
from jinbao.trust import audit
from jinbao.trust.actors import Actor

Row = dict[str, Any]


def enrol_list(by: Actor, case: Case, employer: Employer, now: datetime) -> dict[str, Any]:
    """Enrol everybody on the list; a line that cannot be enrolled waits in `registry.RefusedRow`, the others go on."""
    batch = accepted(by, case, now)
    enrolled, refused = 0, []
    if batches.ready(batch, "employee_enrolment"):
        for row in batches.rows(batch):
            reason = _enrol_row(by, batch, employer, row, local_day(now))
            if reason is None:
                enrolled += 1
            else:
                refused.append(_refused(batch, row, reason))
        keep(batch, refused)
        require_some_recorded(batch, enrolled)
        intake.recorded(by, batch, now=now)
    return {"batch": batch.pk, "enrolled": enrolled, "refused_rows": len(refused)}


def _enrol_row(by: Actor, batch: Batch, employer: Employer, row: Row, today: date) -> JinbaoError | None:
    """Register and enrol one line, all of it or nothing; return why it could not be."""
    try:
        with transaction.atomic(), audit.collecting():
            person = _register(by, batch, employer, row, today)
            for scheme in [row["scheme"]] if row.get("scheme") else Scheme.values:
                registry.enrol(by, person, employer, row["start"], today=today, scheme=scheme)
            _pay_to(by, person, row, today)
    except JinbaoError as error:
        return error
    return None


def _register(by: Actor, batch: Batch, employer: Employer, row: Row, today: date) -> Person:
    if row["employer_uscc"] != employer.uscc:
        raise Conflict("该行的单位不是本单位", advice="请只填写本单位的职工。")
    return registry.register_person(
        by,
        row["id_number"],
        row["name"],
        region=employer.region,
        today=today,
        retirement_category=row.get("retirement_category"),
        phone=row.get("phone") or "",
        batch_id=batch.pk,
        line=row["line"],
    )


def _pay_to(by: Actor, person: Person, row: Row, today: date) -> None:
    """Register the account of a line that names one; whoever has one already asks for a change himself."""
    number, bank = row.get("account_number"), row.get("bank")
    if number and bank and not person.bank_accounts.filter(until__isnull=True).exists():
        holder = row.get("account_holder") or person.name
        registry.change_bank_account(by, person, bank, number, holder, since=today)


def _refused(batch: Batch, row: Row, error: JinbaoError) -> RefusedLine:
    reason = f"{error.message}；{error.advice}"[:255]
    return RefusedLine(row["row"], place_of(row), error.code[:32], reason, as_text(batch, row))


def preview_list(case: Case, employer: Employer, today: date) -> Preview:
    """Say how many would be enrolled and which lines would be refused."""

    def run(by: Actor, same: Case, now: datetime) -> dict[str, Any]:
        return enrol_list(by, same, employer, now)

    return preview_recording(case, f"登记到{employer.name}的职工名册", run, today)
