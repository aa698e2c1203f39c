"""What pages read: each actor sees what is his, in few queries however many cases there are."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jinbao.cases import actions, queries
from jinbao.cases.clock import Light
from jinbao.cases.models import Case
from jinbao.cases.queries import Filters
from jinbao.kernel.errors import NotAllowed, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.cases.conftest import NOW, TODAY, Town, account_form, at, card
from tests.conftest import DISTRICT, LI_SI, WANG_WU, ZHANG_SAN, make_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(town: Town, zhang_san: Actor, li_si: Actor, wang_wu: Actor) -> tuple[Case, Case, Case]:
    """张三, 李四 and 王五 ask for another account on three days."""
    people = ((zhang_san, ZHANG_SAN, "张三"), (li_si, LI_SI, "李四"), (wang_wu, WANG_WU, "王五"))
    cases = [
        actions.open_case(
            by, "bank_account_change", account_form(id_number=number, account_holder=name), now=at(days=-7 * n)
        )
        for n, (by, number, name) in enumerate(people)
    ]
    return cases[0], cases[1], cases[2]


def names(page: queries.Page) -> list[str]:
    return [line.case.subject_name for line in page.lines]


def test_an_officer_of_the_city_sees_all_the_most_urgent_first(three: tuple[Case, ...], clerk: Actor) -> None:
    page = queries.queue(clerk, today=TODAY)
    assert names(page) == ["王五", "李四", "张三"]
    assert [line.light for line in page.lines] == [Light.OVERDUE, Light.OVERDUE, Light.GREEN]
    assert (page.total, page.pages) == (3, 1)


@pytest.mark.parametrize("who", ["other_clerk", "admin"])
def test_an_officer_of_another_city_and_the_administrator_see_nothing(
    three: tuple[Case, ...], who: str, request: pytest.FixtureRequest
) -> None:
    by: Actor = request.getfixturevalue(who)
    assert queries.queue(by, today=TODAY).total == 0
    assert sum(queries.counts(by, today=TODAY).values()) == 0
    assert queries.history(by, ZHANG_SAN, today=TODAY) == ()
    for case in three:
        with pytest.raises(NotFound):
            queries.detail(by, case.number, today=TODAY)


def test_an_officer_of_a_district_sees_his_district(three: tuple[Case, ...]) -> None:
    here = make_actor("jiangdong", "江东经办", Role.CLERK, region=DISTRICT)
    assert sorted(names(queries.queue(here, today=TODAY))) == ["张三", "李四"]


def test_wang_wu_sees_nothing_of_zhang_san(three: tuple[Case, ...], wang_wu: Actor, zhang_san: Actor) -> None:
    his, _, _ = three
    assert [line.case for line in queries.mine(zhang_san, today=TODAY)] == [his]
    assert his not in [line.case for line in queries.mine(wang_wu, today=TODAY)]
    assert queries.history(wang_wu, ZHANG_SAN, today=TODAY) == ()
    for read in (queries.case, queries.preview, queries.detail):
        with pytest.raises(NotFound):
            read(wang_wu, his.number, **({} if read is queries.case else {"today": TODAY}))  # type: ignore[operator]  # one shape


def test_the_public_does_not_see_what_approval_would_do(three: tuple[Case, ...], zhang_san: Actor) -> None:
    with pytest.raises(NotAllowed):
        queries.preview(zhang_san, three[0].number, today=TODAY)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(item="bank_account_change"), 3),
        (Filters(item="pension_application"), 0),
        (Filters(light="overdue"), 2),
        (Filters(light="green"), 1),
        (Filters(state="accepted"), 0),
        (Filters(text="李四"), 1),
        (Filters(text=WANG_WU[:10].lower()), 1),
        (Filters(text="990101-20260320"), 1),
        (Filters(text="' OR 1=1"), 0),
        (Filters(text="李\x00四"), 1),
        (Filters(state="nonsense", light="nonsense"), 3),
        (Filters(mine=True), 0),
    ],
)
def test_the_queue_is_filtered(three: tuple[Case, ...], clerk: Actor, filters: Filters, found: int) -> None:
    assert queries.queue(clerk, filters, today=TODAY).total == found


@pytest.mark.parametrize("number", ["", "\x00", "990101-20260320-999999", "%"])
def test_a_number_that_is_none_is_not_found(three: tuple[Case, ...], clerk: Actor, number: str) -> None:
    for read in (lambda: queries.case(clerk, number), lambda: queries.detail(clerk, number, today=TODAY)):
        with pytest.raises(NotFound):
            read()


def test_mine_are_those_i_have_taken(three: tuple[Case, ...], clerk: Actor, second_clerk: Actor) -> None:
    actions.take(clerk, three[1], now=NOW)
    assert names(queries.queue(clerk, Filters(mine=True), today=TODAY)) == ["李四"]
    line = queries.queue(second_clerk, Filters(text="李四"), today=TODAY).lines[0]
    assert (line.holder, line.case.held_at) == ("陈经办", NOW)


def test_closed_cases_are_there_when_asked_for(three: tuple[Case, ...], clerk: Actor, zhang_san: Actor) -> None:
    actions.withdraw(zhang_san, three[0], version=three[0].version, now=at(hours=1))
    assert queries.queue(clerk, today=TODAY).total == 2
    assert queries.queue(clerk, Filters(closed=True), today=TODAY).total == 3
    assert names(queries.queue(clerk, Filters(light="closed"), today=TODAY)) == ["张三"]
    assert names(queries.queue(clerk, Filters(state="withdrawn"), today=TODAY)) == ["张三"]


def test_the_header_counts_by_light(three: tuple[Case, ...], clerk: Actor) -> None:
    actions.ask_correction(clerk, three[2], version=three[2].version, now=NOW, remark="缺项")
    counted = queries.counts(clerk, today=TODAY)
    assert counted == {Light.GREEN: 1, Light.AMBER: 0, Light.RED: 0, Light.OVERDUE: 1, Light.PAUSED: 1}


def test_what_waits_for_a_role_is_counted(three: tuple[Case, ...], clerk: Actor, reviewer: Actor) -> None:
    assert (queries.waiting_for(clerk), queries.waiting_for(reviewer)) == (3, 0)
    case = actions.accept(clerk, three[0], version=three[0].version, now=NOW)
    actions.examine(clerk, case, version=case.version, now=NOW)
    assert (queries.waiting_for(clerk), queries.waiting_for(reviewer)) == (2, 1)


def counted(read: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        read()
    return len(captured)


def many(case: Case, n: int) -> None:
    """Copy a case n times."""
    rows = []
    for number in range(n):
        copy = Case.objects.get(pk=case.pk)
        copy.pk, copy.number, copy.only_one, copy.held_by = None, f"{case.number}-{number}", "", f"someone{number}"
        rows.append(copy)
    Case.objects.bulk_create(rows)


def test_the_number_of_queries_does_not_grow_with_the_cases(three: tuple[Case, ...], clerk: Actor) -> None:
    reads: list[Callable[[], Any]] = [
        lambda: queries.queue(clerk, Filters(text="张"), today=TODAY),
        lambda: queries.counts(clerk, today=TODAY),
        lambda: queries.history(clerk, ZHANG_SAN, today=TODAY),
        lambda: queries.punctuality(clerk, TODAY, TODAY, today=TODAY),
        lambda: queries.waiting_for(clerk),
    ]
    actions.take(clerk, three[0], now=NOW)
    before = [counted(read) for read in reads]
    many(three[0], 60)
    assert [counted(read) for read in reads] == before
    assert max(before) <= 3


def test_pages_are_cut_and_a_page_beyond_the_last_is_the_last(three: tuple[Case, ...], clerk: Actor) -> None:
    many(three[0], 42)
    pages = [queries.queue(clerk, today=TODAY, page=number) for number in (1, 2, 3, 99)]
    assert [len(page.lines) for page in pages] == [20, 20, 5, 5]
    assert pages[3].number == pages[3].pages == 3
    numbers = [line.case.number for page in pages[:3] for line in page.lines]
    assert len(set(numbers)) == 45


def test_a_case_is_read_with_everything_in_few_queries(three: tuple[Case, ...], clerk: Actor, zhang_san: Actor) -> None:
    number = three[0].number
    actions.take(clerk, three[0], now=NOW)
    assert counted(lambda: queries.detail(clerk, number, today=TODAY)) <= 5
    seen, own = queries.detail(clerk, number, today=TODAY), queries.detail(zhang_san, number, today=TODAY)
    assert [step.by_name for step in seen.steps] == ["张三"]
    assert [line.verb for line in seen.verbs] == ["accept", "ask_correction"]
    assert [line.verb for line in own.verbs] == ["withdraw"]
    assert ZHANG_SAN not in str(seen.form)
    assert card() in str(own.form)
    assert (seen.service.name, seen.holder) == ("银行账户变更", "陈经办")


def test_late_decisions_are_counted_against_promise_and_law(
    three: tuple[Case, ...], clerk: Actor, reviewer: Actor
) -> None:
    for case, days in ((three[0], 0), (three[1], 3), (three[2], 40)):
        now = case.opened_at + timedelta(days=days)
        moved = actions.accept(clerk, case, version=case.version, now=now)
        moved = actions.examine(clerk, moved, version=moved.version, now=now)
        actions.approve(reviewer, moved, version=moved.version, now=now)
    (row,) = queries.punctuality(clerk, date(2026, 3, 1), date(2026, 6, 1), today=date(2026, 6, 1))
    assert (row.name, row.opened, row.closed, row.late, row.unlawful) == ("银行账户变更", 3, 3, 1, 1)
    assert row.overdue == 0
    assert 66 < row.on_time_percent < 67


def test_documents_are_handed_out_to_whoever_sees_the_case(
    town: Town, clerk: Actor, wang_wu: Actor, other_clerk: Actor, agent: Actor
) -> None:
    from tests.cases.test_effects import correction_form

    pay_slip = actions.Upload("工资发放记录", "三月工资.pdf", io.BytesIO(b"%PDF-1.4 wages"))
    case = actions.open_case(agent, "contribution_correction", correction_form(), [pay_slip], now=NOW)
    stored = case.materials.get()
    for by in (clerk, agent):
        material, content = queries.material(by, case.number, stored.pk)
        with content:
            assert (material.file_name, content.read()) == ("三月工资.pdf", b"%PDF-1.4 wages")
    for by in (wang_wu, other_clerk):
        with pytest.raises(NotFound):
            queries.material(by, case.number, stored.pk)
