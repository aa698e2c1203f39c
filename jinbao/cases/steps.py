"""How a verb moves a case: lock it, check who may and whether it is still as he saw it, write the step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jinbao.cases.clock import local_day, local_time, used_days
from jinbao.cases.machine import CLOSED, EXAMINATIONS, NEW, TRANSITIONS, Transition, transition
from jinbao.cases.models import Case, Step
from jinbao.cases.services import service_of
from jinbao.cases.sight import visible
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed
from jinbao.trust.actions import note
from jinbao.trust.actors import Actor, require_other_person
from jinbao.trust.masking import mask_id
from jinbao.trust.models import Grant, Role, User

LONGEST_REMARK = 500


def locked(by: Actor, case: Case) -> Case:
    """Return the case as it is now, locked until the transaction ends, if the actor may see it."""
    current = visible(by).select_for_update().filter(pk=case.pk).first()
    if current is None:
        raise NotAllowed("没有这个办件，或您无权办理", advice="请核对办件编号；外地的件由当地人员办理。")
    return current


def begin(by: Actor, case: Case, verb: str, version: int, remark: str = "") -> tuple[Case, Transition]:
    """Lock a case for a verb and check everything that does not depend on the verb's own work.

    Raises Conflict when the case has changed since `version`, is held by somebody else, or is in another state;
    FormatError without a remark that is needed; NotAllowed for whoever must not handle it.
    """
    current = locked(by, case)
    require_current(current, version)
    line = transition(verb, current.state, current.kind)
    if by.is_officer:
        require_disinterested(by, current)
        require_free(by, current)
    if line.decides:
        require_others(by, current, line)
    check_remark(line, remark)
    return current, line


def written(text: str) -> str:
    """Return a text without what no database keeps or nobody sees: control characters other than line breaks."""
    return "".join(char for char in text if char == "\n" or char.isprintable()).strip()


def check_remark(line: Transition, remark: str) -> None:
    """Raise FormatError for a remark that is missing or too long."""
    if line.remark_needed and not written(remark):
        raise FormatError(f"“{line.label}”须写明{line.remark_needed}", advice="请填写后重新提交。")
    if len(remark) > LONGEST_REMARK:
        raise FormatError(f"意见有 {len(remark)} 个字，最多 {LONGEST_REMARK} 个", advice="请缩短。")


def require_current(case: Case, version: int) -> None:
    """Raise Conflict that names who did what and when, if the case has changed since it was read."""
    if case.version == version:
        return
    last = case.steps.order_by("-version", "-pk").first()
    done = f"{last.by_name or last.by}已于 {local_time(last.at)} 办理“{label_of(last)}”" if last else "该件已有变化"
    state = Case.State(case.state).label
    raise Conflict(f"{done}，该件现为“{state}”", advice="请刷新页面，看过最新情况后再办理。")


def label_of(step: Step) -> str:
    """Return the verb of a step in words."""
    return TRANSITIONS[step.verb].label


def require_free(by: Actor, case: Case) -> None:
    """Raise Conflict that names who has taken the case and since when."""
    if case.held_by and case.held_by != by.username:
        holder = name_of(case.held_by)
        since = f"于 {local_time(case.held_at)} " if case.held_at else ""
        raise Conflict(f"{holder}已{since}领取该件，正在办理", advice="请与其联系，或请其释放后再办理。")


def name_of(username: str) -> str:
    """Return a user's name for messages, or the username when there is no such user."""
    return User.objects.filter(username=username).values_list("name", flat=True).first() or username


def require_disinterested(by: Actor, case: Case) -> None:
    """Raise NotAllowed for an officer who is, under another role, the person or employer that the case is about."""
    named = [case.form.get(each.name) for each in service_of(case.item).fields if each.type == "公民身份号码"]
    numbers = [number for number in (case.person_id_number, case.employer_uscc, *named) if number]
    own = Grant.objects.filter(user__username=by.username, subject__in=numbers)
    is_applicant = case.applicant == by.username and case.channel == Case.Channel.ONLINE
    if is_applicant or own.exists():
        raise NotAllowed(f"{by.name}与该件有利害关系，应当回避", advice="请由其他人员办理。")


def require_others(by: Actor, case: Case, line: Transition) -> None:
    """Raise NotAllowed unless applicant, examiner and reviewer are three different people (经办与复核分离)."""
    require_other_person(by, case.applicant)
    if Role.REVIEWER in line.roles:
        examiners = case.steps.filter(verb__in=EXAMINATIONS).values_list("by", flat=True)
        require_other_person(by, examiners)
    else:
        reviewers = case.steps.filter(verb="send_back").values_list("by", flat=True)
        require_other_person(by, reviewers)


def finish(
    by: Actor, case: Case, line: Transition, now: datetime, remark: str = "", detail: dict[str, Any] | None = None
) -> Case:
    """Write the step and the new state; whoever held the case lets it go."""
    before = NEW if NEW in line.sources else case.state
    case.state, case.version = line.target, case.version + 1
    case.held_by, case.held_at = "", None
    if case.state in CLOSED:
        _close(case, now)
    case.save()
    Step.objects.create(
        case=case,
        verb=line.verb,
        state_before=before,
        state_after=case.state,
        by=by.username,
        by_name=by.name,
        role=by.role,
        at=now,
        note=written(remark),
        version=case.version,
        detail=detail or {},
    )
    person = {"person": mask_id(case.person_id_number)} if case.person_id_number else {}
    note(target=case, number=case.number, item=case.item, version=case.version, state=case.state, **person)
    return case


def _close(case: Case, now: datetime) -> None:
    case.closed_at, case.closed_on = now, local_day(now)
    if case.paused_since is not None:
        case.pauses.filter(until__isnull=True).update(until=case.closed_on)
        case.paused_since = None
    pauses = case.pauses.values_list("since", "until")
    case.used_days = used_days(case.opened_on or local_day(case.opened_at), case.closed_on, pauses)
