"""The calculators of the portal: bookmarkable, checked at each field, explained down to the article."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client

from jinbao.rules import load_law
from jinbao.web.portal import estimate, retirement
from jinbao.web.trace import Node, tree_of

ZHANG = {"出生年月": "1966-01", "退休类别": "男职工"}
CAREER = {
    "累计缴费月数": "482",
    "建账前缴费月数": "120",
    "平均缴费工资指数": "0.7628",
    "个人账户储存额": "98765.43",
}


def html_of(client: Client, address: str, **data: str) -> str:
    return client.get(address, data).content.decode()


def test_the_window_of_a_man_born_in_january_1966_is_shown(client: Client) -> None:
    html = html_of(client, "/retirement-age/", **ZHANG)
    for text in ("2026年1月", "2026年5月", "2029年5月", "60岁4个月", "15年"):
        assert text in html


def test_an_empty_form_shows_no_result_and_no_reproach(client: Client) -> None:
    html = html_of(client, "/retirement-age/")
    assert "怎么算出来的" not in html
    assert "需要改正" not in html


@pytest.mark.parametrize("birth", ["1966年1月", "196601", "１９６６-０１"])
def test_months_are_read_as_people_write_them(client: Client, birth: str) -> None:
    assert "2026年5月" in html_of(client, "/retirement-age/", **ZHANG | {"出生年月": birth})


def test_a_wrong_month_is_reported_at_its_field_and_in_the_summary(client: Client) -> None:
    answer = client.get("/retirement-age/", ZHANG | {"出生年月": "66年"})
    html = answer.content.decode()
    assert answer.status_code == 400
    assert 'href="#f-出生年月"' in html
    assert 'aria-invalid="true"' in html


def test_a_missing_choice_is_asked_for(client: Client) -> None:
    assert "请填写“退休类别”" in html_of(client, "/retirement-age/", 出生年月="1966-01")


def test_a_choice_outside_the_window_says_why_not(client: Client) -> None:
    html = html_of(client, "/retirement-age/", **ZHANG | {"选择退休年月": "2025-06"})
    assert "不符合规定" in html


def test_somebody_older_than_the_reform_still_learns_his_month(client: Client) -> None:
    html = html_of(client, "/retirement-age/", **ZHANG | {"出生年月": "1964-03"})
    assert "2024年3月" in html
    assert "不适用弹性退休" in html


def test_every_step_of_the_estimate_names_its_article(client: Client) -> None:
    html = html_of(client, "/pension-estimate/", **ZHANG, **CAREER)
    assert "国发〔2005〕38号" in html
    assert "/see/law/pension/basic/#38-6-2" in html


def test_the_amount_on_the_page_is_that_of_the_law(client: Client) -> None:
    law, facts = load_law(), ZHANG | CAREER
    expected = law.evaluate("基本养老金", facts, on=date(2026, 3, 20), region="990100")
    assert f"{expected.value:,}" in html_of(client, "/pension-estimate/", region="990100", **facts)


def test_whoever_lacks_months_learns_how_many(client: Client) -> None:
    html = html_of(client, "/pension-estimate/", **ZHANG, **CAREER | {"累计缴费月数": "150", "建账前缴费月数": "0"})
    assert "还不能按月领取" in html
    assert "2年6个月" in html


def test_coming_from_the_other_calculator_is_not_a_mistake(client: Client) -> None:
    answer = client.get("/pension-estimate/", ZHANG)
    assert answer.status_code == 200
    assert "需要改正" not in answer.content.decode()


def test_pressing_the_button_too_early_lists_what_is_missing(client: Client) -> None:
    answer = client.get("/pension-estimate/", ZHANG | {"go": "1"})
    assert answer.status_code == 400
    assert "请填写“个人账户储存额”" in answer.content.decode()


def test_a_place_that_cannot_be_computed_is_refused(client: Client) -> None:
    assert client.get("/pension-estimate/", {"region": "999999"}).status_code == 404


@pytest.mark.parametrize("region", ["990100", "420000", "510000"])
def test_the_form_asks_for_everything_that_the_rule_needs(region: str) -> None:
    law = load_law()
    asked = estimate.inputs(law, region)
    assert set(estimate.REQUIRED) <= set(asked)
    facts: dict[str, Any] = ZHANG | CAREER
    law.evaluate_many([estimate.RULE, estimate.ENTITLED], facts, on=date(2026, 3, 20), region=region)


def test_the_tree_is_the_same_from_the_answer_and_from_its_json() -> None:
    answer = load_law().evaluate("最晚退休年月", ZHANG, on=date(2026, 3, 20), region="000000", explain=True)
    tree = tree_of(json.loads(json.dumps(answer.as_json())))
    assert tree is not None
    assert tree.name == "最晚退休年月"
    assert sorted(names(tree)) == sorted(step.name for step in answer.steps)


def names(node: Node) -> list[str]:
    return [node.name, *(name for child in node.children for name in names(child))]


def test_every_provision_that_is_cited_has_a_page_with_that_anchor(client: Client) -> None:
    law = load_law()
    for rule in ("法定退休年月", "最低缴费月数"):
        tree = tree_of(law.evaluate(rule, ZHANG, on=date(2026, 3, 20), region="000000", explain=True).as_json())
        assert tree is not None
        urls = [cite.url for cite in tree.cites if cite.url]
        assert urls
        for url in urls:
            page, _, anchor = url.partition("#")
            assert f'id="{anchor}"' in client.get(page).content.decode()


def test_the_law_the_glossary_and_the_questions_can_be_read(client: Client) -> None:
    assert "国发〔2005〕38号" in html_of(client, "/see/law/")
    assert "计发月数" in html_of(client, "/ask/glossary/", q="计发")
    assert "没有找到" in html_of(client, "/ask/glossary/", q="没有这个词")
    assert "12333" in html_of(client, "/ask/")
    assert client.get("/see/law/no/such/").status_code == 404


def test_the_window_asks_for_rules_that_exist() -> None:
    rules = load_law().rules
    assert {*retirement.WINDOW, *retirement.MORE} <= set(rules)
    assert {*estimate.PARTS, *estimate.MORE, *estimate.FROM_CAREER} <= set(rules)


def test_the_api_gives_the_explained_answer_of_the_law(client: Client) -> None:
    question = {"rule": "法定退休年月", "facts": ZHANG, "on": "2026-03-20", "region": "000000"}
    answer = client.post("/api/law/eval", question, content_type="application/json").json()
    expected = load_law().evaluate("法定退休年月", ZHANG, on=date(2026, 3, 20), region="000000", explain=True)
    assert answer == expected.as_json()
    assert answer["value"] == "2026-05"


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"rule": "没有这条"}, "unknown-name"),
        ({"rule": "法定退休年月", "facts": {"出生年月": "1966-01"}}, "missing-fact"),
        ({"rule": "法定退休年月", "facts": {"出生年月": "很久以前", "退休类别": "男职工"}}, "wrong-fact"),
        ({"rule": "法定退休年月", "facts": ZHANG, "region": "12"}, "format"),
        ({"rule": "法定退休年月", "facts": ZHANG, "region": "999999"}, "not-found"),
        ({"facts": {}}, "format"),
    ],
)
def test_the_api_refuses_with_a_code_a_message_and_advice(client: Client, question: dict[str, Any], code: str) -> None:
    answer = client.post("/api/law/eval", question, content_type="application/json")
    assert answer.status_code in (400, 404)
    assert answer.json()["code"] == code
    assert answer.json()["message"]
    assert answer.json()["advice"]


def test_the_api_lists_rules_and_describes_itself_in_chinese(client: Client) -> None:
    assert "法定退休年月" in {rule["name"] for rule in client.get("/api/law/rules").json()}
    assert client.get("/api/openapi.json").json()["info"]["title"] == "金保接口"
    assert "/api/law/eval" in client.get("/api/docs").content.decode()


@pytest.mark.django_db
def test_the_api_says_that_it_is_well(client: Client) -> None:
    assert client.get("/api/health").json() == {"status": "ok"}
