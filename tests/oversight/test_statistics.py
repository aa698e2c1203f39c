"""Monthly figures: counted from the rows, healed when rows come late, shown to those who may see the region."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.contributions import actions as contributions
from jinbao.insurance.contributions.models import Contribution
from jinbao.kernel.errors import NotAllowed
from jinbao.kernel.months import Month
from jinbao.oversight import statistics
from jinbao.oversight.checks import figures_are_what_was_counted
from jinbao.oversight.models import MonthlyFigures
from jinbao.trust.actors import Actor
from tests.insurance.conftest import CITY, CLERK, ELSEWHERE, FINANCE, REVIEWER, TODAY, City
from tests.insurance.files import WAGE, declared
from tests.oversight.conftest import FEBRUARY, JANUARY, JUNE

pytestmark = pytest.mark.django_db

MARCH, SYSTEM = Month(2026, 3), Actor.system()


def point(month: Month, region: str = CITY, scheme: str = "110") -> statistics.Point:
    return statistics.series(FINANCE, region, scheme, month, month)[0]


def figures() -> list[tuple[object, ...]]:
    fields = [field.name for field in MonthlyFigures._meta.fields if field.name != "id"]
    return sorted(MonthlyFigures.objects.values_list(*fields))


def test_it_works(books: City) -> None:
    statistics.refresh(FINANCE, JUNE)
    january = point(JANUARY)
    assert (january.contributors, january.employers) == (3, 2)
    assert january.base_fen == 2 * WAGE + 700_000
    assert january.due_fen == january.received_fen == january.base_fen * 24 // 100
    assert point(JANUARY, scheme="210").contributors == 2
    award = Award.objects.get()
    assert (point(JUNE).pensioners, point(JUNE).benefits_fen) == (1, award.monthly_fen)
    assert point(MARCH - 1).pensioners == 0


def test_a_figure_is_the_sum_of_the_rows_behind_it(books: City) -> None:
    statistics.refresh(FINANCE, JUNE)
    for month in (JANUARY, FEBRUARY):
        for region in (CITY, "990101", "990102"):
            rows = list(statistics.contributing(region, "110", month))
            points = statistics.series(FINANCE, region, "110", month, month)
            counted = points[0] if points else None
            assert (counted.base_fen if counted else 0) == sum(row.base_fen for row in rows)
            assert (counted.contributors if counted else 0) == len({row.person_id for row in rows})
    assert sum(award.monthly_fen for award in statistics.receiving(CITY, JUNE)) == point(JUNE).benefits_fen


def test_a_correction_counts_once(books: City) -> None:
    statistics.refresh(FINANCE, JUNE)
    assert Contribution.objects.filter(month=FEBRUARY, live=False).exists()
    assert point(FEBRUARY).base_fen == 2 * WAGE - 50_000
    assert point(FEBRUARY).contributors == 2


def test_another_city_s_officer_may_not_see_it(books: City) -> None:
    statistics.refresh(FINANCE, JUNE)
    with pytest.raises(NotAllowed):
        statistics.series(ELSEWHERE, CITY, "110", JANUARY, JUNE)
    with pytest.raises(NotAllowed):
        statistics.latest(ELSEWHERE, CITY, "110")
    with pytest.raises(NotAllowed):
        statistics.rebuild(CLERK, JANUARY, JUNE)


def test_the_newest_month_is_the_newest_with_contributors(books: City) -> None:
    assert statistics.latest(FINANCE, CITY, "110") is None
    statistics.refresh(FINANCE, JUNE)
    newest = statistics.latest(FINANCE, CITY, "110")
    assert newest is not None
    assert newest.month == FEBRUARY


def test_nothing_is_counted_twice_while_nothing_changes(books: City) -> None:
    assert statistics.refresh(SYSTEM, JUNE) > 0
    before = figures()
    assert statistics.refresh(SYSTEM, JUNE) == 0
    assert statistics.refresh(SYSTEM, JUNE + 1) > 0  # a new month has begun
    assert [row for row in figures() if row[2] != JUNE + 1] == before


def test_a_row_that_comes_late_heals_its_month(books: City) -> None:
    statistics.refresh(SYSTEM, JUNE)
    contributions.record(CLERK, declared(books.other_employer, [(books.wang, "2025-11", WAGE)]), today=TODAY)
    assert not list(figures_are_what_was_counted())  # behind for a while, which is no fault
    statistics.refresh(SYSTEM, JUNE)
    assert point(Month(2025, 11)).due_fen == point(Month(2025, 11)).received_fen + WAGE * 24 // 100


def test_the_end_of_a_pension_is_noticed(books: City) -> None:
    statistics.refresh(SYSTEM, JUNE + 3)
    assert point(JUNE + 2).pensioners == 1
    benefits.end_award(REVIEWER, Award.objects.get(), JUNE + 2, "丧失待遇资格")
    statistics.refresh(SYSTEM, JUNE + 3)
    assert [point(JUNE + n).pensioners for n in range(2)] == [1, 1]
    assert not statistics.series(FINANCE, CITY, "110", JUNE + 2, JUNE + 2) or point(JUNE + 2).pensioners == 0


def test_a_figure_that_was_changed_by_hand_is_found(books: City) -> None:
    statistics.refresh(SYSTEM, JUNE)
    assert not list(figures_are_what_was_counted())
    MonthlyFigures.objects.filter(region="990101", scheme="110", month=JANUARY).update(received_fen=1)
    (found,) = figures_are_what_was_counted()
    assert found.where == "990101 110 2026-01"


def test_a_figure_that_was_removed_is_found(books: City) -> None:
    statistics.refresh(SYSTEM, JUNE)
    MonthlyFigures.objects.filter(region="990102", scheme="210", month=JANUARY).delete()
    (found,) = figures_are_what_was_counted()
    assert found.where == "990102 210 2026-01"


def test_a_row_that_was_changed_by_hand_is_found(books: City) -> None:
    statistics.refresh(SYSTEM, JUNE)
    Contribution.objects.filter(month=JANUARY, person=books.wang, scheme="110").update(base_fen=1)
    (found,) = figures_are_what_was_counted()
    assert found.where == "990102 110 2026-01"


def test_the_collection_rate_is_received_of_due(books: City) -> None:
    contributions.record(
        CLERK, declared(books.other_employer, [(books.wang, "2026-03", WAGE)]), today=date(2026, 3, 25)
    )
    statistics.refresh(SYSTEM, JUNE)
    assert point(MARCH).collection_rate == (0, WAGE * 24 // 100)
