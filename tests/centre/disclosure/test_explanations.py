"""What an explanation owes its reader: reasons, budgets, last year; and one name for one thing."""

from __future__ import annotations

import re

from jinbao.centre.disclosure.produce import paper_of, write_workbook
from jinbao.centre.disclosure.produce.blocks import Prose
from jinbao.centre.disclosure.produce.sample import figures
from tests.centre.disclosure.documents import errors, extracted, report_on, shared


def text() -> str:
    return extracted(3, "决算", "\t")


def line_of(changed: str, words: str) -> int:
    return changed[: changed.index(words)].count("\n") + 1


def test_an_item_that_misses_its_budget_without_a_reason_is_found_at_its_line() -> None:
    clause = "，支出决算数小于年初预算数的主要原因是据实调整人员经费。主要用于保障人员待遇"
    changed = text().replace(f"完成年初预算的98.38%{clause}", "完成年初预算的98.38%", 1)
    (found,) = errors(report_on(changed))
    assert (found.severity, found.kind, found.cell) == ("low", "structure", "事业运行")
    assert found.spot.line == line_of(changed, "完成年初预算的98.38%")
    assert found.printed == "98.38%"


def test_saying_which_is_larger_is_no_reason() -> None:
    changed = text().replace("支出决算数小于年初预算数的主要原因是据实调整人员经费", "支出决算数小于年初预算数", 1)
    assert [f.relation for f in errors(report_on(changed))] == ["差异应说明原因"]


def test_any_wording_of_a_reason_will_do_before_or_after_the_rate() -> None:
    given = "支出决算数小于年初预算数的主要原因是据实调整人员经费"
    for words in ("当年预算未执行完毕，需结转下年支出", "除当年预算外，统筹使用了上年结转资金", "主要是人员退休"):
        assert errors(report_on(text().replace(given, words))) == []
    before = text().replace("，支出决算为997.24万元", "，因人员退休，支出决算为997.24万元", 1)
    assert errors(report_on(before.replace(f"98.38%，{given}", "98.38%", 1))) == []


def test_items_without_a_printed_budget_are_listed_once() -> None:
    changed = re.sub(r"（项）年初预算为[\d,.]+万元，支出决算为", "（项）支出", text())
    (found,) = errors(report_on(changed))
    assert (found.severity, found.kind, found.recomputed) == ("low", "structure", "年初预算数")
    assert "12 个" in found.formula
    assert found.spot.line == line_of(changed, "信息化建设（项）支出")


def test_the_comparison_with_last_year_is_owed_and_missed_in_its_own_section() -> None:
    contents = "目录\n九、财政拨款“三公”经费支出决算情况说明\n第一部分 概况\n"
    changed = contents + text().replace("较2024年度减少0.20万元，下降0.53%。", "", 1)
    (found,) = errors(report_on(changed))
    assert found.recomputed == "“三公”经费与上年度比较"
    assert found.spot.line == line_of(changed, "九、财政拨款“三公”经费支出决算情况说明\n（一）")


def test_a_unit_without_any_of_these_costs_owes_no_comparison() -> None:
    lines = text().split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("九、财政拨款“三公”经费支出决算情况"))
    end = next(n for n, line in enumerate(lines) if line.startswith("十、机关运行经费"))
    lines[at + 1 : end] = ["本单位2025年度无财政拨款“三公”经费支出。"]
    changed = "\n".join(lines)
    table = changed.index("公开09表")
    head, row = changed[:table], changed[table:]
    row = re.sub(r"\n[\d.,\t]*\d\.\d\d[\d.,\t]*\n", "\n\n注：本单位无“三公”经费，故本表无数据。\n", row, count=1)
    missing = {f.recomputed for f in errors(report_on(head + row))}
    assert "“三公”经费与上年度比较" not in missing


def test_costs_that_did_not_change_or_are_new_are_compared_with_last_year_too() -> None:
    for before in (None, 0):
        data = figures(3, form="决算")
        for row in data["三公"]:
            row["上年决算"] = row["决算"] if before is None else 0
        paper = paper_of(write_workbook(data), "数据.xlsx")[0]
        said = "".join(b.text for b in paper.blocks if isinstance(b, Prose))
        assert ("与2024年度持平" if before is None else "较2024年度增加37.41万元。") in said


def test_a_grand_total_called_the_income_of_the_year_is_named() -> None:
    report = shared("national_2024.txt")
    names = [f for f in report.findings if f.relation == "总计与本年合计应分清"]
    assert [(f.spot.line, f.severity, f.printed) for f in names] == [
        (383, "low", "公共预算收入合计"),
        (422, "low", "公共预算支出合计"),
    ]
    assert "3,067.91" in names[0].formula


def test_the_income_of_the_year_under_its_own_name_is_right() -> None:
    assert not [f for f in report_on(text()).findings if f.relation == "总计与本年合计应分清"]


def test_a_quoted_name_that_differs_between_sentence_and_sheet_is_found() -> None:
    first = text().replace("推动业务网上办", "加强“智慧服务”应用推广", 1)
    told = first.replace("主要产出和效益：完成年度目标", "主要产出和效益：加强“数字服务”应用推广", 1)
    (found,) = errors(report_on(told))
    assert (found.severity, found.kind, found.printed, found.recomputed) == ("low", "name", "数字服务", "智慧服务")
    assert found.spot.line == line_of(told, "加强“数字服务”")
    assert errors(report_on(told.replace("数字服务", "智慧服务"))) == []


def test_points_taken_off_for_passing_the_target_far_are_the_units_own_judgement_where_it_says_why() -> None:
    taken = text().replace("1044家\t20.00\t20.00", "4000家\t20.00\t18.00", 1).replace("99.52", "97.52")
    found = [f for f in report_on(taken).findings if f.kind == "scoring"]
    assert [(f.severity, f.cell, f.suggestion) for f in found] == [("unverifiable", "服务参保单位数", "无须更正")]
    silent = taken.replace("18.00\t推广进度与计划略有出入，已调整安排", "18.00\t", 1)
    assert [f.severity for f in report_on(silent).findings if f.kind == "scoring"] == ["low"]


def test_points_taken_off_without_passing_the_target_stay_a_finding() -> None:
    taken = text().replace("99%\t20.00\t20.00", "99%\t20.00\t18.00", 1).replace("99.52", "97.52")
    assert [f.severity for f in report_on(taken).findings if f.kind == "scoring"] == ["low"]


def test_a_last_place_that_differs_is_not_called_a_slip_of_the_pen() -> None:
    twins = [f for f in shared("wuhan_2024.txt").findings if f.kind == "cross-table"]
    assert {f.cause for f in twins} == {"末位相差 1，多为单位换算的尾差；同一数字各表应印成一样"}
    assert all("可能为" in f.suggestion for f in twins)


def test_the_money_of_the_whole_unit_in_a_sentence_is_the_total_of_the_table() -> None:
    said = "我单位开展整体支出绩效自评，资金1,822.40万元。"
    changed = text().replace("（三）项目绩效自评结果", f"{said}\n（三）项目绩效自评结果", 1)
    assert errors(report_on(changed)) == []
    wrong = changed.replace("自评，资金1,822.40", "自评，资金1,282.40")
    (found,) = errors(report_on(wrong))
    assert (found.severity, found.kind, found.recomputed) == ("high", "performance", "1,822.40")
    assert found.cause == "相邻两位数字颠倒"
    assert found.spot.line == line_of(wrong, "1,282.40")
