"""The same figures in the other ways units publish them are read alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from jinbao.centre.disclosure import Report, check
from tests.centre.disclosure.documents import extracted


def body() -> str:
    """A document without its performance sheets, whose scores are no money."""
    text = extracted(3, "决算", "\t")
    return text[: text.index("第六部分")]


def errors(report: Report) -> list[tuple[str, str, str]]:
    return [(f.severity, f.table, f.cell) for f in report.findings if f.severity in ("high", "medium", "low")]


def in_yuan(text: str) -> str:
    def scaled(match: re.Match[str]) -> str:
        return f"{Decimal(match[1].replace(',', '')) * 10000:,.2f}"

    keep = re.compile(r"自评得分[\d.]+分")
    parts = keep.split(text)
    kept = [*keep.findall(text), ""]
    money = [re.sub(r"(?<![\d.])(\d{1,3}(?:,\d{3})*\.\d{2})(?!%)", scaled, p).replace("万元", "元") for p in parts]
    return "".join(a + b for a, b in zip(money, kept, strict=True))


def explanation_first(text: str) -> str:
    two, three, four = (text.index(f"第{n}部分") for n in "二三四")
    return text[:two] + text[three:four] + text[two:three] + text[four:]


def without_labels(text: str) -> str:
    return "\n".join(x for x in text.split("\n") if not re.match(r"公开\d+表$|栏次", x))


def split_codes(text: str) -> str:
    return re.sub(r"^(\d{3})(\d{2})(\d{2})\t", r"\1 \2 \3\t", text, flags=re.MULTILINE)


def full_width(text: str) -> str:
    return text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def markdown(text: str) -> str:
    rows = [f"| {' | '.join(x.split(chr(9)))} |" if "\t" in x else x for x in text.split("\n")]
    return "\n".join(f"## {x}" if re.match("第.部分", x) else x for x in rows)


def blanks_in_numbers(text: str) -> str:
    return re.sub(r"(\d),(\d{3})\.(\d)", r"\1, \2. \3", text)


def with_contents(text: str) -> str:
    titles = re.findall(r"^\d{4}年度(.*表)$", text, flags=re.MULTILINE)
    contents = "\n".join(f"{n}、{t}" for n, t in zip("一二三四五六七八九", titles, strict=True))
    return f"目录\n{contents}\n第三部分 说明\n{text}"


def one_heading_a_line(text: str) -> str:
    """Heading cells as extraction leaves them: each on a line of its own, without its table's cells."""
    found: list[str] = []
    for line in text.split("\n"):
        words = [cell for cell in line.split("\t") if cell]
        heading = "\t" in line and len(words) > 3 and not re.search(r"\d", line)
        found += words if heading else [line]
    return "\n".join(found)


def in_yuan_without_cells(text: str) -> str:
    """Amounts in yuan, long enough that a row looks like a sentence, and the blanks of empty cells lost."""
    lines = in_yuan(text).split("\n")
    return "\n".join(" ".join(c for c in x.split("\t") if c) if "\t" in x else x for x in lines)


