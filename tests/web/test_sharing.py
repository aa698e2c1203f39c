"""A partner applies for data on a page, without typing a field's name; the owner grants less than was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from jinbao.cases import actions as cases
from jinbao.cases.models import Case
from jinbao.data.exchange import actions as exchange
from jinbao.data.exchange.models import Grant
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, make_actor
from tests.exchange.conftest import FUND, NOW, RESOURCE, serve
from tests.web.conftest import Browser

ASKED = {
    "partner_code": FUND, "resource": RESOURCE, "purpose": "核定缴存基数", "basis": "住房公积金管理条例第十六条",
    "field": ["id_number", "wage_fen", "month"], "plain": ["wage_fen"],
    "row-column": ["month", "wage_fen", ""], "row-sign": [">=", ">=", "="], "row-value": ["2026-01", "3,000.50", ""],
    "use_mode": "api", "valid_from": "2026-03-20", "valid_to": "2026-12-31", "quota_per_day": "500",
    "rate_per_second": "5", "contact": "赵六", "phone": "13800001111",
}  # fmt: skip

ROWS: dict[str, Any] = {"row-value": ["2020-01", "1", ""]}
WRONG: dict[str, Any] = {"row-value": ["spring", "1", ""]}


@pytest.fixture
def fund(db: None) -> Actor:
    serve()
    steward = make_actor("shuju", "孙数据", Role.STEWARD, region=CITY)
    exchange.register_partner(steward, FUND, "公积金中心", region=CITY, now=NOW)
    return make_actor("hezuo", "赵六", Role.PARTNER, subject=FUND)


def send(browse: Browser, by: Actor, step: str = "submit", **changes: Any) -> Any:
    return browse(by).post("/do/data_sharing/apply/", {**ASKED, "step": step, **changes})


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_what_is_ticked_and_chosen_is_what_is_applied_for(fund: Actor, browse: Browser) -> None:
    assert send(browse, fund).status_code == 302
    form = Case.objects.get().form
    assert form["fields"] == "id_number, month, wage_fen:plain"
    assert form["rows"] == "month>=202601；wage_fen>=300050"
    assert (form["quota_per_day"], form["use_mode"]) == ("500", "api")


def test_the_page_shows_type_grade_and_sharing_of_each_field(fund: Actor, browse: Browser) -> None:
    page = text_of(browse(fund).get("/do/data_sharing/apply/", {"resource": RESOURCE}))
    for said in ("证件号码", "敏感个人信息", "有条件共享", "公民身份号码", 'name="field" value="wage_fen"'):
        assert said in page


def test_a_field_that_is_not_shared_has_no_box_and_is_refused_when_sent(
    fund: Actor, browse: Browser, unshared: None
) -> None:
    page = text_of(browse(fund).get("/do/data_sharing/apply/", {"resource": RESOURCE}))
    assert 'name="field" value="wage_fen"' not in page
    assert "不予共享" in page
    answer = send(browse, fund)
    assert (answer.status_code, Case.objects.count()) == (400, 0)
    assert "不予共享" in text_of(answer)


@pytest.fixture
def unshared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare that wages are not shared."""
    from jinbao.data import datasets

    column = datasets.load_dataset(RESOURCE).column("wage_fen")
    monkeypatch.setitem(column.__dict__, "sharing", "不予共享")


def test_a_sample_shows_masked_generated_rows_before_anything_else_is_filled_in(fund: Actor, browse: Browser) -> None:
    answer = send(browse, fund, "preview", purpose="", basis="", valid_to="", **ROWS)
    page = text_of(answer)
    assert (answer.status_code, Case.objects.count()) == (200, 0)
    assert "答复样例" in page
    assert "990***********" in page
    assert "&quot;wage_fen&quot;" in page


def test_a_sample_of_matching_says_yes_or_no_only(fund: Actor, browse: Browser) -> None:
    page = text_of(send(browse, fund, "preview", use_mode="match"))
    assert "&quot;matched&quot;" in page
    assert "990000" not in page


def test_a_condition_may_be_added_without_a_script_and_nothing_is_lost(fund: Actor, browse: Browser) -> None:
    page = text_of(send(browse, fund, "line"))
    assert page.count('name="row-value"') == 4
    assert 'value="3,000.50"' in page
    assert "核定缴存基数" in page


@pytest.mark.parametrize(
    ("field", "change", "said"),
    [("fields", {"field": []}, "请填写“需要的字段”"),
     ("fields", {"field": ["salary"]}, "没有所选的字段"),
     ("rows", {"row-value": ["spring", "1", ""]}, "spring"),
     ("rows", {"row-value": ["", "1", ""]}, "条件看不懂"),
     ("rows", {"row-column": ["", "wage_fen", ""]}, "没有选择字段"),
     ("purpose", {"purpose": ""}, "请填写“用途”"),
     ("valid_to", {"valid_to": "2026-01-01"}, "止日早于起日"),
     ("valid_to", {"valid_to": "2036-01-01"}, "最长三年"),
     ("quota_per_day", {"quota_per_day": "0"}, "正整数"),
     ("rate_per_second", {"rate_per_second": "many"}, "不是整数")],
)  # fmt: skip
def test_each_mistake_is_told_at_its_field(
    fund: Actor, browse: Browser, field: str, change: dict[str, Any], said: str
) -> None:
    answer = send(browse, fund, **change)
    page = text_of(answer)
    assert (answer.status_code, Case.objects.count()) == (400, 0)
    assert f'<a href="#f-{field}">' in page
    assert said in page


