"""Every invariant is broken once by hand, and found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from jinbao.cases import actions
from jinbao.cases.checks import CHECKS
from jinbao.cases.models import Case, Step
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.registry.models import Person
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from tests.cases.conftest import at

pytestmark = pytest.mark.django_db


def broken() -> set[str]:
    return {check.name for check in CHECKS for _ in check.rows()}


@pytest.fixture
def done(examined: Case, reviewer: Actor) -> Case:
    return actions.approve(reviewer, examined, version=examined.version, now=at(days=1))


def _award(case: Case) -> None:
    Award.objects.create(
        person=Person.objects.get(id_number=case.person_id_number),
        benefit="基本养老金",
        start=Month(2026, 6),
        monthly_fen=1,
        ground=case.number,
        region=case.region,
    )


BREAKS: list[tuple[str, Callable[[Case], object]]] = [
    ("cases.steps", lambda case: Case.objects.filter(pk=case.pk).update(state="refused")),
    ("cases.steps", lambda case: Step.objects.filter(case=case, verb="accept").delete()),
    ("cases.steps", lambda case: Step.objects.filter(case=case, verb="examine").update(role="insured")),
    ("cases.steps", lambda case: Step.objects.filter(case=case, verb="accept").update(state_before="correcting")),
    ("cases.effects", lambda case: Case.objects.filter(pk=case.pk).update(result={})),
    ("cases.effects", lambda case: Step.objects.filter(case=case, verb="approve").update(verb="refuse")),
    ("cases.four-eyes", lambda case: Step.objects.filter(case=case, verb="approve").update(by="jingban")),
    ("cases.four-eyes", lambda case: Case.objects.filter(pk=case.pk).update(applicant="fuhe")),
    ("cases.four-eyes", lambda case: Step.objects.filter(case=case, verb="examine").delete()),
    ("cases.awards", lambda case: Case.objects.filter(pk=case.pk).update(item="pension_application")),
    ("cases.awards", _award),
    ("cases.clock", lambda case: Case.objects.filter(pk=case.pk).update(promised_due=date(2026, 3, 1))),
    ("cases.clock", lambda case: case.pauses.create(since=date(2026, 3, 5), until=date(2026, 3, 4), reason="x")),
    ("cases.clock", lambda case: case.pauses.create(since=date(2026, 3, 5), reason="x")),
    ("cases.closing", lambda case: Case.objects.filter(pk=case.pk).update(held_by="jingban")),
    ("cases.closing", lambda case: Case.objects.filter(pk=case.pk).update(closed_at=None)),
]


def test_a_case_that_went_its_way_breaks_nothing(done: Case) -> None:
    assert broken() == set()


@pytest.mark.parametrize(("name", "break_it"), BREAKS, ids=[f"{n}-{name}" for n, (name, _) in enumerate(BREAKS)])
def test_what_is_broken_is_found(done: Case, name: str, break_it: Callable[[Case], object]) -> None:
    break_it(done)
    assert name in broken()
