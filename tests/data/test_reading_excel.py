"""Excel workbooks as they really arrive: titles, merges, several sheets, lost digits, formulas, bombs."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from jinbao.data import intake, workbook_safety
from jinbao.data.sources import Refused
from tests.conftest import ZHANG_SAN
from tests.data.conftest import HEADING, Receive, other_row, reasons, row, write_workbook


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "申报.xlsx"


def edited(path: Path, change: Callable[[str], str], part: str = "xl/worksheets/sheet1.xml") -> Path:
    """Change the XML of one part of a workbook."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def test_a_plain_workbook_is_read(receive: Receive, book: Path) -> None:
    batch = receive(write_workbook(book, {"申报": [HEADING, row(), other_row(缴费工资=6000.55)]}))
    assert [found["wage_fen"] for found in intake.accepted_rows(batch)] == [850000, 600055]
    assert intake.walk_back(batch, 3).split("\t")[:4] == ["990101197106202026", "李四", "2026-01", "6000.55"]


def test_titles_above_and_columns_to_the_left_shift_nothing(receive: Receive, book: Path) -> None:
    with xlsxwriter.Workbook(book) as made:
        sheet = made.add_worksheet("申报")
        sheet.merge_range("C2:H2", "缴费申报表")
        for at, cells in enumerate([HEADING, row(), other_row(缴费工资="x")], 5):
            sheet.write_row(at, 2, cells)
    batch = receive(book)
    assert batch.accepted == 1
    assert list(reasons(batch)) == [8]


def test_months_may_be_dates_texts_or_numbers(receive: Receive, book: Path) -> None:
    months: list[Any] = [date(2026, 1, 1), "2026-02", 202603, "2026年4月"]
    rows = [HEADING, *(row(费款所属期=month) for month in months)]
    batch = receive(write_workbook(book, {"申报": rows}, default_date_format="yyyy-mm"))
    assert [found["month"] for found in intake.accepted_rows(batch)] == [202601, 202602, 202603, 202604]


def test_a_date_without_date_format_is_an_error_that_says_so(receive: Receive, book: Path) -> None:
    batch = receive(write_workbook(book, {"申报": [HEADING, row(费款所属期=46023)]}))
    assert "若为 Excel 日期的序号，则是 2026-01-01" in reasons(batch)[2]


def test_a_number_that_lost_digits_is_an_error(receive: Receive, book: Path) -> None:
    batch = receive(write_workbook(book, {"申报": [HEADING, row(证件号码=float(ZHANG_SAN)), other_row()]}))
    assert batch.accepted == 1
    assert "证件号码：数字超过 15 位，Excel 已丢失末尾的数字" in reasons(batch)[2]


def test_binary_fractions_of_a_formula_are_read_as_shown(receive: Receive, book: Path) -> None:
    with xlsxwriter.Workbook(book) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, HEADING)
        sheet.write_row(1, 0, row())
        sheet.write_formula(1, 3, "=0.1+0.2", None, 0.1 + 0.2)
        sheet.write_row(2, 0, other_row(缴费工资=1234.565))
    batch = receive(book)
    assert [found["wage_fen"] for found in intake.accepted_rows(batch)] == [30]
    assert "不是整分" in reasons(batch)[3]


@pytest.mark.parametrize("left", ["<v></v>", "<v/>", ""])
def test_a_formula_without_a_saved_result_is_named(left: str, receive: Receive, book: Path) -> None:
    with xlsxwriter.Workbook(book) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, HEADING)
        sheet.write_row(1, 0, row())
        sheet.write_formula(1, 3, "=A1*2", None, 987654)
        sheet.write_row(2, 0, other_row())
    edited(book, lambda xml: xml.replace("<v>987654</v>", left))
    found = reasons(receive(book))
    assert found == {2: "缴费工资：公式没有保存计算结果；请用 Excel 打开并保存，或粘贴为数值"}


def test_an_error_cell_is_named(receive: Receive, book: Path) -> None:
    with xlsxwriter.Workbook(book) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, HEADING)
        sheet.write_row(1, 0, row())
        sheet.write_formula(1, 3, "=1/0", None, "#DIV/0!")
    assert "缴费工资：公式出错" in reasons(receive(book))[2]


def test_merged_cells_are_rejected_with_their_range(receive: Receive, book: Path) -> None:
    with xlsxwriter.Workbook(book) as made:
        sheet = made.add_worksheet()
        for at, cells in enumerate([HEADING, row(), other_row(), row(费款所属期="2026-02")]):
            sheet.write_row(at, 0, cells)
        sheet.merge_range("D2:D3", 8500)
    found = reasons(receive(book))
    assert list(found) == [2, 3]
    assert all("属于合并单元格 D2:D3" in reason for reason in found.values())


