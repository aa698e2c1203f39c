"""Text files as they really arrive: encodings, delimiters, quotes, odd line ends, and files that are no table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jinbao.data import csv_source, intake
from jinbao.data.sources import Refused
from tests.data.conftest import HEADING, Receive, as_csv, other_row, reasons, row

ROWS = [HEADING, row(), other_row()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_the_encoding_is_found(encoding: str, receive: Receive) -> None:
    batch = receive(as_csv(ROWS).encode(encoding))
    assert batch.accepted == 2
    assert [found["name"] for found in intake.accepted_rows(batch)] == ["张三", "李四"]


def test_a_rare_name_survives_in_both_encodings(receive: Receive) -> None:
    text = as_csv([HEADING, row(姓名="张𠮷")])
    for encoding in ("utf-8", "gb18030"):
        assert next(intake.accepted_rows(receive(text.encode(encoding))))["name"] == "张𠮷"


def test_bytes_that_are_no_text_are_named_by_line(receive: Receive) -> None:
    broken = as_csv(ROWS).encode() + b"\xff\xff\xff\n"
    with pytest.raises(Refused, match="第 4 行第 1 个字节"):
        receive(broken)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str, receive: Receive) -> None:
    assert receive(as_csv(ROWS, delimiter)).accepted == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_count_the_same(end: str, receive: Receive) -> None:
    batch = receive(as_csv([*ROWS, other_row(缴费工资="x", 费款所属期="2026-02")]).replace("\n", end))
    assert batch.accepted == 2
    assert list(reasons(batch)) == [4]


def test_the_last_line_needs_no_end(receive: Receive) -> None:
    assert receive(as_csv(ROWS).rstrip("\n")).accepted == 2


def test_a_quoted_line_break_does_not_shift_later_lines(receive: Receive) -> None:
    rows = [HEADING, row(姓名="张\n三"), other_row(缴费工资="x")]
    found = reasons(receive(as_csv(rows)))
    assert list(found) == [2, 4]
    assert "换行" in found[2]


def test_the_way_back_leads_to_the_whole_record(receive: Receive) -> None:
    batch = receive(as_csv([HEADING, row(姓名="张\n三"), other_row()]).encode("gb18030"))
    assert intake.walk_back(batch, 2) == as_csv([row(姓名="张\n三")]).rstrip("\n")
    assert intake.walk_back(batch, 4) == as_csv([other_row()]).rstrip("\n")


def test_blank_lines_and_totals_are_no_rows(receive: Receive) -> None:
    rows = [HEADING, row(), [], [""] * 6, other_row(), ["合计", "", "", "17000", "", ""]]
    batch = receive(as_csv(rows))
    assert (batch.received, batch.accepted) == (2, 2)
    assert intake.preview(batch).notices == ("第 6 行是合计，未作为数据读取", "跳过空行 2 行")
    assert [found["line"] for found in intake.accepted_rows(batch)] == [2, 5]


def test_a_title_above_the_heading_is_passed_over(receive: Receive) -> None:
    rows = [["2026年1月缴费申报表"], ["填报单位：演示机械"], HEADING, row(), other_row(缴费工资="x")]
    batch = receive(as_csv(rows))
    assert batch.accepted == 1
    assert list(reasons(batch)) == [5]


@pytest.mark.parametrize(
    ("extra", "said"), [(["多"], "本行有 7 列，表头有 6 列"), ([""], ""), (None, "本行有 5 列，表头有 6 列")]
)
def test_a_row_with_another_number_of_cells_is_rejected(extra: list[str] | None, said: str, receive: Receive) -> None:
    wrong = row()[:-1] if extra is None else [*row(), *extra]
    found = reasons(receive(as_csv([HEADING, wrong, other_row()])))
    assert list(found) == ([2] if said else [])
    assert said in found.get(2, "")


def test_a_misplaced_quote_spoils_one_row_only(receive: Receive) -> None:
    lines = as_csv([HEADING, row(), other_row(), row(费款所属期="2026-02")]).splitlines()
    lines[2] = '"x"y' + lines[2]
    batch = receive("\n".join(lines))
    assert batch.accepted == 2
    assert "引号" in reasons(batch)[3]


def test_a_quote_that_never_closes_is_refused_with_its_line(receive: Receive) -> None:
    lines = as_csv([HEADING, row(), other_row(), row(费款所属期="2026-02")]).splitlines()
    lines[2] = lines[2].replace("李四", '"李四').replace("9901", "9901", 1)
    with pytest.raises(Refused, match="第 3 行开始的引号一直没有闭合"):
        receive("\n".join(lines))


def test_thousand_separators_and_full_width_digits_are_understood(receive: Receive) -> None:
    rows = [
        HEADING,
        row(缴费工资="12,345.60"),
        other_row(证件号码="９９０１０１１９７１０６２０２０２６", 缴费工资="￥８，５００．５"),
    ]
    assert [found["wage_fen"] for found in intake.accepted_rows(receive(as_csv(rows)))] == [1234560, 850050]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "文件是空的"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "图片"),
        (b"\x00\x01\x02\x03" * 50, "二进制"),
        ("<html><table><tr><td>证件号码</td></tr></table>".encode(), "HTML"),
        (b"<?xml version='1.0'?><Workbook/>", "XML"),
        ("你好，这是一封信。".encode(), "找不到“缴费申报”的表头"),
        (as_csv([HEADING]).encode(), "表头下面没有数据"),
        (as_csv([HEADING, ["合计", "", "", "0", "", ""]]).encode(), "表头下面没有数据"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, said: str, receive: Receive) -> None:
    with pytest.raises(Refused, match=said) as caught:
        receive(content)
    assert "申报.csv" in str(caught.value)
    assert caught.value.advice


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        (
            ("证件号码", "姓名", "费款所属期", "缴费工姿", "险种", "单位统一社会信用代码"),
            "缺少“缴费工资”；第 D 列“缴费工姿”不认识，是不是“缴费工资”",
        ),
        ((*HEADING, "工龄"), "第 G 列“工龄”不认识，请删去这一列"),
        ((*HEADING, "身份证号"), "“身份证号”与“证件号码”是同一列"),
        (("证件号码", "姓名"), "缺少“费款所属期”“缴费工资”"),
    ],
)
def test_a_wrong_heading_names_all_its_faults(heading: tuple[str, ...], said: str, receive: Receive) -> None:
    with pytest.raises(Refused, match="表头不符") as caught:
        receive(as_csv([heading, [*row(), "x"][: len(heading)]]))
    assert said in caught.value.message
    assert caught.value.at is not None
    assert caught.value.at.line == 1


def test_headings_may_be_decorated_aliased_or_coded(receive: Receive) -> None:
    heading = ("*身份证号码", " 姓 名 ", "AAE003", "缴费工资（元）", "scheme", "单位统一社会信用代码【必填】")
    batch = receive(as_csv([heading, row()]))
    assert batch.accepted == 1
    assert intake.preview(batch).labels["id_number"] == "*身份证号码"


def test_a_serial_number_column_is_ignored_but_an_unnamed_one_is_not(receive: Receive) -> None:
    batch = receive(as_csv([("序号", *HEADING, ""), [1, *row(), ""], [2, *other_row(), "补"]]))
    assert batch.accepted == 1
    assert "第 8 列没有表头却有内容“补”" in reasons(batch)[3]


def test_a_wrong_extension_is_read_by_content_with_a_notice(receive: Receive) -> None:
    batch = receive(as_csv(ROWS), name="申报.xlsx")
    assert batch.accepted == 2
    assert "扩展名“.xlsx”与内容不符" in intake.preview(batch).notices[0]


def test_both_parsers_read_the_same(receive: Receive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Blocks of a few hundred bytes, most parsed in bulk, some with quotes, blank lines or ragged rows."""
    monkeypatch.setattr(csv_source, "BLOCK", 300)
    rows = [HEADING]
    for month in range(1, 11):
        rows += [row(费款所属期=f"2026-{month:02d}"), other_row(费款所属期=f"2026-{month:02d}")]
    lines = as_csv(rows).splitlines()
    plain = receive("\n".join(lines))
    lines[5] = lines[5].replace("110", '"110"')
    lines[9] += "\n"
    lines[13] += ",多"
    mixed = receive("\n".join(lines))
    kept = [found | {"line": 0, "row": 0} for found in intake.accepted_rows(plain)]
    got = [found | {"line": 0, "row": 0} for found in intake.accepted_rows(mixed)]
    assert got == kept[:12] + kept[13:]
    assert list(reasons(mixed)) == [15]
    for found in intake.accepted_rows(mixed):
        assert found["id_number"] in intake.walk_back(mixed, found["line"])


def _force_careful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_source._Body, "_parse", lambda *_: None)


@pytest.mark.parametrize("prepare", [lambda _: None, _force_careful], ids=["bulk", "careful"])
def test_a_record_may_run_across_blocks(
    prepare: Callable[[pytest.MonkeyPatch], None], receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(monkeypatch)
    monkeypatch.setattr(csv_source, "BLOCK", 64)
    rows = [HEADING, row(), other_row(姓名="李\n四"), row(费款所属期="2026-02"), other_row(费款所属期="2026-02")]
    batch = receive(as_csv(rows))
    assert [found["line"] for found in intake.accepted_rows(batch)] == [2, 5, 6]
    assert list(reasons(batch)) == [3]
