"""Search in Chinese: two characters, words that jieba cuts across, pinyin, column names; the same on both databases."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.data.catalogue import actions, queries
from jinbao.data.catalogue.description import Item
from jinbao.data.catalogue.words import document_words, query_terms
from jinbao.trust.actors import Actor
from tests.data.catalogue.conftest import NOW, Make

CIVIL, HEALTH = "演示市民政局", "演示市卫生健康委员会"


@pytest.fixture
def shelf(make: Make) -> None:
    """Five resources of three providers."""
    make()
    births = (Item("新生儿姓名"), Item("养老保险关系"))
    make(name="死亡人员登记", provider=CIVIL, category="302001", grade="3", items=(Item("死亡日期"), Item("姓名")))
    make(
        name="殡葬火化信息", provider=CIVIL, category="302002", summary="殡仪馆的火化登记。", items=(Item("火化日期"),)
    )
    make(name="出生医学证明", provider=HEALTH, category="303001", summary="助产机构签发。", items=births)
    about = "按证件号码查养老保险参保状态。"
    make(name="参保人员查询接口", kind="interface", category="203001", share_type="1", summary=about, items=())


def found(text: str, by: Actor, **filters: str) -> list[str]:
    return [hit.name for hit in queries.search(text, by, filters=filters).hits]


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("死亡", ["死亡人员登记"]),
        ("养老", ["企业职工基本养老保险缴费明细", "出生医学证明", "参保人员查询接口"]),
        ("养老保险", ["企业职工基本养老保险缴费明细", "出生医学证明", "参保人员查询接口"]),
        ("养老缴费", ["企业职工基本养老保险缴费明细"]),
        ("本养", ["企业职工基本养老保险缴费明细"]),
        ("ylbx", ["企业职工基本养老保险缴费明细", "出生医学证明", "参保人员查询接口"]),
        ("qyzg", ["企业职工基本养老保险缴费明细"]),
        ("BASE_FEN", ["企业职工基本养老保险缴费明细"]),
        ("id_num", ["企业职工基本养老保险缴费明细"]),
        ("登记", ["死亡人员登记", "殡葬火化信息"]),
        ("火化 民政", ["殡葬火化信息"]),
        ("３１７００１", ["企业职工基本养老保险缴费明细"]),
        ("证", ["出生医学证明", "企业职工基本养老保险缴费明细", "参保人员查询接口"]),
        ("没有的词", []),
    ],
)
def test_what_is_typed_is_found_and_the_name_comes_first(text: str, names: list[str], steward: Actor) -> None:
    assert found(text, steward) == names


@pytest.mark.usefixtures("shelf")
def test_no_words_list_everything_and_filters_narrow_it(steward: Actor) -> None:
    assert len(found("", steward)) == 5
    assert len(found(" ，。", steward)) == 5
    assert found("登记", steward, provider=CIVIL, grade="3") == ["死亡人员登记"]
    assert found("", steward, kind="interface") == ["参保人员查询接口"]
    assert found("", steward, category="203") == ["参保人员查询接口"]


@pytest.mark.usefixtures("shelf")
def test_each_value_of_a_filter_says_how_many_there_are(steward: Actor) -> None:
    facets = queries.search("", steward, filters={"kind": "table"}).facets
    assert dict(facets["provider"])[CIVIL] == 2
    assert dict(facets["kind"]) == {"table": 4, "interface": 1}
    assert dict(facets["share_type"]) == {"2": 4}


@pytest.mark.usefixtures("shelf")
def test_a_result_says_in_which_items_it_was_found(steward: Actor) -> None:
    found = queries.search("日期", steward)
    assert [(hit.name, hit.items) for hit in found.hits] == [
        ("死亡人员登记", ("死亡日期",)),
        ("殡葬火化信息", ("火化日期",)),
    ]
    assert found.marks == ("日期",)


def test_the_index_changes_with_the_resource(make: Make, steward: Actor, second_steward: Actor) -> None:
    resource = make()
    described = actions.described_of(resource)
    actions.change(
        steward, resource, type(described)(**{**vars(described), "name": "失业保险金发放"}), version=1, now=NOW
    )
    assert found("失业", steward) == ["失业保险金发放"]
    assert found("基本养老", steward) == []


@pytest.mark.django_db
@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_whatever_is_typed_is_answered(text: str) -> None:
    assert queries.search(text).total == 0


@given(st.text(alphabet="社会保险养老失业工伤人员登记缴费", min_size=2, max_size=12), st.data())
@settings(max_examples=200, deadline=None)
def test_any_two_characters_that_stand_together_are_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    words = document_words(text)
    (alternatives,) = query_terms(text[start : start + 2])
    assert any(set(one) <= words for one in alternatives)
