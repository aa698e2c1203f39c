"""A partner applies for data on a page, without typing a field's name; the owner grants less than was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jinbao.cases import actions as cases
from jinbao.cases.forms import FormRefused
from jinbao.cases.models import Case
from jinbao.data.exchange import actions as exchange
from jinbao.data.exchange.models import Grant, Key, Partner
from jinbao.trust.actors import Actor, actor_of
from jinbao.trust.models import AuditEvent, Role, User
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


def less(browse: Browser, clerk: Actor, case: Case, **changes: Any) -> Any:
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
    assert "缴费工资不小于 3,000.50 元" in page
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


def granted(fund: Actor, clerk: Actor, reviewer: Actor, browse: Browser) -> Grant:
    case = accepted(browse, fund, clerk)
    case = cases.examine(clerk, case, version=case.version, now=NOW)
    cases.approve(reviewer, case, version=case.version, now=NOW)
    return Grant.objects.get()


def test_the_page_of_a_partner_says_what_each_grant_gives(
    fund: Actor, clerk: Actor, reviewer: Actor, browse: Browser
) -> None:
    granted(fund, clerk, reviewer, browse)
    for page in (
        text_of(browse(clerk).get(f"/counter/data/exchange/partners/{FUND}/")),
        text_of(browse(fund).get("/sharing/")),
    ):
        for said in ("证件号码", "脱敏", "缴费工资", "原值", "费款所属期不小于 2026-01", "缴费工资不小于 3,000.50 元",
                     "接口查询", "每秒 5 次", "500"):  # fmt: skip
            assert said in page, said


def test_the_page_of_a_partner_is_english_in_english(
    fund: Actor, clerk: Actor, reviewer: Actor, browse: Browser
) -> None:
    grant = granted(fund, clerk, reviewer, browse)
    exchange.revoke(reviewer, grant, "不再需要", now=NOW)
    page = text_of(english(browse, clerk).get(f"/counter/data/exchange/partners/{FUND}/"))
    for said in ("Revoked", "Masked", "As it is", "wage at least 3,000.50 yuan", "month at least 2026-01"):
        assert said in page, said
    assert "Recovered" not in page


def english(browse: Browser, by: Actor) -> Client:
    client = browse(by)
    client.get("/language/en/")
    return client


def test_an_application_is_told_in_words_to_whoever_reads_it(fund: Actor, clerk: Actor, browse: Browser) -> None:
    case = accepted(browse, fund, clerk)
    for address, by in ((f"/my/cases/{case.number}/", fund), (f"/counter/cases/{case.number}/", clerk)):
        page = text_of(browse(by).get(address))
        assert "缴费工资（原值）" in page
        assert "缴费工资不小于 3,000.50 元" in page
        for code in ("wage_fen:plain", "wage_fen&gt;=300050", "month&gt;=202601"):
            assert code not in page, code
        page = text_of(english(browse, by).get(address))
        assert "Declared wage (As it is)" in page
        assert "Declared wage at least 3,000.50 yuan" in page


NARROWER: dict[str, Any] = {"row-column": ["scheme", ""], "row-sign": ["=", "="], "row-value": ["110", ""]}


def test_the_owner_adds_conditions_to_the_rows_asked_for(
    fund: Actor, clerk: Actor, reviewer: Actor, browse: Browser
) -> None:
    case = accepted(browse, fund, clerk)
    page = text_of(browse(clerk).get(f"/counter/cases/{case.number}/"))
    assert 'name="row-column"' in page
    assert less(browse, clerk, case, **NARROWER).status_code == 302
    case.refresh_from_db()
    assert case.lessened["rows"] == "month>=202601；wage_fen>=300050；scheme=110"
    case = cases.examine(clerk, case, version=case.version, now=NOW)
    cases.approve(reviewer, case, version=case.version, now=NOW)
    assert Grant.objects.get().rows[-1] == {"column": "scheme", "in": ["110"]}


def test_a_condition_of_the_owner_that_cannot_be_read_is_told_and_stays(
    fund: Actor, clerk: Actor, browse: Browser
) -> None:
    case = accepted(browse, fund, clerk)
    wrong = {**NARROWER, "row-column": ["month", ""], "row-value": ["spring", ""]}
    answer = less(browse, clerk, case, **wrong)
    case.refresh_from_db()
    assert (answer.status_code, case.lessened) == (400, {})
    assert 'value="spring"' in text_of(answer)
    assert "不是年月" in text_of(answer)


def test_a_program_cannot_drop_a_condition_that_was_asked_for(fund: Actor, clerk: Actor, browse: Browser) -> None:
    case = accepted(browse, fund, clerk)
    with pytest.raises(FormRefused, match="范围") as refused:
        cases.lessen(clerk, case, {"rows": "month>=202601"}, version=case.version, now=NOW, remark="放宽")
    assert "rows" in refused.value.errors


def key_of(by: Actor) -> Key:
    made, _ = exchange.make_secret(by, Partner.objects.get(), "hmac-sm3", now=NOW)
    return made


def test_a_key_is_stopped_only_after_a_question_with_a_reason(fund: Actor, browse: Browser) -> None:
    steward = actor_of(User.objects.get(username="shuju"))
    for by, address in ((fund, "/sharing/keys/{}/withdraw/"), (steward, "/counter/data/exchange/keys/{}/withdraw/")):
        key = key_of(by)
        client, where = browse(by), address.format(key.key_id)
        page = text_of(client.get(where))
        for said in (key.key_id, "HMAC-SM3", "没有其他可用的密钥", 'name="why" required', "返回"):
            assert said in page, said
        answer = client.post(where, {"why": " "})
        key.refresh_from_db()
        assert (answer.status_code, key.withdrawn_at) == (400, None)
        assert "请写明原因" in text_of(answer)
        assert client.post(where, {"why": "密钥泄露"}).status_code == 302
        key.refresh_from_db()
        assert key.withdrawn_at is not None
        assert AuditEvent.objects.filter(action="exchange.withdraw_key", detail__why="密钥泄露").exists()


def test_a_grant_is_revoked_only_after_a_question_with_a_reason(
    fund: Actor, clerk: Actor, reviewer: Actor, browse: Browser
) -> None:
    grant = granted(fund, clerk, reviewer, browse)
    where, client = f"/counter/data/exchange/grants/{grant.number}/revoke/", browse(reviewer)
    assert where in text_of(client.get(f"/counter/data/exchange/grants/{grant.number}/"))
    page = text_of(client.get(where))
    for said in ("公积金中心", "缴费申报", "立即", 'name="why" required'):
        assert said in page, said
    assert client.post(where, {"why": ""}).status_code == 400
    grant.refresh_from_db()
    assert grant.revoked_at is None
    assert client.post(where, {"why": "不再需要"}).status_code == 302
    grant.refresh_from_db()
    assert (grant.revoked_by, grant.revoked_why) == ("fuhe", "不再需要")


def test_a_partner_is_stopped_only_after_a_question_that_says_what_ends(fund: Actor, browse: Browser) -> None:
    steward = actor_of(User.objects.get(username="shuju"))
    key_of(steward)
    where = f"/counter/data/exchange/partners/{FUND}/stop/"
    page = text_of(browse(steward).get(where))
    assert "1 个密钥" in page
    assert browse(steward).post(where, {"why": "协议到期"}).status_code == 302
    assert not Partner.objects.get().active
