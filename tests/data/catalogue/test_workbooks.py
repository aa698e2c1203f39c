"""The workbook: out and in again, bad rows with their place, good rows kept, twice is once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from jinbao.data.catalogue import actions, exporting, importing, queries, sheets
from jinbao.data.catalogue.models import Field, Resource, Version
from jinbao.kernel.errors import JinbaoError, NotAllowed
from jinbao.trust.actors import Actor
from tests.conftest import CITY
from tests.data.catalogue.conftest import CONTRIBUTIONS, NOW, Make

RESOURCE_HEAD = list(sheets.headings(sheets.RESOURCES).values())
ITEM_HEAD = list(sheets.headings(sheets.ITEMS).values())
UNIT = CONTRIBUTIONS.provider


def book(path: Path, **tables: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(path) as written:
        for name, rows in tables.items():
            sheet = written.add_worksheet(name)
            for number, row in enumerate(rows):
                for at, cell in enumerate(row):
                    sheet.write(number, at, cell)
    return path


def row(name: str, **parts: str) -> list[str]:
    filled = {"name": name, "provider": UNIT, "category": "317001"} | parts
    return [filled.get(part, "") for part in sheets.RESOURCE_PARTS]


def item(resource: str, name: str, **parts: str) -> list[str]:
    cells = {"name": name} | parts
    return [UNIT, resource, *(cells.get(part, "") for part in sheets.ITEM_PARTS)]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    first = row("社保卡发放", share_type="有条件共享", kind="库表")
    resources = [RESOURCE_HEAD, first, row("就业登记", share_type="1 无条件共享")]
    items = [ITEM_HEAD, item("社保卡发放", "卡号", type="字符", key="是"), item("就业登记", "性别", codes="1 男；2 女")]
    return book(tmp_path / "目录.xlsx", 资源目录=resources, 信息项=items)


def test_it_works(good: Path, steward: Actor) -> None:
    said = importing.preview(steward, good, "目录.xlsx", CITY)
    assert (said.made, said.items, said.bad_rows) == (2, 2, 0)
    assert not Resource.objects.exists()
    done = importing.import_workbook(steward, good, "目录.xlsx", CITY, now=NOW)
    assert (done.made, done.changed, done.unchanged, done.dry) == (2, 0, 0, False)
    assert Field.objects.get(name="性别").codes == {"1": "男", "2": "女"}
    assert Resource.objects.get(name="就业登记").share_type == "1"
    assert [hit.name for hit in queries.search("社保卡", steward).hits] == ["社保卡发放"]


def test_the_same_workbook_twice_changes_nothing(good: Path, steward: Actor) -> None:
    importing.import_workbook(steward, good, "目录.xlsx", CITY, now=NOW)
    again = importing.import_workbook(steward, good, "目录.xlsx", CITY, now=NOW)
    assert (again.made, again.changed, again.unchanged) == (0, 0, 2)
    assert Version.objects.count() == 2


def test_what_is_exported_is_imported_without_a_change(make: Make, steward: Actor, tmp_path: Path) -> None:
    make()
    make(name="参保查询", kind="interface", share_mode="1", related="317001/1", items=())
    path = tmp_path / "out.xlsx"
    path.write_bytes(exporting.export(steward, "xlsx", base="https://a/", now=NOW))
    done = importing.import_workbook(steward, path, "out.xlsx", CITY, now=NOW)
    assert (done.made, done.changed, done.unchanged, done.problems) == (0, 0, 2, [])


def test_bad_rows_are_named_with_sheet_row_and_column_and_good_rows_are_kept(tmp_path: Path, steward: Actor) -> None:
    path = book(
        tmp_path / "坏.xlsx",
        资源目录=[
            RESOURCE_HEAD,
            row("好的"),
            row("分类不对", category="9"),
            row("共享不对", share_type="随便"),
            row(""),
            row("好的"),
            row("太长" * 101),
        ],
        信息项=[
            ITEM_HEAD,
            item("好的", "甲", type="数值"),
            item("好的", "乙", type="图片"),
            item("好的", "甲"),
            item("没有的", "丙"),
            item("分类不对", "丁"),
            item("好的", "", type="C"),
            item("好的", "戊", codes="没有空格"),
            item("好的", "己", key="也许"),
        ],
    )
    done = importing.import_workbook(steward, path, "坏.xlsx", CITY, now=NOW)
    said = {(one.sheet, one.row): f"{one.column}：{one.reason}" for one in done.problems}
    assert {(sheet, number) for sheet, number in said} == {
        ("资源目录", 3), ("资源目录", 4), ("资源目录", 5), ("资源目录", 6), ("资源目录", 7),
        ("信息项", 3), ("信息项", 4), ("信息项", 5), ("信息项", 6), ("信息项", 7), ("信息项", 8), ("信息项", 9),
    }  # fmt: skip
    assert said["资源目录", 3].startswith("信息资源分类：“9”应为")
    assert said["资源目录", 4].startswith("共享类型：“随便”不在代码表中")
    assert said["资源目录", 5] == "信息资源名称：必须填写"
    assert said["资源目录", 6] == "：与第 2 行重复"
    assert "数据类型" in said["信息项", 3]
    assert "没有资源“没有的”" in said["信息项", 5]
    assert "行有误" in said["信息项", 6] or "没有资源" in said["信息项", 6]
    assert done.bad_rows == 12
    assert [(one.name, [str(f) for f in one.fields.all()]) for one in Resource.objects.all()] == [("好的", ["甲"])]


def test_blank_cells_leave_what_is_there_and_nothing_is_deleted(make: Make, steward: Actor, tmp_path: Path) -> None:
    resource = make()
    head = ["信息资源名称", "信息资源提供方", "更新周期"]
    items = [["信息资源提供方", "信息资源名称", "信息项名称", "长度"], [UNIT, CONTRIBUTIONS.name, "姓名", 80]]
    path = book(tmp_path / "a.xlsx", 资源目录=[head, [CONTRIBUTIONS.name, UNIT, "每日"]], 信息项=items)
    importing.import_workbook(steward, path, "a.xlsx", CITY, now=NOW)
    resource.refresh_from_db()
    assert (resource.update_cycle, resource.grade, resource.version) == ("每日", "4", 2)
    assert queries.versions(steward, resource)[0].changes == [
        "更新周期：“每月” → “每日”",
        "信息项“姓名”长度：“50” → “80”",
    ]
    assert resource.fields.count() == 4


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"别的表": [["甲"]]}, "没有工作表“资源目录”"),
        ({"资源目录": [["名称", "提供方"]]}, "列“名称”不认识"),
        ({"资源目录": [["信息资源名称"]]}, "缺少“信息资源提供方”"),
        ({"资源目录": []}, "缺少“信息资源名称”"),
        ({"资源目录": [["信息资源名称", "信息资源名称", "信息资源提供方"]]}, "出现两次"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(
    tables: dict[str, list[list[Any]]], said: str, tmp_path: Path, steward: Actor
) -> None:
    with pytest.raises(JinbaoError, match=said):
        importing.preview(steward, book(tmp_path / "a.xlsx", **tables), "a.xlsx", CITY)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a workbook", b"\x00" * 999])
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path, steward: Actor) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(JinbaoError):
        importing.preview(steward, path, "a.xlsx", CITY)


def test_the_template_says_how_and_its_example_is_a_good_row(tmp_path: Path, steward: Actor) -> None:
    path = tmp_path / "模板.xlsx"
    path.write_bytes(sheets.template())
    assert importing.preview(steward, path, "模板.xlsx", CITY).problems == []


def test_what_a_declared_dataset_describes_is_not_overwritten(make: Make, steward: Actor, good: Path) -> None:
    make(name="就业登记", dataset="employment")
    done = importing.import_workbook(steward, good, "目录.xlsx", CITY, now=NOW)
    assert done.made == 1
    assert "由数据集声明 employment 生成" in done.problems[0].reason


def test_only_a_steward_of_the_region_imports(good: Path, other_steward: Actor, clerk: Actor, partner: Actor) -> None:
    for actor in (other_steward, clerk, partner):
        with pytest.raises(NotAllowed):
            importing.import_workbook(actor, good, "目录.xlsx", CITY, now=NOW)
    assert not Resource.objects.exists()


def test_thousands_of_rows_are_kept_at_once(tmp_path: Path, steward: Actor) -> None:
    items = [item(f"资源{n // 50}", f"信息项{n}") for n in range(2000)]
    path = book(
        tmp_path / "a.xlsx", 资源目录=[RESOURCE_HEAD, *(row(f"资源{n}") for n in range(40))], 信息项=[ITEM_HEAD, *items]
    )
    assert importing.import_workbook(steward, path, "a.xlsx", CITY, now=NOW).items == 2000
    assert Field.objects.count() == 2000


def test_an_import_waits_for_another_person_before_the_public_sees_it(
    good: Path, steward: Actor, second_steward: Actor
) -> None:
    importing.import_workbook(steward, good, "目录.xlsx", CITY, now=NOW)
    resource = Resource.objects.get(name="就业登记")
    with pytest.raises(NotAllowed):
        actions.publish(steward, resource, version=1, now=NOW)
    assert queries.search("就业").total == 0
