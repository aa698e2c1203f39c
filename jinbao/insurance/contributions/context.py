"""What recording asks the registry: who a row means, whether he is insured there, what is declared already.

Everything is asked per declarant, once for all months of a file, so that a file of any size costs a few queries per
employer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from jinbao.data.models import Batch
from jinbao.insurance.contributions.models import Contribution
from jinbao.insurance.contributions.rows import Declared, Refusal
from jinbao.insurance.law import Terms
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.match import IN_ONE_QUERY, Mismatch, find_many
from jinbao.insurance.registry.models import Employer, Enrolment, Person
from jinbao.kernel.months import Month, Span
from jinbao.trust.actors import Actor


@dataclass(frozen=True, slots=True)
class Occasion:
    """On what occasion rows are recorded: a file or a form, a case, a day."""

    batch: Batch | None
    today: date
    case_number: str = ""

    @property
    def batch_id(self) -> int | None:
        """The batch's number; None for a form."""
        return self.batch.pk if self.batch else None


@dataclass(frozen=True, slots=True)
class Insured:
    """A row that means a person: in which schemes it is recorded."""

    row: Declared
    person: Person
    schemes: tuple[str, ...]


class Declarant:
    """An employer with its people, or a flexible worker, during the recording of one file."""

    def __init__(self, by: Actor, code: str, rows: Sequence[Declared], families: Families) -> None:
        self.employer = Employer.objects.filter(uscc=code).first() if rows[0].employer_uscc else None
        self._unknown = bool(rows[0].employer_uscc) and self.employer is None
        self._families = families
        pairs = {(row.id_number, row.name) for row in rows}
        self._people = dict(zip(pairs, find_many(pairs), strict=True))
        self._found = {person.pk: person for person in self._people.values() if isinstance(person, Person)}
        self._members = families.spread(self._found)
        self._taken: dict[Month, set[tuple[int, str]]] = {}
        self._covered = by.covers(self.region)
        self._enrolments = self._read_enrolments()
        self._deaths = self._read_deaths()

    @property
    def person(self) -> Person | None:
        """The flexible worker who declares for himself; None for an employer."""
        if self.employer is not None:
            return None
        return next((person for person in self._people.values() if isinstance(person, Person)), None)

    @property
    def region(self) -> str:
        """The region whose law applies."""
        return self.employer.region if self.employer else getattr(self.person, "region", "")

    def terms(self, month: Month, scheme: str) -> Terms:
        """Return what besides the wage decides the shares."""
        industry = self.employer.industry_class if self.employer else 1
        return Terms(month, self.region, scheme, industry, flexible=self.employer is None)

    def root(self, person: Person) -> int:
        """Return the id of the kept identity."""
        return self._members.get(person.pk, person.pk)

    def identify(self, row: Declared) -> Person | Refusal:
        """Say whom a row means, or why nobody."""
        if self._unknown:
            return Refusal(row, "employer", "单位未办理参保登记")
        person = self._people[row.id_number, row.name]
        if isinstance(person, Mismatch):
            return Refusal(row, person.code, person.reason)
        if not self._covered:
            return Refusal(row, "region", "属于其他统筹区，请向所属经办机构申报")
        return person

    def insured(self, row: Declared, today: date) -> Insured | Refusal:
        """Say in which schemes a row is recorded, or why it is not."""
        person = self.identify(row)
        if isinstance(person, Refusal):
            return person
        if row.month > Month.of(today):
            return Refusal(row, "future", "费款所属期晚于本月")
        died = self._deaths.get(self.root(person))
        if died is not None and row.month > Month.of(died):
            return Refusal(row, "dead", f"该参保人已于 {died} 死亡")
        schemes = self._schemes(person, row)
        if isinstance(schemes, str):
            return Refusal(row, "not-enrolled", schemes)
        return Insured(row, person, schemes)

    def _schemes(self, person: Person, row: Declared) -> tuple[str, ...] | str:
        """Return the schemes of that month, or the reason why there is none."""
        spans = [
            (scheme, span)
            for scheme, span in self._enrolments[self.root(person)]
            if not row.scheme or scheme == row.scheme
        ]
        covered = tuple(sorted({scheme for scheme, span in spans if span.contains(row.month)}))
        if covered:
            return covered
        where = "本单位" if self.employer else "灵活就业"
        if not spans:
            return f"未在{where}办理参保登记"
        known = "、".join(f"{span.start} 至 {span.last or '今'}" for _, span in spans[:3])
        return f"{row.month} 未在{where}参保（参保期间：{known}）"

    def _read_enrolments(self) -> dict[int, list[tuple[str, Span]]]:
        found: dict[int, list[tuple[str, Span]]] = defaultdict(list)
        everybody = Enrolment.objects.filter(employer=self.employer)
        parts = [everybody] if self.employer else [everybody.filter(person__in=part) for part in _chunks(self._members)]
        for rows in parts:
            for person, scheme, start, end in rows.values_list("person_id", "scheme", "start", "end"):
                if person in self._members:
                    found[self._members[person]].append((scheme, Span(start, end)))
        return found

    def _read_deaths(self) -> dict[int, date]:
        """Return the days of death by kept identity; only merged identities are not in hand yet."""
        days = [(pk, person.died_on) for pk, person in self._found.items()]
        for chunk in _chunks(self._members.keys() - self._found.keys()):
            days += Person.objects.filter(pk__in=chunk).values_list("pk", "died_on")
        deaths: dict[int, date] = {}
        for pk, day in days:
            if day is not None:
                root = self._members[pk]
                deaths[root] = min(day, deaths.get(root, day))
        return deaths

    def taken(self, month: Month) -> set[tuple[int, str]]:
        """Return kept identity and scheme of what is declared with this declarant in a month, asked once."""
        if month not in self._taken:
            self._taken[month] = self._read_taken(month)
        return self._taken[month]

    def _read_taken(self, month: Month) -> set[tuple[int, str]]:
        rows = (self._live(month, chunk).values_list("person_id", "scheme") for chunk in _chunks(self._members))
        return {(self._members[person], scheme) for part in rows for person, scheme in part}

    def live(self, month: Month) -> dict[tuple[int, str], Contribution]:
        """Return what is declared with this declarant in a month, by kept identity and scheme."""
        rows = (self._live(month, chunk).select_related("person") for chunk in _chunks(self._members))
        return {(self._members[row.person_id], row.scheme): row for part in rows for row in part}

    def _live(self, month: Month, people: list[int]) -> QuerySet[Contribution]:
        return Contribution.objects.filter(person__in=people, month=month, employer=self.employer, live=True)


def _chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + IN_ONE_QUERY] for start in range(0, len(ordered), IN_ONE_QUERY))
