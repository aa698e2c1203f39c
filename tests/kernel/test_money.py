"""Money is exact: fen in storage, Decimal in rules, named roundings, no floats."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.kernel import money
from jinbao.kernel.errors import FormatError
from jinbao.kernel.money import down, fen_half_up, fen_to_yuan, format_fen, half_even, half_up, parse_amount, up

fens = st.integers(-money.LARGEST_FEN, money.LARGEST_FEN)
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=6)


def test_it_works() -> None:
    assert money.yuan_to_fen("1,234.56 元") == 123456
    assert fen_to_yuan(123456) == Decimal("1234.56")
    assert format_fen(123456) == "1,234.56"


@given(fens)
def test_fen_survive_the_way_to_yuan_and_back(fen: int) -> None:
    assert money.yuan_to_fen(fen_to_yuan(fen)) == fen


@given(fens)
def test_what_is_shown_can_be_read_back(fen: int) -> None:
    assert money.yuan_to_fen(format_fen(fen)) == fen


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("0", "0"),
        ("1234.5", "1234.5"),
        ("1,234,567.89", "1234567.89"),
        ("1 234.56", "1234.56"),
        ("１，２３４．５６", "1234.56"),
        ("  88 元 ", "88"),
        ("88元整", "88"),
        ("￥88.00", "88.00"),
        ("-88", "-88"),
        ("－８８", "-88"),
        ("−0.01", "-0.01"),
        (".5", "0.5"),
        ("0.123456", "0.123456"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, yuan: str) -> None:
    assert str(parse_amount(text)) == yuan


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "没有金额请填 0"),
        ("   ", "没有金额请填 0"),
        ("1,23.4", "千分位"),
        ("12,3456", "千分位"),
        ("1.2E+5", "科学计数法"),
        ("3万元", "以元为单位"),
        ("5.", "数字"),
        ("一百", "数字"),
        ("1.2.3", "数字"),
        ("--1", "数字"),
        ("¥ -88", "数字"),
        ("元", "数字"),
        ("NaN", "数字"),
        ("٣", "数字"),
        ("9" * 30, "数字"),
    ],
)
def test_what_is_no_amount_is_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_amount(text)
    assert advice in caught.value.advice


@pytest.mark.parametrize("value", [1.5, 0.1, float("nan"), True, None, b"1", [1]])
@pytest.mark.parametrize("function", [money.yuan_to_fen, half_up, half_even, up, down, fen_half_up])
def test_floats_and_other_things_never_become_money(function: Any, value: Any) -> None:
    with pytest.raises(FormatError):
        function(value)


@pytest.mark.parametrize("value", [1.0, True, "1", Decimal(1)])
@pytest.mark.parametrize("function", [fen_to_yuan, format_fen])
def test_fen_are_integers_only(function: Any, value: Any) -> None:
    with pytest.raises(FormatError):
        function(value)


def test_a_float_is_answered_with_the_way_out() -> None:
    with pytest.raises(FormatError, match="浮点数") as caught:
        money.yuan_to_fen(0.1)  # type: ignore[arg-type]  # the mistake under test
    assert 'Decimal("0.10")' in caught.value.advice


@pytest.mark.parametrize("value", ["0.001", "1.005", Decimal("33.3333")])
def test_parts_of_a_fen_are_not_dropped_silently(value: Decimal | str) -> None:
    with pytest.raises(FormatError, match="不是整分"):
        money.yuan_to_fen(value)


def test_zeros_after_the_fen_are_harmless() -> None:
    assert money.yuan_to_fen("1.2300") == 123


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+100"), 10**40])
def test_what_no_account_can_hold_is_refused(value: Decimal | int) -> None:
    with pytest.raises(FormatError):
        money.yuan_to_fen(value)


def test_the_largest_storable_amount_is_the_limit() -> None:
    assert money.yuan_to_fen(fen_to_yuan(money.LARGEST_FEN)) == money.LARGEST_FEN
    with pytest.raises(FormatError, match="过大"):
        money.yuan_to_fen(Decimal("92233720368547758.08"))


@pytest.mark.parametrize(
    ("value", "expected_half_up", "expected_half_even", "expected_up", "expected_down"),
    [
        ("1.005", "1.01", "1.00", "1.01", "1.00"),
        ("1.015", "1.02", "1.02", "1.02", "1.01"),
        ("1.001", "1.00", "1.00", "1.01", "1.00"),
        ("-1.005", "-1.01", "-1.00", "-1.01", "-1.00"),
        ("2.5", "2.50", "2.50", "2.50", "2.50"),
    ],
)
def test_each_rounding_does_what_its_name_says(
    value: str, expected_half_up: str, expected_half_even: str, expected_up: str, expected_down: str
) -> None:
    results = [str(rounding(Decimal(value), 2)) for rounding in (half_up, half_even, up, down)]
    assert results == [expected_half_up, expected_half_even, expected_up, expected_down]


def test_bases_can_be_rounded_to_tens_of_yuan() -> None:
    assert str(half_up(Decimal("8125.40"), -1)) == "8130"
    assert str(half_up(7)) == "7"


@given(amounts)
def test_a_correction_mirrors_what_it_corrects(yuan: Decimal) -> None:
    for rounding in (half_up, half_even, up, down):
        assert rounding(-yuan, 2) == -rounding(yuan, 2)


@given(amounts)
def test_the_roundings_enclose_the_exact_value(yuan: Decimal) -> None:
    assert abs(down(yuan, 2)) <= abs(yuan) <= abs(up(yuan, 2))
    assert abs(half_up(yuan, 2) - yuan) <= Decimal("0.005")
    assert half_even(yuan, 2) in (down(yuan, 2), up(yuan, 2))
    assert fen_half_up(yuan) == money.yuan_to_fen(half_up(yuan, 2))


@given(fens)
def test_a_careless_decimal_context_of_the_caller_changes_nothing(fen: int) -> None:
    exact = fen_to_yuan(fen)
    with decimal.localcontext(prec=3):
        assert fen_to_yuan(fen) == exact
        assert money.yuan_to_fen(exact) == fen
        assert str(half_up(exact, 2)) == str(exact)
