"""The verbs of cases. Each takes the version that its user saw and moves the case along one line of `machine.TABLE`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from jinbao.cases import materials
from jinbao.cases.clock import CLOCK_FIELDS, local_day, set_dues
from jinbao.cases.clues import hand_over, hand_over_all, hand_over_new, recall, report
from jinbao.cases.effects import apply, preview
from jinbao.cases.effects import lessen as less_of
from jinbao.cases.forms import MATERIALS, Form, FormRefused, read_form
from jinbao.cases.machine import APPLICANTS, CLERK, CLOSED, NEW, OPEN, REVIEWER, transition
from jinbao.cases.materials import Upload
from jinbao.cases.models import Case, Material
from jinbao.cases.numbers import next_number
from jinbao.cases.services import Service, application_of, service_of
from jinbao.cases.sight import visible
from jinbao.cases.steps import begin, finish, locked, require_disinterested, require_free, written
from jinbao.cases.subjects import Subject, subject_of
from jinbao.kernel.errors import Conflict, NotAllowed
from jinbao.trust.actions import action, note
from jinbao.trust.actors import PUBLIC, Actor
from jinbao.trust.models import Role

__all__ = [
    "Upload",
    "accept",
    "add_material",
    "approve",
    "ask_correction",
    "check",
    "examine",
    "hand_over",
    "hand_over_all",
    "hand_over_new",
    "lessen",
    "open_case",
    "recall",
    "recompute_due",
    "recompute_provisional",
    "refuse",
    "release",
    "report",
    "resubmit",
    "send_back",
    "take",
    "withdraw",
]


@action("cases.open", roles=APPLICANTS)
def open_case(
    by: Actor,
    item: str,
    form: Mapping[str, Any],
    files: Sequence[Upload] = (),
    *,
    now: datetime,
    key: str | None = None,
) -> Case:
    """Hand in a form with its documents: the application becomes a case with a number and a clock (提交).

    A clerk applies for somebody at the window. The same `key` again is the same case.
    Raises FormRefused with an error for each wrong field, NotAllowed for whoever may not apply for this item, Conflict
    with the existing number when only one case may be open, NotFound for an unknown item.
    """
    service = application_of(item)
    if by.role not in service.roles and not by.is_system:
        raise NotAllowed(
            f"“{service.name}”不由{by.role.label}申请", advice=f"可由{'、'.join(service.applicants)}申请。"
        )
    kept, subject = _checked(by, service, form, files, now)
    case = Case(
        item=item,
        region=subject.region,
        person_id_number=subject.person_id_number,
        employer_uscc=subject.employer_uscc,
        subject_name=subject.name,
        applicant=by.username,
        applicant_role=by.role,
        channel=Case.Channel.ONLINE if by.role in PUBLIC else Case.Channel.COUNTER,
        only_one=_only_one(service, subject, kept),
        form=kept,
        opened_at=now,
        opened_on=local_day(now),
    )
    _insert(case, service)
    for upload in files:
        materials.keep(case, service, upload, by, now)
    return finish(by, case, transition("submit", NEW), now, detail={"form": kept})


def _checked(
    by: Actor,
    service: Service,
    sent: Mapping[str, Any],
    files: Sequence[Upload],
    now: datetime,
    have: Sequence[str] = (),
) -> tuple[Form, Subject]:
    """Read and check a form with its documents; raise FormRefused with everything that is wrong."""
    form, errors = read_form(service, sent, local_day(now))
    subject = None
    if not errors:
        subject, errors = subject_of(by, service, form)
    there = {upload.name for upload in files} | set(have)
    missing = [need.name for need in service.materials_for(form) if need.name not in there]
    if missing:
        errors[MATERIALS] = f"请提交：{'、'.join(missing)}。"
    if errors or subject is None:
        raise FormRefused(service, errors)
    return form, subject


def check(by: Actor, item: str, form: Mapping[str, Any], *, now: datetime) -> Form:
    """Return a form as it would be kept, without documents and without a case. Raises FormRefused as `open_case`."""
    service = service_of(item)
    kept, errors = read_form(service, form, local_day(now))
    if not errors:
        _, errors = subject_of(by, service, kept)
    if errors:
        raise FormRefused(service, errors)
    return kept


def _only_one(service: Service, subject: Subject, form: Form) -> str:
    """Return what only one open case may be about: a person, an employer, or a file."""
    if "batch" in form:
        return f"batch:{form['batch']}"
    number = {"个人": subject.person_id_number, "单位": subject.employer_uscc, "": ""}[service.only_one]
    return f"{service.code}:{number}" if number else ""


def _insert(case: Case, service: Service) -> None:
    """Give a new case its number and its last days."""
    case.number = next_number(case.region, local_day(case.opened_at))
    set_dues(case, service)
    _save_alone(case, service)


def _save_alone(case: Case, service: Service) -> None:
    """Save a case; raise Conflict with the number of the other one when only one may be open and one is."""
    try:
        with transaction.atomic():
            case.save()
    except IntegrityError:
        other = Case.objects.filter(only_one=case.only_one, state__in=OPEN).exclude(number=case.number).first()
        if not case.only_one or other is None:
            raise
        state = Case.State(other.state).label
        raise Conflict(
            f"“{service.name}”已有一件正在办理：{other.number}（{state}）",
            advice="请查询该件的进度；要改内容的，先撤回该件。",
        ) from None


@action("cases.resubmit", roles=APPLICANTS)
def resubmit(
    by: Actor,
    case: Case,
    form: Mapping[str, Any],
    files: Sequence[Upload] = (),
    *,
    version: int,
    now: datetime,
    remark: str = "",
    key: str | None = None,
) -> Case:
    """Hand in the corrected form and further documents; the clock goes on (补正).

    Whom the case is about stays. The former form stays with its step.
    """
    current, line = begin(by, case, "resubmit", version, remark)
    _require_applicant(by, current)
    service = service_of(current.item)
    have = list(current.materials.values_list("name", flat=True))
    kept, subject = _checked(by, service, form, files, now, have)
    if (subject.region, subject.person_id_number, subject.employer_uscc) != (
        current.region,
        current.person_id_number,
        current.employer_uscc,
    ):
        raise Conflict("补正不能更换申请办理的个人、单位或参保地", advice="请撤回本件，另行申请。")
    for upload in files:
        materials.keep(current, service, upload, by, now)
    current.form, current.subject_name, current.lessened = kept, subject.name, {}
    current.only_one = _only_one(service, subject, kept)
    _save_alone(current, service)
    current.pauses.filter(until__isnull=True).update(until=local_day(now))
    current.paused_since = None
    set_dues(current, service)
    return finish(by, current, line, now, remark, detail={"form": kept})


@action("cases.withdraw", roles=APPLICANTS)
def withdraw(by: Actor, case: Case, *, version: int, now: datetime, remark: str = "", key: str | None = None) -> Case:
    """Take an application back before it is decided (撤回)."""
    current, line = begin(by, case, "withdraw", version, remark)
    _require_applicant(by, current)
    return finish(by, current, line, now, remark)


def _require_applicant(by: Actor, case: Case) -> None:
    """Let the applicant act, another agent of the same employer for what the employer handed in, or the system."""
    agents = (Role.EMPLOYER, Role.PARTNER)
    same_employer = by.role in agents and by.role == case.applicant_role and by.subject == case.employer_uscc
    if by.username != case.applicant and not same_employer and not by.is_system:
        raise NotAllowed("只有申请人可以补正或撤回", advice="请由提交该件的人办理。")


@action("cases.add_material", roles=APPLICANTS)
def add_material(by: Actor, case: Case, upload: Upload, *, now: datetime, key: str | None = None) -> Material:
    """Add a document to an open case; handing in the same document again changes nothing."""
    current = locked(by, case)
    if current.state in CLOSED:
        raise Conflict(f"该件{Case.State(current.state).label}，不能再加材料", advice="确需补充的，请另行申请。")
    if by.role in PUBLIC:
        _require_applicant(by, current)
    material = materials.keep(current, service_of(current.item), upload, by, now)
    note(target=material, number=current.number, name=material.name, sm3=material.sm3)
    return material


@action("cases.take", roles=(*CLERK, *REVIEWER))
def take(by: Actor, case: Case, *, now: datetime, key: str | None = None) -> Case:
    """Take a case in hand, so that others see who has it and since when; raises Conflict when somebody has it."""
    current = locked(by, case)
    if current.state in CLOSED:
        raise Conflict(f"该件{Case.State(current.state).label}，不能领取", advice="请刷新待办列表。")
    require_disinterested(by, current)
    require_free(by, current)
    if not current.held_by:
        current.held_by, current.held_at = by.username, now
        current.save(update_fields=["held_by", "held_at"])
    note(target=current, number=current.number)
    return current


@action("cases.release", roles=(*CLERK, *REVIEWER))
def release(by: Actor, case: Case, *, now: datetime, key: str | None = None) -> Case:
    """Give a case back; a reviewer may take it out of anybody's hands, such as of a clerk who is ill."""
    current = locked(by, case)
    if by.role != Role.REVIEWER:
        require_free(by, current)
    note(target=current, number=current.number, held_by=current.held_by)
    current.held_by, current.held_at = "", None
    current.save(update_fields=["held_by", "held_at"])
    return current


