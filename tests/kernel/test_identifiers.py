"""Every number of the house is parsed, judged part by part, completed and explained."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.kernel.errors import FormatError
from jinbao.kernel.identifiers import (
    BankCard,
    CardIdentifier,
    CardNumber,
    CitizenId,
    ForeignerId,
    IdentifierError,
    OrgCode,
    Uscc,
    bank_card,
    card_number,
    check_digits,
    uscc,
)
from jinbao.kernel.identifiers.check_digits import ALPHANUMERIC, DIGITS, USCC_ALPHABET

PARSERS: list[Callable[[str], Any]] = [
    CitizenId.parse,
    ForeignerId.parse,
    Uscc.parse,
    OrgCode.parse,
    CardNumber.parse,
    CardIdentifier.parse,
    BankCard.parse,
]


def part_of(parse: Callable[[str], Any], text: str) -> str:
    with pytest.raises(IdentifierError) as caught:
        parse(text)
    assert caught.value.code == f"identifier-{caught.value.part}"
    assert caught.value.advice
    return caught.value.part


@pytest.mark.parametrize(
    ("parse", "number"),
    [
        (Uscc.parse, "91110000600037341L"),
        (Uscc.parse, "11100000000013338W"),
        (Uscc.parse, "113200000140000003"),
        (OrgCode.parse, "A00000011"),
        (BankCard.parse, "6217230000000000006"),
        (BankCard.parse, "6222020000000000000"),
        (CardNumber.parse, "X00000019"),
        (CardNumber.parse, "A12345674"),
        (CardNumber.parse, "Z99000127"),
        (CardNumber.parse, "000000019"),
        (CardIdentifier.parse, "639900D15600000500BF7C7A48FB4966"),
        (CardIdentifier.parse, "320500D1560000050000000000000001"),
        (ForeignerId.parse, "914840198506150014"),
        (ForeignerId.parse, "USA123456789012"),
    ],
)
def test_known_numbers_are_valid(parse: Callable[[str], Any], number: str) -> None:
    found = parse(number)
    assert str(found) == number
    assert "".join(part.text for part in found.explain()) == number
    assert all(part.meaning for part in found.explain())


@pytest.mark.parametrize("parse", PARSERS)
def test_what_is_empty_short_or_foreign_is_refused(parse: Callable[[str], Any]) -> None:
    assert part_of(parse, "") == "length"
    assert part_of(parse, "   ") == "length"
    assert part_of(parse, "1234") == "length"
    assert part_of(parse, 110105194912310020) == "character"  # type: ignore[arg-type]  # a number out of a spreadsheet
    assert part_of(parse, "1.10105E+17") == "character"


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text(max_size=40))
def test_any_text_at_all_is_answered_without_a_traceback(parse: Callable[[str], Any], text: str) -> None:
    with suppress(IdentifierError):
        assert str(parse(text)).isalnum()


@pytest.mark.parametrize(
    ("parse", "number", "part"),
    [
        (CardNumber.parse, "X00000018", "check"),
        (CardNumber.parse, "X0000001A", "character"),
        (CardNumber.parse, "X-0000019", "character"),
        (OrgCode.parse, "A0000001X", "check"),
        (BankCard.parse, "6217230000000000007", "check"),
        (BankCard.parse, "62172300000000000O6", "character"),
        (Uscc.parse, "91110000600037341M", "check"),
        (Uscc.parse, "9111000060003734IL", "character"),
        (Uscc.parse, "911100A0600037341L", "character"),
        (CardIdentifier.parse, "639900D15600000600BF7C7A48FB4966", "structure"),
        (CardIdentifier.parse, "639900D15600000500BF7C7A48FB496G", "character"),
        (CardIdentifier.parse, "63990AD15600000500BF7C7A48FB4966", "character"),
        (ForeignerId.parse, "814840198506150014", "structure"),
        (ForeignerId.parse, "914840198502300014", "birth"),
        (ForeignerId.parse, "914840198506150015", "check"),
        (ForeignerId.parse, "US1123456789012", "structure"),
    ],
)
def test_an_error_names_the_part_that_fails(parse: Callable[[str], Any], number: str, part: str) -> None:
    assert part_of(parse, number) == part


def test_errors_never_repeat_the_whole_number() -> None:
    number = "110105194912310021"
    with pytest.raises(IdentifierError) as caught:
        CitizenId.parse(number)
    assert number not in str(caught.value)
    assert number[6:14] not in str(caught.value)


@pytest.mark.parametrize(
    ("parse", "written", "number"),
    [
        (BankCard.parse, "6217 2300 0000 0000 006", "6217230000000000006"),
        (OrgCode.parse, "a0000001-1", "A00000011"),
        (Uscc.parse, " ９１１１００００６０００３７３４１ｌ ", "91110000600037341L"),
        (CardNumber.parse, "'x00000019", "X00000019"),
    ],
)
def test_what_people_and_spreadsheets_write_is_tidied(parse: Callable[[str], Any], written: str, number: str) -> None:
    assert str(parse(written)) == number


def test_a_letter_for_a_digit_is_suspected() -> None:
    with pytest.raises(IdentifierError, match="第 17 位不能是“I”") as caught:
        Uscc.parse("9111000060003734IL")
    assert "数字 1" in caught.value.advice


def test_a_credit_code_says_what_it_contains() -> None:
    code = Uscc.parse("91110000600037341L")
    assert (code.category, code.region6, code.org_code, code.remarks) == ("91", "110000", "600037341", ())
    assert [part.meaning for part in code.explain()][:2] == ["企业", "北京市"]
    national = Uscc.parse("11100000000013338W")
    assert national.explain()[1].meaning == "国家"
    assert "region" not in [remark.code for remark in national.remarks]


def test_an_unusual_credit_code_is_remarked_and_not_refused() -> None:
    assert [remark.code for remark in Uscc.parse("113200000140000003").remarks] == ["org-code"]
    assert [remark.code for remark in Uscc.make("77", "429999", "MA000001").remarks] == ["category", "region"]


def test_a_demonstration_employer_has_a_demonstration_region() -> None:
    code = Uscc.make("91", "990100", "MA0JB001")
    assert code.is_demonstration
    assert code.remarks == ()
    assert not Uscc.parse("91110000600037341L").is_demonstration


@given(st.text(USCC_ALPHABET, min_size=8, max_size=8), st.sampled_from(["11", "12", "91", "92"]))
def test_a_made_credit_code_is_valid(body: str, category: str) -> None:
    code = Uscc.make(category, "420100", body)
    assert Uscc.parse(code.number) == code
    assert code.remarks == ()
    assert code.number == code.number[:17] + uscc.check_character(code.number[:17])


@given(st.data())
def test_one_wrong_character_in_a_credit_code_is_always_caught(data: st.DataObject) -> None:
    number = Uscc.make("91", "420100", data.draw(st.text(USCC_ALPHABET, min_size=8, max_size=8))).number
    at = data.draw(st.integers(0, 17))
    alphabet = DIGITS if 2 <= at < 8 else USCC_ALPHABET
    wrong = data.draw(st.sampled_from([char for char in alphabet if char != number[at]]))
    assert part_of(Uscc.parse, number[:at] + wrong + number[at + 1 :]) == "check"


@given(st.text(ALPHANUMERIC, min_size=8, max_size=8))
def test_a_made_card_number_is_valid(body: str) -> None:
    number = CardNumber.make(body).number
    assert number == body + card_number.check_character(body)
    assert OrgCode.parse(number).number == number


@given(st.text(DIGITS, min_size=8, max_size=8), st.integers(0, 7), st.sampled_from(DIGITS))
def test_one_wrong_digit_in_a_card_number_is_always_caught(body: str, at: int, digit: str) -> None:
    number = CardNumber.make(body).number
    if number[at] != digit:
        assert part_of(CardNumber.parse, number[:at] + digit + number[at + 1 :]) == "check"


@given(st.text(DIGITS, min_size=15, max_size=18), st.data())
def test_one_wrong_digit_in_a_bank_card_is_always_caught(body: str, data: st.DataObject) -> None:
    number = body + bank_card.luhn(body)
    assert BankCard.parse(number).number == number
    at = data.draw(st.integers(0, len(number) - 1))
    digit = data.draw(st.sampled_from([char for char in DIGITS if char != number[at]]))
    assert part_of(BankCard.parse, number[:at] + digit + number[at + 1 :]) == "check"


def test_a_foreigners_card_says_where_from_and_when_born() -> None:
    card = ForeignerId.parse("914840198506150014", today=date(2026, 1, 1))
    assert (card.place, card.nationality, card.birth, card.sex) == ("14", "840", date(1985, 6, 15), "男")
    with pytest.raises(IdentifierError, match="晚于今天"):
        ForeignerId.parse("914840198506150014", today=date(1985, 6, 14))


def test_a_licence_identifier_checks_by_mod_37_36() -> None:
    assert check_digits.mod37_36("A12425GABC1234002") == "M"


@given(st.text(ALPHANUMERIC, min_size=1, max_size=30), st.data())
def test_mod_37_36_tells_any_one_wrong_character(body: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body) - 1))
    wrong = data.draw(st.sampled_from([char for char in ALPHANUMERIC if char != body[at]]))
    assert check_digits.mod37_36(body[:at] + wrong + body[at + 1 :]) != check_digits.mod37_36(body)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Uscc.make("91", "990100", "MA0"),
        lambda: CardNumber.make("abc"),
        lambda: CitizenId.make("9901", date(2000, 1, 1), 1),
    ],
)
def test_incomplete_parts_make_no_number(make: Callable[[], Any]) -> None:
    with pytest.raises(FormatError):
        make()