def test_everything_that_is_wrong_is_told_at_once(fund: Actor, browse: Browser) -> None:
    page = text_of(send(browse, fund, purpose="", quota_per_day="0", **WRONG))
    assert '<a href="#f-purpose">' in page
    assert '<a href="#f-rows">' in page


def test_a_resource_that_is_not_there_leads_to_the_list(fund: Actor, browse: Browser) -> None:
    answer = browse(fund).get("/do/data_sharing/apply/", {"resource": "no_such"})
    assert answer.status_code == 404
    assert RESOURCE in text_of(answer)


def accepted(browse: Browser, fund: Actor, clerk: Actor) -> Case:
    send(browse, fund, use_mode="api,match")
    case = Case.objects.get()
    return cases.accept(clerk, case, version=case.version, now=NOW)


def less(browse: Browser, clerk: Actor, case: Case, **changes: str) -> Any:
    sent = {
        "version": str(case.version), "level-id_number": "masked", "level-month": "", "level-wage_fen": "masked",
        "use_mode": "match", "valid_to": "2026-06-30", "quota_per_day": "100", "rate_per_second": "1",
        "remark": "只核验，不需要月份", **changes,
    }  # fmt: skip
    return browse(clerk).post(f"/counter/cases/{case.number}/lessen/", sent)


def test_the_owner_grants_less_than_was_asked_for_and_says_why(
    fund: Actor, clerk: Actor, reviewer: Actor, browse: Browser
) -> None:
    case = accepted(browse, fund, clerk)
    page = text_of(browse(clerk).get(f"/counter/cases/{case.number}/"))
    assert "申请与分级" in page
    assert 'name="level-wage_fen"' in page
    assert less(browse, clerk, case).status_code == 302
    case.refresh_from_db()
    assert case.form["fields"] == "id_number, month, wage_fen:plain"
    case = cases.examine(clerk, case, version=case.version, now=NOW)
    cases.approve(reviewer, case, version=case.version, now=NOW)
    grant = Grant.objects.get()
    assert grant.fields == {"id_number": "masked", "wage_fen": "masked"}
    assert (grant.delivery, grant.quota_per_day, grant.rate_per_second) == (["match"], 100, 1)
    assert str(grant.valid_to) == "2026-06-30"
    assert "只核验，不需要月份" in text_of(browse(fund).get(f"/my/cases/{case.number}/"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("level-name", "masked", "超出申请"), ("level-month", "plain", ""), ("use_mode", "file", "超出申请的使用方式"),
     ("valid_to", "2027-12-31", "晚于申请的止日"), ("valid_to", "soon", "不是日期"),
     ("quota_per_day", "501", "多于申请"),
     ("rate_per_second", "6", "多于申请"), ("rate_per_second", "x", "不是整数")],
)  # fmt: skip
def test_more_than_was_asked_for_cannot_be_granted(
    fund: Actor, clerk: Actor, browse: Browser, name: str, value: str, said: str
) -> None:
    case = accepted(browse, fund, clerk)
    answer = less(browse, clerk, case, **{name: value})
    case.refresh_from_db()
    assert answer.status_code == (400 if said else 302)
    assert said in text_of(answer)
    assert bool(case.lessened) is not bool(said)


def test_what_the_owner_filled_in_stays_when_it_is_refused(fund: Actor, clerk: Actor, browse: Browser) -> None:
    case = accepted(browse, fund, clerk)
    page = text_of(less(browse, clerk, case, quota_per_day="900"))
    assert '<input id="l-quota" name="quota_per_day" inputmode="numeric" value="900"' in page
    assert ">只核验，不需要月份</textarea>" in page
    assert '<option value="match" selected>' in page
    assert page.split('name="level-month"')[1].split("</select>")[0].count('<option value="" selected>') == 1


def test_the_rows_of_a_grant_are_said_in_words(fund: Actor, clerk: Actor, reviewer: Actor, browse: Browser) -> None:
    case = accepted(browse, fund, clerk)
    case = cases.examine(clerk, case, version=case.version, now=NOW)
    cases.approve(reviewer, case, version=case.version, now=NOW)
    page = text_of(browse(clerk).get(f"/counter/data/exchange/grants/{Grant.objects.get().number}/"))
    assert "缴费工资不小于 3000.50" in page
    assert "wage_fen&#x27;" not in page


def test_a_corrected_application_is_looked_at_anew(fund: Actor, clerk: Actor, browse: Browser) -> None:
    case = accepted(browse, fund, clerk)
    less(browse, clerk, case)
    case.refresh_from_db()
    case = cases.ask_correction(clerk, case, version=case.version, now=NOW, remark="用途写清楚")
    page = text_of(browse(fund).get(f"/my/cases/{case.number}/"))
    assert 'name="field" value="wage_fen" checked' in page
    assert 'value="3000.50"' in page
    sent = {**ASKED, "purpose": "核定缴存基数（改）", "version": str(case.version)}
    assert browse(fund).post(f"/my/cases/{case.number}/resubmit/", sent).status_code == 302
    case.refresh_from_db()
    assert (case.form["purpose"], case.lessened) == ("核定缴存基数（改）", {})


def test_only_the_clerk_lessens_and_only_what_can_be_granted_in_part(
    fund: Actor, clerk: Actor, reviewer: Actor, browse: Browser
) -> None:
    case = accepted(browse, fund, clerk)
    assert less(browse, reviewer, case).status_code == 403
    assert less(browse, fund, case).status_code == 403
    assert less(browse, clerk, case, remark="").status_code == 400
    case.refresh_from_db()
    assert case.lessened == {}