def test_every_sheet_with_the_heading_is_read_and_the_others_are_named(receive: Receive, book: Path) -> None:
    with xlsxwriter.Workbook(book) as made:
        for name, rows in {
            "一月": [HEADING, row(), other_row(缴费工资="x")],
            "说明": [["填表说明"]],
            "二月": [HEADING, row(费款所属期="2026-02"), other_row(缴费工资="y", 费款所属期="2026-02")],
            "底稿": [HEADING, row(费款所属期="2026-03")],
        }.items():
            sheet = made.add_worksheet(name)
            for at, cells in enumerate(rows):
                sheet.write_row(at, 0, cells)
        sheet.hide()
    batch = receive(book)
    seen = intake.preview(batch)
    assert [found.place for found in seen.rejected] == ["工作表“一月”第 3 行", "工作表“二月”第 3 行"]
    assert set(seen.notices) == {"工作表“底稿”是隐藏的，未读取", "工作表“说明”没有表头，未读取"}
    lines = [found["line"] for found in intake.accepted_rows(batch)]
    assert len(set(lines)) == 2
    assert [intake.walk_back(batch, line).split("\t")[2] for line in lines] == ["2026-01", "2026-02"]


def test_blank_and_total_rows_keep_the_numbers_of_the_others(receive: Receive, book: Path) -> None:
    rows = [HEADING, row(), [], [], other_row(缴费工资="x"), ["", "合 计", "", 17000]]
    batch = receive(write_workbook(book, {"申报": rows}))
    assert batch.received == 2
    assert list(reasons(batch)) == [5]


def test_an_old_xls_is_read_too(receive: Receive) -> None:
    batch = receive(Path(__file__).parent / "files" / "declaration.xls")
    assert [(found["name"], found["month"], found["wage_fen"]) for found in intake.accepted_rows(batch)] == [
        ("张三", 202601, 850055),
        ("李四", 202601, 600000),
    ]
    assert "Excel 已丢失末尾的数字" in reasons(batch)[5]


def test_a_text_named_xlsx_and_a_workbook_named_csv_are_read_by_content(receive: Receive, tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "x.xlsx", {"申报": [HEADING, row()]})
    batch = receive(path.rename(tmp_path / "x.csv"))
    assert batch.accepted == 1
    assert "扩展名“.csv”与内容不符" in intake.preview(batch).notices[0]


def test_a_bomb_is_refused_before_it_is_unpacked(receive: Receive, book: Path) -> None:
    write_workbook(book, {"申报": [HEADING, row()]})
    edited(book, lambda xml: xml + " " * (64 << 20))
    with pytest.raises(Refused, match="压缩炸弹"):
        receive(book)


def test_a_package_that_unpacks_to_too_much_is_refused(
    receive: Receive, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_safety, "LARGEST_UNPACKED", 3000)
    with pytest.raises(Refused, match="解压后有"):
        receive(write_workbook(book, {"申报": [HEADING, row()]}))


def test_a_package_that_lies_about_its_size_is_refused(receive: Receive, book: Path) -> None:
    write_workbook(book, {"申报": [HEADING, row()]})
    with zipfile.ZipFile(book) as package:
        size = package.getinfo("xl/worksheets/sheet1.xml").file_size
    content = book.read_bytes()
    forged = content.replace(size.to_bytes(4, "little"), (size - 100).to_bytes(4, "little"))
    assert forged != content
    book.write_bytes(forged)
    with pytest.raises(Refused, match="损坏"):
        receive(book)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_far_corner_that_would_fill_the_memory_is_refused(quote: str, receive: Receive, book: Path) -> None:
    write_workbook(book, {"申报": [HEADING, row()]})
    far = f"<row r={quote}1048576{quote}><c r={quote}XFD1048576{quote}><v>1</v></c></row></sheetData>"
    edited(book, lambda xml: xml.replace("</sheetData>", far))
    with pytest.raises(Refused, match="超过 30,000,000 格"):
        receive(book)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04" + b"\x00" * 100, "损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "损坏"),
    ],
)
def test_garbage_behind_a_right_beginning_is_refused(content: bytes, said: str, receive: Receive) -> None:
    with pytest.raises(Refused, match=said):
        receive(content, name="申报.xlsx")


def test_a_cut_off_workbook_is_refused(receive: Receive, book: Path) -> None:
    write_workbook(book, {"申报": [HEADING, row()]})
    book.write_bytes(book.read_bytes()[:-500])
    with pytest.raises(Refused, match="损坏"):
        receive(book)


def test_a_word_document_is_named(receive: Receive, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as package:
        package.writestr("word/document.xml", "<w/>")
    with pytest.raises(Refused, match="Word"):
        receive(tmp_path / "x.xlsx")


def test_a_sheet_missing_from_the_package_is_refused(receive: Receive, book: Path) -> None:
    write_workbook(book, {"申报": [HEADING, row()]})
    edited(book, lambda xml: re.sub("</?row[^>]*>", "", xml).replace("sheetData", "x"))
    with pytest.raises(Refused):
        receive(book)
