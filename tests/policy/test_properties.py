"""What must hold for everybody, whatever the numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.kernel.months import Month
from jinbao.rules import load_law

LAW = load_law(production=False)
ON = date(2025, 6, 1)
CATEGORIES = st.sampled_from(["男职工", "女职工55", "女职工50"])
BIRTHS = st.integers(Month(1960, 1).ordinal, Month(1999, 12).ordinal).map(Month.from_ordinal)
YUAN = st.integers(1, 30_000_00).map(lambda fen: Decimal(fen) / 100)
MONTHS = st.integers(Month(1993, 1).ordinal, Month(2025, 4).ordinal).map(Month.from_ordinal)
CAREERS = st.dictionaries(MONTHS, YUAN, min_size=1, max_size=30)


def ask(rule: str, facts: dict[str, Any], *, on: date = ON, region: str = "990100") -> Any:
    return LAW.evaluate(rule, facts, on=on, region=region).value


def career(rows: dict[Month, Decimal]) -> list[dict[str, str]]:
    return [{"年月": str(month), "缴费基数": str(base)} for month, base in rows.items()]


def person(rows: dict[Month, Decimal], **more: Any) -> dict[str, Any]:
    return {"出生年月": "1965-02", "退休类别": "男职工", "选择退休年月": "2025-05", "月": career(rows)} | more


@given(CAREERS, st.data())
@settings(max_examples=60, deadline=None)
def test_contributing_more_never_lowers_the_pension(rows: dict[Month, Decimal], data: st.DataObject) -> None:
    month = data.draw(st.sampled_from(sorted(rows)))
    more = rows | {month: rows[month] + data.draw(YUAN)}
    for rule in ("个人账户储存额", "平均缴费工资指数", "基本养老金"):
        assert ask(rule, person(more)) >= ask(rule, person(rows))


@given(CAREERS, MONTHS)
@settings(max_examples=60, deadline=None)
def test_one_more_month_never_lowers_years_or_account(rows: dict[Month, Decimal], month: Month) -> None:
    more = {month: Decimal(5000)} | rows
    for rule in ("累计缴费月数", "缴费年限", "个人账户储存额"):
        assert ask(rule, person(more)) >= ask(rule, person(rows))


@given(CAREERS)
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_rows_changes_nothing(rows: dict[Month, Decimal]) -> None:
    backwards = person(rows) | {"月": career(rows)[::-1]}
    assert ask("基本养老金", backwards) == ask("基本养老金", person(rows))


@given(st.integers(40 * 12, 70 * 12 - 1), YUAN)
def test_retiring_later_never_lowers_the_account_part(age: int, balance: Decimal) -> None:
    def part(months: int) -> Decimal:
        text = f"{months // 12}岁{months % 12}个月"
        return Decimal(ask("个人账户养老金", {"个人账户储存额": str(balance), "退休年龄": text}))

    assert part(age + 1) >= part(age)


@given(BIRTHS, CATEGORIES)
def test_delay_grows_with_the_month_of_birth_by_one_at_most(birth: Month, category: str) -> None:
    delays = [ask("延迟月数", {"出生年月": str(month), "退休类别": category}) for month in (birth, birth + 1)]
    assert delays[1] - delays[0] in (0, 1)


@given(BIRTHS, CATEGORIES)
def test_nobody_retires_before_somebody_older(birth: Month, category: str) -> None:
    first, second = (
        LAW.evaluate_many(
            ["法定退休年月", "最低缴费月数"], {"出生年月": str(month), "退休类别": category}, on=ON, region="000000"
        )
        for month in (birth, birth + 1)
    )
    assert first["法定退休年月"].value < second["法定退休年月"].value
    assert first["最低缴费月数"].value <= second["最低缴费月数"].value


@given(st.integers(Month(1965, 1).ordinal, Month(1990, 1).ordinal).map(Month.from_ordinal), st.integers(-40, 40))
def test_a_choice_inside_the_window_is_allowed_and_outside_is_not(birth: Month, step: int) -> None:
    facts = {"出生年月": str(birth), "退休类别": "男职工"}
    chosen = ask("法定退休年月", facts) + step
    inside = ask("最早退休年月", facts) <= chosen <= ask("最晚退休年月", facts)
    assert ask("退休时间符合规定", facts | {"选择退休年月": str(chosen)}) is inside


@given(st.dictionaries(MONTHS, YUAN, max_size=24), st.dictionaries(MONTHS, YUAN, max_size=24))
@settings(max_examples=60, deadline=None)
def test_shares_of_transferred_funds_add_up(one: dict[Month, Decimal], other: dict[Month, Decimal]) -> None:
    other = {month: base for month, base in other.items() if month not in one}

    def moved(rows: dict[Month, Decimal]) -> tuple[Decimal, Decimal]:
        facts = {"月": career(rows), "转移账户储存额": "1000.01"}
        found = LAW.evaluate_many(
            ["转移统筹基金", "转移账户本金", "转移资金总额", "转移缴费工资总额"], facts, on=ON, region="990100"
        )
        assert found["转移资金总额"].value == found["转移统筹基金"].value + Decimal("1000.01")
        return found["转移缴费工资总额"].value, found["转移账户本金"].value

    together = moved(one | other)
    apart = [moved(one), moved(other)]
    assert together == (apart[0][0] + apart[1][0], apart[0][1] + apart[1][1])


@given(CAREERS, st.integers(1997, 2024))
@settings(max_examples=40, deadline=None)
def test_an_account_rolled_in_two_pieces_is_the_account_rolled_at_once(rows: dict[Month, Decimal], year: int) -> None:
    early = {month: base for month, base in rows.items() if month.year < year}
    late = {month: base for month, base in rows.items() if month.year >= year}
    if not early or not late:
        return
    opening = ask("个人账户储存额", person(early, 选择退休年月="2040-01"), on=date(year - 1, 12, 31))
    resumed = person(late, 选择退休年月="2040-01") | {"年": [{"年度": year, "年初储存额": str(opening)}]}
    whole = person(rows, 选择退休年月="2040-01")
    assert ask("个人账户储存额", resumed, on=date(2025, 12, 31)) == ask("个人账户储存额", whole, on=date(2025, 12, 31))


@given(CAREERS)
@settings(max_examples=40, deadline=None)
def test_a_period_split_into_two_equal_halves_comes_to_the_same(rows: dict[Month, Decimal]) -> None:
    months = sorted(rows)
    halves = [
        {month: rows[month] for month in part} for part in (months[: len(months) // 2], months[len(months) // 2 :])
    ]
    for rule in ("累计缴费月数", "转移缴费工资总额", "转移账户本金"):
        assert ask(rule, person(rows)) == sum(ask(rule, person(half)) for half in halves if half)


@given(YUAN, st.integers(1, 2000))
def test_a_debt_split_into_two_equal_halves_costs_the_same_late_fee_to_a_fen(owed: Decimal, days: int) -> None:
    """Each half is rounded by itself, so that together they may differ by one fen and no more."""
    whole = ask("滞纳金", {"欠缴金额": str(owed * 2), "滞纳天数": days})
    half = ask("滞纳金", {"欠缴金额": str(owed), "滞纳天数": days})
    assert abs(whole - 2 * half) <= Decimal("0.01")


@given(st.integers(1, 540), st.integers(1, 540))
def test_two_places_count_every_month_once(here: int, there: int) -> None:
    overlap = min(here, there) // 2
    facts = {"转入地缴费月数": here, "转出地缴费月数": there, "重复缴费月数": overlap}
    assert ask("重复缴费后有效月数", facts) == here + there - overlap


@given(YUAN, st.sampled_from(["420000", "510000", "420500", "990100"]))
def test_a_base_is_never_outside_its_limits(wage: Decimal, region: str) -> None:
    found = LAW.evaluate_many(
        ["核定缴费基数", "缴费基数下限", "缴费基数上限"], {"缴费工资": str(wage)}, on=ON, region=region
    )
    low, base, high = (found[name].value for name in ("缴费基数下限", "核定缴费基数", "缴费基数上限"))
    assert low <= base <= high
    assert base == wage or wage < low or wage > high


@given(YUAN, st.integers(0, 4000), st.integers(0, 400))
def test_a_late_fee_only_grows(owed: Decimal, days: int, more: int) -> None:
    def fee(length: int) -> Decimal:
        return Decimal(ask("滞纳金", {"欠缴金额": str(owed), "滞纳天数": length}))

    assert fee(days) <= fee(days + more)


@given(st.integers(0, 600), st.integers(0, 40))
def test_survivors_months_stay_between_their_limits(months: int, drawn: int) -> None:
    working = ask("抚恤月数", {"遗属人员状态": "在职", "累计缴费月数": months})
    retired = ask("抚恤月数", {"遗属人员状态": "退休", "累计缴费月数": months, "已领养老金整年数": drawn})
    assert 3 <= working <= 24
    assert 9 <= retired <= 24
    assert ask("抚恤月数", {"遗属人员状态": "在职", "累计缴费月数": months + 1}) >= working


@given(st.integers(0, 600), st.integers(0, 30), st.sampled_from(["000000", "420000"]))
def test_unemployment_never_pays_more_than_24_months(months: int, unused: int, region: str) -> None:
    found = ask("失业领取月数", {"失业保险缴费月数": months, "前次未领月数": unused}, region=region)
    assert 0 <= found <= 24


@given(YUAN, YUAN, st.sampled_from(["2014-10", "2018-06", "2024-09"]))
def test_institutions_never_pay_less_than_the_old_method_in_the_ten_years(
    old: Decimal, new: Decimal, month: str
) -> None:
    facts = {"老办法待遇": str(old), "新办法待遇": str(new), "退休年月": month}
    paid = ask("机关养老待遇", facts, region="000000")
    assert old <= paid <= max(old, new)


@given(st.integers(1, 10), YUAN, YUAN)
def test_a_worse_injury_is_never_paid_less(grade: int, wage: Decimal, average: Decimal) -> None:
    def paid(level: int) -> Decimal:
        facts = {"伤残等级": level, "受伤前月平均缴费工资": str(wage), "统筹地区月平均工资": str(average)}
        return Decimal(ask("一次性伤残补助金", facts, region="000000"))

    assert grade == 10 or paid(grade) >= paid(grade + 1)
