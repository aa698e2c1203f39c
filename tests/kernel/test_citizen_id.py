"""公民身份号码: which part fails, what it says, and how an old number grows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.kernel.errors import FormatError
from jinbao.kernel.identifiers import CitizenId, IdentifierError
from jinbao.kernel.identifiers.citizen_id import check_character, upgrade

births = st.dates(date(1880, 1, 1), date(2026, 12, 31))
sequences = st.integers(0, 999)


def error_of(text: str, today: date | None = None) -> IdentifierError:
    with pytest.raises(IdentifierError) as caught:
        CitizenId.parse(text, today)
    return caught.value


def test_it_works() -> None:
    person = CitizenId.parse("11010519491231002X")
    assert (person.region6, person.birth, person.sex) == ("110105", date(1949, 12, 31), "女")
    assert person.remarks == ()
    assert str(person) == "11010519491231002X"


@pytest.mark.parametrize(
    ("number", "sex", "area"),
    [
        ("11010519491231002X", "女", "北京市朝阳区"),
        ("440524188001010014", "男", "广东省汕头市潮阳县"),
        ("810000199001010019", "男", "香港"),
        ("820000199001010029", "女", "澳门"),
        ("830000199001010039", "男", "台湾"),
    ],
)
def test_known_numbers_are_valid_without_remarks(number: str, sex: str, area: str) -> None:
    person = CitizenId.parse(number)
    assert (person.number18, person.sex, person.remarks) == (number, sex, ())
    parts = person.explain()
    assert parts[0].meaning == area
    assert "".join(part.text for part in parts) == number
    assert person.document == ("港澳台居民居住证" if number[0] == "8" else "居民身份证")


def test_a_wrong_check_character_says_which_it_should_be() -> None:
    error = error_of("110105194912310021")
    assert error.part == "check"
    assert "应为 X，实为 1" in error.message


def test_a_birthday_that_does_not_exist_is_named() -> None:
    error = error_of("11010519490230002X")
    assert error.part == "birth"
    assert "1949-02-30 不存在" in error.message


def test_a_birthday_in_the_future_is_refused_when_today_is_known() -> None:
    person = CitizenId.make("990100", date(2026, 5, 2), 11)
    assert CitizenId.parse(person.number18, today=date(2026, 5, 2)) == person
    assert error_of(person.number18, today=date(2026, 5, 1)).part == "birth"


@pytest.mark.parametrize(
    ("text", "part", "message"),
    [
        ("1101051949123100", "length", "应为 18 或 15 位，实为 16 位"),
        ("11010519491231002XX", "length", "实为 19 位"),
        ("1101051949l231002X", "character", "第 11 位不能是“L”"),
        ("11010519491231002Y", "character", "第 18 位不能是“Y”"),
        ("1101O5491231002", "character", "第 5 位不能是“O”"),
        ("X1010519491231002X", "character", "第 1 位"),
    ],
)
def test_length_and_characters_are_judged_before_meaning(text: str, part: str, message: str) -> None:
    error = error_of(text)
    assert error.part == part
    assert message in error.message


def test_a_number_cut_by_a_spreadsheet_is_recognised() -> None:
    assert "电子表格" in error_of("110105194912310000").advice
    assert "文本格式" in error_of("1.10105E+17").advice


@pytest.mark.parametrize(
    "text",
    ["11010519491231002x", " 11010519491231002X\t", "１１０１０５１９４９１２３１００２Ｘ", "'11010519491231002X"],
)
def test_other_spellings_are_tidied(text: str) -> None:
    assert CitizenId.parse(text).number18 == "11010519491231002X"


def test_an_old_number_grows_to_18_and_says_so() -> None:
    assert upgrade("110105491231002") == "11010519491231002X"
    person = CitizenId.parse("110105491231002")
    assert person.number18 == "11010519491231002X"
    assert [remark.code for remark in person.remarks] == ["upgraded"]


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), sequences)
def test_an_old_number_and_its_new_one_are_the_same_person(birth: date, sequence: int) -> None:
    person = CitizenId.make("990100", birth, sequence)
    assert upgrade(person.number18[:6] + person.number18[8:17]) == person.number18


def test_an_old_number_with_an_impossible_birthday_is_refused() -> None:
    assert error_of("110105490230002").part == "birth"


def test_an_area_that_was_ever_listed_is_known() -> None:
    assert CitizenId.make("110103", date(1980, 1, 1), 11).remarks == ()  # 崇文区, abolished in 2010
    assert CitizenId.make("330113", date(2022, 1, 1), 11).remarks == ()  # 临平区, since 2021


@pytest.mark.parametrize("region", ["000000", "119999", "789012", "914840"])
def test_an_unknown_area_is_remarked_and_never_refused(region: str) -> None:
    person = CitizenId.make(region, date(1980, 1, 1), 11)
    assert [remark.code for remark in person.remarks] == ["region"]
    assert region in str(person.remarks[0])
    assert person.explain()[0].meaning == "未见于历年行政区划代码"


@pytest.mark.parametrize("region", ["990100", "990123", "999999"])
def test_generated_people_live_in_demonstration_areas(region: str) -> None:
    person = CitizenId.make(region, date(1980, 1, 1), 11)
    assert person.is_demonstration
    assert person.remarks == ()
    assert person.explain()[0].meaning in ("演示市", "演示地区")
    assert not CitizenId.parse("11010519491231002X").is_demonstration


@given(births, sequences)
def test_a_made_number_says_what_it_was_made_from(birth: date, sequence: int) -> None:
    person = CitizenId.make("990100", birth, sequence)
    assert CitizenId.parse(person.number18, today=birth + timedelta(days=1)) == person
    assert (person.birth, person.sex) == (birth, "男" if sequence % 2 else "女")
    assert person.number18[17] == check_character(person.number18[:17])


@given(births, sequences, st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_wrong_digit_never_passes(birth: date, sequence: int, at: int, digit: str) -> None:
    number = CitizenId.make("990100", birth, sequence).number18
    if number[at] != digit:
        assert error_of(number[:at] + digit + number[at + 1 :]).part in ("check", "birth")


@given(births, sequences, st.integers(0, 15))
def test_two_swapped_digits_never_pass(birth: date, sequence: int, at: int) -> None:
    number = CitizenId.make("990100", birth, sequence).number18
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if swapped != number:
        assert error_of(swapped).part in ("check", "birth")


@pytest.mark.parametrize("sequence", [-1, 1000])
def test_a_sequence_has_three_digits(sequence: int) -> None:
    with pytest.raises(FormatError, match="顺序码"):
        CitizenId.make("990100", date(2000, 1, 1), sequence)


@pytest.mark.parametrize("body", ["", "1101051949123100", "1101051949123100X"])
def test_a_check_character_is_computed_from_17_digits_only(body: str) -> None:
    with pytest.raises(IdentifierError):
        check_character(body)
