"""The verbs of registration: people, employers, enrolments and bank accounts. Merges and deaths are in `identity`."""

from __future__ import annotations

from datetime import date

from jinbao.insurance.registry.families import died_on as day_of_death
from jinbao.insurance.registry.families import family_ids
from jinbao.insurance.registry.identity import merge, record_death, revoke_death, undo_merge
from jinbao.insurance.registry.models import BankAccount, Employer, Enrolment, FormerNumber, Person, Scheme
from jinbao.insurance.registry.names import difference, plain
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import Conflict, FormatError
from jinbao.kernel.identifiers.bank_card import BankCard
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.kernel.identifiers.uscc import Uscc
from jinbao.kernel.months import Month
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region

__all__ = [
    "change_bank_account",
    "end_enrolment",
    "enrol",
    "merge",
    "record_death",
    "register_employer",
    "register_person",
    "revoke_death",
    "undo_merge",
]


@action("registry.register_employer", roles=OFFICERS)
def register_employer(
    by: Actor,
    uscc: str,
    name: str,
    *,
    region: str,
    today: date,
    industry_class: int = 1,
    contact: str = "",
    phone: str = "",
    key: str | None = None,
) -> Employer:
    """Register an employer, or return the one that is registered under the same code and name (单位参保登记).

    Raises FormatError for a wrong code, Conflict when the code belongs to another name.
    """
    require_region(by, region)
    number = Uscc.parse(uscc).number
    employer, made = Employer.objects.get_or_create(
        uscc=number,
        defaults={
            "name": name.strip(),
            "region": region,
            "industry_class": industry_class,
            "registered_on": today,
            "contact": contact,
            "phone": phone,
        },
    )
    if plain(employer.name) != plain(name):
        raise Conflict(f"{number} 已由“{employer.name}”登记", advice="请核对代码，或办理单位信息变更。")
    note(target=employer, made=made)
    return employer


@action("registry.register_person", roles=OFFICERS)
def register_person(
    by: Actor,
    id_number: str,
    name: str,
    *,
    region: str,
    today: date,
    retirement_category: str | None = None,
    deemed_months: int = 0,
    phone: str = "",
    batch_id: int | None = None,
    line: int | None = None,
    key: str | None = None,
) -> Person:
    """Find a person by number (15 or 18 digits) and name, or register a new one.

    A 15-digit number is kept as a former number of the 18-digit one. A man's 退休类别 follows from the number; for a
    woman it must be given, because the post decides it (国发〔1978〕104号; 管理技术岗位 55, 其他 50).
    Raises FormatError for a wrong number or a missing category, Conflict when the number belongs to another name.
    """
    require_region(by, region)
    number = CitizenId.parse(id_number, today)
    person = _known(number.number18)
    made = person is None
    if person is None:
        person = Person.objects.create(
            id_number=number.number18,
            name=name.strip(),
            sex=Person.Sex.MALE if number.sex == "男" else Person.Sex.FEMALE,
            born_on=number.birth,
            region=region,
            retirement_category=_category(number, retirement_category),
            deemed_months=deemed_months,
            phone=phone,
            batch_id=batch_id,
            line=line,
        )
    elif reason := difference(name, person.name):
        raise Conflict(f"证件号码已登记，但{reason}", advice="请核对证件；确有更名的，先办理个人信息变更。")
    _remember_old_number(id_number, person)
    note(target=person, made=made)
    return person


def _known(number18: str) -> Person | None:
    former = FormerNumber.objects.filter(number=number18).select_related("person").first()
    return Person.objects.filter(id_number=number18).first() or (former.person if former else None)


def _category(number: CitizenId, given: str | None) -> str:
    """Return the 退休类别 that the law knows."""
    if number.sex == "男":
        return Person.RetirementCategory.MALE
    women = (Person.RetirementCategory.FEMALE_55, Person.RetirementCategory.FEMALE_50)
    if given not in women:
        raise FormatError(
            "女职工须注明退休类别", advice="管理技术岗位填“女职工55”，其他岗位填“女职工50”，以劳动合同为准。"
        )
    return given


def _remember_old_number(given: str, person: Person) -> None:
    """Keep the 15-digit number under which somebody was declared."""
    old = "".join(given.split())
    if len(old) == 15:
        FormerNumber.objects.get_or_create(number=old, defaults={"person": person, "reason": "15位旧号"})


