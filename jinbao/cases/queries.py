"""Reads of cases for pages; each shows only what its actor may see, in few queries however many rows there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from django.db import models
from django.db.models import Avg, Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from jinbao.cases.clock import Light, beyond_the_law, light, shows
from jinbao.cases.effects import preview as preview_of
from jinbao.cases.forms import Shown, shown
from jinbao.cases.machine import APPLICANTS, CLOSED, OPEN, OWN, Transition, verbs_from
from jinbao.cases.materials import open_material
from jinbao.cases.models import Case, Kind, Material, Pause, Step
from jinbao.cases.outcome import Preview
from jinbao.cases.services import Service, load_services, service_of
from jinbao.cases.sight import numbers_of, visible
from jinbao.cases.steps import written
from jinbao.insurance.registry.families import Seen
from jinbao.kernel.errors import NotFound
from jinbao.trust.actors import PUBLIC, Actor
from jinbao.trust.models import Role, User

PAGE = 20
MOST_OF_A_PERSON = 100


@dataclass(frozen=True)
class Filters:
    """What of the queue is asked for; empty means everything."""

    state: str = ""
    item: str = ""
    light: str = ""
    mine: bool = False
    """Only cases that the officer has taken, or applied for himself at the window."""
    text: str = ""
    """The beginning of a case number, an identity number or 统一社会信用代码, or a part of the subject's name."""
    closed: bool = False
    """With closed cases too; a `state` or `light` of closed cases implies it."""


EVERYTHING = Filters()


@dataclass(frozen=True)
class Line:
    """One case in a list."""

    case: Case
    service_name: str
    light: Light
    unlawful: bool
    """True when the statutory limit was missed."""
    holder: str
    """Name of the officer who has taken it."""
    decidable: bool
    """True when this officer may run the verbs of its state."""


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    lines: tuple[Line, ...]
    total: int
    number: int
    pages: int


@dataclass(frozen=True)
class Detail:
    """Everything a page shows of one case."""

    case: Case
    service: Service
    light: Light
    unlawful: bool
    holder: str
    steps: tuple[Step, ...]
    materials: tuple[Material, ...]
    pauses: tuple[Pause, ...]
    form: tuple[Shown, ...]
    verbs: tuple[Transition, ...]
    """What the actor may do now by role and state; whether another person is needed the verb itself tells."""


