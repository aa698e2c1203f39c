"""The calculators of policy/calculators.yaml: made from rules, shareable, explained, printable; and 政策试算."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import typst
from django.test import Client
from django.utils.html import escape

from jinbao.kernel.errors import DeclarationError
from jinbao.rules import load_law
from jinbao.rules import paper as papers
from jinbao.web import calculator_terms
from jinbao.web.calculators import answer_of, asked_facts, calculators, places, read_question
from tests.web.conftest import TODAY

LAW = load_law(production=False)
ALL = calculators(LAW)
OWN = {slug: each for slug, each in ALL.items() if not each.page}
GIVEN = {
    "retirement": {"出生年月": "1966-01", "退休类别": "男职工"},
    "pension": {
        "出生年月": "1966-01",
        "退休类别": "男职工",
        "累计缴费月数": "482",
        "建账前缴费月数": "120",
        "平均缴费工资指数": "0.7628",
        "个人账户储存额": "98765.43",
    },
    "resident-pension": {"居民现年龄": "60岁", "居民缴费年限": "20", "居民账户储存额": "20000"},
    "unemployment": {"失业保险缴费月数": "60"},
    "work-injury": {"伤残等级": "4", "受伤前月平均缴费工资": "5000", "统筹地区月平均工资": "7000"},
    "survivors": {"遗属人员状态": "在职", "累计缴费月数": "183", "上年本省城镇居民人均可支配收入": "45000"},
    "transfer": {"转移缴费工资总额": "300000", "转移账户储存额": "24000"},
    "adjustment": {"调整前月养老金": "3000", "退休年月": "2020-05", "缴费年限": "30", "出生年月": "1955-01"},
    "contribution": {"缴费工资": "8000"},
}


def html_of(client: Client, address: str, data: dict[str, str] | None = None) -> str:
    return client.get(address, data or {}).content.decode()


def test_every_branch_that_the_public_asks_about_has_one() -> None:
    assert set(ALL) == set(GIVEN)


def test_the_list_leads_to_each(client: Client) -> None:
    html = html_of(client, "/calculators/")
    for slug, each in ALL.items():
        assert each.title in html
        assert ("/calculators/" + slug + "/" in html) is not bool(each.page)
    assert "/what-if/" in html


@pytest.mark.parametrize("slug", ALL)
def test_it_answers_what_the_law_answers_with_every_step(client: Client, slug: str) -> None:
    each = ALL[slug]
    on = each.on or TODAY
    expected = LAW.evaluate(each.main, GIVEN[slug], on=on, region=each.region, explain=True)
    answer = client.get(f"/calculators/{slug}/", GIVEN[slug], follow=True)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert "怎么算出来的" in html
    if expected.unit.startswith("元"):
        assert f"{expected.value:,.2f}" in html
    for step in expected.steps:
        if step.kind == "规则" and step.formula:
            assert escape(step.formula) in html, step.name


@pytest.mark.parametrize("slug", OWN)
def test_an_empty_form_asks_without_reproach_and_an_early_button_names_what_is_missing(
    client: Client, slug: str
) -> None:
    assert "需要改正" not in html_of(client, f"/calculators/{slug}/")
    early = client.get(f"/calculators/{slug}/", {"go": "1"})
    assert early.status_code == 400
    for name in OWN[slug].required:
        assert f"请填写“{name}”" in early.content.decode()


@pytest.mark.parametrize("slug", OWN)
def test_each_field_has_its_meaning_and_unit_from_the_glossary(client: Client, slug: str) -> None:
    html = html_of(client, f"/calculators/{slug}/")
    for name in asked_facts(LAW, OWN[slug], OWN[slug].region):
        assert escape(LAW.glossary[name].meaning) in html
        assert f'name="{name}"' in html


@pytest.mark.parametrize("slug", ALL)
def test_nothing_personal_is_asked(slug: str) -> None:
    """Months, numbers, places and choices only: no free text, no day of birth, no name or number of a person."""
    for code, _ in places(LAW, ALL[slug]):
        for name in asked_facts(LAW, ALL[slug], code):
            term = LAW.glossary[name]
            assert term.type not in ("文字", "日期"), name
            assert term.type != "选项" or term.choices, name
            assert not re.search(r"姓名|身份号码$|证件|电话|账号", name), name


@pytest.mark.parametrize("slug", OWN)
def test_the_address_of_the_result_gives_the_result_again_and_holds_only_what_was_filled_in(
    client: Client, slug: str
) -> None:
    sent = GIVEN[slug] | {"go": "1", "姓名": "张三", "utm": "x", "on": "2025-06-01"}
    html = html_of(client, f"/calculators/{slug}/", sent)
    (link,) = re.findall(r'href="\?([^"]+)">本结果的网址', html)
    query = parse_qs(link.replace("&amp;", "&"))
    assert set(query) == {*GIVEN[slug], "region", "on"}
    again = client.get(f"/calculators/{slug}/?{link.replace('&amp;', '&')}").content.decode()
    assert re.findall(r'<li class="figure.*?</li>', again, re.S) == re.findall(r'<li class="figure.*?</li>', html, re.S)


def test_a_no_says_what_is_missing(client: Client) -> None:
    html = html_of(client, "/calculators/unemployment/", {"失业保险缴费月数": "10"})
    assert "不符合领取条件" in html
    assert "还差2个月" in html
    html = html_of(client, "/calculators/resident-pension/", GIVEN["resident-pension"] | {"居民缴费年限": "10"})
    assert "还差5年" in html


def test_a_day_before_the_law_began_says_so(client: Client) -> None:
    html = html_of(client, "/calculators/unemployment/", GIVEN["unemployment"] | {"on": "1990-01-01"})
    assert "自 1999-02 起施行" in html
    assert "算不出来" in html


def test_any_day_and_any_region(client: Client) -> None:
    sichuan = html_of(client, "/calculators/contribution/", {"缴费工资": "8000", "region": "510000", "on": "2023-05"})
    assert "四川省" in sichuan
    assert "2023年5月1日" in sichuan


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ({"on": "昨天"}, 400, "昨天"),
        ({"on": "2024-13"}, 400, "13"),
        ({"失业保险缴费月数": "很多"}, 400, "不是数"),
        ({"失业保险缴费月数": "-1"}, 400, "不得小于"),
        ({"region": "999999"}, 404, "没有"),
    ],
)
def test_a_wrong_entry_is_reported(client: Client, data: dict[str, str], status: int, said: str) -> None:
    answer = client.get("/calculators/unemployment/", GIVEN["unemployment"] | data)
    assert answer.status_code == status
    assert said in answer.content.decode()


def test_a_place_that_cannot_be_computed_and_an_unknown_calculator_are_not_found(client: Client) -> None:
    assert client.get("/calculators/adjustment/", {"region": "110000"}).status_code == 404
    assert client.get("/calculators/nothing/").status_code == 404
    assert client.get("/calculators/nothing/paper.pdf").status_code == 404


def test_uncertain_values_are_marked(client: Client) -> None:
    html = html_of(client, "/calculators/transfer/", GIVEN["transfer"])
    assert "来源尚待核实" in html
    assert "可信度 C" in html


def test_provisional_values_are_marked(client: Client) -> None:
    data = GIVEN["contribution"] | {"region": "420000"}
    assert "暂按" in html_of(client, "/calculators/contribution/", data)


def test_what_more_could_be_filled_in_is_told(client: Client) -> None:
    assert "填写“工伤行业类别”还可以得到单位工伤缴费" in html_of(
        client, "/calculators/contribution/", GIVEN["contribution"]
    )


def test_a_fact_that_turns_out_to_be_needed_is_asked_for_at_its_field(client: Client) -> None:
    data = {"遗属人员状态": "在职", "累计缴费月数": "30", "上年本省城镇居民人均可支配收入": "45000"}
    answer = client.get("/calculators/survivors/", data)
    assert answer.status_code == 400
    assert 'href="#f-个人缴费之和"' in answer.content.decode()


def test_the_server_paths_stay_inside(client: Client) -> None:
    data = GIVEN["contribution"] | {"on": "1980-01-01"}
    assert str(LAW.book.folder) not in html_of(client, "/calculators/contribution/", data)
    assert str(LAW.book.folder) not in html_of(client, "/what-if/", data | {"假设-缴费基数标准": "8000"})


def test_english_visitors_read_the_titles_in_english() -> None:
    declared = {text for each in ALL.values() for text in (each.title, each.matter, each.intro)}
    assert set(calculator_terms.CALCULATORS) == declared


def test_a_declaration_of_names_that_do_not_exist_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    from jinbao.web import calculators as module

    path = tmp_path_factory.mktemp("policy") / "calculators.yaml"
    path.write_text(
        "- {slug: x, title: x, matter: x, intro: x, main: 没有, region: '000000', required: []}\n", encoding="utf-8"
    )
    with pytest.raises(DeclarationError, match="没有") as caught:
        module._read(LAW, path, 0)
    assert "calculators.yaml:1" in str(caught.value)


def words_of(content: bytes) -> str:
    import pypdfium2

    return "".join("".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)).split())


@pytest.mark.usefixtures("has_fonts")
@pytest.mark.parametrize("slug", ALL)
def test_the_result_can_be_printed(client: Client, slug: str) -> None:
    each = ALL[slug]
    answer = client.get(f"/calculators/{slug}/paper.pdf", GIVEN[slug])
    assert answer.headers["Content-Type"] == "application/pdf"
    question = read_question(LAW, each, GIVEN[slug], TODAY)
    found = answer_of(LAW, question)
    assert found.main is not None
    text = words_of(answer.content)
    for shown in (each.title, found.main.version, str(question.on), each.region, "可信度", found.main.confidence):
        assert shown in text, shown


@pytest.mark.usefixtures("has_fonts")
def test_the_sheet_says_first_that_one_is_not_entitled(client: Client) -> None:
    text = words_of(client.get("/calculators/unemployment/paper.pdf", {"失业保险缴费月数": "10"}).content)
    assert text.index("不符合条件") < text.index("结果")


def test_without_a_result_the_sheet_leads_back_to_the_form(client: Client) -> None:
    answer = client.get("/calculators/unemployment/paper.pdf")
    assert answer.headers["Location"].startswith("/calculators/unemployment/?")


@pytest.mark.parametrize(
    ("slug", "page"), [("unemployment", "/calculators/unemployment/"), ("pension", "/pension-estimate/")]
)
def test_without_a_chinese_font_the_page_offers_the_printer_of_the_browser(
    client: Client, monkeypatch: pytest.MonkeyPatch, slug: str, page: str
) -> None:
    class NoFamilies:
        def __init__(self, **_: object) -> None:
            return None

        def families(self) -> list[str]:
            return []

    monkeypatch.setattr(typst, "Fonts", NoFamilies)
    papers._fonts.cache_clear()
    answer = client.get(f"/calculators/{slug}/paper.pdf", GIVEN[slug])
    papers._fonts.cache_clear()
    assert urlsplit(answer.headers["Location"]).path == page
    assert "请用浏览器的“打印”" in client.get(answer.headers["Location"]).content.decode()


WAGE = {"calculator": "contribution", "缴费工资": "4000", "region": "420000", "on": "2025-06-01"}


def test_what_if_shows_both_answers_and_where_they_part(client: Client) -> None:
    html = html_of(client, "/what-if/", WAGE | {"假设-缴费基数标准": "8000", "假设-个人养老缴费比例": "9%"})
    for shown in ("359.84", "432.00", "+72.16元/月", "+20.05%", "只是假设，不是核定", "现行 7496元/月", "4800 × 9%"):
        assert shown in html, shown


def test_what_if_marks_what_is_provisional_and_uncertain(client: Client) -> None:
    assert "暂按" in html_of(client, "/what-if/", WAGE | {"on": "2026-03-01", "假设-个人养老缴费比例": "9%"})
    data = GIVEN["transfer"] | {"calculator": "transfer", "假设-统筹基金转移比例": "0.13"}
    assert "可信度 C" in html_of(client, "/what-if/", data)


def test_what_if_without_a_supposition_asks_for_one(client: Client) -> None:
    assert "还没有假设" in html_of(client, "/what-if/", WAGE)


@pytest.mark.parametrize("slug", ALL)
def test_each_calculator_can_be_tried_otherwise(client: Client, slug: str) -> None:
    answer = client.get("/what-if/", {"calculator": slug})
    assert answer.status_code == 200
    html = answer.content.decode()
    names = LAW.needs(ALL[slug].main, region=ALL[slug].region, given=ALL[slug].typed)
    plain = [name for name in names if name in LAW.book.parameters and LAW.book.parameters[name].key is None]
    for name in plain:
        if name not in ALL[slug].typed:
            assert f'name="假设-{name}"' in html


def test_a_line_of_a_table_can_be_supposed(client: Client) -> None:
    data = GIVEN["pension"] | {"calculator": "pension", "more": "计发月数表[60]=150\r\n"}
    assert "假设〔60〕为 150" in html_of(client, "/what-if/", data)


@pytest.mark.parametrize("wrong", [{"假设-缴费基数标准": "很多"}, {"more": "没有这个=1"}, {"more": "看不懂"}])
def test_a_wrong_supposition_is_refused_with_advice(client: Client, wrong: dict[str, str]) -> None:
    answer = client.get("/what-if/", WAGE | wrong)
    assert answer.status_code == 400
    assert "算不出来" in answer.content.decode()


def test_an_unknown_calculator_cannot_be_tried(client: Client) -> None:
    assert client.get("/what-if/", {"calculator": "nothing"}).status_code == 404


def test_what_was_supposed_is_escaped(client: Client) -> None:
    html = html_of(client, "/what-if/", WAGE | {"more": "<script>alert(1)</script>"})
    assert "<script>alert" not in html


def test_coverage_lists_every_clause_with_its_state(client: Client) -> None:
    html = html_of(client, "/see/law/coverage/")
    for shown in ("已编码", "未编码", "可信度 C 的值和规则", "pension/basic", "最近变化"):
        assert shown in html
    only = html_of(client, "/see/law/coverage/", {"state": "未编码"})
    assert only.count('">未编码</span>') == only.count('<th scope="row"><a ')
