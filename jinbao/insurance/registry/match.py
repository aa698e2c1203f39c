"""Find the person whom a number and a name mean. A doubt is told, never guessed away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jinbao.insurance.registry.models import FormerNumber, Person
from jinbao.insurance.registry.names import difference
from jinbao.kernel.errors import FormatError
from jinbao.kernel.identifiers.citizen_id import CitizenId

IN_ONE_QUERY = 900
"""SQLite takes up to 999 values in one query of old builds."""


@dataclass(frozen=True)
class Mismatch:
    """Why a number and a name do not mean a registered person."""

    code: str
    """malformed | unknown | name"""
    reason: str


def find(id_number: str, name: str) -> Person | Mismatch:
    """Return the person with that number (15 or 18 digits) if the name agrees, else the reason why not."""
    return find_many([(id_number, name)])[0]


def find_many(pairs: Iterable[tuple[str, str]]) -> list[Person | Mismatch]:
    """Find many people with two queries per 900 numbers; answers come in the order of the questions."""
    asked = [(_number18(number), name) for number, name in pairs]
    wanted = list({number for number, _ in asked if isinstance(number, str)})
    known: dict[str, Person] = {}
    for start in range(0, len(wanted), IN_ONE_QUERY):
        known |= _by_number(wanted[start : start + IN_ONE_QUERY])
    return [number if isinstance(number, Mismatch) else _checked(known.get(number), name) for number, name in asked]


def _number18(number: str) -> str | Mismatch:
    try:
        return CitizenId.parse(number).number18
    except FormatError as error:
        return Mismatch("malformed", error.message)


def _by_number(numbers: list[str]) -> dict[str, Person]:
    """Return people by 18-digit number, former numbers included."""
    known = {person.id_number: person for person in Person.objects.filter(id_number__in=numbers)}
    missing = [number for number in numbers if number not in known]
    if missing:
        former = FormerNumber.objects.filter(number__in=missing).select_related("person")
        known |= {row.number: row.person for row in former}
    return known


def _checked(person: Person | None, name: str) -> Person | Mismatch:
    if person is None:
        return Mismatch("unknown", "证件号码未在参保登记中找到，请先办理参保登记")
    reason = difference(name, person.name)
    return Mismatch("name", f"{reason}，请核对后更正") if reason else person
