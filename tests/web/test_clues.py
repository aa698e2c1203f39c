"""A clue walks over the pages: handed over at its scene, checked and decided as a case, and back with its finding."""

from __future__ import annotations

import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from jinbao.cases.models import Case
from jinbao.data.scenes.models import Finding
from jinbao.kernel.regions import policy_folder
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.counter import progress
from tests.cases.clue_runs import DEAD, answered, dead, many, trace
from tests.conftest import CITY, ZHANG_SAN, make_actor
from tests.web.conftest import NOW, Browser, Town

SCENE = f"/counter/data/scenes/{DEAD}"
REPORT = {"version": "1", "finding": "false", "remark": "本人接了电话"}


@pytest.fixture
def steward(db: None) -> Actor:
    return make_actor("shuju", "孙数据", Role.STEWARD, region=CITY)


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def test_a_clue_goes_from_its_scene_to_a_case_and_back(
    town: Town, browse: Browser, auditor: Actor, clerk: Actor, reviewer: Actor
) -> None:
    answered([dead()], NOW)
    chief, officer, head = browse(auditor), browse(clerk), browse(reviewer)
    assert "交办全部 1 条" in text_of(chief, SCENE)
    sent = {"which": "chosen", "clue": str(Finding.objects.get().pk), "officer": clerk.username, "key": "k"}
    assert "已交办 1 条" in chief.post(f"{SCENE}/hand-over", sent, follow=True).content.decode()
    case = Case.objects.get()
    assert case.number in text_of(officer, "/counter/cases/?item=clue_death&mine=1")
    page = text_of(officer, f"/counter/cases/{case.number}/")
    for shown in ("谁已经死亡", "社会保险法第八十八条", "2026-01-15", "报告核查结果", "核实的死亡日期", "600,000"[:3]):
        assert shown in page
    assert ZHANG_SAN not in page
    address = f"/counter/cases/{case.number}/"
    wrong = officer.post(f"{address}report/", {"version": "1", "finding": "true", "remark": "家属证实"})
    assert wrong.status_code == 400
    assert "请填写“核实的死亡日期”" in wrong.content.decode()
    assert "家属证实" in wrong.content.decode(), "what was typed is kept"
    assert officer.post(f"{address}report/", REPORT).status_code == 302
    assert "已办结：不属实" in text_of(head, address)
    assert head.post(f"{address}approve/", {"version": "2"}).status_code == 302
    assert "本人接了电话" in text_of(head, address)
    back = text_of(chief, f"{SCENE}?state=settled")
    assert "已办结：不属实" in back
    assert address in back
    assert "没有您能看到的结果" in text_of(chief, f"{SCENE}?state=new")


def test_all_that_wait_are_handed_over_by_one_press(town: Town, browse: Browser, steward: Actor) -> None:
    answered(many(230), NOW)
    client = browse(steward)
    assert "已交办 230 条" in client.post(f"{SCENE}/hand-over", {"which": "all"}, follow=True).content.decode()
    page = text_of(client, SCENE)
    assert "交办全部" not in page
    number = Case.objects.order_by("pk")[0].number
    assert number in page
    assert f"/counter/cases/{number}/" not in page, "a steward looks after the data, not the business"
    assert text_of(client, f"/counter/cases/{number}/", 403)


