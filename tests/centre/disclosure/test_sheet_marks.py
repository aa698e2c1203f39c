"""What a performance sheet and its summary say in words and grades agrees with the figures."""

from __future__ import annotations

import pytest

from jinbao.centre.disclosure import Finding, check
from tests.centre.disclosure.documents import HERE, extracted


def found(text: str, relation: str) -> list[Finding]:
    return [f for f in check(text.encode(), "决算.txt").findings if f.relation.startswith(relation)]


def changed(old: str, new: str) -> str:
    text = extracted(3, blank="\t")
    assert old in text
    return text.replace(old, new, 1)


WORDS = "部分达成预期指标并具有一定效果	30.00	"
CONTRADICTIONS = [
    (
        "总分					100	99.52",
        "总分					101	99.52",
        "R34 总分分值为 100",
        "101",
        "100",
    ),
    ("自评得分91.46分，等次为优", "自评得分91.46分，等次为良", "绩效等级与得分一致", "良", "优"),
    (f"{WORDS}22.50", f"{WORDS}12.50", "定性指标分档", "12.50", ""),
    ("达成预期指标	30.00	30.00", "未达成预期指标	30.00	30.00", "定性指标分档", "30.00", ""),
]


@pytest.mark.parametrize(("old", "new", "relation", "printed", "right"), CONTRADICTIONS)
def test_a_mark_that_contradicts_is_found_at_its_place(
    old: str, new: str, relation: str, printed: str, right: str
) -> None:
    assert not found(extracted(3, blank="\t"), relation)
    text = changed(old, new)
    finding = found(text, relation)[0]
    assert finding.severity in ("high", "medium")
    assert (finding.printed, finding.recomputed) == (printed, right)
    assert finding.spot.line == text[: text.index(new)].count("\n") + 1


def test_a_result_told_again_with_another_figure_is_found() -> None:
    text = (HERE / "wuhan_2024.txt").read_text(encoding="utf-8")
    assert not found(text, "R35 综述")
    assert "月均发送短信量 11 万条; 二是" in text
    wrong = text.replace("月均发送短信量 11 万条; 二是", "月均发送短信量 12 万条; 二是")
    (finding,) = found(wrong, "R35 综述")
    assert (finding.printed, finding.recomputed, finding.cell) == ("12", "11", "月均发送短信量")


@pytest.mark.parametrize(
    ("old", "new", "relation"),
    [("信息系统建设 65.94", "信息系统建设 56.94", "B09"), ("≥ 99 % 20", "≥ 99 % 45", "R34 权重之和")],
)
def test_targets_of_a_budget_are_read_without_columns_too(old: str, new: str, relation: str) -> None:
    text = extracted(3, "预算")
    assert [sheet.project for sheet in check(text.encode(), "预算.txt").document.sheets] == [
        "信息系统建设", "系统日常运行", "专项服务"
    ]  # fmt: skip
    assert not found(text, relation)
    assert old in text
    assert found(text.replace(old, new, 1), relation)
