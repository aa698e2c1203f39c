"""Who is in the registry, who is whom, and who may see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from jinbao.insurance.registry import actions, queries
from jinbao.insurance.registry.checks import CHECKS
from jinbao.insurance.registry.match import Mismatch, find, find_many
from jinbao.insurance.registry.models import Enrolment, Person
from jinbao.insurance.registry.names import difference
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed, NotFound
from jinbao.kernel.months import Month
from tests.insurance.conftest import CLERK, ELSEWHERE, NOW, REVIEWER, TODAY, City, agent, citizen, number

pytestmark = pytest.mark.django_db


def broken() -> list[str]:
    return [str(row) for check in CHECKS for row in check.rows()]


def fifteen(number18: str) -> str:
    return number18[:6] + number18[8:17]


def test_it_works(city: City) -> None:
    assert queries.person(CLERK, city.zhang.id_number) == city.zhang
    assert not broken()


def test_registering_the_same_person_twice_is_one_person(city: City, register: Callable[..., Person]) -> None:
    assert register("张三") == city.zhang
    assert Person.objects.count() == 3


def test_a_number_that_belongs_to_another_name_is_refused_with_the_reason(
    city: City, register: Callable[..., Person]
) -> None:
    with pytest.raises(Conflict, match="姓名同音不同字"):
        register("章三")


def test_a_fifteen_digit_number_means_the_person_with_eighteen(city: City, register: Callable[..., Person]) -> None:
    old = fifteen(city.zhang.id_number)
    assert find(old, "张三") == city.zhang
    person = actions.register_person(CLERK, old, "张三", region="990101", today=TODAY)
    assert person == city.zhang
    assert person.former_numbers.get().number == old
    assert queries.person(CLERK, old) == city.zhang


def test_a_womans_category_must_be_said(db: None) -> None:
    woman = number(date(1980, 3, 3), 12)
    with pytest.raises(FormatError, match="退休类别"):
        actions.register_person(CLERK, woman, "赵六", region="990101", today=TODAY)
    made = actions.register_person(CLERK, woman, "赵六", region="990101", today=TODAY, retirement_category="女职工55")
    assert (made.sex, made.retirement_category) == ("2", "女职工55")


@pytest.mark.parametrize(
    ("declared", "registered", "reason"),
    [
        ("张三", "张三", ""),
        (" 张 三", "张三", ""),
        ("买买提．吐尔逊", "买买提·吐尔逊", ""),
        ("章三", "张三", "姓名同音不同字"),
        ("单雄信", "善雄信", "姓名同音不同字"),
        ("王小明", "王小朋", "姓名有一字与登记不同"),
        ("明小王", "王小明", "姓名字序与登记不同"),
        ("张三丰", "张三", "姓名与登记不符"),
        ("李四", "张三", "姓名与登记不符"),
    ],
)
def test_names_differ_in_ways_that_can_be_named(declared: str, registered: str, reason: str) -> None:
    assert difference(declared, registered) == reason


def test_a_doubt_is_told_and_never_guessed_away(city: City) -> None:
    zhang, wrong_name, unknown, malformed = find_many(
        [
            (city.zhang.id_number, "张三"),
            (city.li.id_number, "里四"),
            (number(date(1990, 1, 1), 17), "张三"),
            (city.zhang.id_number[:17] + "?", "张三"),
        ]
    )
    assert zhang == city.zhang
    assert wrong_name == Mismatch("name", "姓名同音不同字，请核对后更正")
    assert isinstance(unknown, Mismatch)
    assert unknown.code == "unknown"
    assert isinstance(malformed, Mismatch)
    assert malformed.code == "malformed"


def test_enrolling_twice_is_one_enrolment_and_an_overlap_is_refused(city: City) -> None:
    again = actions.enrol(CLERK, city.zhang, city.employer, Month(2000, 1), today=TODAY)
    assert again == Enrolment.objects.get(person=city.zhang)
    with pytest.raises(Conflict, match="自 2000-01 起已在该单位参加"):
        actions.enrol(CLERK, city.zhang, city.employer, Month(2010, 1), today=TODAY)


def test_two_employers_at_the_same_time_are_allowed(city: City) -> None:
    actions.enrol(CLERK, city.zhang, city.other_employer, Month(2020, 1), today=TODAY)
    assert len(queries.enrolments(CLERK, city.zhang)) == 2
    assert not broken()


def test_an_enrolment_that_ended_can_be_followed_by_another(city: City) -> None:
    first = queries.enrolments(CLERK, city.zhang)[0]
    actions.end_enrolment(CLERK, first, Month(2010, 1), "离职")
    actions.enrol(CLERK, city.zhang, city.employer, Month(2012, 1), today=TODAY)
    months = [Month(2009, 12), Month(2010, 1), Month(2012, 1)]
    working = [[row.person.name for row in queries.employees(CLERK, city.employer, month)] for month in months]
    assert working == [["张三", "李四"], ["李四"], ["张三", "李四"]]
    with pytest.raises(Conflict, match="已于 2010-01 终止"):
        actions.end_enrolment(CLERK, first, Month(2010, 3), "离职")


def test_a_merge_joins_what_is_read_and_undoing_it_parts_it_exactly(city: City) -> None:
    merge = actions.merge(REVIEWER, city.zhang, city.wang, "同一人两个证件号码", now=NOW)
    assert queries.person(CLERK, city.wang.id_number) == city.zhang
    assert len(queries.enrolments(CLERK, city.zhang)) == 2
    assert not broken()
    actions.undo_merge(REVIEWER, merge, now=NOW)
    assert queries.person(CLERK, city.wang.id_number) == city.wang
    assert len(queries.enrolments(CLERK, city.zhang)) == 1
    assert not broken()
    with pytest.raises(Conflict, match="已由 复核 撤销"):
        actions.undo_merge(REVIEWER, merge, now=NOW)


def test_what_contradicts_is_not_merged(city: City, register: Callable[..., Person]) -> None:
    woman = register("赵六", date(1980, 3, 3), 12, retirement_category="女职工55")
    with pytest.raises(Conflict, match="性别"):
        actions.merge(REVIEWER, city.zhang, woman, "疑似", now=NOW)
    actions.merge(REVIEWER, city.zhang, city.wang, "同一人", now=NOW)
    with pytest.raises(Conflict, match="已经合并"):
        actions.merge(REVIEWER, city.wang, city.zhang, "同一人", now=NOW)


def test_merging_three_identities_in_a_row_keeps_one(city: City) -> None:
    actions.merge(REVIEWER, city.li, city.wang, "同一人", now=NOW)
    actions.merge(REVIEWER, city.zhang, city.li, "同一人", now=NOW)
    assert [row.name for row in queries.identities(CLERK, city.wang)] == ["张三", "李四", "王五"]


def test_death_ends_every_enrolment_with_the_next_month_and_can_be_revoked(city: City) -> None:
    actions.record_death(CLERK, city.zhang, date(2026, 2, 3), today=TODAY)
    enrolment = queries.enrolments(CLERK, city.zhang)[0]
    assert (enrolment.end, enrolment.end_reason) == (Month(2026, 3), "死亡")
    with pytest.raises(Conflict, match="死亡"):
        actions.enrol(CLERK, city.zhang, city.other_employer, Month(2026, 3), today=TODAY)
    assert not broken()
    actions.revoke_death(CLERK, city.zhang, "死亡证明有误")
    assert queries.enrolments(CLERK, city.zhang)[0].end is None
    city.zhang.refresh_from_db()
    assert city.zhang.died_on is None


def test_a_death_in_the_future_is_refused(city: City) -> None:
    with pytest.raises(Conflict, match="晚于今天"):
        actions.record_death(CLERK, city.zhang, date(2026, 4, 1), today=TODAY)


CARD = "6222020000000000000"
OTHER_CARD = "6222020000000000018"


def test_a_new_account_ends_the_old_one(city: City) -> None:
    actions.change_bank_account(CLERK, city.zhang, "演示银行", CARD, "张三", since=date(2025, 1, 1))
    actions.change_bank_account(CLERK, city.zhang, "演示银行", CARD, "张三", since=date(2025, 6, 1))
    actions.change_bank_account(CLERK, city.zhang, "江东银行", OTHER_CARD, "张三", since=date(2026, 1, 1))
    newest, oldest = queries.accounts(CLERK, city.zhang)
    assert (newest.number, newest.until) == (OTHER_CARD, None)
    assert (oldest.number, oldest.until) == (CARD, date(2026, 1, 1))
    assert queries.current_account(city.zhang) == newest


def test_an_account_of_somebody_else_is_refused(city: City) -> None:
    with pytest.raises(Conflict, match="户名"):
        actions.change_bank_account(CLERK, city.zhang, "演示银行", CARD, "李四", since=date(2025, 1, 1))


def test_wang_wu_sees_nothing_of_zhang_san(city: City) -> None:
    assert queries.person(citizen(city.zhang), city.zhang.id_number) == city.zhang
    with pytest.raises(NotFound):
        queries.person(citizen(city.wang), city.zhang.id_number)
    assert queries.search(citizen(city.wang), "张") == []
    for read in (queries.enrolments, queries.accounts, queries.identities, queries.history):
        with pytest.raises(NotFound):
            read(citizen(city.wang), city.zhang)


def test_a_citizen_with_two_identities_sees_both(city: City) -> None:
    actions.merge(REVIEWER, city.zhang, city.wang, "同一人", now=NOW)
    assert len(queries.enrolments(citizen(city.wang), city.wang)) == 2
    assert queries.person(citizen(city.wang), city.wang.id_number) == city.zhang


def test_an_employers_agent_sees_his_own_employees_and_only_their_work_with_him(city: City) -> None:
    actions.enrol(CLERK, city.zhang, city.other_employer, Month(2020, 1), today=TODAY)
    actions.change_bank_account(CLERK, city.zhang, "演示银行", CARD, "张三", since=date(2025, 1, 1))
    who = agent(city.employer)
    assert {row.name for row in queries.persons(who)} == {"张三", "李四"}
    assert [row.employer for row in queries.enrolments(who, city.zhang)] == [city.employer]
    assert queries.accounts(who, city.zhang) == []
    assert not queries.employees(who, city.other_employer, Month(2020, 1)).exists()
    with pytest.raises(NotFound):
        queries.employer(who, city.other_employer.uscc)


def test_an_officer_of_another_region_sees_and_does_nothing(city: City) -> None:
    assert queries.search(ELSEWHERE, "张") == []
    with pytest.raises(NotFound):
        queries.history(ELSEWHERE, city.zhang)
    with pytest.raises(NotAllowed):
        actions.record_death(ELSEWHERE, city.zhang, date(2026, 2, 3), today=TODAY)


def test_a_history_tells_what_happened_in_order(city: City) -> None:
    actions.change_bank_account(CLERK, city.zhang, "演示银行", CARD, "张三", since=date(2025, 1, 1))
    actions.record_death(CLERK, city.zhang, date(2026, 2, 3), today=TODAY)
    assert [line.kind for line in queries.history(CLERK, city.zhang)] == ["参保", "账户", "死亡", "停保"]


def test_a_request_sent_twice_is_one_event(city: City) -> None:
    first = actions.merge(REVIEWER, city.zhang, city.wang, "同一人", now=NOW, key="form-1")
    assert actions.merge(REVIEWER, city.zhang, city.wang, "同一人", now=NOW, key="form-1") == first


def test_what_one_actor_was_let_see_opens_nothing_for_another(city: City) -> None:
    seen = queries.see(CLERK, city.zhang)
    assert queries.family(CLERK, seen) == [city.zhang.pk]
    for other in (citizen(city.wang), ELSEWHERE):
        with pytest.raises(NotFound):
            queries.family(other, seen)
        with pytest.raises(NotFound):
            queries.record(other, seen)


def test_the_record_of_a_merged_identity_is_that_of_the_whole_person(city: City) -> None:
    Person.objects.filter(pk=city.li.pk).update(merged_into=city.zhang)
    seen = queries.see_by_pk(CLERK, city.li.pk)
    assert (seen.asked, seen.person, seen.ids) == (city.li, city.zhang, [city.zhang.pk, city.li.pk])
    assert queries.see_by_number(CLERK, city.li.id_number).ids == seen.ids
    assert [row.pk for row in queries.record(CLERK, seen).identities] == seen.ids
