"""The demonstration city: the same seed is the same city, it stands in every room, and no invariant is broken."""

from __future__ import annotations

import numpy as np
import pytest

from jinbao.cases.models import Case
from jinbao.data.models import Batch
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.contributions.models import Contribution
from jinbao.insurance.payments.models import PaymentBatch
from jinbao.insurance.registry.models import FormerNumber, Person
from jinbao.kernel.errors import NotAllowed
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.kernel.months import Month
from jinbao.project.checks import all_checks
from jinbao.project.demo import builder, careers, city, files
from jinbao.project.demo.city import People, Plan
from jinbao.rules import load_law
from jinbao.trust.actors import Actor

SMALL = Plan(persons=400, employers=16)


def people_of(plan: Plan) -> People:
    return city.draw_people(plan, builder.Builder(plan)._retires)


def test_the_same_seed_draws_the_same_people() -> None:
    first, again = people_of(SMALL), people_of(SMALL)
    assert first.id_number.tolist() == again.id_number.tolist()
    assert first.name.tolist() == again.name.tolist()
    other = people_of(Plan(persons=400, employers=16, seed=1))
    assert first.name.tolist() != other.name.tolist()


def test_every_number_is_valid_unique_and_nobodys() -> None:
    numbers = people_of(SMALL).id_number.tolist()
    assert len(set(numbers)) == 400
    assert all(CitizenId.parse(number).number18 == number and number.startswith("99") for number in numbers)


def test_retirement_follows_the_law_and_not_a_formula_of_its_own() -> None:
    people = people_of(SMALL)
    law = load_law()
    for n in range(0, 400, 37):
        born = Month.of(people.born[n].astype(object))
        facts = {"出生年月": str(born), "退休类别": str(people.category[n])}
        answer = law.evaluate("法定退休年月", facts, on=SMALL.until.first_day, region="990100").value
        assert Month.from_ordinal(int(people.retires[n])) == answer


def test_nobody_works_after_retirement_or_twice_in_a_month_at_one_employer() -> None:
    people = people_of(SMALL)
    rng = np.random.default_rng(1)
    spells = careers.overlaps(SMALL, careers.draw_spells(SMALL, people, careers.first_work(rng, people)))
    rows = careers.draw_rows(SMALL, people, spells, np.full(40, 500_000), 1992)
    assert (rows.month < people.retires[rows.person]).all()
    whole = careers.handed_over(rows, 10**6)
    triples = set(zip(whole.person.tolist(), whole.employer.tolist(), whole.month.tolist(), strict=True))
    assert len(triples) == whole.person.size


def test_files_carry_the_faults_of_real_ones() -> None:
    rng = np.random.default_rng(2)
    line = files.Line("91990101900000006H", "990101198511130016", "张伟", "202608", "5210.00")
    made = files.with_faults(rng, [line] * 4000)
    assert len(made) > 4000
    assert any(len(one.id_number) == 15 for one in made)
    assert any(one.name == "章伟" for one in made)
    assert any("," in one.wage for one in made)
    assert sum(one != line for one in made) < 80


@pytest.fixture
def built(db: None) -> Plan:
    builder.build(SMALL)
    return SMALL


def test_the_city_stands_in_every_room_and_no_invariant_is_broken(built: Plan) -> None:
    assert Person.objects.count() == built.persons
    assert Contribution.objects.filter(month__lt=Month(1996, 1)).exists()
    assert Contribution.objects.filter(batch_id__isnull=False).exists()
    assert FormerNumber.objects.exists()
    assert Batch.objects.filter(rejected__gt=0).exists() or Batch.objects.count() == 9
    assert Award.objects.exclude(determination=None).exists()
    assert PaymentBatch.objects.filter(status=PaymentBatch.Status.SETTLED).count() == built.live_months
    assert {Case.State.DONE, Case.State.SUBMITTED} <= set(Case.objects.values_list("state", flat=True))
    assert builder.exists()
    broken = [f"{check.name}: {row}" for check in all_checks() for row in check.rows()]
    assert not broken


def test_a_demonstration_is_refused_in_production(db: None, settings: object) -> None:
    settings.PRODUCTION = True  # type: ignore[attr-defined]  # pytest-django's settings
    with pytest.raises(NotAllowed):
        builder.build(SMALL)


def test_books_of_real_people_are_never_thrown_away(clerk: Actor) -> None:
    Person.objects.create(
        id_number="880101194912310020", name="张三", sex="2", born_on="1949-12-31", region="880101",
        retirement_category="女职工50",
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        builder.reset()
