"""Working lives of the people in these tests, as the former system handed them over."""

from __future__ import annotations

from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.insurance.contributions.record import due_day
from jinbao.insurance.law import Terms, shares
from jinbao.insurance.registry.models import Employer, Person, Scheme
from jinbao.kernel.months import Month, Span


def worked(person: Person, employer: Employer, first: Month, last: Month, wage_fen: int = 300_000) -> None:
    """Give somebody paid contributions from one month to another (both included)."""
    rows = []
    for month in Span.through(first, last).months():
        part = shares(wage_fen, Terms(month, person.region, Scheme.PENSION))
        declaration = Declaration(
            employer=employer,
            region=person.region,
            month=month,
            kind=Declaration.Kind.MIGRATED,
            declared_on=month.last_day,
            due_on=due_day(month),
            due_fen=part.total_fen,
            received_on=month.last_day,
        )
        rows.append(
            (
                declaration,
                Contribution(
                    declaration=declaration,
                    person=person,
                    employer=employer,
                    scheme=Scheme.PENSION,
                    month=month,
                    wage_fen=wage_fen,
                    **part._asdict(),
                ),
            )
        )
    Declaration.objects.bulk_create([declaration for declaration, _ in rows])
    Contribution.objects.bulk_create([row for _, row in rows])