@action("cases.accept", roles=CLERK)
def accept(by: Actor, case: Case, *, version: int, now: datetime, remark: str = "", key: str | None = None) -> Case:
    """Accept an application for examination (受理)."""
    current, line = begin(by, case, "accept", version, remark)
    return finish(by, current, line, now, remark)


@action("cases.ask_correction", roles=CLERK)
def ask_correction(by: Actor, case: Case, *, version: int, now: datetime, remark: str, key: str | None = None) -> Case:
    """Tell the applicant all that must be corrected, at once; the clock stands still until he does (要求补正)."""
    current, line = begin(by, case, "ask_correction", version, remark)
    current.paused_since = local_day(now)
    current.pauses.create(since=current.paused_since, reason=written(remark)[:128])
    return finish(by, current, line, now, remark)


@action("cases.lessen", roles=CLERK, persons_only=True)
def lessen(
    by: Actor,
    case: Case,
    sent: Mapping[str, str],
    *,
    version: int,
    now: datetime,
    remark: str,
    key: str | None = None,
) -> Case:
    """Set down that less is to be granted than was asked for, with the reason; what is left out of `sent` stays (核减).

    Raises FormRefused for more than was asked for, Conflict for an item that is granted whole or not at all.
    """
    current, line = begin(by, case, "lessen", version, remark)
    current.lessened = less_of(current, sent)
    return finish(by, current, line, now, remark, detail={"lessened": current.lessened})


