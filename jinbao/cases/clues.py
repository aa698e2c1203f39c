"""Clues of scenes become cases: handed over, reported on, recalled. The decision and what follows are as of every case.

Handing over goes in groups, each one transaction: what was killed halfway goes on with the clues that still wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jinbao.cases.clock import CLOCK_FIELDS, local_day, set_dues
from jinbao.cases.effects import preview
from jinbao.cases.forms import FormRefused, read_form
from jinbao.cases.machine import CLERK, NEW, RECALLERS, transition
from jinbao.cases.models import Case, Kind, Step
from jinbao.cases.numbers import next_numbers
from jinbao.cases.services import Service, clue_service, service_of
from jinbao.cases.steps import begin, finish
from jinbao.data.scenes import actions as scenes
from jinbao.data.scenes import queries, results
from jinbao.data.scenes.actions import DISPATCHERS
from jinbao.data.scenes.declared import Scene
from jinbao.data.scenes.declared import scenes as all_scenes
from jinbao.data.scenes.models import Finding, Run
from jinbao.kernel.errors import Conflict, FormatError, JinbaoError
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Grant, Role, User

AT_ONCE = 200
"""Clues of one transaction."""


@dataclass(frozen=True)
class Answer:
    """What the clues of a scene rest on: its newest standing run with the rows by their key, and the item."""

    scene: Scene
    service: Service
    run: Run
    rows: Mapping[str, dict[str, Any]]


def answer_of(by: Actor, name: str) -> Answer:
    """Read the newest standing answer of a scene; raise Conflict where it opens no cases or was not run yet."""
    scene = queries.readable(by, name)
    if scene.case is None:
        raise Conflict(f"“{scene.title}”的结果不开办件", advice="结果供查阅；要核查的，在 scene.yaml 写明 case。")
    service = clue_service(scene.case.item, scene.case.at)
    run = queries.newest(name)
    if run is None:
        raise Conflict(f"“{scene.title}”还没有运行", advice="请先由数据管理人员运行，或等待定时运行。")
    try:
        return Answer(scene, service, run, results.by_key(scene, results.read(run)))
    except KeyError:
        raise _declared_anew(scene) from None


def _declared_anew(scene: Scene) -> Conflict:
    return Conflict(f"“{scene.title}”在上次运行以后改过声明", advice="请重新运行，再交办。")


def waiting_in(by: Actor, name: str) -> int:
    """Count the clues of a scene that the actor may hand over; raises like `answer_of`."""
    return queries.waiting(by, answer_of(by, name).run).count()


def hand_over(
    by: Actor, name: str, numbers: Sequence[int], *, now: datetime, officer: str = "", key: str | None = None
) -> list[Case]:
    """Hand chosen clues over (交办): each that still waits becomes a case, in the hands of an officer if one is named.

    Raises FormatError when none or too many are chosen or the officer may not take them, Conflict when none of them
    waits any more, NotAllowed for whoever may not hand over.
    """
    if not numbers or len(numbers) > AT_ONCE:
        raise FormatError("没有选择线索，或选择过多", advice=f"请勾选要交办的线索，一次最多 {AT_ONCE} 条；或交办全部。")
    made = _open(by, name, sorted(set(numbers)), answer_of(by, name), officer, now=now, key=key)
    if not made:
        raise Conflict("选中的线索已经交办或已消失", advice="请刷新页面后重新选择。")
    return made


def hand_over_all(by: Actor, name: str, *, now: datetime, officer: str = "") -> Iterator[list[Case]]:
    """Hand over every clue of a scene that waits where the actor may see it; yields the cases of each transaction."""
    answer = answer_of(by, name)
    waiting = queries.waiting(by, answer.run)
    while numbers := list(waiting.values_list("pk", flat=True)[:AT_ONCE]):
        yield _open(by, name, numbers, answer, officer, now=now)


def hand_over_new(by: Actor, *, now: datetime) -> Iterator[tuple[Scene, int | JinbaoError]]:
    """Hand over what waits in the scenes that declare it (case.hand_over: 自动); yields each with its number of cases.

    For the schedule, after the runs that are due. A scene without an answer waits for its next run; one that cannot be
    handed over stops no other.
    """
    for scene in all_scenes():
        if scene.case is None or scene.case.hand_over != "自动" or queries.newest(scene.name) is None:
            continue
        try:
            yield scene, sum(len(group) for group in hand_over_all(by, scene.name, now=now))
        except JinbaoError as error:
            yield scene, error


@action("cases.hand_over", roles=DISPATCHERS)
def _open(
    by: Actor,
    name: str,
    numbers: Sequence[int],
    answer: Answer,
    officer: str,
    *,
    now: datetime,
    key: str | None = None,
) -> list[Case]:
    """Open a case for each of some clues that still wait (交办)."""
    waiting = queries.waiting(by, answer.run).filter(pk__in=numbers)
    found = list(waiting.select_for_update(of=("self",)))
    if officer:
        _require_clerk(officer, {one.region for one in found})
    if not found:
        return []
    if any(one.key not in answer.rows for one in found):
        raise _declared_anew(answer.scene)
    day = local_day(now)
    given = _numbers(found, day)
    made = [_case(by, answer, one, next(given[one.region]), day, now) for one in found]
    first = set_dues(made[0], answer.service)
    for case in made:
        for field in CLOCK_FIELDS:
            setattr(case, field, getattr(first, field))
        case.held_by, case.held_at = (officer, now) if officer else ("", None)
    Case.objects.bulk_create(made)
    Step.objects.bulk_create([_first_step(by, case, now) for case in made])
    scenes.hand_over(by, {one.pk: case.number for one, case in zip(found, made, strict=True)}, now=now)
    note(target=made[0], scene=name, officer=officer, numbers=[case.number for case in made])
    return made


def _numbers(found: Sequence[Finding], day: date) -> dict[str, Iterator[str]]:
    """Take as many case numbers of each region as there are clues of it."""
    wanted = Counter(one.region for one in found)
    return {region: iter(next_numbers(region, day, wanted[region])) for region in sorted(wanted)}


def _case(by: Actor, answer: Answer, clue: Finding, number: str, day: date, now: datetime) -> Case:
    row = {name: str(value) if isinstance(value, date) else value for name, value in answer.rows[clue.key].items()}
    return Case(
        number=number,
        item=answer.service.code,
        region=clue.region,
        person_id_number=_citizen(str(row.get("id_number") or ""), day),
        employer_uscc=str(row.get("uscc") or row.get("employer_uscc") or "")[:18],
        subject_name=str(row.get("name") or "")[:128],
        applicant=by.username,
        applicant_role=by.role,
        channel=Case.Channel.COUNTER,
        only_one=f"clue:{clue.pk}",
        state=Case.State.ACCEPTED,
        version=1,
        clue=clue,
        evidence=_told(answer) | {"row": row},
        opened_at=now,
        opened_on=day,
    )


def _told(answer: Answer) -> dict[str, Any]:
    """Return what is kept of the scene and the run: declarations change while a case is open."""
    scene, run = answer.scene, answer.run
    words = {name: getattr(scene, name) for name in ("title", "question", "basis", "then")}
    return {"scene": scene.name, "run": run.pk, "at": run.at.isoformat(), **words}


def _citizen(number: str, day: date) -> str:
    """Return a number under which somebody may be registered: units also deliver old and faulty ones."""
    try:
        return CitizenId.parse(number, today=day).number18
    except JinbaoError:
        return ""


def _first_step(by: Actor, case: Case, now: datetime) -> Step:
    line = transition("hand_over", NEW, Kind.CLUE)
    return Step(
        case=case, verb=line.verb, state_before=NEW, state_after=line.target, by=by.username, by_name=by.name,
        role=by.role, at=now, version=case.version,
        detail={"scene": case.evidence["scene"], "run": case.evidence["run"]},
    )  # fmt: skip


def clerks(by: Actor) -> list[User]:
    """Return the officers into whose hands the actor may give cases."""
    grants = Grant.objects.filter(role__in=CLERK, user__is_active=True).select_related("user")
    seen = [grant for grant in grants.order_by("user__username") if queries.sees(by, grant.region)]
    return list({grant.user.username: grant.user for grant in seen}.values())


def _require_clerk(username: str, regions: set[str]) -> None:
    """Raise FormatError unless somebody examines cases in every region."""
    grants = Grant.objects.filter(user__username=username, user__is_active=True, role__in=CLERK)
    officers = [Actor(grant.user_id, username, username, Role(grant.role), grant.region) for grant in grants]
    beyond = sorted(region for region in regions if not any(officer.covers(region) for officer in officers))
    if beyond:
        raise FormatError(
            f"“{username[:40]}”不能核查地区 {'、'.join(beyond)} 的线索",
            advice="请选择该地区的经办人员，或交给地区待办。",
        )


def suggested(case: Case) -> dict[str, str]:
    """Return what the row of a clue says of the fields of the report that are declared to come from it (from_row)."""
    row = case.evidence.get("row", {})
    fields = [each for each in service_of(case.item).fields if each.from_row]
    return {each.name: str(row[each.from_row]) for each in fields if row.get(each.from_row)}


@action("cases.report", roles=CLERK, persons_only=True)
def report(
    by: Actor,
    case: Case,
    found: Mapping[str, Any],
    *,
    version: int,
    now: datetime,
    remark: str,
    key: str | None = None,
) -> Case:
    """Say what the examination of a clue found, and how, and pass it to the reviewer (报告核查结果).

    Raises FormRefused with an error for each wrong field, Conflict when what would follow cannot take effect.
    """
    current, line = begin(by, case, "report", version, remark)
    service = service_of(current.item)
    current.form, errors = read_form(service, found, local_day(now))
    if errors:
        raise FormRefused(service, errors)
    seen = preview(by, current, local_day(now))
    if seen.problems:
        raise Conflict(f"按这个结论不能办理：{'；'.join(seen.problems)}", advice="请核对填写的内容，或改选核查结论。")
    current.proposal = Case.Proposal.APPROVE
    return finish(by, current, line, now, remark, detail={"seen": seen.fingerprint, "form": current.form})


@action("cases.recall", roles=RECALLERS)
def recall(by: Actor, case: Case, *, version: int, now: datetime, remark: str, key: str | None = None) -> Case:
    """Take a clue back that was handed over in error; it waits again (撤销交办)."""
    current, line = begin(by, case, "recall", version, remark)
    scenes.take_back(by, Finding.objects.get(pk=current.clue_id or 0), current.number)
    return finish(by, current, line, now, remark)
