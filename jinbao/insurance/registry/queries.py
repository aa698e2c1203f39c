"""Reads of the registry that other rooms and pages use; each shows only what its actor may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db.models import Model, Prefetch, Q, QuerySet, prefetch_related_objects

from jinbao.insurance.registry.families import Seen, Who, family_ids, identities_of, root_of
from jinbao.insurance.registry.models import BankAccount, Employer, Enrolment, FormerNumber, Merge, Person
from jinbao.kernel.errors import FormatError, NotFound
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor, may_see
from jinbao.trust.models import Role
from jinbao.trust.scope import scope

M = TypeVar("M", bound=Model)
MOST_FOUND = 50
_NOBODY = "没有这位参保人，或您无权查看"
_LOOK_AGAIN = "请核对号码；确需查看的，请由有权限的人员办理。"


@dataclass(frozen=True)
class Happening:
    """One line of a person's history."""

    on: date
    kind: str
    """登记 | 参保 | 停保 | 账户 | 合并 | 死亡, and what other rooms add."""
    text: str
    source: str
    """The row that says so, as app.Model:id."""


def persons(by: Actor) -> QuerySet[Person]:
    """Return the people whom an actor may see: an officer by region, an agent by employment, a citizen himself."""
    if by.role == Role.EMPLOYER:
        return Person.objects.filter(enrolments__employer__uscc=by.subject).distinct()
    if by.role == Role.INSURED:
        own = Person.objects.filter(id_number=by.subject).first()
        return Person.objects.filter(pk__in=family_ids(own) if own and by.subject else [])
    return scope(Person.objects.all(), by, region_field="region")


def person(by: Actor, id_number: str) -> Person:
    """Return the kept identity behind a number (15 or 18 digits). Raises NotFound also for what may not be seen."""
    return see_by_number(by, id_number).person


def person_by_pk(by: Actor, pk: int) -> Person:
    """Return one identity by its key. Raises NotFound also for what may not be seen."""
    return see_by_pk(by, pk).asked


def see(by: Actor, person: Who) -> Seen:
    """Let an actor see a person with every identity if he may see one of them. Raises NotFound otherwise.

    This is the door to everything personal in the rooms above; what it returns opens it again without a query.
    """
    if isinstance(person, Seen):
        return person if person.by == by else see(by, person.asked)
    return _let(by, person, root_of(person))


def see_by_pk(by: Actor, pk: int) -> Seen:
    """Return whose identity has a key, like `see`. Raises NotFound also for what may not be seen."""
    found = _with_kept(Person.objects.filter(pk=pk)).first()
    if found is None:
        raise NotFound(_NOBODY, advice=_LOOK_AGAIN)
    return _let(by, found, _kept(found))


def see_by_number(by: Actor, id_number: str) -> Seen:
    """Return who is behind a number (15 or 18 digits), like `see`. Raises NotFound also for what may not be seen."""
    number = _number18(id_number)
    if by.role == Role.INSURED and number == by.subject:
        match = Person.objects.filter(id_number=number)
    else:
        match = persons(by).filter(Q(id_number=number) | Q(former_numbers__number=number))
    found = _with_kept(match).first()
    if found is None:
        raise NotFound(_NOBODY, advice=_LOOK_AGAIN)
    return _let(by, found, _kept(found))


def _with_kept(rows: QuerySet[Person]) -> QuerySet[Person]:
    return rows.select_related("merged_into__merged_into")


def _kept(person: Person) -> Person:
    """Return the kept identity of a row that was read just now."""
    while person.merged_into is not None:
        person = person.merged_into
    return person


def _let(by: Actor, asked: Person, root: Person) -> Seen:
    """Return a person as seen if the actor may see one of the identities. Raises NotFound otherwise."""
    identities = identities_of(root)
    if by.role == Role.EMPLOYER:
        allowed = persons(by).filter(pk__in=[row.pk for row in identities]).exists()
    else:
        allowed = any(may_see(by, region=row.region, person=row.id_number) for row in identities)
    if not allowed:
        raise NotFound(_NOBODY, advice=_LOOK_AGAIN)
    return Seen(by, asked, tuple(identities))


def family(by: Actor, person: Who) -> list[int]:
    """Return the ids of every identity of a person, the kept one first. Raises NotFound as `see`."""
    return see(by, person).ids


def search(by: Actor, text: str, limit: int = MOST_FOUND) -> list[Person]:
    """Find people by the beginning of a number or of a name; merged identities are marked by `merged_into`."""
    text = text.strip().upper()
    if not text:
        return []
    match = Q(name__startswith=text)
    if text[:1].isdigit():
        match = Q(id_number__startswith=text) | Q(former_numbers__number__startswith=text)
    return list(persons(by).filter(match).select_related("merged_into").distinct().order_by("name", "pk")[:limit])


def employers(by: Actor) -> QuerySet[Employer]:
    """Return the employers that an actor may see."""
    return scope(Employer.objects.all(), by, region_field="region", employer_field="uscc")


def employer(by: Actor, uscc: str) -> Employer:
    """Return an employer by its code. Raises NotFound also for what may not be seen."""
    found = employers(by).filter(uscc=uscc.strip().upper()).first()
    if found is None:
        raise NotFound("没有这个统一社会信用代码的单位，或您无权查看", advice="请核对代码。")
    return found