def queue(by: Actor, filters: Filters = EVERYTHING, *, today: date, page: int = 1, size: int = PAGE) -> Page:
    """Return a page of the work queue, the most urgent first: overdue, then by promised day."""
    rows = filtered(visible(by), by, filters, today)
    total = rows.count()
    pages = max(1, -(-total // size))
    number = min(max(1, page), pages)
    waiting = models.Case(
        models.When(state__in=CLOSED, then=Value(2)),
        models.When(paused_since__isnull=False, then=Value(1)),
        default=Value(0),
    )
    ordered = (
        rows.annotate(waiting=waiting).order_by("waiting", "promised_due", "opened_at", "pk").defer("form", "evidence")
    )
    found = list(ordered[(number - 1) * size : number * size])
    return Page(_lines(by, found, today), total, number, pages)


def filtered(rows: QuerySet[Case], by: Actor, filters: Filters, today: date) -> QuerySet[Case]:
    """Return those of some cases that fit."""
    if filters.state in Case.State.values:
        rows = rows.filter(state=filters.state)
    elif not filters.closed and filters.light != Light.CLOSED:
        rows = rows.filter(state__in=OPEN)
    if filters.item:
        rows = rows.filter(item=filters.item)
    if filters.light in list(Light):
        rows = rows.filter(shows(Light(filters.light), today))
    if filters.mine:
        rows = rows.filter(Q(held_by=by.username) | Q(applicant=by.username))
    if text := written(filters.text):
        number = text.upper()
        match = Q(number__startswith=text) | Q(subject_name__contains=text)
        match |= Q(person_id_number__startswith=number) | Q(employer_uscc__startswith=number)
        rows = rows.filter(match)
    return rows


def _lines(by: Actor, cases: Sequence[Case], today: date) -> tuple[Line, ...]:
    services = load_services()
    names = _names({case.held_by for case in cases})
    return tuple(
        Line(
            case,
            services[case.item].name if case.item in services else case.item,
            light(case, today),
            beyond_the_law(case, today),
            names.get(case.held_by, case.held_by),
            bool(verbs_from(case.state, case.kind, by.role)) and by.role not in PUBLIC,
        )
        for case in cases
    )


def _names(usernames: set[str]) -> Mapping[str, str]:
    wanted = {name for name in usernames if name}
    return dict(User.objects.filter(username__in=wanted).values_list("username", "name")) if wanted else {}


def counts(by: Actor, *, today: date) -> dict[Light, int]:
    """Count the open cases an actor sees by light, in one query; closed ones are not counted."""
    wanted = [colour for colour in Light if colour is not Light.CLOSED]
    sums = {colour.value: Count("pk", filter=shows(colour, today)) for colour in wanted}
    found = visible(by).filter(state__in=OPEN).aggregate(**sums)
    return {colour: int(found[colour.value]) for colour in wanted}


def waiting_for(by: Actor) -> int:
    """Count the open cases whose next step is one of this officer's role."""
    mine = Q(pk__in=[])
    for state in OPEN:
        for kind in Kind:
            if any(line.verb not in OWN for line in verbs_from(state, kind, by.role)):
                mine |= Q(state=state, clue__isnull=kind is Kind.APPLICATION)
    return visible(by).filter(mine).count()


def waiting(by: Actor, item: str) -> int:
    """Count the open cases of an item that an actor sees."""
    return visible(by).filter(item=item, state__in=OPEN).count()


def case(by: Actor, number: str) -> Case:
    """Return a case by its number. Raises NotFound also for what may not be seen."""
    found = visible(by).filter(number=written(number)).first()
    if found is None:
        raise NotFound("没有这个办件，或您无权查看", advice="请核对办件编号。")
    return found


def detail(by: Actor, number: str, *, today: date) -> Detail:
    """Return everything about a case: four queries for itself, steps, materials and pauses, one for a name.

    Identity numbers, accounts and phones are masked for officers; the applicant reads the own form.
    """
    found = visible(by).filter(number=written(number)).prefetch_related("steps", "materials", "pauses").first()
    if found is None:
        raise NotFound("没有这个办件，或您无权查看", advice="请核对办件编号。")
    service = service_of(found.item)
    own = by.role in PUBLIC and found.applicant == by.username
    return Detail(
        found,
        service,
        light(found, today),
        beyond_the_law(found, today),
        _names({found.held_by}).get(found.held_by, found.held_by),
        tuple(found.steps.all()),
        tuple(found.materials.all()),
        tuple(found.pauses.all()),
        tuple(shown(service, found.form, whole=own)),
        _verbs(by, found),
    )


def _verbs(by: Actor, found: Case) -> tuple[Transition, ...]:
    """Return the verbs of a state that the actor's role may run, as far as it is the applicant where that is needed."""
    by_applicant = found.applicant == by.username or (
        by.role in (Role.EMPLOYER, Role.PARTNER)
        and by.role == found.applicant_role
        and by.subject == found.employer_uscc
    )
    lines = verbs_from(found.state, found.kind, by.role)
    return tuple(line for line in lines if line.roles != APPLICANTS or by_applicant)


def preview(by: Actor, number: str, *, today: date) -> Preview:
    """Tell an officer what approval of a case would do. Raises NotAllowed for anybody else, NotFound as `case`."""
    return preview_of(by, case(by, number), today)


def material(by: Actor, number: str, material_id: int) -> tuple[Material, BinaryIO]:
    """Return a document of a case with its open file. Raises NotFound also for what may not be seen."""
    found = Material.objects.filter(case=case(by, number), pk=material_id).first()
    if found is None:
        raise NotFound("没有这份材料，或您无权查看", advice="请从办件页面打开。")
    return found, open_material(found)


def mine(by: Actor, *, today: date) -> tuple[Line, ...]:
    """Return the cases of a citizen, of an employer, or that an officer applied for at the window, the newest first."""
    rows = visible(by) if by.role in PUBLIC else visible(by).filter(applicant=by.username)
    return _lines(by, list(rows.order_by("-opened_at", "-pk")[:MOST_OF_A_PERSON]), today)


def history(by: Actor, id_number: str, *, today: date) -> tuple[Line, ...]:
    """Return the cases about a person, merged identities included, that an actor may see, the newest first."""
    return _about(by, numbers_of(id_number), today) if id_number else ()


def history_of(by: Actor, seen: Seen, id_number: str, *, today: date) -> tuple[Line, ...]:
    """Return the cases like `history` about somebody whom the actor has seen under a number."""
    return _about(by, [id_number, *(row.id_number for row in seen.identities)], today)


def _about(by: Actor, numbers: Sequence[str], today: date) -> tuple[Line, ...]:
    rows = visible(by).filter(person_id_number__in=numbers).order_by("-opened_at", "-pk")
    return _lines(by, list(rows[:MOST_OF_A_PERSON]), today)


@dataclass(frozen=True)
class Punctuality:
    """How one item kept its time limits in a period."""

    item: str
    name: str
    opened: int
    closed: int
    late: int
    """Closed after the promised day."""
    unlawful: int
    """Closed after the statutory day."""
    average_days: float
    """Working days that the closed ones took."""
    overdue: int
    """Still open beyond the promised day."""
    on_time_percent: float = field(default=100.0)


def punctuality(by: Actor, since: date, until: date, *, today: date) -> tuple[Punctuality, ...]:
    """Return, for each item, how cases opened or closed from a day through another kept their limits, in one query.

    `closed`, `late` and `unlawful` count decisions (办结, 不予办理) of the period, `overdue` what is open today.
    """
    closed = Q(closed_on__range=(since, until), state__in=[Case.State.DONE, Case.State.REFUSED])
    rows = (
        visible(by)
        .values("item")
        .annotate(
            opened=Count("pk", filter=Q(opened_on__range=(since, until))),
            closed=Count("pk", filter=closed),
            late=Count("pk", filter=closed & Q(closed_on__gt=F("promised_due"))),
            unlawful=Count("pk", filter=closed & Q(closed_on__gt=F("statutory_due"))),
            days=Coalesce(Avg("used_days", filter=closed), 0.0),
            overdue=Count("pk", filter=shows(Light.OVERDUE, today)),
        )
    )
    names = {code: service.name for code, service in load_services().items()}
    return tuple(_punctuality(row, names) for row in rows.order_by("item"))


def _punctuality(row: Mapping[str, object], names: Mapping[str, str]) -> Punctuality:
    item, closed, late = str(row["item"]), int(str(row["closed"])), int(str(row["late"]))
    return Punctuality(
        item,
        names.get(item, item),
        int(str(row["opened"])),
        closed,
        late,
        int(str(row["unlawful"])),
        float(str(row["days"])),
        int(str(row["overdue"])),
        100.0 * (closed - late) / closed if closed else 100.0,
    )
