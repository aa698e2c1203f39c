"""The centre's year at the counter: a workbook with faults, and what is said once."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from jinbao.centre.disclosure.produce.sample import figures as sample
from jinbao.centre.disclosure.produce.schema import write_workbook
from jinbao.trust.actors import Actor
from tests.web.conftest import Browser, Town


def test_whoever_filled_in_the_year_reads_why_it_came_back(
    browse: Browser, town: Town, finance: Actor, reviewer: Actor
) -> None:
    book, client = town.year(), browse(finance)
    content = SimpleUploadedFile("数据.xlsx", write_workbook(sample(3)))
    client.post(f"/counter/centre/{book.pk}/import/", {"file": content})
    where = f"/counter/centre/{book.pk}/step/"
    client.post(where, {"verb": "submit"})
    browse(reviewer).post(where, {"verb": "send_back", "reason": "车辆数与资产不符"})
    assert "车辆数与资产不符" in client.get(f"/counter/centre/{book.pk}/").content.decode()
    client.post(where, {"verb": "submit"})
    assert "车辆数与资产不符" not in client.get(f"/counter/centre/{book.pk}/").content.decode()


def test_every_fault_of_a_workbook_is_listed_and_its_name_doubted(browse: Browser, town: Town, finance: Actor) -> None:
    book, client = town.year(), browse(finance)
    data = sample(3)
    data["收入"][0]["科目编码"], data["支出"][1]["资金"] = "2089998", "专户"
    where = f"/counter/centre/{book.pk}/import/"
    refused = client.post(where, {"file": SimpleUploadedFile("数据.xlsx", write_workbook(data))})
    html = refused.content.decode()
    assert refused.status_code == 400
    assert "没有科目“2089998”" in html
    assert "“专户”不在可填的词中" in html
    taken = client.post(where, {"file": SimpleUploadedFile("数据.xlsx", write_workbook(sample(3)))}, follow=True)
    html = taken.content.decode()
    assert html.count("相同 ") == 1
    assert html.count("演示市第16信息中心”，登记的是") == 1
