"""The findings in two published documents.

Each was recomputed with a calculator and is true; none that a second reading found is missing, none is extra.
"""

from __future__ import annotations

from jinbao.centre.disclosure import Finding
from tests.centre.disclosure.documents import shared

# (line, printed, recomputed), by severity. The arithmetic stands beside each.
WUHAN = {
    "high": {
        (392, "118.6%", "107.4%")
    },  # 613.86 ÷ 571.56 = 1.07401; 571.56 is right: the eleven budgets add up to 1,209.02
    "medium": {(184, "86.64", "86.63"), (194, "98.23", "98.24")},  # 04 prints what 03 and 05 print one fen unit apart
    "low": {
        (438, ",。", "。"),  # a clause was deleted and its comma left
        (450, "服务采购授予中小企业合同金额占工程支出金额的0%,", ""),  # printed twice
        (450, "0%", ""),  # 0 ÷ 0 of 工程; and 服务 as a share of 工程
        (470, "人社系统信息化建设", "2024年度人社信息系统化建设项目"),
        (474, "日常系统运行工作经费", "2024年度日常系统运行经费项目"),
        (472, "数智人社", "智慧人社"),  # the same work, on both sheets under the other name
        (397, "98%", "差异原因"),  # 10.81 became 10.59: no reason; the other items give one
        (402, "98.3%", "差异原因"),  # 43.85 became 43.12
        (426, "", "“三公”经费与上年度比较"),
    },
    "rounding": {
        (404, "100.6%", "100.5%"),
        (405, "100.6%", "100.7%"),
    },  # 60.88 ÷ 60.55 = 1.00545; 11.85 ÷ 11.77 = 1.00680
}
WUHAN_REPAIRS = {
    (71, "1,547.08"),
    (72, "86.63"),
    (82, "98.24"),
    (90, "1,731.95"),
    (93, "1,731.95"),
    (202, "1,731.95"),
    (228, "54.61"),
}
NATIONAL = {
    "high": set(),
    "medium": set(),
    "low": {
        (565, "", "公务用车保有量"),
        (565, "", "公务用车购置数"),
        (565, "", "国内公务接待批次、人次"),
        (668, "71.60%", "71.56%"),  # 86.19 ÷ 120.44 = 0.715626
        (719, "0.0%", "67.7%"),  # 71.75 ÷ 106.00
        (721, "0.0%", "100.0%"),  # 14.44 ÷ 14.44
        (829, "0.0%", "99.3%"),  # 924.51 ÷ 931.01
        (383, "公共预算收入合计", "收入总计"),  # 3,803.32 holds 290.45 and 444.96 that are no income of the year
        (422, "公共预算支出合计", "支出总计"),  # 3,803.32 holds 325.10 that was not spent
        (469, "116.19%", "年初预算数"),  # nine items print a rate and no budget
        (1037, "行政事业单位养老支出（类）", "行政事业单位养老支出（款）"),  # 20805 is a 款
        (1037, "行政单位离退休（款）", "行政单位离退休（项）"),  # 2080501 is an 项
    },
    # Both targets were passed, the points taken off and the reason given: how many is the unit's judgement.
    "unverifiable": {(885, "3.5", "4.0"), (911, "3.5", "4.0")},
    "rounding": {
        (185, "2,224.68", "2,224.67"),
        (186, "2,978.02", "2,978.01"),
        (195, "242.84", "242.83"),
        (244, "3,174.26", "3,174.27"),
        (264, "3,174.26", "3,174.27"),
        (266, "2,931.43", "2,931.42"),
        (276, "242.84", "242.83"),
        (288, "1,834.32", "1,834.31"),
        (288, "322.15", "322.17"),
        (372, "2.91", "2.92"),
        (389, "7.63%", "7.64%"),  # 79.01 + 1.66 + 7.63 + 11.70 = 100.00: forced
        (639, "97.15%", "97.16%"),  # (128.52 − 10.33) ÷ 121.65
    },
}


def found(findings: tuple[Finding, ...], severity: str) -> set[tuple[int, str, str]]:
    return {(f.spot.line, f.printed, f.recomputed) for f in findings if f.severity == severity}


def test_the_findings_in_the_first_document_are_the_inspected_ones() -> None:
    report = shared("wuhan_2024.txt")
    for severity, expected in WUHAN.items():
        assert found(report.findings, severity) == expected
    repairs = {(f.spot.line, f.recomputed) for f in report.findings if f.kind == "repair"}
    assert repairs == WUHAN_REPAIRS


def test_the_findings_in_the_second_document_are_the_inspected_ones() -> None:
    report = shared("national_2024.txt")
    for severity, expected in NATIONAL.items():
        assert found(report.findings, severity) == expected


def test_a_wrong_rate_names_the_digits_that_were_swapped() -> None:
    wrong = next(f for f in shared("wuhan_2024.txt").findings if f.severity == "high")
    assert "517.56" in wrong.cause
    assert wrong.formula == "613.86 ÷ 571.56 = 107.40%"


def test_a_rate_filled_up_with_a_zero_is_recognised() -> None:
    wrong = next(f for f in shared("national_2024.txt").findings if f.printed == "71.60%")
    assert wrong.cause == "先取到 1 位小数再补零"


def test_a_share_forced_to_a_hundred_is_noted_and_not_accused() -> None:
    forced = [f for f in shared("national_2024.txt").findings if f.kind == "forced"]
    assert [(f.spot.line, f.severity) for f in forced] == [(389, "rounding")]


def test_hundreds_of_relations_are_computed_and_what_cannot_be_is_listed() -> None:
    for name in ("wuhan_2024.txt", "national_2024.txt"):
        report = shared(name)
        assert report.checked > 500
        assert all(f.cause for f in report.findings if f.severity == "unverifiable")


def test_every_finding_says_where_and_how() -> None:
    for name in ("wuhan_2024.txt", "national_2024.txt"):
        for f in shared(name).findings:
            assert f.spot.line > 0
            assert f.relation
            assert f.cause or f.suggestion