def search_employers(by: Actor, text: str, limit: int = MOST_FOUND) -> list[Employer]:
    """Find employers by the beginning of the code or any part of the name."""
    text = text.strip()
    if not text:
        return []
    match = Q(uscc__startswith=text.upper()) | Q(name__contains=text)
    return list(employers(by).filter(match).order_by("name", "pk")[:limit])


def employees(by: Actor, employer: Employer, month: Month) -> QuerySet[Enrolment]:
    """Return who is enrolled through an employer in a month, in every scheme, with the person."""
    not_ended = Q(end__isnull=True) | Q(end__gt=month)
    insured = Enrolment.objects.filter(not_ended, employer=employer, start__lte=month)
    allowed = scope(insured, by, region_field="employer__region", employer_field="employer__uscc")
    return allowed.select_related("person").order_by("person__name", "person_id", "scheme")


def enrolments(by: Actor, person: Who) -> list[Enrolment]:
    """Return every enrolment of a person, the newest first; an employer's agent sees those with his employer."""
    mine = own(by, Enrolment.objects.filter(person__in=family(by, person)))
    return list(mine.select_related("employer", "person").order_by("-start", "scheme"))


def own(by: Actor, rows: QuerySet[M], employer_field: str = "employer__uscc") -> QuerySet[M]:
    """Keep, for an employer's agent, only rows of his employer; everybody else sees all rows of a person he sees."""
    return rows.filter(**{employer_field: by.subject}) if by.role == Role.EMPLOYER else rows


def current_account(person: Who) -> BankAccount | None:
    """Return the account to which a person's benefits go: the kept identity's, else the newest of another identity."""
    ids = family_ids(person)
    open_accounts = BankAccount.objects.filter(person__in=ids, until__isnull=True)
    return _current(ids, open_accounts)


def _current(ids: list[int], accounts: Iterable[BankAccount]) -> BankAccount | None:
    still = (account for account in accounts if account.until is None)
    return min(still, key=lambda account: (ids.index(account.person_id) > 0, -account.pk), default=None)


def accounts(by: Actor, person: Who) -> list[BankAccount]:
    """Return every account of a person, the newest first."""
    mine = BankAccount.objects.filter(person__in=_private(by, person))
    return list(mine.order_by("-since", "-pk"))


def _private(by: Actor, person: Who) -> list[int]:
    """Return the family like `family`, but nobody for an employer's agent."""
    ids = family(by, person)
    return [] if by.role == Role.EMPLOYER else ids


def identities(by: Actor, person: Who) -> list[Person]:
    """Return every identity of a person, the kept one first, with former numbers; none to an employer's agent."""
    rows = [] if by.role == Role.EMPLOYER else list(see(by, person).identities)
    prefetch_related_objects(rows, Prefetch("former_numbers", queryset=FormerNumber.objects.order_by("pk")))
    return rows


@dataclass(frozen=True)
class Record:
    """Everything the registry knows of a person, read once; an employer's agent gets his own enrolments only."""

    identities: list[Person]
    enrolments: list[Enrolment]
    accounts: list[BankAccount]
    history: list[Happening]

    @property
    def account(self) -> BankAccount | None:
        """The account that benefits go to: the kept identity's, else the newest of another identity."""
        return _current([row.pk for row in self.identities], self.accounts)


def record(by: Actor, person: Who) -> Record:
    """Return everything the registry knows of a person, with five queries for somebody already seen."""
    seen = see(by, person)
    rows, insured, paid_to = identities(by, seen), enrolments(by, seen), accounts(by, seen)
    told = [*_enrolment_lines(insured), *_account_lines(paid_to), *_merge_lines([row.pk for row in rows])]
    told += _death_lines(rows)
    return Record(rows, insured, paid_to, sorted(told, key=lambda line: (line.on, line.source)))


def history(by: Actor, person: Who) -> list[Happening]:
    """Tell what the registry knows of a person, in the order of the days on which it was true."""
    return record(by, person).history


def _enrolment_lines(rows: list[Enrolment]) -> list[Happening]:
    lines = []
    for row in rows:
        where = f"{row.employer.name if row.employer else '灵活就业'}，{row.get_scheme_display()}"
        source = f"registry.Enrolment:{row.pk}"
        lines.append(Happening(row.start.first_day, "参保", f"自 {row.start} 参保：{where}", source))
        if row.end is not None:
            why = f"（{row.end_reason}）" if row.end_reason else ""
            lines.append(Happening(row.end.first_day, "停保", f"自 {row.end} 停保{why}：{where}", source))
    return lines


def _account_lines(rows: list[BankAccount]) -> list[Happening]:
    return [
        Happening(row.since, "账户", f"待遇账户：{row.bank} 尾号 {row.number[-4:]}", f"registry.BankAccount:{row.pk}")
        for row in rows
    ]


def _merge_lines(ids: list[int]) -> list[Happening]:
    lines = []
    for row in Merge.objects.filter(Q(kept__in=ids) | Q(dropped__in=ids)):
        source = f"registry.Merge:{row.pk}"
        lines.append(Happening(row.at.date(), "合并", f"与另一身份合并：{row.reason}", source))
        if row.undone_at is not None:
            lines.append(Happening(row.undone_at.date(), "合并", "撤销身份合并", source))
    return lines


def _death_lines(rows: list[Person]) -> list[Happening]:
    return [
        Happening(row.died_on, "死亡", "死亡", f"registry.Person:{row.pk}") for row in rows if row.died_on is not None
    ]


def _number18(id_number: str) -> str:
    try:
        return CitizenId.parse(id_number).number18
    except FormatError:
        return id_number.strip().upper()
