"""What employers declare, what is paid, what is corrected: every fen once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from django.db import connection

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.insurance.contributions import actions, queries
from jinbao.insurance.contributions.checks import CHECKS
from jinbao.insurance.contributions.intake_checks import correction_checks, declaration_checks
from jinbao.insurance.contributions.models import Contribution, Declaration, LateFee
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Person
from jinbao.insurance.registry.refused import refused_rows, refused_workbook
from jinbao.kernel.errors import Conflict, NotAllowed, NotFound
from jinbao.kernel.months import Month
from jinbao.ledger import queries as ledger
from tests.insurance.conftest import CLERK, ELSEWHERE, FINANCE, NOW, REVIEWER, TODAY, City, agent, citizen, number
from tests.insurance.files import WAGE, corrected, correction_file, declaration_file, declared, paid, sent

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)
IN_TIME = date(2026, 1, 20)


@pytest.fixture(autouse=True)
def everything_holds() -> object:
    yield
    assert not [str(row) for check in CHECKS for row in check.rows()]


def balance(code: str) -> int:
    return ledger.balance(code, "110", "990100")


def record(city: City, *lines: tuple[Person, str, int], today: date = TODAY) -> list[Declaration]:
    return actions.record(CLERK, declared(city.employer, list(lines)), today=today)


def pay(declaration: Declaration, on: date = IN_TIME, reference: str = "") -> None:
    actions.receive_payment(FINANCE, declaration, on=on, bank_reference=reference or f"R{declaration.pk}")


def test_it_works(city: City) -> None:
    (declaration,) = record(city, (city.zhang, "2026-01", WAGE), (city.li, "2026-01", WAGE))
    row = Contribution.objects.get(person=city.zhang)
    assert (row.base_fen, row.employer_fen, row.individual_fen, row.account_fen) == (600_000, 96_000, 48_000, 48_000)
    assert declaration.due_fen == 2 * (96_000 + 48_000)
    assert declaration.due_on == date(2026, 1, 31)
    assert (balance("A41"), balance("A42"), balance("I10")) == (192_000, 96_000, 0)


def test_a_wage_below_the_floor_counts_as_the_floor_and_one_above_the_ceiling_as_the_ceiling(city: City) -> None:
    record(city, (city.zhang, "2025-12", 100_000), (city.li, "2025-12", 9_999_900))
    bases = list(Contribution.objects.order_by("person_id").values_list("wage_fen", "base_fen"))
    assert bases == [(100_000, 449_800), (9_999_900, 2_248_800)]


def test_the_same_file_twice_is_one_declaration(city: City) -> None:
    batch = declared(city.employer, [(city.zhang, "2026-01", WAGE)])
    first = actions.record(CLERK, batch, today=TODAY)
    assert actions.record(CLERK, batch, today=TODAY) == first
    again = sent(CLERK, declaration_file(city.employer, [(city.zhang, "2026-01", WAGE)]))
    assert again == batch
    assert actions.record(CLERK, again, today=TODAY) == first
    assert Contribution.objects.count() == 1


def test_a_month_that_is_declared_already_is_refused_with_the_reason(city: City) -> None:
    record(city, (city.zhang, "2026-01", WAGE))
    batch = declared(city.employer, [(city.zhang, "2026-01", WAGE + 100), (city.li, "2026-01", WAGE)])
    actions.record(CLERK, batch, today=TODAY)
    (row,) = refused_rows(CLERK, batch)
    assert (row.code, row.place) == ("double", "第 2 行")
    assert row.reason == "2026-01 已有申报（企业职工基本养老保险），改报请办理缴费更正"
    assert Contribution.objects.count() == 2


def test_rows_that_cannot_be_matched_come_back_and_are_not_lost(city: City, register: Callable[..., Person]) -> None:
    homophone = Person(id_number=register("赵六", date(1980, 1, 1), 19).id_number, name="赵陆")
    nobody = Person(id_number=number(date(1990, 1, 1), 17), name="钱七")
    batch = declared(
        city.employer,
        [
            (city.zhang, "2026-01", WAGE),
            (homophone, "2026-01", WAGE),
            (city.wang, "2026-01", WAGE),
            (city.zhang, "1999-12", WAGE),
            (nobody, "2026-01", WAGE),
        ],
    )
    assert batch.accepted == 5
    actions.record(CLERK, batch, today=TODAY)
    reasons = [(row.place, row.code, row.reason) for row in refused_rows(CLERK, batch)]
    assert reasons == [
        ("第 3 行", "name", "姓名同音不同字，请核对后更正"),
        ("第 4 行", "not-enrolled", "未在本单位办理参保登记"),
        ("第 5 行", "not-enrolled", "1999-12 未在本单位参保（参保期间：2000-01 至 今）"),
        ("第 6 行", "unknown", "证件号码未在参保登记中找到，请先办理参保登记"),
    ]
    assert refused_workbook(CLERK, batch).exists()


def test_somebody_elses_region_is_refused(city: City) -> None:
    batch = declared(city.employer, [(city.zhang, "2026-01", WAGE)])
    with pytest.raises(NotAllowed):
        actions.record(ELSEWHERE, batch, today=TODAY)


def test_a_batch_that_is_not_accepted_is_not_recorded(city: City) -> None:
    batch = declared(city.employer, [(city.zhang, "2026-01", WAGE)])
    Batch.objects.filter(pk=batch.pk).update(status=Batch.Status.CHECKED)
    with pytest.raises(Conflict, match="请先接收"):
        actions.record(CLERK, batch, today=TODAY)


def test_a_month_counts_when_it_is_paid_and_not_before(city: City) -> None:
    (declaration,) = record(city, (city.zhang, "2026-01", WAGE))
    assert queries.career(city.zhang) == []
    pay(declaration)
    (month,) = queries.career(city.zhang)
    assert (month.month, month.base_fen, month.account_fen) == (JANUARY, 600_000, 48_000)
    assert (balance("I10"), balance("I20"), balance("A10"), balance("A41")) == (96_000, 48_000, 144_000, 0)


def test_half_paid_does_not_count_and_the_rest_completes_it(city: City) -> None:
    (declaration,) = record(city, (city.zhang, "2026-01", WAGE))
    actions.receive_payment(FINANCE, declaration, on=IN_TIME, bank_reference="R1", amounts={"110": (96_000, 8_000)})
    assert queries.career(city.zhang) == []
    actions.receive_payment(FINANCE, declaration, on=IN_TIME, bank_reference="R2")
    assert len(queries.career(city.zhang)) == 1
    assert balance("A10") == 144_000


def test_more_than_is_open_is_refused_and_the_same_transfer_twice_is_one(city: City) -> None:
    (declaration,) = record(city, (city.zhang, "2026-01", WAGE))
    with pytest.raises(Conflict, match=r"到账 960.01 元，超过应缴余额 960.00 元"):
        actions.receive_payment(
            FINANCE, declaration, on=IN_TIME, bank_reference="R1", amounts={"110": (96_001, 48_000)}
        )
    pay(declaration, reference="R1")
    pay(declaration, reference="R1")
    assert balance("A10") == 144_000
    with pytest.raises(Conflict, match="没有应缴余额"):
        pay(declaration, reference="R2")


def test_a_late_payment_bears_half_a_thousandth_a_day(city: City) -> None:
    (declaration,) = record(city, (city.zhang, "2026-01", WAGE))
    pay(declaration, on=date(2026, 2, 10))
    fee = LateFee.objects.get()
    assert (fee.days, fee.amount_fen) == (9, 648)
    assert balance("I30") == 0
    actions.receive_late_fee(FINANCE, fee, on=date(2026, 2, 10), bank_reference="R9")
    actions.receive_late_fee(FINANCE, fee, on=date(2026, 2, 10), bank_reference="R9")
    assert balance("I30") == 648


def test_a_correction_upwards_supersedes_and_counts_when_the_difference_is_paid(city: City) -> None:
    (declaration,) = record(city, (city.zhang, "2026-01", WAGE))
    pay(declaration)
    (difference,) = actions.correct(CLERK, corrected(city.employer, [(city.zhang, "2026-01", 700_000)]), today=TODAY)
    assert (difference.kind, difference.due_fen) == (Declaration.Kind.CORRECTION, 24_000)
    old, new = Contribution.objects.order_by("pk")
    assert (old.live, new.live, new.supersedes, old.base_fen) == (False, True, old, 600_000)
    assert [row.base_fen for row in queries.career(city.zhang)] == [600_000]
    pay(difference)
    assert [row.base_fen for row in queries.career(city.zhang)] == [700_000]
    assert balance("A10") == 168_000


def test_a_correction_downwards_counts_at_once_and_is_refunded(city: City) -> None:
    (declaration,) = record(city, (city.zhang, "2026-01", WAGE))
    pay(declaration)
    (back,) = actions.correct(CLERK, corrected(city.employer, [(city.zhang, "2026-01", 500_000)]), today=TODAY)
    assert (back.kind, back.due_fen) == (Declaration.Kind.REFUND, -24_000)
    assert [row.base_fen for row in queries.career(city.zhang)] == [500_000]
    assert balance("A41") == -16_000
    actions.refund(FINANCE, back, on=TODAY, bank_reference="R-back")
    assert (balance("A10"), balance("A41"), balance("I10")) == (120_000, 0, 80_000)
    with pytest.raises(Conflict, match="没有应退"):
        actions.refund(FINANCE, back, on=TODAY, bank_reference="R-again")


def test_a_month_that_should_not_have_been_declared_is_withdrawn_with_a_wage_of_zero(city: City) -> None:
    (declaration,) = record(city, (city.zhang, "2026-01", WAGE))
    pay(declaration)
    (back,) = actions.correct(CLERK, corrected(city.employer, [(city.zhang, "2026-01", 0)]), today=TODAY)
    assert back.due_fen == -144_000
    assert queries.career(city.zhang) == []
    (again,) = actions.correct(CLERK, corrected(city.employer, [(city.zhang, "2026-01", WAGE)]), today=TODAY)
    assert again.due_fen == 144_000


def test_correcting_what_is_not_paid_waits_for_the_payment(city: City) -> None:
    (declaration,) = record(city, (city.zhang, "2026-01", WAGE))
    (back,) = actions.correct(CLERK, corrected(city.employer, [(city.zhang, "2026-01", 500_000)]), today=TODAY)
    assert back.received_on is None
    actions.offset(FINANCE, back, declaration, on=TODAY)
    assert queries.career(city.zhang) == []
    actions.receive_payment(FINANCE, declaration, on=IN_TIME, bank_reference="R1")
    assert [row.base_fen for row in queries.career(city.zhang)] == [500_000]
    assert (balance("A10"), balance("A41"), balance("A42")) == (120_000, 0, 0)


def test_a_chain_of_corrections_adds_up_to_the_last(city: City) -> None:
    declarations = record(city, (city.zhang, "2026-01", WAGE))
    for wage in (700_000, 650_000, 900_000, 600_000, 0, 500_000):
        declarations += actions.correct(
            CLERK, [actions.Declared(city.zhang.id_number, "张三", JANUARY, wage, city.employer.uscc)], today=TODAY
        )
    assert sum(declaration.due_fen for declaration in declarations) == 120_000
    assert Contribution.objects.filter(live=True).count() == 1


def test_a_form_that_corrects_nothing_says_so(city: City) -> None:
    row = actions.Declared(city.zhang.id_number, "张三", JANUARY, WAGE, city.employer.uscc)
    with pytest.raises(Conflict, match="没有可更正的申报"):
        actions.correct(CLERK, [row], today=TODAY)
    actions.record(CLERK, [row], today=TODAY)
    with pytest.raises(Conflict, match="与现有申报相同"):
        actions.correct(CLERK, [row], today=TODAY)


def test_two_employers_in_one_month_are_two_rows_and_one_month_up_to_the_ceiling(city: City) -> None:
    registry.enrol(CLERK, city.zhang, city.other_employer, Month(2020, 1), today=TODAY)
    for employer in (city.employer, city.other_employer):
        rows = [actions.Declared(city.zhang.id_number, "张三", Month(2025, 12), 1_500_000, employer.uscc)]
        pay(actions.record(CLERK, rows, today=TODAY)[0])
    (month,) = queries.career(city.zhang)
    assert (month.base_fen, month.employers) == (2_248_800, 2)
    assert month.account_fen == 240_000


def test_back_months_are_a_declaration_of_their_own_kind(city: City) -> None:
    made = record(city, (city.zhang, "2024-05", WAGE), (city.zhang, "2026-02", WAGE))
    assert [(one.month, one.kind) for one in made] == [
        (Month(2024, 5), Declaration.Kind.BACK),
        (FEBRUARY, Declaration.Kind.NORMAL),
    ]


def test_a_flexible_worker_declares_and_pays_alone(city: City) -> None:
    registry.enrol(CLERK, city.wang, None, Month(2026, 1), today=TODAY)
    (declaration,) = actions.record(CLERK, [actions.Declared(city.wang.id_number, "王五", JANUARY, WAGE)], today=TODAY)
    row = Contribution.objects.get(person=city.wang)
    assert (row.employer_fen, row.individual_fen, row.account_fen) == (0, 120_000, 48_000)
    assert (declaration.person, declaration.employer) == (city.wang, None)


def test_a_merged_identity_brings_its_months_and_undoing_takes_them_back(city: City) -> None:
    pay(record(city, (city.zhang, "2026-01", WAGE))[0])
    rows = [actions.Declared(city.wang.id_number, "王五", FEBRUARY, WAGE, city.other_employer.uscc)]
    pay(actions.record(CLERK, rows, today=TODAY)[0])
    merge = registry.merge(REVIEWER, city.zhang, city.wang, "同一人", now=NOW)
    assert [row.month for row in queries.career(city.zhang)] == [JANUARY, FEBRUARY]
    assert queries.career(city.wang) == queries.career(city.zhang)
    registry.undo_merge(REVIEWER, merge, now=NOW)
    assert [row.month for row in queries.career(city.zhang)] == [JANUARY]


def test_a_month_under_both_identities_counts_once_and_is_reported(city: City) -> None:
    registry.enrol(CLERK, city.wang, city.employer, Month(2020, 1), today=TODAY)
    pay(record(city, (city.zhang, "2026-01", WAGE), (city.wang, "2026-01", 700_000))[0])
    registry.merge(REVIEWER, city.zhang, city.wang, "同一人", now=NOW)
    assert [row.base_fen for row in queries.career(city.zhang)] == [600_000]
    (conflict,) = queries.merge_conflicts(CLERK, city.zhang)
    assert {row.person for row in conflict} == {city.zhang, city.wang}
    batch = declared(city.employer, [(city.wang, "2026-01", 800_000)])
    actions.record(CLERK, batch, today=TODAY)
    assert refused_rows(CLERK, batch).get().code == "double"


def test_a_bank_file_pays_in_order_and_returns_what_does_not_fit(city: City) -> None:
    record(city, (city.zhang, "2026-01", WAGE), (city.zhang, "2026-02", WAGE))
    late = date(2026, 2, 10)
    batch = paid(
        [
            ("B1", city.employer, "2026-01", 96_000, 48_000, 648, late),
            ("B2", city.employer, "2026-02", 96_000, 48_100, 0, late),
            ("B3", city.other_employer, "2026-01", 100, 100, 0, late),
        ]
    )
    actions.receive_file(FINANCE, batch, today=TODAY)
    assert [row.month for row in queries.career(city.zhang)] == [JANUARY]
    assert [row.reason for row in refused_rows(FINANCE, batch)] == [
        "到账金额比应缴余额多 1.00 元",
        "该单位没有 2026-01 的缴费申报",
    ]
    assert balance("A10") == 144_648
    actions.receive_file(FINANCE, batch, today=TODAY)
    assert balance("A10") == 144_648


def test_every_row_leads_back_to_the_line_of_its_file(city: City) -> None:
    record(city, (city.li, "2026-01", WAGE), (city.zhang, "2026-01", WAGE))
    origin = queries.walk_back(CLERK, Contribution.objects.get(person=city.zhang))
    assert origin.place == "第 3 行"
    assert city.zhang.id_number in origin.text


def test_a_dead_person_has_no_contributions_after_the_month_of_death(city: City) -> None:
    registry.record_death(CLERK, city.zhang, date(2026, 1, 5), today=TODAY)
    batch = declared(city.employer, [(city.zhang, "2026-01", WAGE), (city.zhang, "2026-02", WAGE)])
    actions.record(CLERK, batch, today=TODAY)
    assert refused_rows(CLERK, batch).get().reason == "该参保人已于 2026-01-05 死亡"
    assert Contribution.objects.get().month == JANUARY


def test_a_preview_shows_what_would_be_refused_later(city: City) -> None:
    lines = [(city.zhang, "2026-01", WAGE), (city.wang, "2026-01", WAGE), (city.li, "1999-12", WAGE)]
    batch = intake.receive(
        CLERK,
        declaration_file(city.employer, lines),
        "一月.csv",
        "contribution_declaration",
        sender=CLERK.username,
        region="990100",
        now=NOW,
        extra_checks=declaration_checks("990100", TODAY),
    )
    assert (batch.accepted, batch.rejected) == (1, 2)
    assert [str(row.reasons[0]) for row in intake.rejected_rows(batch)] == [
        "证件号码：未在本单位办理参保登记",
        "证件号码：1999-12 未在本单位参保（参保期间：2000-01 至 今）",
    ]


def test_a_preview_of_corrections_shows_what_cannot_be_corrected(city: City) -> None:
    record(city, (city.zhang, "2026-01", WAGE))
    file = correction_file(city.employer, [(city.zhang, "2026-01", 1), (city.li, "2026-01", 1)])
    batch = intake.receive(
        CLERK,
        file,
        "更正.csv",
        "contribution_correction",
        sender=CLERK.username,
        region="990100",
        now=NOW,
        extra_checks=correction_checks("990100"),
    )
    assert [str(row.reasons[0]) for row in intake.rejected_rows(batch)] == ["证件号码：2026-01 没有可更正的申报"]


def test_a_list_of_declarations_takes_two_queries(
    city: City, django_assert_max_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    for declaration in record(city, *((city.zhang, f"2025-{n:02d}", WAGE) for n in range(1, 13))):
        pay(declaration)
    with django_assert_max_num_queries(2):
        found = [
            (row.month, row.employer, row.persons, row.due_fen - row.received_fen, row.late_fee_fen > 0)
            for row in queries.declarations(CLERK, city.employer)
        ]
    assert found[0] == (Month(2025, 12), city.employer, 1, 0, True)
    assert len(found) == 12


def test_years_tell_what_counts_and_what_is_not_paid(city: City) -> None:
    january, february = record(city, (city.zhang, "2025-01", WAGE), (city.zhang, "2025-02", WAGE))
    pay(january)
    (year,) = queries.by_year(citizen(city.zhang), city.zhang)
    assert (year.year, year.months, year.base_fen, year.unpaid_months) == (2025, 1, 600_000, 1)
    with pytest.raises(NotFound):
        queries.by_year(citizen(city.wang), city.zhang)
    assert february.received_on is None


def test_an_agent_sees_only_the_declarations_of_his_employer(city: City) -> None:
    (declaration,) = record(city, (city.zhang, "2026-01", WAGE))
    assert queries.declarations(agent(city.employer)).get() == declaration
    assert not queries.declarations(agent(city.other_employer)).exists()
    assert not queries.declarations(citizen(city.zhang)).exists()
    with pytest.raises(NotFound):
        queries.rows_of(agent(city.other_employer), declaration)
    with pytest.raises(NotFound):
        queries.walk_back(citizen(city.wang), Contribution.objects.get())


def test_a_history_tells_spans_and_corrections(city: City) -> None:
    record(city, *((city.zhang, month, WAGE) for month in ("2025-01", "2025-02", "2025-04")))
    actions.correct(CLERK, corrected(city.employer, [(city.zhang, "2025-02", 700_000)]), today=TODAY)
    texts = [line.text for line in queries.history(CLERK, city.zhang)]
    assert texts == [
        "演示机械厂：2025-01 至 2025-02 申报缴费 2 个月",
        "演示机械厂：2025-04 至 2025-04 申报缴费 1 个月",
        "2025-02 企业职工基本养老保险缴费工资由 6,000.00 元更正为 7,000.00 元",
    ]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses a plan by the size of the table")
def test_the_rows_of_a_person_are_found_by_an_index(city: City) -> None:
    plan = queries.rows(CLERK, city.zhang).explain()
    assert "one_live_row" in plan
    assert "contribution_superseded" in plan
    assert "SCAN contributions_contribution" not in plan
