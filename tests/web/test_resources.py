"""The catalogue's pages: search, register, publish by another person, import, lineage; and what the public sees."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import quote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jinbao.data.catalogue import exporting, sheets
from jinbao.data.catalogue.models import Resource
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, make_actor
from tests.web.conftest import NOW, Browser, Town

WHERE = "/counter/data/catalogue/"


def steward() -> Actor:
    return make_actor("shuju", "孙数据", Role.STEWARD, region=CITY)


def test_a_steward_finds_a_resource_by_a_word_of_an_item(browse: Browser, town: Town) -> None:
    town.resource()
    html = browse(steward()).get(WHERE, {"q": "基数"}).content.decode()
    assert "养老保险缴费明细" in html
    assert "缴费<mark>基数</mark>" in html
    assert "没有找到" in browse(steward()).get(WHERE, {"q": "基数", "kind": "interface"}).content.decode()


def test_what_is_typed_is_shown_and_not_run(browse: Browser, town: Town) -> None:
    town.resource()
    html = browse(steward()).get(WHERE, {"q": "<script>养老"}).content.decode()
    assert "<script>养老" not in html


FORM = {
    "name": "失业登记",
    "provider": "演示市人力资源和社会保障局",
    "category": "317002",
    "kind": "table",
    "item-was": ["", ""],
    "item-name": ["姓名", ""],
    "item-english": ["name", ""],
    "item-type": ["C", "C"],
    "item-length": ["50", ""],
    "item-sensitivity": ["个人信息", "内部"],
    "item-required": ["0"],
}


def test_a_resource_is_registered_changed_and_published_by_another_person(browse: Browser, town: Town) -> None:
    client = browse(steward())
    assert client.post(f"{WHERE}new/", FORM).headers["Location"] == f"{WHERE}317002/1/"
    resource = Resource.objects.get(code="317002/1")
    assert [(item.name, item.required) for item in resource.fields.all()] == [("姓名", True)]
    more = FORM | {
        "version": "1",
        "summary": "登记失业的人员",
        "format": "自描述/Parquet",
        "share_type": "1",
        "open_type": "否",
        "update_cycle": "每月",
        "grade": "3",
        "item-was": ["姓名", ""],
        "item-name": ["人员姓名", "登记日期"],
    }
    assert client.post(f"{WHERE}317002/1/edit/", more).status_code == 302
    assert client.post(f"{WHERE}317002/1/edit/", more).status_code == 409, "an outdated form"
    html = client.get(f"{WHERE}317002/1/").content.decode()
    assert "新增信息项“登记日期”" in html
    assert "最后变更的人不能发布" in html
    assert client.post(f"{WHERE}317002/1/publish/", {"version": "2"}).status_code == 403
    other = browse(make_actor("fuhe", "林复核", Role.REVIEWER, region=CITY))
    assert other.post(f"{WHERE}317002/1/publish/", {"version": "2"}).status_code == 302
    assert "<mark>失业</mark>登记" in Client().get("/see/data/", {"q": "失业"}).content.decode()


def test_a_wrong_form_comes_back_with_what_was_typed(browse: Browser, town: Town) -> None:
    answer = browse(steward()).post(f"{WHERE}new/", FORM | {"category": "9", "format": "纸"})
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "信息资源分类：“9”应为" in html
    assert 'value="失业登记"' in html
    assert not Resource.objects.exists()


def test_the_public_sees_what_is_published_and_no_values(browse: Browser, town: Town) -> None:
    code = town.resource().code
    visitor = Client()
    assert visitor.get(f"/see/data/{code}/").status_code == 404
    assert "没有找到" in visitor.get("/see/data/", {"q": "养老"}).content.decode()
    town.resource(is_published=True)
    html = visitor.get(f"/see/data/{code}/").content.decode()
    assert "证件号码" in html
    assert "有条件共享" in html
    for inside in ("数据概况", "变更记录", "数据登记"):
        assert inside not in html


def test_an_empty_catalogue_says_that_it_is_empty_and_shows_no_empty_filters(client: Client, db: None) -> None:
    html = client.get("/see/data/").content.decode()
    assert "目录里还没有资源" in html
    assert "共享类型</h2>" not in html


def test_whoever_reads_of_a_shareable_resource_finds_the_way_to_apply_for_it(client: Client, town: Town) -> None:
    resource = town.resource(is_published=True)
    assert "apply/?resource=" not in client.get(f"/see/data/{resource.code}/").content.decode(), "described by hand"
    Resource.objects.filter(pk=resource.pk).update(dataset="contribution_declaration")
    html = client.get(f"/see/data/{resource.code}/").content.decode()
    assert 'href="/do/data_sharing/apply/?resource=contribution_declaration"' in html


def test_an_import_first_says_what_would_happen(browse: Browser, town: Town) -> None:
    client = browse(steward())
    town.resource()
    content = exporting.export(steward(), "xlsx", base="https://a/", now=NOW)
    html = client.post(f"{WHERE}import/", {"file": SimpleUploadedFile("目录.xlsx", content)}).content.decode()
    assert "没有可以导入的变化" in html
    html = client.post(f"{WHERE}import/", {"file": BytesIO(sheets.template())}).content.decode()
    waiting = html.partition('name="waiting" value="')[2].partition('"')[0]
    assert Resource.objects.count() == 1
    assert client.post(f"{WHERE}import/confirm/", {"waiting": waiting}).status_code == 302
    assert Resource.objects.count() == 2
    assert client.post(f"{WHERE}import/confirm/", {"waiting": waiting}).status_code == 404
    assert client.post(f"{WHERE}import/confirm/", {"waiting": "../../etc/passwd"}).status_code == 404


def test_a_file_that_is_no_workbook_is_refused_with_advice(browse: Browser, town: Town) -> None:
    answer = browse(steward()).post(f"{WHERE}import/", {"file": SimpleUploadedFile("目录.xlsx", b"nothing")})
    assert answer.status_code == 400
    assert "怎么办" in answer.content.decode()


def test_lineage_is_drawn_and_said_in_a_table(browse: Browser, town: Town) -> None:
    client = browse(steward())
    html = client.get("/counter/data/lineage/", {"column": "contribution_payment.total_fen"}).content.decode()
    assert "<svg" in html
    assert "文件/contribution_payment.到账金额" in html
    assert f'href="/counter/data/lineage/?column={quote("文件/contribution_payment.到账金额", safe="")}"' in html
    assert client.get("/counter/data/lineage/", {"column": "nothing"}).status_code == 404


def test_programs_search_the_published_catalogue(client: Client, town: Town) -> None:
    assert client.get("/api/catalogue", {"q": "养老"}).json()["total"] == 0
    code = town.resource(is_published=True).code
    found = client.get("/api/catalogue", {"q": "ylbx", "share_type": "2"}).json()
    assert [one["code"] for one in found["resources"]] == [code]
    assert found["facets"]["kind"] == {"table": 1}
    one = client.get(f"/api/catalogue/{code}").json()
    assert [item["name"] for item in one["items"]] == ["证件号码", "缴费基数"]
    assert client.get("/api/catalogue/dcat/turtle").content.decode().count("dcat:Dataset") == 1
    for wrong, status in (
        ("/api/catalogue/999999/1", 404),
        ("/api/catalogue/dcat/pdf", 404),
        ("/api/catalogue?size=0", 400),
    ):
        answer = client.get(wrong)
        assert answer.status_code == status
        assert answer.json()["code"]