def test_handing_over_thousands_goes_in_slices_and_shows_how_far_it_is(
    town: Town, browse: Browser, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    answered(many(230), NOW)
    client = browse(steward)
    page = client.post(f"{SCENE}/hand-over", {"which": "all"}).content.decode()
    assert "已办 200 / 230 件" in page
    assert "data-go-on" in page
    sent = {"which": "all", **dict(re.findall(r'name="(total|done|failed|after)" value="(\d+)"', page))}
    assert "已交办 230 条" in client.post(f"{SCENE}/hand-over", sent, follow=True).content.decode()


def test_a_clue_that_vanished_says_so_on_the_page_of_its_case(
    town: Town, browse: Browser, auditor: Actor, clerk: Actor
) -> None:
    answered([dead()], NOW)
    browse(auditor).post(f"{SCENE}/hand-over", {"which": "all"})
    answered([], NOW)
    assert "最近一次运行没有这条线索" in text_of(browse(clerk), f"/counter/cases/{Case.objects.get().number}/")


def test_an_auditor_recalls_what_was_handed_over_in_error(town: Town, browse: Browser, auditor: Actor) -> None:
    answered([dead(died_on=date(2026, 1, 14))], NOW)
    client = browse(auditor)
    client.post(f"{SCENE}/hand-over", {"which": "all"})
    address = f"/counter/cases/{Case.objects.get().number}/"
    assert "撤销交办" in text_of(client, address)
    assert client.post(f"{address}recall/", {"version": "1", "remark": "重名"}).status_code == 302
    assert Finding.objects.get().state == "new"


def test_the_public_finds_neither_the_item_nor_the_case(
    town: Town, browse: Browser, auditor: Actor, zhang_san: Actor, wang_wu: Actor
) -> None:
    answered([dead()], NOW)
    browse(auditor).post(f"{SCENE}/hand-over", {"which": "all"})
    number = Case.objects.get().number
    assert "死亡冒领核查" not in text_of(Client(), "/")
    for by in (zhang_san, wang_wu):
        client = browse(by)
        assert number not in text_of(client, "/my/cases/")
        text_of(client, f"/my/cases/{number}/", 404)
        text_of(client, "/do/clue_death/", 404)
        text_of(client, "/do/clue_death/apply/", 404)
        text_of(client, f"/counter/cases/{number}/", 403)
        text_of(client, SCENE, 403)


SILENT = "silent_authentication"
WHY = "近期有就诊记录，抽查属实"


def traces(count: int) -> None:
    answered([trace(n) for n in range(count)], NOW, SILENT)


@pytest.fixture
def handed(town: Town, browse: Browser, auditor: Actor) -> None:
    traces(120)
    browse(auditor).post(f"/counter/data/scenes/{SILENT}/hand-over", {"which": "all"})


def together(client: Client, verb: str, **sent: Any) -> str:
    """Send the work on many cases and press 继续 until it is finished."""
    asked: dict[str, Any] = {"item": "clue_authentication", "which": "all", "remark": WHY, **sent}
    for _ in range(200):
        page = client.post(f"/counter/clues/{verb}/", asked).content.decode()
        if "data-go-on" not in page:
            return page
        asked |= dict(re.findall(r'name="(total|done|failed|after)" value="(\d+)"', page))
    raise AssertionError("never finished")


def test_many_clues_are_reported_approved_and_recalled_on_one_page(
    handed: None, browse: Browser, clerk: Actor, reviewer: Actor, auditor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    page = text_of(browse(clerk), "/counter/clues/?item=clue_authentication&column=traces&sign=>=&value=3")
    assert "“静默认证确认”有 48 件可办" in page
    assert "符合条件的全部 48 件" in page
    assert ZHANG_SAN not in page
    chosen = {"column": "traces", "sign": ">=", "value": "3", "finding": "true"}
    assert "已办 48 / 48 件" in together(browse(clerk), "report", **chosen)
    assert "已办 48 / 48 件" in together(browse(reviewer), "approve")
    assert "已办 72 / 72 件" in together(browse(auditor), "recall", remark="范围有误")
    assert Finding.objects.filter(state="new").count() == 72
    case = Case.objects.filter(state="done")[0]
    assert f"{WHY}（批量办理，共 48 件）" in text_of(browse(reviewer), f"/counter/cases/{case.number}/")


def test_the_list_comes_a_page_at_a_time_with_counts(handed: None, browse: Browser, clerk: Actor) -> None:
    page = text_of(browse(clerk), "/counter/clues/?item=clue_authentication&page=3")
    assert page.count('name="case"') == 20
    assert "第 3 / 3 页" in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [({"which": "ticked"}, "没有选择办件"), ({"remark": " "}, "批量办理须写明理由"),
     ({"finding": ""}, "请填写“核查结论”"), ({"column": "traces", "value": "x"}, "看不懂"),
     ({"column": "id_number"}, "没有这一列"), ({"q": "无此人"}, "没有选择办件")],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_is_done(
    handed: None, browse: Browser, clerk: Actor, sent: dict[str, str], said: str
) -> None:
    asked = {"item": "clue_authentication", "which": "all", "remark": WHY, "finding": "true", **sent}
    answer = browse(clerk).post("/counter/clues/report/", asked)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Case.objects.exclude(state="accepted").exists()


def test_the_queue_leads_to_the_work_on_many(town: Town, browse: Browser, clerk: Actor) -> None:
    assert "/counter/clues/?item=clue_death" in text_of(browse(clerk), "/counter/cases/?item=clue_death")


def test_the_queue_of_an_item_without_clues_leads_to_no_work_on_many(town: Town, browse: Browser, clerk: Actor) -> None:
    assert "/counter/clues/" not in text_of(browse(clerk), "/counter/cases/?item=data_sharing")
    assert '"/counter/clues/"' in text_of(browse(clerk), "/counter/cases/?item=none_such")


def test_what_the_row_says_stands_in_the_report_of_one_case(handed: None, browse: Browser, clerk: Actor) -> None:
    number = Case.objects.order_by("pk")[3].number
    assert 'name="confirmed_on" value="2026-02-04"' in text_of(browse(clerk), f"/counter/cases/{number}/")


def test_a_scene_that_cannot_be_read_is_told_with_file_and_line(
    browse: Browser, steward: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(policy_folder(), tmp_path / "policy")
    path = tmp_path / "policy" / "scenes" / DEAD / "scene.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("kind: 线索", "kind: 线头"), encoding="utf-8")
    monkeypatch.setenv("JINBAO_POLICY", str(tmp_path / "policy"))
    page = text_of(browse(steward), "/counter/data/scenes/")
    assert f"场景 {DEAD} 停用" in page
    assert f"policy/scenes/{DEAD}/scene.yaml:4" in page
    assert "服刑领取" in page
    assert browse(steward).get(SCENE).headers["Location"] == "/counter/data/scenes/"


def test_after_a_mistake_the_ticked_stay_ticked_and_all_still_means_all(
    handed: None, browse: Browser, clerk: Actor
) -> None:
    """Two were ticked without a reason: the button beside must not say 2 and then do 120."""
    numbers = list(Case.objects.order_by("pk").values_list("number", flat=True)[:2])
    asked = {"item": "clue_authentication", "which": "ticked", "case": numbers, "finding": "true", "remark": ""}
    page = browse(clerk).post("/counter/clues/report/", asked).content.decode()
    assert "符合条件的全部 120 件" in page
    assert page.count(" checked aria-label") == 2
    assert 'action="/counter/clues/"' in page


def test_what_came_after_the_page_was_shown_was_not_chosen(
    handed: None, browse: Browser, clerk: Actor, reviewer: Actor
) -> None:
    seen = dict(re.findall(r'name="(seen)" value="([^"]+)"', text_of(browse(clerk), "/counter/clues/")))
    assert "已办 120 / 120 件" in together(browse(clerk), "report", finding="true", **seen)
    Case.objects.order_by("pk")[5].steps.filter(verb="report").update(at=NOW + timedelta(minutes=1))
    assert "已办 119 / 119 件" in together(browse(reviewer), "approve", seen=NOW.isoformat())


@pytest.mark.parametrize("sent", [{"remark": ""}, {"total": "0"}, {"finding": ""}])
def test_a_slice_that_claims_to_go_on_is_checked_as_the_first(
    handed: None, browse: Browser, clerk: Actor, sent: dict[str, str]
) -> None:
    asked = {"item": "clue_authentication", "which": "all", "remark": WHY, "finding": "true"}
    asked |= {"total": "1", "done": "0", "failed": "0", "after": "0", **sent}
    assert browse(clerk).post("/counter/clues/report/", asked).status_code == 400
    assert not Case.objects.exclude(state="accepted").exists()


def test_nonsense_in_what_goes_with_the_page_breaks_nothing(handed: None, browse: Browser, clerk: Actor) -> None:
    asked: dict[str, Any] = {"total": "1", "done": "0", "failed": "0", "after": "999999999999999", "seen": "spring"}
    asked |= {"fault-number": ["a/b", ""], "fault-why": ["x", "y"], "item": "clue_authentication", "which": "all"}
    asked |= {"remark": WHY, "finding": "true"}
    assert browse(clerk).post("/counter/clues/report/", asked).status_code == 200
    assert browse(clerk).get("/counter/clues/report/?item=clue_authentication", follow=True).status_code == 200
    assert browse(clerk).get(f"/counter/clues/?column=traces&value={'9' * 30}").status_code == 400
