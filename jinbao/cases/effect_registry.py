"""What approvals do in the registry: employers, employees, bank accounts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from jinbao.cases.clock import local_day
from jinbao.cases.effect_batches import NOTHING
from jinbao.cases.effect_employees import enrol_list, preview_list
from jinbao.cases.models import Case
from jinbao.cases.outcome import Change, Preview
from jinbao.cases.services import service_of
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry import match
from jinbao.insurance.registry.families import Who
from jinbao.insurance.registry.models import Employer, Enrolment, Person, Scheme
from jinbao.insurance.registry.names import difference, plain
from jinbao.insurance.registry.queries import current_account
from jinbao.kernel.errors import NotFound
from jinbao.kernel.months import Month
from jinbao.kernel.regions import RegionTree
from jinbao.trust.actors import Actor
from jinbao.trust.masking import mask_account, mask_id


def register_employer(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Register the employer (单位参保登记)."""
    form = case.form
    made = registry.register_employer(
        by,
        form["uscc"],
        form["name"],
        region=form["region"],
        today=local_day(now),
        industry_class=int(form["industry_class"]),
        contact=form["contact"],
        phone=form["phone"],
    )
    return {"employer": made.pk}


def preview_employer(case: Case, today: date) -> Preview:
    """Say who would be registered, and whether the code is taken."""
    form = case.form
    known = Employer.objects.filter(uscc=form["uscc"]).first()
    region = RegionTree.read().name(form["region"])
    trade = service_of(case.item).field("industry_class").choices[form["industry_class"]]
    changes = (
        Change("单位参保登记", known.name if known else "未登记", f"{form['name']}（{form['uscc']}）"),
        Change("参保地", NOTHING, f"{region}（{form['region']}）"),
        Change("工伤保险行业类别", NOTHING, trade),
    )
    return Preview(changes, problems=(f"{form['uscc']} 已由“{known.name}”登记",) if known else ())


def enrol_employee(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Register the employees and enrol them with the employer (职工参保登记)."""
    today, form = local_day(now), case.form
    employer = employer_of(case)
    if "batch" in form:
        return enrol_list(by, case, employer, now)
    person = registry.register_person(
        by,
        form["id_number"],
        form["name"],
        region=employer.region,
        today=today,
        retirement_category=form.get("retirement_category"),
        phone=form.get("phone", ""),
    )
    start = Month.parse(form["start"])
    enrolled = [registry.enrol(by, person, employer, start, today=today, scheme=scheme) for scheme in schemes_of(form)]
    return {"person": person.pk, "enrolments": [row.pk for row in enrolled]}


def schemes_of(form: dict[str, Any]) -> tuple[str, ...]:
    """Return the schemes that a form names; "all" is every one."""
    named = form.get("schemes") or form.get("scheme") or "all"
    return tuple(Scheme.values) if named == "all" else (named,)


def preview_employee(case: Case, today: date) -> Preview:
    """Say who would be registered and enrolled."""
    form, employer = case.form, employer_of(case)
    if "batch" in form:
        return preview_list(case, employer, today)
    found = match.find(form["id_number"], form["name"])
    person = found if isinstance(found, Person) else None
    problems = [] if person or getattr(found, "code", "") == "unknown" else [getattr(found, "reason", "")]
    registered = f"{form['name']}（{mask_id(form['id_number'])}）"
    changes = [Change("参保人登记", "已登记" if person else "未登记", registered)]
    for scheme in schemes_of(form):
        open_now = Enrolment.objects.filter(person=person, employer=employer, scheme=scheme, end__isnull=True).first()
        before = f"自 {open_now.start} 参保" if open_now else "未参保"
        if open_now and open_now.start != Month.parse(form["start"]):
            problems.append(f"{Scheme(scheme).label}自 {open_now.start} 起已在该单位参保")
        changes.append(Change(Scheme(scheme).label, before, f"自 {form['start']} 在{employer.name}参保"))
    return Preview(tuple(changes), tuple(problems))


def employer_of(case: Case) -> Employer:
    """Return the registered employer of a case."""
    found = Employer.objects.filter(uscc=case.employer_uscc).first()
    if found is None:
        raise NotFound(f"单位 {case.employer_uscc} 没有参保登记", advice="请先办理单位参保登记。")
    return found


def person_of(case: Case) -> Person:
    """Return the registered person of a case; the kept identity when identities were merged."""
    found = Person.objects.filter(id_number=case.person_id_number).first()
    if found is None:
        raise NotFound("申请人没有参保登记", advice="请先办理职工参保登记。")
    while found.merged_into is not None:
        found = found.merged_into
    return found


def change_account(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Pay benefits to the new account from the day asked for, at the earliest from today (银行账户变更)."""
    form = case.form
    since = since_of(case, local_day(now))
    account = registry.change_bank_account(
        by, person_of(case), form["bank"], form["account_number"], form["account_holder"], since=since
    )
    return {"bank_account": account.pk}


def since_of(case: Case, today: date) -> date:
    """Return the day from which a new account is used: the one asked for unless it has passed."""
    wanted = case.form.get("since")
    return max(today, date.fromisoformat(wanted)) if wanted else today


def preview_account(case: Case, today: date) -> Preview:
    """Show the old account and the new one, both masked."""
    person, form = person_of(case), case.form
    problems = []
    if difference(form["account_holder"], person.name):
        problems.append("银行账户户名与参保人姓名不符")
    start = case.form.get("since") or "办结之日"
    after = f"{form['bank']} {mask_account(form['account_number'])}（{plain(form['account_holder'])}）"
    basis = (("account", form["account_number"]),)
    return Preview(
        (Change("待遇发放账户", account_line(person), after), Change("起用日期", NOTHING, start)),
        tuple(problems),
        basis=basis,
    )


def account_line(person: Who) -> str:
    """Write a person's current account, masked."""
    account = current_account(person)
    return f"{account.bank} {mask_account(account.number)}（{account.holder}）" if account else NOTHING
