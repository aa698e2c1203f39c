"""Area codes are judged by their history: a code that was listed once is known for ever."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from jinbao.kernel import gb2260
from jinbao.kernel.errors import FormatError, NotFound
from jinbao.kernel.gb2260 import history_of, is_known, name_of, path_of


def test_it_works() -> None:
    assert name_of("420106") == "武昌区"
    assert path_of("420106") == ("湖北省", "武汉市", "武昌区")


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("000000", ("全国",)),
        ("420000", ("湖北省",)),
        ("420100", ("湖北省", "武汉市")),
        ("429004", ("湖北省", "仙桃市")),
        ("110101", ("北京市", "东城区")),
        ("441900", ("广东省", "东莞市")),
        ("132101", ("河北省", "邯郸地区", "邯郸市")),
        ("990100", ("演示市",)),
        ("990123", ("演示地区",)),
    ],
)
def test_a_path_names_every_level_that_exists(code: str, path: tuple[str, ...]) -> None:
    assert path_of(code) == path


def test_a_name_is_the_one_of_its_day() -> None:
    assert name_of("420600", date(2008, 5, 1)) == "襄樊市"
    assert name_of("420600", date(2012, 5, 1)) == "襄阳市"
    assert name_of("420600") == "襄阳市"
    assert path_of("420602", date(2008, 5, 1)) == ("湖北省", "襄樊市", "襄城区")


def test_in_the_year_of_a_change_the_name_at_its_end_is_preferred_and_a_code_given_up_still_holds() -> None:
    assert name_of("120110", date(1992, 3, 1)) == "东丽区"
    assert name_of("110103", date(2010, 3, 1)) == "崇文区"


def test_an_abolished_code_keeps_its_last_name_and_knows_its_successor() -> None:
    assert name_of("110103") == "崇文区"
    assert history_of("110103")[0].successors == (("110101", None),)
    assert history_of("120106")[0].successors == (("120113", 2020),)


def test_the_path_of_an_abolished_county_is_that_of_its_last_full_year() -> None:
    assert path_of("320821") == (
        "江苏省",
        "淮阴市",
        "淮阴县",
    )  # in 2000 the city became 淮安市 and the county its district


def test_an_area_is_listed_from_its_first_year_until_before_the_year_it_is_given_up() -> None:
    area = history_of("110103")[0]
    assert [area.listed_in(year) for year in (1980, 1981, 2009, 2010)] == [False, True, True, False]


def test_counties_of_recent_years_are_here() -> None:
    assert path_of("330113") == ("浙江省", "杭州市", "临平区")
    assert path_of("653228") == ("新疆维吾尔自治区", "和田地区", "和康县")


def test_a_code_outside_its_years_is_refused_with_its_history() -> None:
    with pytest.raises(NotFound, match="2020 年未启用") as caught:
        name_of("110103", date(2020, 1, 1))
    assert "崇文区 1981–2010" in caught.value.advice


def test_a_code_that_never_existed_is_refused() -> None:
    assert not is_known("429999")
    with pytest.raises(NotFound, match="从未启用"):
        name_of("429999")


@pytest.mark.parametrize("code", ["4201", "42010a", "", "９９０１００", "99010a"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert not is_known(code)
    with pytest.raises(FormatError):
        name_of(code)


def test_the_table_is_complete_and_its_years_never_overlap() -> None:
    areas = gb2260._areas()
    rows = [area for history in areas.values() for area in history]
    assert len(rows) == 6823
    assert sum(area.until is None for area in rows) == 3213
    for history in areas.values():
        for earlier, later in pairwise(history):
            assert earlier.until is not None
            assert earlier.until <= later.since


def test_every_area_has_its_province_above_it() -> None:
    for code, history in gb2260._areas().items():
        for area in history:
            year = 2024 if area.until is None else area.until - 1
            path = path_of(code, date(year, 7, 1))
            assert path[-1] == area.name
            assert path[0] == name_of(f"{code[:2]}0000", date(year, 7, 1))