@action("cases.examine", roles=CLERK, persons_only=True)
def examine(
    by: Actor,
    case: Case,
    *,
    version: int,
    now: datetime,
    remark: str = "",
    refusal: bool = False,
    key: str | None = None,
) -> Case:
    """Examine a case and pass it to the reviewer, advising approval or, with `refusal`, refusal with the reason (审核).

    What the examiner was shown is kept by its hash, so that the reviewer approves the same thing.
    Raises Conflict when approval is advised of what cannot take effect.
    """
    current, line = begin(by, case, "advise_refusal" if refusal else "examine", version, remark)
    seen = preview(by, current, local_day(now))
    if seen.problems and not refusal:
        raise Conflict(f"该件不能予以办理：{'；'.join(seen.problems)}", advice="请要求补正，或拟不予办理并写明理由。")
    current.proposal = Case.Proposal.REFUSE if refusal else Case.Proposal.APPROVE
    return finish(by, current, line, now, remark, detail={"seen": seen.fingerprint})


@action("cases.approve", roles=REVIEWER, persons_only=True)
def approve(by: Actor, case: Case, *, version: int, now: datetime, remark: str = "", key: str | None = None) -> Case:
    """Approve a case: its effect takes place in the same transaction, or nothing does (复核办结).

    Raises Conflict when the examiner advised refusal, when the effect is no longer the one that was examined, or when
    it cannot take place; the message says why and the case stays where it is.
    """
    current, line = begin(by, case, "approve", version, remark)
    _require_proposal(current, Case.Proposal.APPROVE)
    examined = current.steps.filter(verb__in=("examine", "report")).order_by("-version").first()
    if examined is None or examined.detail.get("seen") != preview(by, current, local_day(now)).fingerprint:
        raise Conflict("审核之后，办理结果所依据的数据有变化", advice="请退回审核人员，按最新数据重新审核。")
    current.result = apply(by, current, now)
    return finish(by, current, line, now, remark, detail={"result": current.result})


@action("cases.refuse", roles=REVIEWER, persons_only=True)
def refuse(by: Actor, case: Case, *, version: int, now: datetime, remark: str, key: str | None = None) -> Case:
    """Refuse a case as the examiner advised, with the reason and its legal ground (不予办理)."""
    current, line = begin(by, case, "refuse", version, remark)
    _require_proposal(current, Case.Proposal.REFUSE)
    return finish(by, current, line, now, remark)


@action("cases.send_back", roles=REVIEWER, persons_only=True)
def send_back(by: Actor, case: Case, *, version: int, now: datetime, remark: str, key: str | None = None) -> Case:
    """Send a case back to be examined anew, with the reason (退回)."""
    current, line = begin(by, case, "send_back", version, remark)
    current.proposal = ""
    return finish(by, current, line, now, remark)


def _require_proposal(case: Case, wanted: Case.Proposal) -> None:
    if case.proposal != wanted:
        advised = Case.Proposal(case.proposal).label if case.proposal else "没有审核意见"
        raise Conflict(f"审核意见为“{advised}”，不能由一人改为相反的决定", advice="不同意审核意见的，请写明原因退回。")


@action("cases.recompute_due", roles=CLERK)
def recompute_due(by: Actor, case: Case, *, now: datetime, key: str | None = None) -> Case:
    """Compute the last days of an open case anew, after the holidays of another year were published."""
    current = locked(by, case)
    before = (current.promised_due, current.statutory_due)
    if current.state not in CLOSED:
        set_dues(current, service_of(current.item)).save(update_fields=CLOCK_FIELDS)
    note(target=current, number=current.number, before=before, after=(current.promised_due, current.statutory_due))
    return current


def recompute_provisional(by: Actor, *, now: datetime) -> Iterator[Case]:
    """Compute anew every open case whose last days are provisional, each in its own transaction; yields those done.

    For the day on which the holidays of a new year are installed.
    """
    for case in visible(by).filter(due_is_provisional=True, state__in=OPEN).order_by("pk"):
        yield recompute_due(by, case, now=now)
