"""The fund's monthly statement: every line is a sum of ledger rows, and the whole adds up."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.insurance.contributions.models import LateFee, Receipt
from jinbao.insurance.payments.models import Payment
from jinbao.kernel.errors import DeclarationError, NotAllowed
from jinbao.kernel.months import Month
from jinbao.ledger import queries as ledger
from jinbao.oversight import statements
from tests.insurance.conftest import CITY, ELSEWHERE, FINANCE, City
from tests.oversight.conftest import FEBRUARY, JANUARY, JUNE

pytestmark = pytest.mark.django_db

MARCH = Month(2026, 3)
EVERY_MONTH = [Month(2025, 12), JANUARY, FEBRUARY, MARCH, JUNE]
FUNDS = ["110", "210"]
MADE = [(fund, month) for fund in FUNDS for month in EVERY_MONTH]


def income(fund: str, month: Month) -> int:
    """Sum the money of a month, refunds deducted and late fees added, from the facts themselves."""
    days = (month.first_day, month.last_day)
    receipts = Receipt.objects.filter(scheme=fund, on__range=days)
    fees = LateFee.objects.filter(receipt__scheme=fund, received_on__range=days)
    money = sum(row.employer_fen + row.individual_fen for row in receipts)
    return money + sum(fees.values_list("amount_fen", flat=True))


def test_it_works(books: City) -> None:
    march = statements.monthly(FINANCE, CITY, "110", MARCH)
    fees = sum(LateFee.objects.filter(receipt__scheme="110").values_list("amount_fen", flat=True))
    assert march.line("滞纳金收入").month_fen == fees > 0
    june = statements.monthly(FINANCE, CITY, "110", JUNE)
    assert june.line("待遇支出").month_fen == Payment.objects.get().amount_fen > 0


def test_income_is_the_money_that_came_in(books: City) -> None:
    for fund, month in MADE:
        if month >= JANUARY:
            line = statements.monthly(FINANCE, CITY, fund, month).line("一、本期收入")
            assert line.month_fen == income(fund, month), (fund, month)
            assert line.year_fen == sum(income(fund, Month(2026, n)) for n in range(1, month.month + 1))
    assert income("210", JANUARY) > 0


def test_opening_plus_income_less_expense_is_closing_and_the_next_opening(books: City) -> None:
    names = ("上期结余", "一、本期收入", "二、本期支出", "三、本期结余", "四、期末滚存结余")
    for fund, month in MADE:
        statement = statements.monthly(FINANCE, CITY, fund, month)
        for figure in ("month_fen", "year_fen"):
            opening, came, went, left, closing = (getattr(statement.line(name), figure) for name in names)
            assert opening + came - went == closing
            assert closing - opening == left
        before = statements.monthly(FINANCE, CITY, fund, month - 1)
        assert before.line("四、期末滚存结余").month_fen == statement.line("上期结余").month_fen


def test_the_closing_balance_is_the_money_in_the_banks(books: City) -> None:
    for fund, month in MADE:
        closing = statements.monthly(FINANCE, CITY, fund, month).line("四、期末滚存结余").month_fen
        assert closing == sum(ledger.balance(code, fund, CITY, until=month) for code in ("A10", "A20", "A30"))


def test_every_line_is_the_sum_of_the_entries_behind_it(books: City) -> None:
    for fund, month in MADE:
        for line in (line for line in statements.monthly(FINANCE, CITY, fund, month).lines if line.account):
            entries = ledger.events_of(line.account, fund, CITY, month)
            grows = {"I": "credit", "E": "debit"}[line.account[0]]
            signed = [row.amount_fen * (1 if getattr(row, grows).code == line.account else -1) for row in entries]
            assert sum(signed) == line.month_fen, (fund, month, line.name)


def test_the_city_is_the_sum_of_its_districts(books: City) -> None:
    for fund in FUNDS:
        whole = statements.monthly(FINANCE, CITY, fund, JANUARY)
        parts = [statements.monthly(FINANCE, region, fund, JANUARY) for region in ("990101", "990102")]
        assert all(part.line("一、本期收入").month_fen > 0 for part in parts)
        for line in whole.lines:
            assert line.month_fen == sum(part.line(line.name).month_fen for part in parts)
            assert line.year_fen == sum(part.line(line.name).year_fen for part in parts)


def test_another_city_s_officer_may_not_see_it(books: City) -> None:
    with pytest.raises(NotAllowed):
        statements.monthly(ELSEWHERE, CITY, "110", JANUARY)


def test_a_month_without_movement_carries_the_balance_over(books: City) -> None:
    april = statements.monthly(FINANCE, CITY, "110", Month(2026, 4))
    assert april.line("一、本期收入").month_fen == april.line("二、本期支出").month_fen == 0
    assert april.line("上期结余").month_fen == april.line("四、期末滚存结余").month_fen > 0


def declared(folder: Path, lines: str) -> None:
    report = folder / "fund_monthly" / "report.yaml"
    report.parent.mkdir()
    report.write_text(f"title: 月报\norigin: 示例表样\nlines:\n{lines}", encoding="utf-8")


ALL_BUT_EXPENSE = """\
  - {name: 单位缴费收入, kind: 收入, account: I10}
  - {name: 个人缴费收入, kind: 收入, account: I20}
  - {name: 滞纳金收入, kind: 收入, account: I30}
"""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("  - {name: 利息收入, kind: 收入, account: I99}\n", "科目表没有的科目 I99"),
        ("  - {name: 合计, kind: 合计, of: [没有的行]}\n", "没有的行"),
        (ALL_BUT_EXPENSE, "待遇支出"),
        (ALL_BUT_EXPENSE + "  - {name: 待遇支出, kind: 收入, account: E10}\n", "待遇支出"),
    ],
)
def test_a_report_that_cannot_add_up_is_refused(tmp_path: Path, lines: str, said: str) -> None:
    declared(tmp_path, lines)
    with pytest.raises(DeclarationError, match=said):
        statements.load_report("fund_monthly", tmp_path)
