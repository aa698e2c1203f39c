"""Identities that were found to be one person: who stands for whom.

Merging moves no row. A merged identity keeps its contributions and points to the one that is kept, so that undoing the
merge is exact. Reads therefore ask for the whole family of an identity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from jinbao.insurance.registry.models import Person
from jinbao.trust.actors import Actor


class Families:
    """The merges of the registry as of now, held in memory: few people have more than one identity."""

    def __init__(self) -> None:
        links = Person.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into_id")
        self._into: dict[int, int] = {pk: into for pk, into in links if into is not None}
        self._members: dict[int, list[int]] = defaultdict(list)
        for pk in self._into:
            self._members[self.root(pk)].append(pk)

    def root(self, person_id: int) -> int:
        """Return the id of the identity that is kept."""
        while person_id in self._into:
            person_id = self._into[person_id]
        return person_id

    def members(self, person_id: int) -> list[int]:
        """Return the ids of the whole family, the kept identity first."""
        root = self.root(person_id)
        return [root, *sorted(self._members.get(root, []))]

    def spread(self, person_ids: Iterable[int]) -> dict[int, int]:
        """Map every identity of the given people's families to its kept identity."""
        return {member: self.root(pk) for pk in person_ids for member in self.members(pk)}

    @property
    def merged(self) -> dict[int, int]:
        """Every merged identity with the identity that is kept."""
        return {pk: self.root(pk) for pk in self._into}


@dataclass(frozen=True)
class Seen:
    """Somebody whose record an actor has been let see, with every identity, so that a page asks for both only once.

    Made by `registry.queries.see` and its kin alone, and dropped with the request. Reads take it in place of a Person;
    for another actor it is no permission, and is checked anew.
    """

    by: Actor
    asked: Person
    """The identity that was asked for, perhaps a merged one."""
    identities: tuple[Person, ...]
    """Every identity, the kept one first."""

    @property
    def person(self) -> Person:
        """The identity that is kept."""
        return self.identities[0]

    @property
    def ids(self) -> list[int]:
        """The keys of every identity, the kept one first."""
        return [row.pk for row in self.identities]


Who = Person | Seen


def root_of(person: Who) -> Person:
    """Return the identity that is kept, read anew because the merge may be newer than the row in hand."""
    if isinstance(person, Seen):
        return person.person
    person = Person.objects.select_related("merged_into__merged_into").get(pk=person.pk)
    while person.merged_into is not None:
        person = person.merged_into
    return person


def family_ids(person: Who) -> list[int]:
    """Return the ids of every identity of a person, the kept one first."""
    return person.ids if isinstance(person, Seen) else [row.pk for row in identities_of(root_of(person))]


def identities_of(root: Person) -> list[Person]:
    """Return every identity of a person whose kept one is given, the kept one first."""
    found, newest = [root], [root]
    while newest:
        newest = list(Person.objects.filter(merged_into__in=[row.pk for row in newest]).order_by("pk"))
        found += newest
    return found


def died_on(person: Person) -> date | None:
    """Return the day of death that is recorded for any identity of a person, the earliest if there are two."""
    days = Person.objects.filter(pk__in=family_ids(person), died_on__isnull=False).values_list("died_on", flat=True)
    return min((day for day in days if day is not None), default=None)
