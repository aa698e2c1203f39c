"""A request for data through its pages: asked, written, submitted, approved, delivered, fetched, revoked."""

from __future__ import annotations

from django.test import Client

from jinbao.data.extraction.models import DataRequest, Delivery, Download, SavedQuery
from jinbao.trust.actors import Actor
from tests.conftest import ZHANG_SAN
from tests.data.extraction.conftest import *  # noqa: F403  # the lake and the people of the room
from tests.web.conftest import Browser

HOME = "/counter/data/extraction/"
FORM = {
    "purpose": "核对参保", "basis": "社会保险法第七十四条", "people": "户籍人口", "period": "2026-01",
    "columns": "姓名", "level": "敏感个人信息", "recipient": "医保局", "needed_until": "2026-04-01",
}  # fmt: skip


def shown(browser: Client, address: str, status: int = 200) -> str:
    """Open a page."""
    answer = browser.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_whole_way_through_the_pages(
    people: None, cleared: None, officer: Actor, steward: Actor, second: Actor, clerk2: Actor, browse: Browser
) -> None:
    asks, writes, approves, other = (browse(one) for one in (officer, steward, second, clerk2))
    assert "日期" in asks.post(f"{HOME}new/", FORM | {"needed_until": "明天"}).content.decode()
    assert asks.post(f"{HOME}new/", FORM | {"purpose": ""}).status_code == 400
    address = asks.post(f"{HOME}new/", FORM).url
    assert "核对参保" in shown(asks, address)
    shown(other, address, 404)
    bench = f"{address}workbench/"
    assert "population" in shown(writes, bench)
    wrong = writes.post(bench, {"sql": "SELECT nmae\nFROM population"})
    assert wrong.status_code == 400
    assert "第 1 行第 8 列" in wrong.content.decode()
    assert "SELECT nmae" in wrong.content.decode()
    ran = writes.post(bench, {"sql": "SELECT id_number, name\r\nFROM population"}).content.decode()
    assert "990***********1014" in ran
    assert ZHANG_SAN not in ran
    choice = {"version": "1", "column": ["id_number", "name"], "mask": ["plain", "masked"], "form": "csv"}
    assert writes.post(f"{address}submit/", choice).status_code == 302
    assert "SELECT id_number, name" in shown(approves, address)
    assert writes.post(f"{address}approve/", {"seal": DataRequest.objects.get().sealed_sm3}).status_code == 403
    assert approves.post(f"{address}approve/", {"seal": DataRequest.objects.get().sealed_sm3}).status_code == 302
    assert writes.post(f"{address}deliver/").status_code == 302
    code = Delivery.objects.get().code
    assert approves.post(f"{HOME}files/{code}/").status_code == 404
    file = b"".join(asks.post(f"{HOME}files/{code}/")).decode("utf-8-sig")  # type: ignore[arg-type]  # a streamed file
    assert code in file.splitlines()[0]
    assert f"{ZHANG_SAN},张*" in file
    assert Download.objects.count() == 1
    assert "1 / 5" in shown(asks, address)
    assert "2026" in shown(writes, f"{HOME}?state=delivered&words=医保局")
    assert approves.post(f"{address}revoke/", {"reason": "误发"}).status_code == 302
    assert asks.post(f"{HOME}files/{code}/").status_code == 409
    assert writes.post(f"{address}burn/").status_code == 404


def test_a_query_is_kept_and_picked_for_the_next_request(
    people: None, cleared: None, officer: Actor, steward: Actor, browse: Browser
) -> None:
    asks, writes = browse(officer), browse(steward)
    bench = f"{asks.post(f'{HOME}new/', FORM).url}workbench/"
    sql = "SELECT name\nFROM population\nWHERE name = {姓名:文本}"
    kept = writes.post(bench.replace("workbench", "save"), {"sql": sql, "save-name": "按姓名", "save-about": "核对用"})
    assert kept.status_code == 302
    page = shown(writes, kept.url)
    assert 'name="p-姓名"' in page
    picked = f"{bench}?saved={SavedQuery.objects.get().pk}"
    assert "请填写“姓名”" in shown(writes, f"{picked}&p-姓名=", 400)
    assert "WHERE name = &#x27;李四&#x27;" in shown(writes, f"{picked}&p-姓名=李四")
    assert "按姓名" in shown(writes, f"{asks.post(f'{HOME}new/', FORM).url}workbench/")
    assert writes.post(bench.replace("workbench", "save"), {"sql": "DROP VIEW x", "save-name": "坏"}).status_code == 400
    shown(writes, f"{bench}?saved=999", 404)


def test_a_level_is_given_by_somebody_else(officer: Actor, steward: Actor, second: Actor, browse: Browser) -> None:
    said = {"username": "shuju", "level": "敏感个人信息", "until": "2026-12-31", "reason": "核对"}
    assert browse(steward).post(f"{HOME}levels/", said).status_code == 403
    assert browse(second).post(f"{HOME}levels/", said).status_code == 302
    assert "2026-12-31" in shown(browse(steward), f"{HOME}levels/")
    assert browse(second).post(f"{HOME}levels/", said | {"username": "jingban"}).status_code == 403
