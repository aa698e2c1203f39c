"""Figures that do not balance, reasons that are missing, scores by both rule sets."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jinbao.centre.disclosure.produce import next_year, paper_of, read_workbook, template, write_workbook
from jinbao.centre.disclosure.produce.blocks import Chart
from jinbao.centre.disclosure.produce.performance import Performance
from jinbao.centre.disclosure.produce.sample import figures
from jinbao.centre.disclosure.sheet_checks import expected_score
from jinbao.centre.disclosure.standards import standard
from jinbao.kernel.errors import Conflict, FormatError


def test_it_works() -> None:
    paper, accounts = paper_of(write_workbook(figures(1)), "数据.xlsx")
    assert accounts.name in paper.title
    assert [g.label for g in paper.grids[:9]] == [f"公开0{n}表" for n in range(1, 10)]
    assert any(isinstance(b, Chart) and b.caption.startswith("图1") for b in paper.blocks)


def test_the_template_is_read_back_as_it_was_written() -> None:
    data = read_workbook(write_workbook(figures(5)), "数据.xlsx")
    assert [r["决算"] for r in data["支出"]] == [r["决算"] for r in figures(5)["支出"]]
    with pytest.raises(FormatError, match="单位名称"):
        paper_of(template(), "模板.xlsx")


def test_one_fen_out_of_balance_is_refused_with_the_figures() -> None:
    data = figures(1)
    data["支出"][0]["决算"] += 1
    with pytest.raises(Conflict, match=r"收支不平.*0\.01"):
        paper_of(write_workbook(data), "数据.xlsx")


def test_a_code_outside_the_standard_is_refused_with_its_place() -> None:
    data = figures(1)
    data["支出"][0]["科目编码"] = "2089998"
    with pytest.raises(FormatError, match="2089998") as caught:
        paper_of(write_workbook(data), "数据.xlsx")
    assert caught.value.at is not None
    assert caught.value.at.sheet == "支出"


def test_every_missing_reason_is_asked_for_at_once() -> None:
    data = figures(1)
    for row in data["上年"]:
        row["变动原因"] = ""
    with pytest.raises(Conflict, match="没有写原因") as caught:
        paper_of(write_workbook(data), "数据.xlsx")
    assert "收入支出总计" in caught.value.message
    assert "本年支出合计" in caught.value.message


def test_a_result_below_target_needs_a_reason() -> None:
    data = figures(1)
    data["指标"][0] |= {"实际值": "800", "偏差原因": ""}
    with pytest.raises(FormatError, match="偏差原因"):
        paper_of(write_workbook(data), "数据.xlsx")


def test_weights_must_come_to_a_hundred() -> None:
    data = figures(1)
    data["指标"][0]["分值"] = 21
    with pytest.raises(FormatError, match="应为 100"):
        paper_of(write_workbook(data), "数据.xlsx")


@pytest.mark.parametrize(
    ("target", "actual", "national", "wuhan"),
    [
        ("≥100个", "120个", "10.00", "10.00"),
        ("≥100个", "80个", "8.00", "8.00"),
        ("≤20万元", "25万元", "7.50", "8.00"),
        ("≤20万元", "40万元", "0.00", "5.00"),
        ("≤20万元", "16.63万元", "10.00", "10.00"),
        ("832.5万元", "829.08万元", "9.96", "9.96"),
    ],
)
def test_both_rule_sets_score_as_declared(target: str, actual: str, national: str, wuhan: str) -> None:
    for weight, expected in ((10, national), (20, wuhan)):
        rules = standard().scoring.by_weight(weight)
        assert rules is not None
        score = expected_score(target, actual, Decimal(10), rules)
        assert score is not None
        assert f"{float(score):.2f}" == expected


def test_results_are_carried_to_next_years_targets() -> None:
    data = figures(1)
    data["指标"][0]["实际值"] = "1500"
    _, accounts = paper_of(write_workbook(data), "数据.xlsx")
    coming = next_year(accounts, standard())
    assert {"项目": "年度", "内容": "2026"} in coming["单位"]
    assert coming["指标"][0]["目标值"] == "1500"
    assert coming["指标"][1]["目标值"] == data["指标"][1]["目标值"]
    assert "2025年目标≥1000家，完成1500家" in coming["指标"][0]["偏差原因"]


def test_monitoring_says_what_is_at_risk() -> None:
    data = figures(1)
    data["指标"][0]["年中值"] = "300"
    _, accounts = paper_of(write_workbook(data), "数据.xlsx")
    sheet = Performance(accounts, standard()).monitoring(accounts.projects[0])
    assert sheet.body[1][5:] == ["30.00%", "存在困难，须采取措施"]
