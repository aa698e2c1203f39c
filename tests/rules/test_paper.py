"""Explanations as sentences, and as a sheet to print."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typst

from jinbao.rules import Law, Result
from jinbao.rules import paper as papers
from jinbao.rules.overlay import parse_supposed, suppose
from jinbao.rules.paper import NoFont, Sheet, pdf_of, quoted, typst_source
from jinbao.rules.sentences import plain_cite, sentences
from tests.rules.test_command import FORM, jinbao

FACTS: dict[str, Any] = {"平均缴费工资指数": "0.8219", "缴费年限": "30.67"}
ON = date(2024, 3, 1)
SHORT = {"缴费月数": 183, "出生年月": "1965-01", "退休类别": "男职工"}


def asked(law: Law, rule: str, facts: Any, on: date = ON) -> Result:
    return law.evaluate(rule, facts, on=on, region="420000", explain=True)


def test_each_step_is_a_sentence_with_its_numbers_and_article(law: Law) -> None:
    said = sentences(asked(law, "基础养老金", FACTS))
    assert said[0] == "计发基数为 9022元/月（湖北省 2024-01-01 至 2024-12-31）。出处：审批表。第一档。可信度 A-。"
    assert said[1] == "平均缴费工资指数为 0.8219（作为事实给定，没有计算）。"
    step = next(sentence for sentence in said if sentence.startswith("基础养老金"))
    assert step.startswith("基础养老金 = (9022 + 7415.18) ÷ 2 × 30.67 × 1%，四舍五入保留2位小数 = 2520.64元/月。依据：")
    assert "law.md" not in "".join(said)
    assert said[-1] == "结论：基础养老金为 2520.64元/月。"


def test_a_no_says_what_is_missing(law: Law) -> None:
    said = sentences(asked(law, "符合领取条件", SHORT, date(2030, 6, 1)))
    assert said[-1] == "结论：符合领取条件为 否，因为缴费月数 183个月，少于 最低缴费月数 186个月，还差3个月。"


def test_what_is_not_filled_in_is_said_once(law: Law) -> None:
    assert "选择年月未填。" in sentences(asked(law, "办理年月", {"出生年月": "1966-01"}))


def test_what_is_provisional_or_supposed_is_said_at_the_end(law: Law) -> None:
    said = sentences(asked(law, "基础养老金", FACTS, date(2026, 3, 1)))
    assert said[-1].startswith("暂定：计发基数暂按2024年度标准")
    other, _ = suppose(law, [parse_supposed("计发基数=10000")], on=ON, region="420000")
    assert sentences(asked(other, "基础养老金", FACTS))[-1] == "假设：计发基数 假设为 10000元/月（现行 9022元/月）。"


def test_an_answer_that_is_not_explained_has_no_sentences(law: Law) -> None:
    assert sentences(law.evaluate("基础养老金", FACTS, on=ON, region="420000")) == []


def test_a_document_is_named_once_for_its_articles() -> None:
    assert plain_cite("某办法第二条 年限 [law/x/law.md#2]") == "某办法第二条 年限"


def sheet(result: Result) -> Sheet:
    return Sheet("基础养老金计算书", (result,), "湖北省", FACTS)


def text_of(content: bytes) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    return "".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.usefixtures("has_fonts")
def test_the_sheet_shows_day_region_version_and_confidence(law: Law) -> None:
    result = asked(law, "基础养老金", FACTS)
    text = "".join(text_of(pdf_of(sheet(result))).split())
    for shown in ("2024-03-01", "湖北省（420000）", result.version, "A-", "2520.64", "第1页，共", "以经办机构核定为准"):
        assert shown in text, shown


@pytest.mark.usefixtures("has_fonts")
def test_the_same_answer_gives_the_same_bytes(law: Law) -> None:
    result = asked(law, "基础养老金", FACTS)
    assert pdf_of(sheet(result)) == pdf_of(sheet(result))


@pytest.mark.parametrize("text", ['"; #panic("x")', "#panic(1)", "]#[", "\\", '\\"', "*_$`<a>@b", "一\n二"])
@pytest.mark.usefixtures("has_fonts")
def test_nothing_that_was_typed_is_markup(law: Law, text: str) -> None:
    result = asked(law, "基础养老金", FACTS)
    content = pdf_of(Sheet(text, (result,), text, {text: text}, (text,)))
    assert content.startswith(b"%PDF")
    assert quoted("一\n二") == '"一 二"'


def test_uncertain_and_supposed_values_are_marked_on_the_sheet(law: Law) -> None:
    uncertain = typst_source(sheet(asked(law, "不确定的增发", FACTS)), ("x",))
    assert "来源尚待核实" in uncertain
    assert "可信度 C" in uncertain
    other, _ = suppose(law, [parse_supposed("计发基数=10000")], on=ON, region="420000")
    assert "假设：计发基数" in typst_source(sheet(asked(other, "基础养老金", FACTS)), ("x",))


class NoFamilies:
    """A machine without fonts."""

    def __init__(self, **_: Any) -> None:
        return None

    def families(self) -> list[str]:
        return ["DejaVu Sans"]


def test_a_machine_without_chinese_fonts_says_so(law: Law, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typst, "Fonts", NoFamilies)
    papers._fonts.cache_clear()
    with pytest.raises(NoFont, match="没有中文字体") as caught:
        pdf_of(sheet(asked(law, "基础养老金", FACTS)))
    papers._fonts.cache_clear()
    assert "在浏览器中打印" in caught.value.advice


@pytest.mark.usefixtures("has_fonts")
def test_the_command_writes_the_sheet_or_sentences(tmp_path: Path) -> None:
    args = ("explain", "基础养老金", "--facts", "-", "--on", "2024-03", "--region", "420000")
    out = tmp_path / "out.pdf"
    done = jinbao(*args, "--pdf", str(out), stdin=FORM)
    assert "已写入" in done.stderr
    assert out.read_bytes().startswith(b"%PDF")
    assert "结论：基础养老金为 2480.97元/月。" in jinbao(*args, "--sentences", stdin=FORM).stdout
    done = jinbao(*args, "--pdf", str(tmp_path / "no" / "out.pdf"), stdin=FORM)
    assert done.returncode == 2
    assert "写不了" in done.stderr