CHANGES = [
    one_heading_a_line,
    in_yuan_without_cells,
    in_yuan,
    explanation_first,
    without_labels,
    split_codes,
    full_width,
    markdown,
    blanks_in_numbers,
    with_contents,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_another_form_of_the_same_figures_is_clean(change: Callable[[str], str]) -> None:
    report = check(change(body()).encode(), "公开.md" if change is markdown else "公开.txt")
    assert errors(report) == []
    assert report.checked > 500
    assert len(report.document.tables) == 9


@pytest.mark.parametrize("divided", [True, False])
def test_a_budget_with_one_heading_a_line_is_clean(divided: bool) -> None:
    text = one_heading_a_line(extracted(3, "预算", "\t"))
    if not divided:
        text = "\n".join(" ".join(c for c in x.split("\t") if c) for x in text.split("\n"))
    assert errors(check(text.encode(), "公开.txt")) == []


def test_the_set_of_thirteen_tables_is_recognised() -> None:
    text = body()
    general = check(text.encode(), "公开.txt").document.table("决05")
    assert general is not None
    rows = [
        f"{r.code}\t{r.name}\t{r.cell('项目支出').value:,}"
        for r in general.rows
        if r.cell("项目支出").printed and r.code
    ]
    total = next(r for r in general.rows if r.key == "合计")
    empty = "\n说明：本单位没有此项收支，故本表无数据。\n"
    added = (
        f"财政拨款支出决算明细表{empty}一般公共预算财政拨款支出决算明细表{empty}"
        f"国有资本经营预算财政拨款收入支出决算表{empty}"
        "一般公共预算财政拨款项目支出决算表\n单位：万元\n科目编码\t科目名称\t金额\n"
        f"\t合计\t{total.cell('项目支出').value:,}\n" + "\n".join(rows) + "\n"
    )
    three = text.index("第三部分")
    report = check((text[:three] + added + text[three:]).encode(), "公开.txt")
    assert errors(report) == []
    assert len(report.document.tables) == 13


def test_a_document_of_sentences_only_is_checked_as_far_as_it_goes() -> None:
    text = "\n".join(x for x in body().split("\n") if "\t" not in x)
    report = check(text.encode(), "公开.txt")
    assert errors(report) == []
    assert any("没有读到有数据的标准表格" in f.cause for f in report.findings)
    wrong = check(re.sub(r"完成年初预算的1?\d{2}\.\d", "完成年初预算的88.8", text).encode(), "公开.txt")
    assert any(f.kind == "completion" for f in wrong.findings)


def sheets_in_yuan(text: str) -> str:
    """The money of the performance sheets in yuan, the tables still in 万元: weights, rates and scores stay."""
    at = text.index("第六部分")

    def scaled(match: re.Match[str]) -> str:
        return f"{Decimal(match[0].replace(',', '')) * 10000:,.2f}"

    lines = []
    for line in text[at:].split("\n"):
        cells = line.split("\t")
        count = 5 if re.match(r"\t(年度资金|其中|上年结转|其他资金|整体支出)", line) else 0
        count = 7 if line.startswith("基本支出总额") else count
        cells[:count] = [re.sub(r"^\d[\d,]*\.\d\d$", scaled, c) for c in cells[:count]]
        lines.append("\t".join(cells).replace("（万元）", "（元）"))
    return text[:at] + "\n".join(lines)


def test_sheets_in_yuan_beside_tables_in_wan_are_clean_and_a_wrong_one_is_found() -> None:
    text = sheets_in_yuan(extracted(3, "决算", "\t"))
    assert errors(check(text.encode(), "公开.txt")) == []
    spent = re.search(r"\t整体支出总额\t[\d,.]+\t[\d,.]+\t([\d,.]+)", text)
    assert spent
    wrong = text[: spent.start(1)] + "1" + spent[1] + text[spent.end(1) :]
    found = check(wrong.encode(), "公开.txt").findings
    assert any(f.relation.startswith("R36") and f.severity == "high" for f in found)


def test_a_budget_in_yuan_is_clean_with_its_table_of_targets() -> None:
    assert errors(check(in_yuan(extracted(3, "预算", "\t")).encode(), "公开.txt")) == []


def test_sheets_whose_indicators_cannot_be_read_are_listed_as_not_verified() -> None:
    text = extracted(3, "决算")
    report = check(text.encode(), "公开.txt")
    assert any("R34" in f.relation and f.severity == "unverifiable" for f in report.findings)


def test_a_table_in_yuan_among_tables_in_wan_is_found() -> None:
    text = body()
    at = text.index("支出决算表\n公开05表")
    changed = text[:at] + text[at:].replace("单位：万元", "单位：元", 1)
    report = check(changed.encode(), "公开.txt")
    assert any(f.kind == "unit" and "05" in report.document.tables[4].label for f in report.findings)
