"""What is paid out: drafted, decided by a second person, paid by the bank, returned, paid again, claimed back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date

import pytest

from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.checks import CHECKS as BENEFIT_CHECKS
from jinbao.insurance.benefits.compute import PENSION
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.payments import actions, queries
from jinbao.insurance.payments.checks import CHECKS
from jinbao.insurance.payments.models import Clawback, Payment, PaymentBatch, UnpaidItem
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Person
from jinbao.kernel.errors import Conflict, NotAllowed, NotFound
from jinbao.kernel.months import Month
from jinbao.ledger import queries as ledger
from jinbao.oversight import booked
from tests.insurance.banking import drafted, failed, paid, receipt, sent
from tests.insurance.conftest import CITY, CLERK, ELSEWHERE, FINANCE, NOW, REVIEWER, City, citizen
from tests.insurance.files import noon
from tests.insurance.lives import worked

pytestmark = pytest.mark.django_db

CARD, OTHER_CARD = "6222020000000000000", "6222020000000000018"
JUNE, JULY, AUGUST = Month(2026, 6), Month(2026, 7), Month(2026, 8)


def day(month: Month) -> date:
    return month.first_day.replace(day=15)


@pytest.fixture(autouse=True)
def everything_holds() -> Iterator[None]:
    yield
    rows = [str(row) for check in (*CHECKS, *BENEFIT_CHECKS) for row in check.rows()]
    assert not rows + [str(row) for row in booked.benefits_are_booked()]


@pytest.fixture
def award(city: City) -> Award:
    """张三 draws his pension from 2026-06 on, to his own account."""
    worked(city.zhang, city.employer, Month(1996, 1), Month(2026, 4))
    registry.change_bank_account(CLERK, city.zhang, "演示银行", CARD, "张三", since=date(2026, 1, 1))
    determination = benefits.determine(CLERK, city.zhang, PENSION, Month(2026, 5), now=NOW)
    return benefits.award(REVIEWER, determination, "办件1", now=NOW)


def owed_to(person: Person) -> int:
    return sum(queries.payments_of(CLERK, person).values_list("amount_fen", flat=True))


def spent() -> int:
    return ledger.balance("E10", "110", CITY)


def test_it_works(award: Award) -> None:
    batch, path = sent(JUNE, day(JUNE))
    payment = Payment.objects.get()
    assert (payment.kind, payment.for_month, payment.amount_fen) == ("regular", JUNE, award.monthly_fen)
    assert (batch.amount_fen, batch.count) == (award.monthly_fen, 1)
    assert spent() == 0
    outcome = actions.settle(FINANCE, batch, receipt(path, day(JUNE)), now=noon(day(JUNE)))
    assert (outcome.paid, outcome.complete) == (1, True)
    payment.refresh_from_db()
    batch.refresh_from_db()
    assert (payment.status, batch.status) == (Payment.Status.PAID, PaymentBatch.Status.SETTLED)
    assert spent() == award.monthly_fen


def test_the_bank_file_adds_up_and_is_the_same_when_asked_for_again(award: Award) -> None:
    batch, path = sent(JUNE, day(JUNE))
    content = path.read_bytes()
    head, columns, line, tail = content.decode("gb18030").split("\r\n")[:4]
    amount = f"{award.monthly_fen // 100}.{award.monthly_fen % 100:02d}"
    assert head == f"批次头,{batch.pk},110,2026-06,1,{amount}"
    assert columns.startswith("发放编号,户名,账号")
    assert line.endswith(f"张三,{CARD},演示银行,{amount},2026-06,当月待遇")
    assert tail.startswith(f"批次尾,1,{amount},")
    path.unlink()
    assert actions.bank_file(FINANCE, batch, now=noon(day(JUNE))).read_bytes() == content


def test_whoever_drafts_cannot_approve(award: Award) -> None:
    batch = drafted(JUNE, day(JUNE))
    with pytest.raises(NotAllowed):
        actions.approve(FINANCE, batch, now=NOW)
    with pytest.raises(NotAllowed):
        actions.approve(CLERK, batch, now=NOW)
    with pytest.raises(Conflict, match="待复核"):
        actions.bank_file(FINANCE, batch, now=NOW)
    assert actions.approve(REVIEWER, batch, now=NOW).approved_by == "复核"


def test_drafting_a_month_twice_pays_nobody_twice(award: Award) -> None:
    drafted(JUNE, day(JUNE))
    with pytest.raises(Conflict, match="没有应发待遇"):
        drafted(JUNE, day(JUNE))
    assert Payment.objects.count() == 1


def test_months_before_the_first_draft_are_back_pay(award: Award) -> None:
    drafted(AUGUST, day(AUGUST))
    kinds = list(Payment.objects.order_by("for_month").values_list("for_month", "kind"))
    assert kinds == [(JUNE, "back"), (JULY, "back"), (AUGUST, "regular")]


def test_a_voided_batch_is_owed_again(award: Award) -> None:
    batch = drafted(JUNE, day(JUNE))
    actions.void(REVIEWER, batch, "账户有误", now=noon(day(JUNE)))
    actions.void(REVIEWER, batch, "账户有误", now=noon(day(JUNE)))
    again = paid(JUNE, day(JUNE))
    assert (again.number, again.status) == (2, PaymentBatch.Status.SETTLED)
    assert spent() == award.monthly_fen
    with pytest.raises(Conflict, match="已回盘"):
        actions.void(REVIEWER, again, "太晚了", now=noon(day(JUNE)))


def test_somebody_without_an_account_is_listed_and_paid_once_he_has_one(award: Award, city: City) -> None:
    city.zhang.bank_accounts.update(until=date(2026, 5, 1))
    batch = drafted(JUNE, day(JUNE))
    item = queries.unpaid(CLERK, batch).get()
    assert (item.code, item.for_month, item.amount_fen) == ("no-account", JUNE, award.monthly_fen)
    assert not Payment.objects.exists()
    registry.change_bank_account(CLERK, city.zhang, "演示银行", OTHER_CARD, "张三", since=date(2026, 7, 1))
    drafted(JULY, day(JULY))
    assert list(Payment.objects.order_by("for_month").values_list("for_month", "kind")) == [
        (JUNE, "back"),
        (JULY, "regular"),
    ]


def test_a_returned_payment_is_paid_again_once_the_account_has_changed(award: Award, city: City) -> None:
    paid(JUNE, day(JUNE), {"张三": failed("账户已销户")})
    returned = Payment.objects.get()
    assert (returned.status, returned.return_reason) == (Payment.Status.RETURNED, "账户已销户")
    assert spent() == 0
    batch = paid(JULY, day(JULY))
    assert queries.unpaid(CLERK, batch).get().reason == "退回原因“账户已销户”，账户未变更"
    registry.change_bank_account(CLERK, city.zhang, "江东银行", OTHER_CARD, "张三", since=date(2026, 8, 1))
    paid(AUGUST, day(AUGUST))
    again = Payment.objects.get(kind="reissue")
    assert (again.reissues, again.for_month, again.account_number) == (returned, JUNE, OTHER_CARD)
    assert spent() == 3 * award.monthly_fen
    assert not queries.returned(CLERK).exists()


def test_a_reissue_that_comes_back_is_reissued_and_a_retry_may_go_to_the_same_account(award: Award) -> None:
    paid(JUNE, day(JUNE), {"张三": failed("账户冻结")})
    actions.retry(FINANCE, Payment.objects.get(), "已解冻")
    paid(JULY, day(JULY), {"张三": failed("账户冻结")})
    assert spent() == 0
    for payment in queries.returned(FINANCE):
        actions.retry(FINANCE, payment, "已解冻")
    paid(AUGUST, day(AUGUST))
    assert spent() == 3 * award.monthly_fen
    assert owed_to(award.person) == 6 * award.monthly_fen


def test_a_payment_given_back_days_later_is_owed_again(award: Award, city: City) -> None:
    paid(JUNE, day(JUNE))
    payment = Payment.objects.get()
    for _ in range(2):
        actions.give_back(FINANCE, payment, "账户长期不动户", on=date(2026, 6, 20), now=noon(date(2026, 6, 20)))
    assert spent() == 0
    registry.change_bank_account(CLERK, city.zhang, "江东银行", OTHER_CARD, "张三", since=date(2026, 7, 1))
    paid(JULY, day(JULY))
    assert spent() == 2 * award.monthly_fen


def test_settling_twice_is_settling_once(award: Award) -> None:
    batch, path = sent(JUNE, day(JUNE))
    first = actions.settle(FINANCE, batch, receipt(path, day(JUNE)), now=noon(day(JUNE)))
    second = actions.settle(FINANCE, batch, receipt(path, day(JUNE)), now=noon(day(JUNE)))
    third = actions.settle(FINANCE, batch, receipt(path, date(2026, 6, 16)), now=noon(date(2026, 6, 16)))
    assert (first.paid, second.paid, second.repeated, third.repeated) == (1, 0, 1, 1)
    assert spent() == award.monthly_fen


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"发放编号": "99999"}, "unknown"),
        ({"金额": "0.01"}, "amount"),
        ({"账号": OTHER_CARD}, "account"),
        ({"户名": "李四"}, "holder"),
    ],
)
def test_a_line_that_disagrees_is_refused_and_the_payment_keeps_waiting(
    award: Award, answer: dict[str, str], code: str
) -> None:
    batch, path = sent(JUNE, day(JUNE))
    outcome = actions.settle(FINANCE, batch, receipt(path, day(JUNE), {"张三": answer}), now=noon(day(JUNE)))
    assert [line.code for line in outcome.refused] == [code]
    assert (outcome.paid, outcome.missing, outcome.complete) == (0, 1, False)
    batch.refresh_from_db()
    assert batch.status == PaymentBatch.Status.SENT
    good = actions.settle(FINANCE, batch, receipt(path, day(JUNE)), now=noon(day(JUNE)))
    assert (good.paid, good.complete) == (1, True)


def test_a_receipt_that_contradicts_an_earlier_one_changes_nothing(award: Award) -> None:
    batch, path = sent(JUNE, day(JUNE))
    actions.settle(FINANCE, batch, receipt(path, day(JUNE)), now=noon(day(JUNE)))
    against = receipt(path, day(JUNE), {"张三": failed("账户已销户")})
    outcome = actions.settle(FINANCE, batch, against, now=noon(day(JUNE)))
    assert [line.code for line in outcome.refused] == ["contradicts"]
    assert Payment.objects.get().status == Payment.Status.PAID


def test_a_batch_that_was_not_sent_is_not_settled(award: Award) -> None:
    batch, path = sent(JUNE, day(JUNE))
    PaymentBatch.objects.filter(pk=batch.pk).update(status="approved")
    with pytest.raises(Conflict, match="已复核"):
        actions.settle(FINANCE, batch, receipt(path, day(JUNE)), now=NOW)


def test_a_recalculation_pays_the_difference_of_the_months_already_paid(award: Award) -> None:
    paid(JUNE, day(JUNE))
    paid(JULY, day(JULY))
    Person.objects.filter(pk=award.person_id).update(deemed_months=72)
    after = benefits.recalculate(REVIEWER, award, "办件2", now=NOW)
    difference = after.monthly_fen - award.monthly_fen
    paid(AUGUST, day(AUGUST))
    back = Payment.objects.filter(kind="back").order_by("for_month")
    assert [(row.for_month, row.amount_fen) for row in back] == [(JUNE, difference), (JULY, difference)]
    assert spent() == 3 * after.monthly_fen


def test_a_suspended_month_is_not_paid_and_its_arrears_are(award: Award) -> None:
    benefits.suspend(CLERK, award, JUNE, "资格认证未通过")
    with pytest.raises(Conflict, match="没有应发待遇"):
        drafted(JUNE, day(JUNE))
    benefits.resume(CLERK, award, JULY)
    paid(JULY, day(JULY))
    assert spent() == 2 * award.monthly_fen


def test_a_death_reported_late_is_claimed_back_and_paid_in(award: Award, city: City) -> None:
    for month in (JUNE, JULY, AUGUST):
        paid(month, day(month))
    today = date(2026, 9, 3)
    (claim,) = actions.report_death(CLERK, city.zhang, date(2026, 6, 20), today=today, now=noon(today))
    assert (claim.from_month, claim.to_month, claim.amount_fen) == (JULY, AUGUST, 2 * award.monthly_fen)
    assert ledger.balance("A50", "110", CITY) == 2 * award.monthly_fen
    with pytest.raises(Conflict, match="没有应发待遇"):
        drafted(Month(2026, 9), today)
    for _ in range(2):
        actions.recover(FINANCE, claim, award.monthly_fen, on=today, bank_reference="R1", now=noon(today))
    with pytest.raises(Conflict, match="尚应追回"):
        actions.recover(FINANCE, claim, award.monthly_fen + 1, on=today, bank_reference="R2", now=noon(today))
    actions.recover(FINANCE, claim, award.monthly_fen, on=today, bank_reference="R2", now=noon(today))
    assert (ledger.balance("A50", "110", CITY), spent()) == (0, award.monthly_fen)


def test_the_same_months_are_not_claimed_twice(award: Award, city: City) -> None:
    paid(JUNE, day(JUNE))
    paid(JULY, day(JULY))
    today = date(2026, 8, 3)
    (claim,) = actions.report_death(CLERK, city.zhang, date(2026, 6, 20), today=today, now=noon(today))
    with pytest.raises(Conflict, match="没有多发"):
        actions.clawback(CLERK, award, JUNE, AUGUST, "稽核", now=noon(today))
    assert Clawback.objects.get() == claim


@pytest.fixture
def overpaid(award: Award) -> Award:
    """June and July were paid before the amount was lowered from June on."""
    paid(JUNE, day(JUNE))
    paid(JULY, day(JULY))
    Person.objects.filter(pk=award.person_id).update(deemed_months=48)
    return benefits.recalculate(REVIEWER, award, "办件3", now=NOW)


def test_what_was_paid_too_much_is_listed_until_somebody_claims_it(overpaid: Award) -> None:
    batch = paid(AUGUST, day(AUGUST))
    items = queries.unpaid(CLERK, batch)
    assert [(item.for_month, item.code) for item in items] == [(JUNE, "overpaid"), (JULY, "overpaid")]
    assert all(item.amount_fen < 0 for item in items)


def test_an_overpayment_is_kept_back_from_the_next_benefit(overpaid: Award, award: Award) -> None:
    over = 2 * (award.monthly_fen - overpaid.monthly_fen)
    claim = actions.clawback(CLERK, overpaid, JUNE, JULY, "重新核定", now=noon(day(AUGUST)))
    assert claim.amount_fen == over
    before = spent()
    paid(AUGUST, day(AUGUST))
    payment = Payment.objects.get(for_month=AUGUST)
    claim.refresh_from_db()
    assert (payment.gross_fen, payment.offset_fen) == (overpaid.monthly_fen, over)
    assert (claim.recovered_fen, spent() - before) == (over, overpaid.monthly_fen - over)
    assert ledger.balance("A50", "110", CITY) == 0
    paid(Month(2026, 9), date(2026, 9, 15))
    assert Payment.objects.get(for_month=Month(2026, 9)).offset_fen == 0


def test_a_claimed_month_that_is_owed_more_again_is_paid_the_difference(overpaid: Award, award: Award) -> None:
    claim = actions.clawback(CLERK, overpaid, JUNE, JULY, "重新核定", now=NOW)
    assert actions.clawback(CLERK, overpaid, JUNE, JULY, "重新核定", now=NOW) == claim
    paid(AUGUST, day(AUGUST))
    Person.objects.filter(pk=award.person_id).update(deemed_months=60)
    again = benefits.recalculate(REVIEWER, overpaid, "办件4", now=NOW)
    assert again.monthly_fen == award.monthly_fen
    september = Month(2026, 9)
    paid(september, date(2026, 9, 15))
    assert spent() == 4 * award.monthly_fen
    assert [row.for_month for row in Payment.objects.filter(kind="back").order_by("for_month")] == [JUNE, JULY, AUGUST]


def test_an_agreed_instalment_is_the_most_that_is_kept_back_a_month(overpaid: Award) -> None:
    actions.clawback(CLERK, overpaid, JUNE, JULY, "重新核定", now=noon(day(AUGUST)), instalment_fen=1_000)
    paid(AUGUST, day(AUGUST))
    assert Payment.objects.get(for_month=AUGUST).offset_fen == 1_000


def test_what_a_returned_payment_kept_back_is_owed_again(overpaid: Award, city: City) -> None:
    claim = actions.clawback(CLERK, overpaid, JUNE, JULY, "重新核定", now=noon(day(AUGUST)))
    paid(AUGUST, day(AUGUST), {"张三": failed("账户已销户")})
    claim.refresh_from_db()
    assert claim.recovered_fen == 0
    registry.change_bank_account(CLERK, city.zhang, "江东银行", OTHER_CARD, "张三", since=date(2026, 9, 1))
    paid(Month(2026, 9), date(2026, 9, 15))
    claim.refresh_from_db()
    assert claim.recovered_fen == claim.amount_fen
    again = Payment.objects.get(kind="reissue")
    assert again.gross_fen == overpaid.monthly_fen


def test_a_claim_larger_than_a_benefit_takes_all_of_it_and_goes_on(award: Award) -> None:
    for month in (JUNE, JULY, AUGUST):
        paid(month, day(month))
    benefits.suspend(CLERK, award, JUNE, "冒领")
    claim = actions.clawback(CLERK, award, JUNE, AUGUST, "冒领", now=NOW)
    benefits.resume(CLERK, award, Month(2026, 9), arrears=False)
    september = paid(Month(2026, 9), date(2026, 9, 15))
    assert (september.status, september.amount_fen) == (PaymentBatch.Status.SETTLED, 0)
    with pytest.raises(Conflict, match="没有需要银行支付"):
        actions.bank_file(FINANCE, september, now=NOW)
    claim.refresh_from_db()
    assert claim.recovered_fen == award.monthly_fen


def test_a_claim_made_in_error_is_taken_back(overpaid: Award) -> None:
    claim = actions.clawback(CLERK, overpaid, JUNE, JULY, "重新核定", now=NOW)
    actions.cancel_clawback(REVIEWER, claim, "金额有误", now=NOW)
    assert ledger.balance("A50", "110", CITY) == 0
    paid(AUGUST, day(AUGUST))
    assert UnpaidItem.objects.filter(code="overpaid").count() == 2


def test_somebody_who_dies_after_the_draft_stops_the_approval_until_he_is_taken_out(award: Award, city: City) -> None:
    batch = drafted(AUGUST, day(AUGUST))
    actions.report_death(CLERK, city.zhang, date(2026, 7, 1), today=day(AUGUST), now=noon(day(AUGUST)))
    with pytest.raises(Conflict, match="移出批次"):
        actions.approve(REVIEWER, batch, now=NOW)
    actions.withdraw(FINANCE, Payment.objects.get(for_month=AUGUST), "死亡", now=noon(day(AUGUST)))
    assert actions.approve(REVIEWER, batch, now=NOW).amount_fen == 2 * award.monthly_fen


def test_the_double_pension_of_a_merged_person_is_listed_and_not_paid(award: Award, city: City) -> None:
    worked(city.wang, city.other_employer, Month(1996, 1), Month(2026, 4))
    Person.objects.filter(pk=city.wang.pk).update(born_on=date(1966, 1, 3))
    made = benefits.determine(CLERK, city.wang, PENSION, Month(2026, 5), now=NOW)
    second = benefits.award(REVIEWER, made, "办件8", now=NOW)
    registry.merge(REVIEWER, city.zhang, city.wang, "同一人", now=NOW)
    batch = drafted(JUNE, day(JUNE))
    assert {item.code for item in queries.unpaid(CLERK, batch)} == {"double"}
    assert not Payment.objects.exists()
    benefits.end_award(REVIEWER, second, second.start, "重复领取")
    drafted(JUNE, day(JUNE))
    assert Payment.objects.get().award == award


def test_wang_wu_sees_no_payment_and_another_region_pays_nobody(award: Award, city: City) -> None:
    paid(JUNE, day(JUNE))
    assert queries.payments_of(citizen(city.zhang), city.zhang).count() == 1
    with pytest.raises(NotFound):
        queries.payments_of(citizen(city.wang), city.zhang)
    assert not queries.batches(citizen(city.zhang)).exists()
    assert not queries.batches(ELSEWHERE).exists()
    with pytest.raises(NotAllowed):
        actions.draft(ELSEWHERE, JULY, CITY, "110", now=NOW)


def test_a_history_tells_payments_returns_and_claims(award: Award, city: City) -> None:
    paid(JUNE, day(JUNE))
    paid(JULY, day(JULY), {"张三": failed("账户已销户")})
    actions.report_death(CLERK, city.zhang, date(2026, 5, 20), today=date(2026, 8, 1), now=noon(date(2026, 8, 1)))
    assert [line.kind for line in queries.history(CLERK, city.zhang)] == ["发放", "退回", "追回"]


def test_lists_of_batches_and_payments_take_few_queries(
    award: Award, django_assert_max_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    *_, newest = [paid(month, day(month)) for month in (JUNE, JULY, AUGUST)]
    with django_assert_max_num_queries(3):
        rows = [(row.paid, row.returned, row.pending, row.problems) for row in queries.batches(CLERK)]
        people = [(row.person.name, row.award.start) for row in queries.payments(CLERK, newest)]
    assert (rows, people) == ([(1, 0, 0, 0)] * 3, [("张三", JUNE)])
