"""What is owed: determined from facts and law, granted on a ground, stopped, resumed, computed anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner

from jinbao.insurance import law
from jinbao.insurance.benefits import actions, compute, queries
from jinbao.insurance.benefits.checks import CHECKS
from jinbao.insurance.benefits.determine import candidates
from jinbao.insurance.benefits.facts import facts_for, statutory_month
from jinbao.insurance.benefits.models import Award, Determination, DeterminationRun
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Enrolment, Person
from jinbao.kernel.errors import Conflict, NotAllowed, NotFound
from jinbao.kernel.months import Month
from jinbao.project.commands.determine import command
from jinbao.trust.canonical import canonical
from tests.insurance.conftest import CLERK, ELSEWHERE, NOW, REVIEWER, TODAY, City, agent, citizen
from tests.insurance.lives import worked

pytestmark = pytest.mark.django_db

RETIRES = Month(2026, 5)
"""张三, born 1966-01, reaches his statutory month in 2026-05 (four months of delay)."""

PENSION = compute.PENSION


@pytest.fixture(autouse=True)
def everything_holds() -> Iterator[None]:
    yield
    assert not [str(row) for check in CHECKS for row in check.rows()]


@pytest.fixture
def worker(city: City) -> Person:
    worked(city.zhang, city.employer, Month(1996, 1), Month(2026, 4))
    return city.zhang


def determined(person: Person, month: Month = RETIRES) -> Determination:
    return actions.determine(CLERK, person, PENSION, month, now=NOW)


def granted(person: Person, month: Month = RETIRES) -> Award:
    return actions.award(REVIEWER, determined(person, month), "办件1", now=NOW)


def test_it_works(worker: Person) -> None:
    made = determined(worker)
    assert made.eligible
    assert made.monthly_fen > 100_000
    assert (made.month, made.on) == (Month(2026, 6), date(2026, 5, 1))
    assert made.trace["amount"]["rule"] == PENSION
    assert made.trace["amount"]["steps"][-1]["name"] == PENSION


def test_the_facts_are_the_laws_names(worker: Person) -> None:
    facts = facts_for(worker, RETIRES)
    assert (facts["出生年月"], facts["退休类别"], facts["视同缴费月数"]) == ("1966-01", "男职工", 60)
    assert facts["月"][0] == {"年月": "1996-01", "缴费基数": "1440.00"}
    assert len(facts["月"]) == 364
    assert "选择退休年月" not in facts
    assert facts_for(worker, Month(2026, 1))["选择退休年月"] == "2026-01"


def test_the_same_facts_and_law_are_one_determination(worker: Person) -> None:
    assert determined(worker) == determined(worker)
    assert Determination.objects.count() == 1


def test_a_determination_replays_to_the_same_bytes(worker: Person) -> None:
    made = Determination.objects.get(pk=determined(worker).pk)
    again = queries.replay(made)
    assert canonical(again.trace) == canonical(made.trace)
    assert (again.monthly_fen, again.facts_hash, again.law_version) == (
        made.monthly_fen,
        made.facts_hash,
        made.law_version,
    )


def test_new_facts_make_a_determination_that_supersedes_the_last(worker: Person) -> None:
    first = determined(worker)
    Person.objects.filter(pk=worker.pk).update(deemed_months=72)
    second = determined(worker)
    assert second.supersedes == first
    assert second.monthly_fen > first.monthly_fen


def test_somebody_with_too_few_months_is_told_how_many_are_missing(city: City) -> None:
    worked(city.zhang, city.employer, Month(2020, 1), Month(2026, 4))
    made = determined(city.zhang)
    assert not made.eligible
    assert made.trace["eligible"]["reasons"] == ["累计缴费月数 136个月，少于 最低缴费月数 180个月，还差44个月"]
    with pytest.raises(Conflict, match="还差44个月"):
        actions.award(REVIEWER, made, "办件1", now=NOW)


def test_somebody_without_any_month_gets_an_answer_too(city: City) -> None:
    assert not determined(city.wang, statutory_month(city.wang)).eligible


def test_choosing_a_month_before_the_earliest_is_refused_with_the_reason(worker: Person) -> None:
    made = determined(worker, Month(2025, 12))
    assert not made.eligible
    assert "早于 最早退休年月 2026-01" in made.trace["eligible"]["reasons"][0]


def test_an_award_begins_with_the_month_after_retirement_and_ends_the_enrolment(worker: Person) -> None:
    award = granted(worker)
    assert (award.start, award.monthly_fen, award.ground) == (
        Month(2026, 6),
        Determination.objects.get().monthly_fen,
        "办件1",
    )
    enrolment = Enrolment.objects.get(person=worker)
    assert (enrolment.end, enrolment.end_reason) == (Month(2026, 6), "退休")


def test_awarding_twice_is_one_award_and_another_ground_is_refused(worker: Person) -> None:
    first = granted(worker)
    assert granted(worker) == first
    with pytest.raises(Conflict, match="已领取基本养老金"):
        actions.award(REVIEWER, determined(worker), "办件2", now=NOW)
    with pytest.raises(Conflict, match="没有核定依据"):
        actions.end_award(REVIEWER, first, Month(2026, 7), "测试") and actions.award(
            REVIEWER, determined(worker), " ", now=NOW
        )


def test_the_other_identity_of_an_awarded_person_gets_no_second_award(worker: Person, city: City) -> None:
    award = granted(worker)
    registry.merge(REVIEWER, city.zhang, city.wang, "同一人", now=NOW)
    with pytest.raises(Conflict, match="已领取"):
        actions.award(REVIEWER, actions.determine(CLERK, city.wang, PENSION, RETIRES, now=NOW), "办件3", now=NOW)
    assert queries.awards(CLERK, city.wang) == [award]


def months(award: Award, until: str = "2026-10") -> list[str]:
    return [str(month) for month, _ in queries.due_months(award, Month.parse(until))]


def test_suspended_months_are_owed_only_after_the_suspension_is_lifted_with_arrears(worker: Person) -> None:
    award = granted(worker)
    actions.suspend(CLERK, award, Month(2026, 8), "资格认证未通过")
    assert months(award) == ["2026-06", "2026-07"]
    actions.resume(CLERK, award, Month(2026, 10))
    assert months(award) == ["2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]


def test_months_lifted_without_arrears_are_lost(worker: Person) -> None:
    award = granted(worker)
    actions.suspend(CLERK, award, Month(2026, 8), "服刑")
    actions.resume(CLERK, award, Month(2026, 10), arrears=False)
    assert months(award) == ["2026-06", "2026-07", "2026-10"]
    with pytest.raises(Conflict, match="没有暂停"):
        actions.resume(CLERK, award, Month(2026, 10))


def test_death_ends_the_award_with_the_month_after(worker: Person) -> None:
    award = granted(worker)
    (ended,) = actions.report_death(CLERK, worker, date(2026, 8, 2), today=date(2026, 9, 1))
    assert (ended, ended.end) == (award, Month(2026, 9))
    assert months(award) == ["2026-06", "2026-07", "2026-08"]


def test_a_recalculation_replaces_the_award_from_its_first_month(worker: Person) -> None:
    award = granted(worker)
    Person.objects.filter(pk=worker.pk).update(deemed_months=72)
    after = actions.recalculate(REVIEWER, award, "办件9", now=NOW)
    award.refresh_from_db()
    assert (after.replaces, award.end, after.start) == (award, Month(2026, 6), Month(2026, 6))
    assert after.monthly_fen > award.monthly_fen
    assert queries.due_months(after, Month(2026, 6)) == [(Month(2026, 6), after.monthly_fen)]
    assert actions.recalculate(REVIEWER, after, "办件9", now=NOW) == after


def test_a_provisional_award_is_recalculated_once_the_base_is_published(
    worker: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    award = granted(worker)
    assert award.determination is not None
    assert award.determination.provisional
    assert list(actions.recalculate_provisional(CLERK, "990100", now=NOW)) == []
    original = compute.compute

    def published(*args: object, **kwargs: object) -> compute.Computed:
        before = original(*args, **kwargs)
        return replace(before, monthly_fen=before.monthly_fen + 5_000, provisional=(), law_version="2026公布")

    monkeypatch.setattr("jinbao.insurance.benefits.award.compute", published)
    (after,) = actions.recalculate_provisional(CLERK, "990100", now=NOW)
    assert (after.replaces, after.ground) == (award, "预发重核")
    assert list(actions.recalculate_provisional(CLERK, "990100", now=NOW)) == []


def test_everybody_who_reaches_the_month_is_determined_once(worker: Person, city: City) -> None:
    assert [person.name for person in candidates(RETIRES, "990100")] == ["张三"]
    seen: list[tuple[int, int]] = []
    run = actions.determine_all(
        CLERK, RETIRES, region="990100", now=NOW, progress=lambda done, total: seen.append((done, total))
    )
    assert (run.candidates, run.eligible, run.not_eligible, run.problems) == (1, 1, 0, [])
    assert seen == [(1, 1)]
    assert Determination.objects.get() == determined(worker)
    actions.determine_all(CLERK, RETIRES, region="990100", now=NOW)
    assert (Determination.objects.count(), DeterminationRun.objects.count()) == (1, 2)


def test_reading_many_careers_takes_few_queries(
    register: Callable[..., Person], city: City, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for sequence in range(21, 61, 2):
        worked(register("王五", date(1966, 1, 20), sequence), city.employer, Month(2024, 1), Month(2024, 6))
    with django_assert_max_num_queries(40):
        run = actions.determine_all(CLERK, RETIRES, region="990100", now=NOW)
    assert run.candidates == 21


def test_the_command_says_what_it_did(worker: Person) -> None:
    answer = CliRunner().invoke(command, ["--month", "2026-05"])
    assert "2026-05 退休 1 人：符合条件 1 人，不符合 0 人。" in answer.output
    answer = CliRunner().invoke(command, ["--month", "2026-05", "--json"])
    assert '"eligible": 1' in answer.output


def test_wang_wu_sees_nothing_and_the_employer_no_pension(worker: Person, city: City) -> None:
    made = determined(worker)
    award = granted(worker)
    assert queries.determination(citizen(worker), made.pk) == made
    assert queries.awards(citizen(worker), worker) == [award]
    for read in (queries.awards, queries.history, queries.determinations_of, queries.estimate):
        with pytest.raises(NotFound):
            read(citizen(city.wang), worker)
    with pytest.raises(NotFound):
        queries.determination(citizen(city.wang), made.pk)
    assert queries.awards(agent(city.employer), worker) == []
    with pytest.raises(NotFound):
        queries.estimate(agent(city.employer), worker)
    with pytest.raises(NotAllowed):
        actions.determine(ELSEWHERE, worker, PENSION, RETIRES, now=NOW)


def test_an_estimate_keeps_nothing(worker: Person) -> None:
    answer = queries.estimate(citizen(worker), worker)
    assert answer.monthly_fen == determined(worker).monthly_fen
    assert answer.results[1].tree is not None
    assert Determination.objects.count() == 1


def test_late_contributions_change_nothing_until_they_are_paid(worker: Person, city: City) -> None:
    from jinbao.insurance.contributions import actions as contributions

    before = determined(worker)
    row = contributions.Declared(worker.id_number, "张三", Month(2026, 2), 900_000, city.employer.uscc)
    (difference,) = contributions.correct(CLERK, [row], today=TODAY)
    assert determined(worker) == before
    contributions.receive_payment(CLERK, difference, on=TODAY, bank_reference="R1")
    assert determined(worker) != before


def test_the_law_is_read_once(worker: Person) -> None:
    assert law.law() is law.law()
