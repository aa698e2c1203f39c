"""Which cases an actor sees: the one place that says so, for reading and for acting."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from jinbao.cases.models import Case
from jinbao.cases.services import load_services
from jinbao.insurance.registry.families import family_ids
from jinbao.insurance.registry.models import Person
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.trust.scope import scope


def visible(by: Actor) -> QuerySet[Case]:
    """Return the cases that an actor may see: officers by region, agents by unit, people by number.

    What is checked behind the back of a person or an employer, cases about clues, only officers see.
    """
    applications = Case.objects.filter(clue__isnull=True)
    if by.role == Role.INSURED:
        return applications.filter(person_id_number__in=numbers_of(by.subject)) if by.subject else Case.objects.none()
    of_partners = Q(item__in=[item for item, service in load_services().items() if service.subject == "合作单位"])
    if by.role == Role.PARTNER:
        return applications.filter(of_partners, employer_uscc=by.subject) if by.subject else Case.objects.none()
    if by.role == Role.EMPLOYER:
        own = scope(applications, by, employer_field="employer_uscc")
        return own.exclude(of_partners)
    return scope(Case.objects.all(), by, region_field="region")


def numbers_of(id_number: str) -> list[str]:
    """Return every number under which a person has or had a case: the given one, and those of merged identities.

    One query for whoever has one identity, as nearly everybody.
    """
    known = Q(id_number=id_number) | Q(former_numbers__number=id_number)
    others = Exists(Person.objects.filter(merged_into=OuterRef("pk")))
    person = Person.objects.filter(known).annotate(has_others=others).first()
    if person is None:
        return [id_number]
    if person.merged_into_id is None and not person.has_others:
        return sorted({id_number, person.id_number})
    family = Person.objects.filter(pk__in=family_ids(person)).values_list("id_number", flat=True)
    return sorted({id_number, *family})
