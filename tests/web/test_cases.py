"""An application on its pages: from the form to the decision, sent twice, seen too late, kept from other eyes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jinbao.cases.models import Case
from jinbao.insurance.benefits.models import Award
from jinbao.kernel.money import format_fen
from jinbao.trust import clock
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent
from tests.conftest import EMPLOYER, WANG_WU, ZHANG_SAN
from tests.web.conftest import CARD, NEW_CARD, Browser, Town

CHANGE = {"id_number": ZHANG_SAN, "bank": "演示银行", "account_number": NEW_CARD, "account_holder": "张三"}
PENSION = {
    "id_number": ZHANG_SAN,
    "way": "法定",
    "retire_month": "2026-05",
    "bank": "演示银行",
    "account_number": CARD,
    "account_holder": "张三",
}


def apply(client: Client, item: str = "bank_account_change", key: str = "k1", **form: str) -> Case:
    answer = client.post(f"/do/{item}/apply/", {**(form or CHANGE), "key": key})
    assert answer.status_code == 302, answer.content.decode()
    return Case.objects.get(number=answer.headers["Location"].strip("/").rpartition("/")[2])


def act(client: Client, case: Case, verb: str, *, version: int | None = None, remark: str = "", key: str = "") -> int:
    seen = Case.objects.get(pk=case.pk).version if version is None else version
    data = {"version": seen, "remark": remark, "key": key or f"{verb}-{seen}"}
    return client.post(f"/counter/cases/{case.number}/{verb}/", data).status_code


def test_the_form_is_filled_in_with_what_is_known(browse: Browser, zhang_san: Actor, town: Town) -> None:
    html = browse(zhang_san).get("/do/pension_application/apply/").content.decode()
    assert f'value="{ZHANG_SAN}"' in html
    assert f'value="{CARD}"' in html
    assert "免提交" in html


def test_a_wrong_form_is_shown_again_with_an_error_at_each_field(browse: Browser, zhang_san: Actor, town: Town) -> None:
    wrong = CHANGE | {"account_number": "123", "account_holder": "李四"}
    answer = browse(zhang_san).post("/do/bank_account_change/apply/", wrong)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert 'href="#f-account_number"' in html
    assert "演示银行" in html, "what was right is kept"
    assert not Case.objects.exists()


def test_sending_the_form_twice_is_one_case(browse: Browser, zhang_san: Actor, town: Town) -> None:
    client = browse(zhang_san)
    assert apply(client).pk == apply(client).pk
    assert Case.objects.count() == 1
    assert AuditEvent.objects.filter(action="cases.open").count() == 1


def test_nobody_applies_for_somebody_else(browse: Browser, wang_wu: Actor, town: Town) -> None:
    answer = browse(wang_wu).post("/do/bank_account_change/apply/", CHANGE)
    assert answer.status_code == 400
    assert "您无权查看" in answer.content.decode()
    assert not Case.objects.exists()


def test_a_clerk_applies_at_the_window_for_whoever_came(browse: Browser, clerk: Actor, town: Town) -> None:
    case = apply(browse(clerk))
    assert case.channel == Case.Channel.COUNTER
    assert case.person_id_number == ZHANG_SAN


def test_a_pension_is_applied_for_examined_reviewed_and_awarded(
    browse: Browser, zhang_san: Actor, clerk: Actor, reviewer: Actor, town: Town
) -> None:
    town.career()
    citizen, officer, second = browse(zhang_san), browse(clerk), browse(reviewer)
    with clock.stopped_at(datetime(2026, 6, 10, 2, 0, tzinfo=UTC)):
        _pension_is_decided(citizen, officer, second)


def _pension_is_decided(citizen: Client, officer: Client, second: Client) -> None:
    case = apply(citizen, "pension_application", **PENSION)
    assert case.number in officer.get("/counter/cases/").content.decode()
    html = officer.get(f"/counter/cases/{case.number}/").content.decode()
    assert "通过后会发生什么" in html
    assert "国发〔2005〕38号" in html, "the computed benefit with its articles"
    assert act(officer, case, "accept") == 302
    assert act(officer, case, "examine") == 302
    assert act(officer, case, "approve") == 403, "who examined does not decide"
    assert act(second, case, "approve") == 302
    award = Award.objects.get()
    assert award.ground == case.number
    assert "已办结" in citizen.get(f"/my/cases/{case.number}/").content.decode()
    benefits = citizen.get("/my/benefits/").content.decode()
    assert format_fen(award.monthly_fen) in benefits
    assert "国发〔2005〕38号" in benefits


def test_a_decision_sent_twice_is_one_step(browse: Browser, clerk: Actor, zhang_san: Actor, town: Town) -> None:
    case, officer = apply(browse(zhang_san)), browse(clerk)
    version = case.version
    assert act(officer, case, "accept", version=version, key="same") == 302
    assert act(officer, case, "accept", version=version, key="same") == 302
    assert case.steps.filter(verb="accept").count() == 1


def test_whoever_decides_on_an_old_version_is_told_who_did_what_and_when(
    browse: Browser, clerk: Actor, reviewer: Actor, zhang_san: Actor, town: Town
) -> None:
    case = apply(browse(zhang_san))
    assert act(browse(clerk), case, "accept", version=case.version) == 302
    data = {"version": case.version, "key": "late"}
    answer = browse(reviewer).post(f"/counter/cases/{case.number}/approve/", data)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "陈经办已于 2026-03-20 10:00 办理“受理”" in html


def test_whoever_has_taken_a_case_is_named_to_the_others(
    browse: Browser, clerk: Actor, reviewer: Actor, zhang_san: Actor, town: Town
) -> None:
    case = apply(browse(zhang_san))
    browse(clerk).post(f"/counter/cases/{case.number}/hold/", {"hold": "take", "key": "t"})
    other = browse(reviewer)
    assert "陈经办" in other.get("/counter/cases/").content.decode()
    answer = other.post(f"/counter/cases/{case.number}/hold/", {"hold": "take", "key": "t2"})
    assert answer.status_code == 409
    assert "陈经办" in answer.content.decode()
    assert other.post(f"/counter/cases/{case.number}/hold/", {"hold": "release", "key": "r"}).status_code == 302


def test_what_is_missing_is_asked_for_and_handed_in(
    browse: Browser, clerk: Actor, zhang_san: Actor, town: Town
) -> None:
    citizen, officer = browse(zhang_san), browse(clerk)
    case = apply(citizen)
    assert act(officer, case, "ask_correction") == 400, "it must be said what is missing"
    assert act(officer, case, "ask_correction", remark="请提供本人名下的银行卡") == 302
    page = citizen.get(f"/my/cases/{case.number}/").content.decode()
    assert "请提供本人名下的银行卡" in page
    case.refresh_from_db()
    form = CHANGE | {"version": str(case.version), "key": "again", "account_number": CARD}
    wrong = citizen.post(f"/my/cases/{case.number}/resubmit/", form | {"bank": ""})
    assert wrong.status_code == 400
    assert citizen.post(f"/my/cases/{case.number}/resubmit/", form).status_code == 302
    case.refresh_from_db()
    assert case.state == Case.State.SUBMITTED
    assert case.form["account_number"] == CARD


def test_an_application_is_taken_back(browse: Browser, zhang_san: Actor, town: Town) -> None:
    citizen = browse(zhang_san)
    case = apply(citizen)
    data = {"version": str(case.version), "key": "w"}
    assert citizen.post(f"/my/cases/{case.number}/withdraw/", data).status_code == 302
    assert "已撤回" in citizen.get(f"/my/cases/{case.number}/").content.decode()


def test_a_document_is_handed_in_and_read_by_the_officer_only(
    browse: Browser, clerk: Actor, zhang_san: Actor, wang_wu: Actor, other_clerk: Actor, town: Town
) -> None:
    early = PENSION | {"way": "弹性提前", "retire_month": "2026-04"}
    client = browse(zhang_san)
    missing = client.post("/do/pension_application/apply/", early)
    assert "请提交：弹性提前退休书面告知" in missing.content.decode()
    paper = SimpleUploadedFile("告知.pdf", b"%PDF-1.4 demo")
    answer = client.post("/do/pension_application/apply/", early | {"material:弹性提前退休书面告知": paper, "key": "k"})
    assert answer.status_code == 302, answer.content.decode()
    case = Case.objects.get()
    pk = case.materials.get().pk
    path = f"cases/{case.number}/materials/{pk}/"
    assert browse(clerk).get(f"/counter/{path}").status_code == 200
    assert client.get(f"/my/{path}").status_code == 200
    assert browse(other_clerk).get(f"/counter/{path}").status_code == 404
    assert browse(wang_wu).get(f"/my/{path}").status_code == 404


def test_an_employer_declares_with_its_file(browse: Browser, agent: Actor, town: Town) -> None:
    batch = town.batch()
    client = browse(agent)
    page = client.get("/do/contribution_declaration/apply/", {"batch": str(batch.pk)}).content.decode()
    assert f'<option value="{batch.pk}" selected>' in page
    form = {"employer_uscc": EMPLOYER, "batch": str(batch.pk), "partial": "是"}
    case = apply(client, "contribution_declaration", **form)
    assert case.employer_uscc == EMPLOYER
    assert case.number in client.get("/my/cases/").content.decode()


def test_the_queue_keeps_its_filter_in_the_address(browse: Browser, clerk: Actor, zhang_san: Actor, town: Town) -> None:
    case = apply(browse(zhang_san))
    client = browse(clerk)
    assert case.number in client.get("/counter/cases/?item=bank_account_change").content.decode()
    assert case.number not in client.get("/counter/cases/?item=pension_application").content.decode()
    assert case.number not in client.get("/counter/cases/?light=overdue").content.decode()
    assert case.number in client.get("/counter/cases/", {"q": "张三"}).content.decode()


@pytest.mark.parametrize("address", ["/my/cases/{number}/", "/my/cases/{number}/materials/1/"])
def test_another_citizen_does_not_find_the_case(
    browse: Browser, zhang_san: Actor, wang_wu: Actor, town: Town, address: str
) -> None:
    case = apply(browse(zhang_san))
    answer = browse(wang_wu).get(address.format(number=case.number))
    assert answer.status_code == 404
    assert WANG_WU not in answer.content.decode()
    assert "张三" not in answer.content.decode()


def test_an_unknown_verb_is_refused(browse: Browser, clerk: Actor, town: Town) -> None:
    case = town.case()
    for verb in ("take", "open_case", "__class__"):
        assert act(browse(clerk), case, verb) == 404
