"""The screen of the data platform: each figure is a room's own, leads to its page, and a broken room hides no other."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils.html import escape

from jinbao.data import intake
from jinbao.data.linkage import actions as linkage
from jinbao.data.models import Batch
from jinbao.data.scoring import queries as scores
from jinbao.data.scoring.models import Score
from jinbao.data.supply import actions as supply
from jinbao.data.supply import arrivals
from jinbao.data.units import unit
from jinbao.trust import clock
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.screen.panels import PANELS, Panel, panels
from jinbao.web.screen.state import PlatformState
from tests.conftest import CITY, OTHER_CITY
from tests.web.conftest import NOW, Browser, Town
from tests.web.test_access import actor

ADDRESS = "/screen/platform/"
ROWS = "入馆流水号,证件号码,姓名,入馆日期\nRG1,,张三,2026-01-02\nRG2,,李4,2026-01-02\nRG3,,王五,2026-01-02\n"


@pytest.fixture
def steward(db: None) -> Actor:
    return actor(Role.STEWARD)


def shown(by: Actor) -> dict[str, Panel]:
    return {panel.name: panel for panel in panels(PlatformState(by, clock.now()))}


def values(panel: Panel) -> dict[str, str]:
    return {one.label: one.value for one in (*panel.figures, *panel.lines)}


def deliver(tmp_path: Path, *, days_ago: int = 0) -> Batch:
    file = tmp_path / f"入馆{days_ago}.csv"
    file.write_text(ROWS.replace("RG", f"RG{days_ago}"), encoding="utf-8")
    when, code = clock.now() - timedelta(days=days_ago), unit("文旅").code
    return intake.receive(Actor.system(), file, file.name, "venue_entry", sender=code, region=CITY, now=when)


def test_on_the_first_day_every_room_says_what_is_missing_and_what_to_do(steward: Actor) -> None:
    first = shown(steward)
    said = {name: panel.missing for name, panel in first.items() if panel.missing}
    assert set(said) == {"units", "resources", "quality", "landing", "people", "exchange", "scenes"}
    assert "jinbao data score" in said["quality"]
    assert values(first["requests"])["在办"] == "0", "no request is an answer, not a gap"
    assert values(first["runs"])["归并"] == "没有运行过"


def test_rows_are_counted_on_the_day_they_came(
    steward: Actor, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        supply.accept(Actor.system(), deliver(tmp_path, days_ago=2), now=NOW)
    deliver(tmp_path)
    gone = deliver(tmp_path, days_ago=1)
    supply.discard(Actor.system(), gone, now=NOW, reason="送错了")
    days = arrivals.landed(steward, NOW.date() - timedelta(days=3), NOW.date())
    assert [(one.accepted, one.rejected, one.waiting) for one in days] == [(0, 0, 0), (2, 1, 0), (0, 0, 0), (0, 1, 2)]
    panel = shown(steward)["landing"]
    assert values(panel) == {"今日接收": "0", "今日退回": "1", "等待决定": "2"}
    assert panel.chart is not None
    assert panel.chart.rows[2] == ("03-18", ["2", "1", "0"])


def test_units_that_deliver_and_units_that_are_late(
    steward: Actor, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        supply.accept(Actor.system(), deliver(tmp_path, days_ago=60), now=NOW)
    panel, came = shown(steward)["units"], arrivals.arrivals(steward, NOW)
    assert values(panel)["报送过的单位"] == "1"
    assert values(panel)["有逾期的单位"] == str(len({one.unit.code for one in came if one.is_late})) != "0"
    assert {line.value for line in panel.lines} <= {"从未到货"} | {f"逾期 {n} 天" for n in range(400)}
    assert str(sum(one.is_late for one in came) - len(panel.lines)) in panel.note


def test_the_score_is_the_regions_with_its_dimensions_and_tickets(steward: Actor, town: Town) -> None:
    town.quality()
    newest = scores.scores(steward).get(kind=Score.Kind.REGION)
    panel = shown(steward)["quality"]
    seen = values(panel)
    assert seen["总分"] == scores.shown(newest.points)
    assert seen["可访问性"] == scores.shown(newest.dimensions["可访问性"])
    assert seen["准确性"] == "未检查"
    assert seen["问题单"] == str(scores.tickets(steward).count())
    assert seen["其中逾期"] == "0"
    with clock.stopped_at(NOW + timedelta(days=200)):
        assert values(shown(steward)["quality"])["其中逾期"] == seen["问题单"]


def test_people_and_what_waits_for_review(
    steward: Actor, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        supply.accept(Actor.system(), deliver(tmp_path), now=NOW)
    linkage.run(Actor.system(), now=NOW)
    seen = values(shown(steward)["people"])
    assert (seen["归并成人"], seen["参加归并的行"], seen["待审核"]) == ("2", "2", "0")


def test_resources_by_kind_and_grade(steward: Actor, town: Town) -> None:
    town.resource()
    panel = shown(steward)["resources"]
    assert values(panel) == {"库表": "1", "接口": "0", "4级 敏感个人信息": "1"}


def test_every_figure_leads_to_a_page_that_its_reader_may_open(town: Town, browse: Browser, steward: Actor) -> None:
    town.quality()
    town.resource()
    town.batch()
    client = browse(steward)
    page = client.get(ADDRESS).content.decode()
    links = set(re.findall(r'<a href="(/counter/[^"]+)"', page))
    assert len(links) > 5
    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link
    for panel in shown(steward).values():
        assert all(one.url for one in (*panel.figures, *panel.lines))


def test_a_damaged_table_breaks_its_own_panel_and_no_other(
    steward: Actor, browse: Browser, var: Path, town: Town
) -> None:
    town.resource()
    pointer = var / "lake" / "standard" / "venue_entry" / "current.json"
    pointer.parent.mkdir(parents=True)
    pointer.write_text("{half a file", encoding="utf-8")
    broken = shown(steward)
    assert {name for name, panel in broken.items() if panel.broken} == {"units"}
    assert values(broken["resources"])["库表"] == "1"
    page = browse(steward).get(ADDRESS)
    assert page.status_code == 200
    assert "读不到" in page.content.decode()
    assert "half a file" not in page.content.decode()


def test_a_steward_of_another_city_sees_none_of_ours(town: Town, browse: Browser, tmp_path: Path) -> None:
    town.quality()
    town.resource()
    deliver(tmp_path)
    theirs = shown(actor(Role.STEWARD, OTHER_CITY))
    assert {name for name, panel in theirs.items() if panel.missing} >= {"resources", "quality", "landing", "units"}


def test_charts_have_a_table_with_the_same_values(town: Town, browse: Browser, steward: Actor, tmp_path: Path) -> None:
    deliver(tmp_path)
    page = browse(steward).get(ADDRESS).content.decode()
    assert '<details id="t-landing">' in page
    assert escape("数据表：每日入湖行数") in page
    assert '<th scope="row">03-20</th><td>0</td><td>1</td><td>2</td>' in page


def test_the_screen_names_nobody(town: Town, browse: Browser, steward: Actor, tmp_path: Path) -> None:
    deliver(tmp_path)
    page = browse(steward).get(ADDRESS).content.decode()
    assert all(name not in page for name in ("张三", "李四", "王五", "演示机械厂"))


def test_it_is_found_from_the_stewards_first_page(browse: Browser, steward: Actor) -> None:
    assert f'href="{ADDRESS}"' in browse(steward).get("/counter/data/").content.decode()


def test_no_other_role_is_offered_it(browse: Browser, clerk: Actor) -> None:
    assert ADDRESS not in browse(clerk).get("/counter/data/").content.decode()
    assert browse(clerk).get(ADDRESS).status_code == 403


def test_an_empty_platform_tells_a_steward_how_to_begin(steward: Actor, clerk: Actor, browse: Browser) -> None:
    assert "jinbao data load demo" in browse(steward).get("/counter/data/").content.decode()
    assert "jinbao data load demo" not in browse(clerk).get("/counter/data/").content.decode()
    with override_settings(PRODUCTION=True):
        page = browse(steward).get("/counter/data/").content.decode()
    assert "平台还是空的" in page
    assert "jinbao data load demo" not in page


def test_a_visitor_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get(ADDRESS).status_code == 302


def test_every_panel_has_a_title_for_the_day_it_breaks(steward: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise OSError

    for name in ("arrivals", "landed", "sources", "scores", "linked", "traffic", "scenes"):
        monkeypatch.setattr(PlatformState, name, property(gone))
    broken = [panel for panel in panels(PlatformState(steward, NOW)) if panel.broken]
    assert len(broken) == len(PANELS) - 2, "resources and requests are read by themselves"
    assert all(panel.title for panel in broken)
