"""What Jinbao produces passes its own checker with no finding at all, in every form."""

from __future__ import annotations

import pytest

from jinbao.centre.disclosure import check
from jinbao.centre.disclosure.produce import FORMS, paper_of, write_workbook
from tests.centre.disclosure.documents import extracted, produced


@pytest.mark.parametrize("kind", ["docx", "pdf", "xlsx", "html"])
@pytest.mark.parametrize(("seed", "form"), [(1, "决算"), (2, "决算"), (3, "预算"), (4, "预算")])
def test_a_produced_document_has_no_finding(seed: int, form: str, kind: str) -> None:
    report = check(produced(seed, form, kind), f"公开.{kind}")
    assert report.findings == ()
    assert report.checked > 400
    assert len(report.document.tables) == (9 if form == "决算" else 13)


@pytest.mark.parametrize("seed", range(20, 32))
@pytest.mark.parametrize("form", ["决算", "预算"])
def test_many_units_come_out_clean(seed: int, form: str) -> None:
    assert check(produced(seed, form, "html"), "公开.html").findings == ()


def a_small_unit() -> dict[str, list[dict[str, object]]]:
    """A unit as small as can be: two items of spending, one project, no 三公, nothing last year."""
    official = ("因公出国（境）费", "公务用车购置费", "公务用车运行维护费", "公务接待费")
    about = {"单位名称": "演示市数据中心", "年度": "2025", "类型": "决算", "性质": "事业单位"}
    kept = {"资金": "一般公共", "用途": "日常工作"}
    goal = {"项目名称": "系统建设", "性质": "≥", "目标值": "2", "实际值": "2"}
    return {
        "单位": [{"项目": k, "内容": v} for k, v in about.items()],
        "收入": [
            {"科目编码": "2080150", "一般公共预算财政拨款": 100_000_000},
            {"科目编码": "2080108", "一般公共预算财政拨款": 20_000_000},
        ],
        "支出": [
            {**kept, "科目编码": "2080150", "类别": "基本", "年初预算": 100_000_000, "决算": 100_000_000},
            {**kept, "科目编码": "2080108", "类别": "项目", "年初预算": 20_000_000, "决算": 20_000_000},
        ],
        "经济分类": [{"科目编码": "30101", "金额": 80_000_000}, {"科目编码": "30201", "金额": 20_000_000}],
        "上年": [
            {"项目": k, "金额": 0, "变动原因": "新设单位"}
            for k in ("收入支出总计", "本年收入合计", "本年支出合计", "“三公”经费")
        ],
        "三公": [{"项目": k, "全年预算": 0, "决算": 0, "上年决算": 0} for k in official],
        "项目": [
            {
                "项目名称": "系统建设",
                "科目编码": "2080108",
                "年初预算": 20_000_000,
                "全年预算-财政拨款": 20_000_000,
                "执行数-财政拨款": 20_000_000,
                "年度目标": "系统稳定",
                "完成情况": "系统稳定",
            }
        ],
        "指标": [
            {**goal, "一级指标": "产出指标", "二级指标": "数量指标", "三级指标": "建设系统数", "分值": 50},
            {**goal, "一级指标": "效益指标", "二级指标": "社会效益指标", "三级指标": "服务单位数", "分值": 40},
        ],
    }


def test_a_unit_without_official_expenses_and_without_a_last_year_comes_out_clean() -> None:
    made, _ = paper_of(write_workbook(a_small_unit()), "数据.xlsx")
    content = FORMS["docx"](made)
    assert check(content, "公开.docx").findings == ()


@pytest.mark.parametrize("blank", [" ", "\t"])
@pytest.mark.parametrize(("seed", "form"), [(1, "决算"), (3, "决算"), (5, "决算"), (2, "预算"), (5, "预算")])
def test_extracted_text_is_read_even_where_empty_cells_were_lost(seed: int, form: str, blank: str) -> None:
    report = check(extracted(seed, form, blank).encode(), "公开.txt")
    assert [f for f in report.findings if f.severity != "unverifiable"] == []
    assert report.checked > 400


def test_every_form_gives_the_same_model() -> None:
    counts = {
        kind: check(produced(3, "决算", kind), f"公开.{kind}").checked for kind in ("docx", "pdf", "xlsx", "html")
    }
    assert len(set(counts.values())) == 1


def test_line_breaks_and_page_numbers_inside_sentences_do_no_harm() -> None:
    broken = []
    for line in extracted(3, "决算", "\t").split("\n"):
        pieces = [line] if "\t" in line or len(line) < 60 else [line[n : n + 27] for n in range(0, len(line), 27)]
        broken += (
            pieces[:1]
            if len(pieces) == 1
            else [p for n, piece in enumerate(pieces) for p in ([piece, "", "17", ""] if n == 1 else [piece])]
        )
    report = check("\n".join(broken).encode(), "公开.txt")
    assert [f for f in report.findings if f.severity in ("high", "medium", "low")] == []
