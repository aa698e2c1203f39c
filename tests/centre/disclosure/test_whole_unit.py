"""The sheet about all a unit spends: produced from its figures, and checked like every other sheet."""

from __future__ import annotations

import pytest

from jinbao.centre.disclosure.produce import paper_of, write_workbook
from jinbao.centre.disclosure.produce.sample import figures
from jinbao.kernel.errors import FormatError
from tests.centre.disclosure.documents import errors, extracted, report_on

START = "整体支出绩效自评表"


def test_it_works() -> None:
    report = report_on(extracted(3, "决算", "\t"))
    (sheet,) = [s for s in report.document.sheets if s.whole_unit]
    assert len(sheet.indicators) == 5
    assert sheet.basic is not None
    assert sheet.projects is not None
    assert errors(report) == []


@pytest.mark.parametrize(
    ("relation", "place"),
    [("R34 权重之和", "分值"), ("R34 得分之和", "总分"), ("R36", "基本支出总额"), ("R34 预算执行得分", "得分")],
)
def test_what_does_not_add_up_on_the_sheet_is_found(relation: str, place: str) -> None:
    lines = extracted(3, "决算", "\t").split("\n")
    start = max(n for n, line in enumerate(lines) if line.endswith(START))
    cells = {
        "分值": ("全年服务参保单位数", 5),
        "总分": ("总分", 6),
        "基本支出总额": ("基本支出总额", 1),
        "得分": ("整体支出总额", 7),
    }
    word, column = cells[place]
    row = next(n for n in range(start, len(lines)) if word in lines[n])
    parts = lines[row].split("\t")
    parts[column] = "1.00" if place in ("分值", "得分") else "77.77"
    lines[row] = "\t".join(parts)
    found = [f for f in errors(report_on("\n".join(lines))) if f.relation.startswith(relation)]
    assert found
    assert "整体" in found[0].table


def test_the_sentences_tell_the_sheet_s_score() -> None:
    text = extracted(3, "决算", "\t")
    (line,) = [line for line in text.split("\n") if line.startswith("“单位整体支出”")]
    score = line.split("自评得分")[1].split("分")[0]
    wrong = text.replace(line, line.replace(score, "61.00"))
    assert any(f.printed.startswith("61") for f in errors(report_on(wrong)))


def test_the_budget_of_the_whole_unit_must_be_given() -> None:
    data = figures(1)
    data["单位"] = [row for row in data["单位"] if not row["项目"].startswith("整体全年预算")]
    with pytest.raises(FormatError, match="整体全年预算数"):
        paper_of(write_workbook(data), "数据.xlsx")


def test_an_indicator_of_an_unknown_project_is_refused() -> None:
    data = figures(1)
    data["指标"][0]["项目名称"] = "没有这个项目"
    with pytest.raises(FormatError, match="不在项目表中"):
        paper_of(write_workbook(data), "数据.xlsx")


def test_contracts_assets_and_months_are_summed_up_where_nothing_else_is_said() -> None:
    data = figures(3)
    spent = {r["项目名称"]: r["执行数-财政拨款"] for r in data["项目"]}
    data["采购"], data["车辆"], data["数量"] = [], [], []
    data["执行"] = [
        {"项目名称": r["项目名称"], "月份": 6, "资金": part, "金额": r[f"执行数-{part}"]}
        for r in data["项目"]
        for part in ("财政拨款", "上年结转")
    ]
    data["合同"] = [{"合同名称": "运维", "采购类别": "服务", "合同金额": 1_000_000, "企业规模": "小型"}]
    data["资产"] = [{"资产名称": "客车", "资产类别": "车辆", "年初数量": 2, "新增数量": 1, "处置数量": 1}]
    for row in data["项目"]:
        row["执行数-财政拨款"] = row["执行数-上年结转"] = 0
    _, accounts = paper_of(write_workbook(data), "数据.xlsx")
    assert {p.name: p.row["执行数-财政拨款"] for p in accounts.projects} == spent
    assert accounts.data["采购"] == [
        {"项目": "服务", "金额": 1_000_000, "授予中小企业": 1_000_000, "其中小微企业": 1_000_000}
    ]
    assert accounts.counts["公务用车保有量"] == 2
