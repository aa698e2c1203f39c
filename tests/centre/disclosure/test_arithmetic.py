"""Tolerance follows from rounding alone, and slips of the pen are named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.centre.disclosure.produce.rounding import UNIT_FEN, apportion, units
from jinbao.centre.disclosure.rates import judge, previous
from jinbao.centre.disclosure.values import Number, join_numbers, rounded, swapped, tidy


def number(text: str) -> Number:
    found = Number.parse(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("printed", "part", "whole", "state"),
    [
        ("118.6", "613.86", "571.56", "wrong"),
        ("100.6", "60.88", "60.55", "rounding"),
        ("100.5", "60.88", "60.55", "right"),
        ("88", "337.52", "383.76", "right"),
        ("71.60", "86.19", "120.44", "wrong"),
        ("100", "0", "0", "undefined"),
        ("107.2", "4.15", "3.87", "right"),
    ],
)
def test_a_rate_is_wrong_only_if_no_inputs_within_their_rounding_give_it(
    printed: str, part: str, whole: str, state: str
) -> None:
    assert judge(number(printed), number(part), number(whole), 2).state == state


def test_last_year_is_this_year_less_the_change() -> None:
    base, span = previous(number("290.45"), number("270.99"), 1, 2)
    assert base.value == Decimal("19.46")
    assert span.holds(Decimal("19.45"))
    assert span.holds(Decimal("19.47"))
    assert not span.holds(Decimal("19.44"))


@pytest.mark.parametrize(
    ("wrong", "right", "name"),
    [
        ("517.56", "571.56", "相邻两位数字颠倒"),
        ("86.64", "86.63", "一位数字写错"),
        ("17319500", "1731.95", "元与万元混用"),
        ("173.195", "1731.95", "小数点错位"),
        ("173.95", "1731.95", "漏写一位数字"),
        ("12.34", "56.78", ""),
    ],
)
def test_slips_of_the_pen_have_names(wrong: str, right: str, name: str) -> None:
    assert swapped(Decimal(wrong), Decimal(right)) == name


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("1, 547. 08", "1,547.08"),
        ("60. 88", "60.88"),
        ("383. 76万元", "383.76万元"),
        ("4. 2024年度", "4. 2024年度"),
        ("１，７３１．９５", "1，731.95"),
    ],
)
def test_blanks_inside_numbers_are_closed_and_list_ordinals_are_not(raw: str, clean: str) -> None:
    assert tidy(raw) == clean
    assert join_numbers("54. 61 54. 61") == "54.61 54.61"


@given(st.dictionaries(st.integers(), st.integers(0, 10**10), min_size=1, max_size=30))
def test_rounded_parts_add_up_to_the_rounded_total_and_move_by_less_than_one_unit(amounts: dict[int, int]) -> None:
    total = units(sum(amounts.values()))
    found = apportion(amounts, total)
    if any(amounts.values()):
        assert sum(found.values()) == total
    assert all(abs(found[k] * UNIT_FEN - v) < UNIT_FEN for k, v in amounts.items())


@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_figures_are_rounded_half_away_from_zero(value: int, places: int) -> None:
    exact = Decimal(value) / 100000
    assert abs(rounded(exact, places) - exact) <= Decimal(1).scaleb(-places) / 2
