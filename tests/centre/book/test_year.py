"""A unit's year from an empty book to documents that pass the checker."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.centre import actions, queries
from jinbao.centre.checks import CHECKS
from jinbao.centre.disclosure import check
from jinbao.centre.disclosure.produce.sample import figures as sample
from jinbao.centre.disclosure.produce.schema import write_workbook
from jinbao.centre.gaps import gaps
from jinbao.centre.models import Line, Unit, YearBook
from jinbao.centre.papers import workbook as exported
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed, NotFound, Several
from jinbao.trust.actors import Actor
from tests.centre.book.conftest import NOW, workbook


def line_of(book: YearBook, sheet: str, **cells: object) -> Line:
    found = [one for one in queries.lines(book, sheet) if all(one.values.get(k) == v for k, v in cells.items())]
    return found[0]


def texts(line: Line, **changed: str) -> dict[str, str]:
    titles = [column.title for column in queries.columns(line.sheet)]
    return dict(zip(titles, queries.cells(line), strict=True)) | changed


def test_it_works(finance: Actor, reviewer: Actor, filled: YearBook, var: Path) -> None:
    assert [gap for gap in gaps(filled) if gap.needed] == []
    actions.submit(finance, filled, now=NOW)
    actions.approve(reviewer, filled, now=NOW)
    made = actions.produce(finance, filled, now=NOW)
    assert sorted(Path(d.name).suffix for d in made) == [".docx", ".html", ".pdf", ".xlsx"]
    for document in made:
        _, path = queries.document(finance, document.pk)
        report = check(path)
        assert not [f for f in report.findings if f.severity in ("high", "medium", "low")]
        assert report.document.organisation == "演示市第16信息中心"
    assert not [row for one in CHECKS for row in one.rows()]


def test_an_empty_year_says_what_is_missing_and_is_not_submitted(finance: Actor, book: YearBook) -> None:
    missing = [gap.text for gap in gaps(book) if gap.needed]
    assert any("“收入”没有填" in text for text in missing)
    assert any("“性质”" in text for text in missing)
    with pytest.raises(Conflict, match="还缺"):
        actions.submit(finance, book, now=NOW)


def test_a_book_comes_out_as_the_workbook_it_was_taken_in_from(finance: Actor, filled: YearBook) -> None:
    again = actions.import_workbook(finance, filled, exported(filled), "导出.xlsx", now=NOW)
    assert (again.new, again.changed) == (0, 0)


def test_a_correction_replaces_the_line_and_keeps_the_old_one(finance: Actor, filled: YearBook) -> None:
    line = line_of(filled, "单位", 项目="主要职责")
    new = actions.correct(finance, line, texts(line, 内容="承担信息化工作。"), now=NOW)
    assert [one.values["内容"] for one in queries.history(new)] == ["承担信息化工作。", line.values["内容"]]
    with pytest.raises(Conflict, match="已被更正"):
        actions.correct(finance, line, texts(line, 内容="又改"), now=NOW)


def test_what_is_wrong_is_told_with_its_column(finance: Actor, book: YearBook) -> None:
    with pytest.raises(FormatError, match="没有科目“2089998”"):
        actions.enter(finance, book, "收入", {"科目编码": "2089998"}, now=NOW)
    with pytest.raises(FormatError, match="金额") as caught:
        actions.enter(finance, book, "合同", {"合同名称": "甲", "采购类别": "货物", "合同金额": "一万"}, now=NOW)
    assert caught.value.at is not None
    assert caught.value.at.column == "合同金额"
    with pytest.raises(FormatError, match="不在可填的词中"):
        actions.enter(finance, book, "合同", {"合同名称": "甲", "采购类别": "物品"}, now=NOW)
    actions.enter(finance, book, "合同", {"合同名称": "甲", "采购类别": "货物", "合同金额": "1,000.00"}, now=NOW)
    with pytest.raises(Conflict, match="已经有"):
        actions.enter(finance, book, "合同", {"合同名称": "甲", "采购类别": "服务"}, now=NOW)


def test_whoever_entered_a_line_does_not_approve(finance: Actor, reviewer: Actor, filled: YearBook) -> None:
    actions.submit(finance, filled, now=NOW)
    with pytest.raises(NotAllowed):
        actions.approve(finance, filled, now=NOW)
    Line.objects.filter(book=filled).order_by("pk")[:1].get()
    Line.objects.filter(book=filled, sheet="三公").update(made_by=reviewer.username)
    with pytest.raises(NotAllowed, match="已经办理过"):
        actions.approve(reviewer, filled, now=NOW)


def test_after_an_approval_a_change_says_why(finance: Actor, reviewer: Actor, filled: YearBook) -> None:
    actions.submit(finance, filled, now=NOW)
    with pytest.raises(Conflict, match="不能改动"):
        actions.enter(finance, filled, "重点工作", {"标题": "新工作"}, now=NOW)
    actions.approve(reviewer, filled, now=NOW)
    actions.send_back(reviewer, filled, "车辆数有误", now=NOW)
    line = line_of(filled, "单位", 项目="主要职责")
    with pytest.raises(FormatError, match="须写明原因"):
        actions.correct(finance, line, texts(line, 内容="改"), now=NOW)
    assert actions.correct(finance, line, texts(line, 内容="改"), reason="文件更名", now=NOW).reason == "文件更名"


def test_mid_year_and_final_results_are_recorded_on_the_indicators(finance: Actor, filled: YearBook) -> None:
    line = line_of(filled, "指标", 三级指标="系统可用率")
    assert actions.record_results(finance, filled, {line.pk: {"年中值": "50"}}, now=NOW) == 1
    new = line_of(filled, "指标", 三级指标="系统可用率")
    assert (new.values["年中值"], new.values["目标值"]) == ("50", line.values["目标值"])
    assert actions.record_results(finance, filled, {new.pk: {"目标值": "1"}}, now=NOW) == 0


def test_next_year_begins_with_this_one_and_proposes_targets(finance: Actor, filled: YearBook, unit: Unit) -> None:
    actions.enter(
        finance,
        filled,
        "资产",
        {"资产名称": "服务器", "资产类别": "专用设备", "年初数量": "4", "新增数量": "2"},
        now=NOW,
    )
    line = line_of(filled, "指标", 三级指标="服务参保单位数")
    actions.record_results(finance, filled, {line.pk: {"实际值": "1500", "偏差原因": "扩面"}}, now=NOW)
    following = actions.open_book(finance, unit, 2026, "决算", now=NOW)
    assert line_of(following, "资产").values["年初数量"] == 6
    carried = line_of(following, "结转", 资金="一般公共").values
    assert carried["年初结转和结余"] == line_of(filled, "结转", 资金="一般公共").values["年末结转和结余"]
    proposal = line_of(following, "指标", 项目名称=line.values["项目名称"], 三级指标="服务参保单位数")
    assert proposal.proposed
    assert proposal.values["目标值"] == "1500"
    assert any("目标建议" in gap.text for gap in gaps(following))
    changed = actions.correct(finance, proposal, texts(proposal, 目标值="1200"), now=NOW)
    assert not changed.proposed
    waiting = Line.objects.filter(book=following, live=True, proposed=True).count()
    assert actions.accept(finance, following, now=NOW) == waiting


def test_final_accounts_take_over_the_budget(finance: Actor, unit: Unit) -> None:
    budget = actions.open_book(finance, unit, 2025, "预算", now=NOW)
    actions.import_workbook(finance, budget, workbook(5, "预算"), "预算.xlsx", now=NOW)
    assert [gap for gap in gaps(budget) if gap.needed] == []
    assert len(actions.produce(finance, budget, now=NOW)) == 4
    final = actions.open_book(finance, unit, 2025, "决算", now=NOW)
    planned = {one.key: one.values["决算"] for one in queries.lines(budget, "支出")}
    assert {one.key: one.values["年初预算"] for one in queries.lines(final, "支出")} == planned
    assert not any(one.proposed for one in queries.lines(final, "指标"))


def test_a_workbook_of_another_year_is_refused(finance: Actor, unit: Unit) -> None:
    other = actions.open_book(finance, unit, 2024, "决算", now=NOW)
    with pytest.raises(Conflict, match="2025"):
        actions.import_workbook(finance, other, workbook(), "数据.xlsx", now=NOW)


def test_everything_wrong_in_a_workbook_is_told_at_once(finance: Actor, book: YearBook) -> None:
    data = sample(3)
    data["收入"][0]["科目编码"] = "2089998"
    data["支出"][1]["资金"] = "专户"
    data["项目"][0]["年初预算"] = ""
    data["数量"].append({"项目": data["数量"][0]["项目"], "数量": 1})
    data["重点工作"].append({"标题": "新平台", "进度": 120})
    data["上年"][0]["项目"] = ""
    with pytest.raises(Several, match="有 5 处需要改正") as caught:
        actions.import_workbook(finance, book, write_workbook(data), "数据.xlsx", now=NOW)
    told = {(e.at.sheet, e.at.line, e.at.column) for e in caught.value.errors if e.at}
    assert {("收入", 3, "科目编码"), ("支出", 4, "资金"), ("上年", 3, "项目")} <= told
    assert {sheet for sheet, _, _ in told} == {"收入", "支出", "上年", "数量", "重点工作"}
    assert "数据.xlsx:4 工作表“支出” 列“资金”" in str(caught.value)
    assert len(queries.lines(book, "单位")) == 1


def test_a_workbook_of_a_unit_with_another_name_is_doubted(finance: Actor, book: YearBook) -> None:
    done = actions.import_workbook(finance, book, workbook(), "数据.xlsx", now=NOW)
    assert "演示市第16信息中心" in done.doubts[0]
    again = actions.import_workbook(
        finance, book, write_workbook({"单位": [{"项目": "单位名称", "内容": book.unit.name}]}), "数据.xlsx", now=NOW
    )
    assert again.doubts == ()


def test_a_row_typed_with_several_faults_tells_them_all(finance: Actor, book: YearBook) -> None:
    with pytest.raises(Several) as caught:
        actions.enter(finance, book, "合同", {"合同金额": "一万", "采购类别": "物品"}, now=NOW)
    assert {e.at.column for e in caught.value.errors if e.at} == {"合同名称", "采购类别", "合同金额"}


def test_an_officer_of_another_city_finds_nothing(other_clerk: Actor, finance: Actor, book: YearBook) -> None:
    assert not queries.books(other_clerk).exists()
    with pytest.raises(NotFound):
        queries.book(other_clerk, book.pk)
    with pytest.raises(NotAllowed):
        actions.enter(other_clerk, book, "重点工作", {"标题": "甲"}, now=NOW)


def test_the_checks_see_what_went_around_the_actions(finance: Actor, filled: YearBook) -> None:
    actions.submit(finance, filled, now=NOW)
    line = line_of(filled, "指标", 三级指标="系统可用率")
    Line.objects.filter(pk=line.pk).update(values=line.values | {"分值": 99})
    spent = line_of(filled, "支出", 类别="项目")
    Line.objects.filter(pk=spent.pk).update(values=spent.values | {"决算": 1})
    broken = {one.name for one in CHECKS for _ in one.rows()}
    assert broken == {"centre.weights", "centre.projects"}
