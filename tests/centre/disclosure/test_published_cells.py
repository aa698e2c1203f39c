"""Every figure of the tables of two published documents, copied from the documents by eye, is read as printed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jinbao.centre.disclosure import read
from jinbao.centre.disclosure.model import Document
from tests.centre.disclosure.documents import HERE

# One line a row: key, then the figures in the order of the columns; "." is a blank.
WUHAN_INCOME = """
合计 1731.95 1731.95
208 1547.08 1547.08
20801 1477.73 1477.73
2080108 526.35 526.35
2080150 613.86 613.86
2080199 337.52 337.52
20805 65.2 65.2
2080502 10.59 10.59
2080505 54.61 54.61
20899 4.15 4.15
2089999 4.15 4.15
210 86.63 86.63
21011 86.63 86.63
2101102 43.12 43.12
2101199 43.51 43.51
221 98.24 98.24
22102 98.24 98.24
2210201 60.88 60.88
2210202 11.85 11.85
2210203 25.51 25.51
"""
WUHAN_SPENDING = """
合计 1731.95 868.08 863.87
208 1547.08 683.21 863.87
20801 1477.73 613.86 863.87
2080108 526.35 . 526.35
2080150 613.86 613.86 .
2080199 337.52 . 337.52
20805 65.2 65.2 .
2080502 10.59 10.59 .
2080505 54.61 54.61 .
20899 4.15 4.15 .
2089999 4.15 4.15 .
210 86.63 86.63 .
21011 86.63 86.63 .
2101102 43.12 43.12 .
2101199 43.51 43.51 .
221 98.24 98.24 .
22102 98.24 98.24 .
2210201 60.88 60.88 .
2210202 11.85 11.85 .
2210203 25.51 25.51 .
"""
WUHAN_BASIC = """
301 800.32
30101 121.27
30102 51.6
30103 .
30106 .
30107 416.1
30108 54.61
30109 .
30110 42.06
30111 .
30112 53.8
30113 60.88
30114 .
30199 .
303 10.69
30301 .
30302 8.04
30305 1.59
30307 1.06
30309 .
30399 .
302 57.07
30201 1.13
30202 .
30205 0.54
30206 .
30207 1.16
30209 19.94
30211 0.67
30213 .
30217 .
30226 .
30228 8.48
30229 21.94
30231 1.47
30239 .
30299 1.74
310 .
31002 .
31013 .
31099 .
人员经费合计 811.01
公用经费合计 57.07
"""
NATIONAL_INCOME = """
合计 3067.91 3004.89 . . . . 63.02
208 2853.78 2790.76 . . . . 63.02
20801 2531.57 2468.55 . . . . 63.02
2080101 1494.56 1431.54 . . . . 63.02
2080102 106.00 106.00 . . . . .
2080107 931.01 931.01 . . . . .
20805 322.21 322.21 . . . . .
2080501 74.11 74.11 . . . . .
2080505 157.56 157.56 . . . . .
2080506 90.54 90.54 . . . . .
221 214.13 214.13 . . . . .
22102 214.13 214.13 . . . . .
2210201 112.82 112.82 . . . . .
2210202 13.04 13.04 . . . . .
2210203 88.27 88.27 . . . . .
"""
NATIONAL_SPENDING = """
合计 3478.22 2467.52 1010.70
208 3235.38 2224.68 1010.70
20801 2978.02 1967.31 1010.70
2080101 1967.31 1967.31 .
2080102 86.19 . 86.19
2080107 924.51 . 924.51
20805 257.36 257.36 .
2080501 9.85 9.85 .
2080505 165.01 165.01 .
2080506 82.50 82.50 .
221 242.84 242.84 .
22102 242.84 242.84 .
2210201 133.09 133.09 .
2210202 13.49 13.49 .
2210203 96.25 96.25 .
"""
NATIONAL_GENERAL = """
合计 3174.26 2163.56 1010.70
208 2931.43 1920.72 1010.70
20801 2674.06 1663.36 1010.70
2080101 1663.36 1663.36 .
2080102 86.19 . 86.19
2080107 924.51 . 924.51
20805 257.36 257.36 .
2080501 9.85 9.85 .
2080505 165.01 165.01 .
2080506 82.50 82.50 .
221 242.84 242.84 .
22102 242.84 242.84 .
2210201 133.09 133.09 .
2210202 13.49 13.49 .
2210203 96.25 96.25 .
"""
NATIONAL_BASIC = """
301 1834.32
30101 425.34
30102 897.76
30103 36.16
30106 .
30107 .
30108 165.01
30109 82.50
30110 .
30111 .
30112 16.57
30113 133.09
30114 77.88
30199 .
303 2.24
30302 1.72
30305 .
30399 0.52
302 322.15
30201 8.42
30202 18.08
30203 .
30205 .
30206 33.25
30207 30.49
30209 .
30211 42.87
30212 .
30213 25.29
30215 32.02
30217 0.30
30226 5.69
30227 13.73
30228 43.00
30229 .
30231 2.62
30299 66.41
307 .
30701 .
310 4.85
31002 1.67
31003 .
31007 3.18
31099 .
399 .
39999 .
人员经费合计 1836.56
公用经费合计 327.00
"""
CODED = [
    ("wuhan_2024.txt", "决02", WUHAN_INCOME),
    ("wuhan_2024.txt", "决03", WUHAN_SPENDING),
    ("wuhan_2024.txt", "决05", WUHAN_SPENDING),
    ("wuhan_2024.txt", "决06", WUHAN_BASIC),
    ("national_2024.txt", "决02", NATIONAL_INCOME),
    ("national_2024.txt", "决03", NATIONAL_SPENDING),
    ("national_2024.txt", "决05", NATIONAL_GENERAL),
    ("national_2024.txt", "决06", NATIONAL_BASIC),
]
SIDED = {
    ("wuhan_2024.txt", "决01"): {
        "左": {"一般公共预算财政拨款收入": "1731.95", "本年收入合计": "1731.95", "总计": "1731.95", "其他收入": "."},
        "右": {"210": "86.6", "221": "98.2", "本年支出合计": "1731.9", "总计": "1731.9", "年末结转和结余": "."},
    },
    ("wuhan_2024.txt", "决04"): {
        "左": {"一般公共预算财政拨款收入": "1731.95", "本年收入合计": ".", "总计": "1731.95"},
        "右": {
            "208": "1547.08 1547.08",
            "210": "86.64 86.64",
            "221": "98.23 98.23",
            "本年支出合计": "1731.95 1731.95",
            "总计": "1731.95 1731.95",
        },
    },
    ("national_2024.txt", "决01"): {
        "左": {
            "一般公共预算财政拨款收入": "3004.89",
            "政府性基金预算财政拨款收入": ".",
            "事业收入": ".",
            "其他收入": "63.02",
            "本年收入合计": "3067.91",
            "使用非财政拨款结余": "290.45",
            "年初结转和结余": "444.96",
            "总计": "3803.32",
        },
        "右": {
            "201": ".",
            "208": "3235.38",
            "221": "242.84",
            "本年支出合计": "3478.22",
            "结余分配": ".",
            "年末结转和结余": "325.10",
            "总计": "3803.32",
        },
    },
    ("national_2024.txt", "决04"): {
        "左": {
            "一般公共预算财政拨款收入": "3004.89",
            "本年收入合计": "3004.89",
            "年初结转和结余": "444.96",
            "年初·一般公共预算财政拨款收入": "444.96",
            "总计": "3449.85",
        },
        "右": {
            "208": "2931.43 2931.43",
            "221": "242.84 242.84",
            "本年支出合计": "3174.26 3174.26",
            "年末结转和结余": "275.59 275.59",
            "总计": "3449.85 3449.85",
        },
    },
}
OFFICIAL = {
    "wuhan_2024.txt": "1.47 . 1.47 . 1.47 . 1.47 . 1.47 . 1.47 .",
    "national_2024.txt": "3.45 . 2.77 . 2.77 0.68 2.91 . 2.62 . 2.62 0.30",
}


def document(name: str) -> Document:
    return read(HERE / name, name)


def figures(text: str) -> list[Decimal | None]:
    return [None if word == "." else Decimal(word) for word in text.split()]


@pytest.mark.parametrize(("name", "kind", "rows"), CODED)
def test_every_cell_of_a_coded_table_is_read_in_its_column(name: str, kind: str, rows: str) -> None:
    table = document(name).table(kind)
    assert table is not None
    for line in rows.strip().splitlines():
        key, expected = line.split(" ", 1)
        row = table.row(key)
        assert row is not None, key
        wanted = figures(expected)
        wanted += [None] * (len(table.fields) - len(wanted))
        found = [c.number.value if (c := row.cell(f)).number else None for f in table.fields]
        assert found == wanted, key


@pytest.mark.parametrize(("name", "kind"), SIDED)
def test_both_sides_of_the_summary_tables_are_read(name: str, kind: str) -> None:
    table = document(name).table(kind)
    assert table is not None
    for side, rows in SIDED[name, kind].items():
        for key, expected in rows.items():
            row = table.row(key, side)
            assert row is not None, (side, key)
            wanted = figures(expected)
            fields = table.fields[:1] if side == "左" or len(table.fields) == 1 else table.fields[1 : 1 + len(wanted)]
            found = [c.number.value if (c := row.cell(f)).number else None for f in fields]
            assert found == wanted[: len(fields)], (side, key)


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_twelve_columns_of_official_expenses_are_told_apart(name: str) -> None:
    table = document(name).table("决09")
    assert table is not None
    row = table.rows[0]
    assert [c.number.value if (c := row.cell(f)).number else None for f in table.fields] == figures(OFFICIAL[name])


@pytest.mark.parametrize("name", OFFICIAL)
def test_all_nine_tables_are_found_and_the_two_empty_ones_are_empty(name: str) -> None:
    found = document(name)
    assert [t.kind for t in found.tables] == [f"决0{n}" for n in range(1, 10)]
    assert [t.kind for t in found.tables if t.is_empty] == ["决07", "决08"]
    assert {t.unit for t in found.tables} == {"万元"}
    assert [t.label for t in found.tables] == [f"公开0{n}表" for n in range(1, 10)]


def test_a_cut_off_cell_keeps_what_survived() -> None:
    table = document("wuhan_2024.txt").table("决01")
    assert table is not None
    row = table.row("208", "右")
    assert row is not None
    assert (row.cell("金额").state, row.cell("金额").prefix, row.cell("金额").spot.line) == ("damaged", "1547.", 71)


SHEETS = {
    "wuhan_2024.txt": [
        ("整体", 7, "1731.95", 100),
        ("人社信息系统化建设", 4, "526.35", 100),
        ("日常系统运行经费", 8, "337.52", 100),
    ],
    "national_2024.txt": [("远程教育", 9, "86.19", Decimal("97.2")), ("经办管理服务", 22, "924.51", Decimal("98.9"))],
}


@pytest.mark.parametrize("name", SHEETS)
def test_performance_sheets_are_read_with_indicators_funds_and_totals(name: str) -> None:
    sheets = document(name).sheets
    assert len(sheets) == len(SHEETS[name])
    for sheet, (word, indicators, spent, total) in zip(sheets, SHEETS[name], strict=True):
        assert word in sheet.title
        assert len(sheet.indicators) == indicators
        assert sheet.funds[0].spent is not None
        assert sheet.funds[0].spent.value == Decimal(spent)
        assert sheet.total is not None
        assert sheet.total.value == total