@action("registry.enrol", roles=OFFICERS)
def enrol(
    by: Actor,
    person: Person,
    employer: Employer | None,
    start: Month,
    *,
    today: date,
    scheme: str = Scheme.PENSION,
    key: str | None = None,
) -> Enrolment:
    """Enrol a person in a scheme through an employer, or alone (灵活就业) when there is none (职工参保登记).

    Enrolling again from the same month returns what is there. Raises Conflict for a dead person, a closed employer, a
    month that overlaps an earlier enrolment with the same employer, or a month after this one.
    """
    require_region(by, employer.region if employer else person.region)
    _may_begin(person, employer, start, today)
    for other in Enrolment.objects.filter(person__in=family_ids(person), employer=employer, scheme=scheme):
        if other.start == start and other.end is None:
            note(target=other, made=False)
            return other
        if other.end is None or start < other.end:
            raise Conflict(
                f"{person.name}自 {other.start} 起已在该单位参加{other.get_scheme_display()}",
                advice="更早月份的缴费请办理补缴；登记有误请先办理停保。",
            )
    made = Enrolment.objects.create(person=person, employer=employer, scheme=scheme, start=start)
    note(target=made, person=person, made=True)
    return made


def _may_begin(person: Person, employer: Employer | None, start: Month, today: date) -> None:
    died = day_of_death(person)
    if died is not None:
        raise Conflict(f"{person.name}已于 {died} 死亡，不能参保", advice="死亡登记有误的，请先撤销死亡登记。")
    if employer is not None and employer.closed_on is not None and Month.of(employer.closed_on) < start:
        raise Conflict(f"{employer.name}已于 {employer.closed_on} 注销", advice="请核对用人单位。")
    if start > Month.of(today) + 1:
        raise Conflict(f"参保起始年月 {start} 晚于下月", advice="请在起始当月或上月办理。")


@action("registry.end_enrolment", roles=OFFICERS)
def end_enrolment(by: Actor, enrolment: Enrolment, end: Month, reason: str, *, key: str | None = None) -> Enrolment:
    """End an enrolment; `end` is the first month no longer insured (停保).

    Ending it again in the same month changes nothing; raises Conflict for another month or one before its start.
    """
    require_region(by, enrolment.employer.region if enrolment.employer else enrolment.person.region)
    enrolment = Enrolment.objects.select_for_update().get(pk=enrolment.pk)
    if enrolment.end is not None and enrolment.end != end:
        raise Conflict(f"该参保关系已于 {enrolment.end} 终止", advice="请刷新后核对。")
    if end <= enrolment.start:
        raise Conflict(f"终止年月 {end} 不晚于起始年月 {enrolment.start}", advice="起始登记有误的，请办理登记更正。")
    if enrolment.end is None:
        enrolment.end, enrolment.end_reason = end, reason
        enrolment.save(update_fields=["end", "end_reason"])
    note(target=enrolment, end=end, reason=reason)
    return enrolment


@action("registry.change_bank_account", roles=OFFICERS)
def change_bank_account(
    by: Actor,
    person: Person,
    bank: str,
    number: str,
    holder: str,
    *,
    since: date,
    key: str | None = None,
) -> BankAccount:
    """Pay a person's benefits to another account from a day on (银行账户变更); the old row keeps its end.

    Raises FormatError for a wrong card number, Conflict when the holder is somebody else or a later change exists.
    """
    require_region(by, person.region)
    card = BankCard.parse(number).number
    if difference(holder, person.name):
        raise Conflict("银行账户户名与参保人姓名不符", advice="待遇只发放到本人账户，请提供本人的银行账户。")
    current = BankAccount.objects.select_for_update().filter(person=person, until__isnull=True).first()
    if current is not None:
        if (current.bank, current.number) == (bank, card):
            note(target=current, made=False)
            return current
        if since < current.since:
            raise Conflict(f"{current.since} 起已有新的账户", advice="请以最近一次变更为准。")
        BankAccount.objects.filter(pk=current.pk).update(until=since)
    account = BankAccount.objects.create(person=person, bank=bank, number=card, holder=plain(holder), since=since)
    note(target=account, person=person, made=True)
    return account
