"""What an explanation owes beside its figures: budgets and reasons of the items, and one name for one thing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from jinbao.centre.disclosure.findings import Book, Finding
from jinbao.centre.disclosure.model import Document, Indicator, Paragraph, Sheet, Spot
from jinbao.centre.disclosure.standards import Standard
from jinbao.centre.disclosure.text_figures import Completion
from jinbao.centre.disclosure.values import Number, half_width, show, squeeze, swapped

# What follows a rate without giving a reason: which figure is larger, and what the money was for.
_COMPARED = re.compile(
    r"(?:支出)?决算数?(?:大于|小于|高于|低于|多于|少于|超过|等于|与)?(?:年初|全年|调整)?预算数?(?:一致|持平)?"
)
_USE = re.compile(r"主要(?:是)?用于[^。;]*")
_REASON = re.compile(r"原因|由于|因(?!公|素)")
_NEXT_ITEM = re.compile(r"^(?:\d+[.、]|\()|\(项\)")
_QUOTED = re.compile(r"[“\"]([^“”\",，。;；:：]{2,20})[”\"]([\u4e00-\u9fff]{4,})")
_AMOUNT = re.compile(r"\d(?:万|亿)?元")
_WHOLE_UNIT = re.compile(r"整体支出[^。]{0,40}?资金(?:规模|总额)?(?:为|共)?([\d,]+(?:\.\d+)?)(万元|元)")
_ENOUGH = 5  # characters a reason has at least (据实调整)
_TAIL = 6  # characters after a quoted name by which two sentences are known to speak of the same thing


def check_explanations(book: Book, completions: list[Completion], standard: Standard) -> None:
    """Check what an explanation owes: declared figures, printed budgets, reasons, names that agree with the sheets."""
    _items(book, standard)
    if book.document.form == "决算":
        items = [c for c in completions if c.depth == 3]
        _budgets_printed(book, items)
        for completion in items:
            if completion.rate.number.value != 100:
                _reason_given(book, completion)
    for paragraph in book.document.paragraphs:
        if paragraph.section == "绩效":
            _quoted_names(book, paragraph)
            _whole_unit(book, paragraph)


def _place(document: Document) -> Paragraph | None:
    """Where the explanation of 三公 begins: not its line in the table of contents, which has no amounts below it."""
    mine = [p for p in document.paragraphs if p.section == "三公"]
    first = mine[0] if mine else None
    last = -2
    for paragraph in mine:
        if paragraph.index != last + 1:
            first = paragraph
        if _AMOUNT.search(paragraph.text):
            return first
        last = paragraph.index
    return mine[0] if mine else None


def _items(book: Book, standard: Standard) -> None:
    """The figures that a section which is there must hold."""
    document = book.document
    text = half_width("".join(p.text for p in document.paragraphs if p.section == "三公"))
    place = _place(document)
    before = str(document.year - 1) if document.year else ""
    for item in standard.sections.items:
        table = document.table(item.table) if item.table else None
        if item.of not in ("全部", document.form) or place is None or (table is not None and table.is_empty):
            continue
        book.count()
        if not any(squeeze(word.replace("{上年}", before)) in text for word in item.any):
            book.add(
                Finding(
                    "low",
                    "structure",
                    place.spot(0),
                    "应公开的内容",
                    item.section,
                    item.name,
                    "",
                    "",
                    item.name,
                    "没有找到这一内容",
                    f"补充{item.name}；没有也应写 0、“无”或“持平”",
                )
            )


def _owed(spot: Spot, relation: str, cell: str, formula: str, printed: str, owed: str, cause: str) -> Finding:
    return Finding("low", "structure", spot, relation, "说明", cell, formula, printed, owed, cause, f"补充{owed}")


def _budgets_printed(book: Book, items: list[Completion]) -> None:
    """A completion rate can be checked by the reader only if its budget is printed; listed once."""
    if not items:
        return
    book.count()
    bare = [c for c in items if c.budget is None]
    if bare:
        book.add(
            _owed(
                bare[0].rate.spot,
                "应公开的内容",
                "年初预算",
                f"{len(bare)} 个项级科目的完成率没有印出年初预算数",
                f"{bare[0].rate.number.raw}%",
                "年初预算数",
                "只印完成率，读者无从核对",
            )
        )


def _reason_given(book: Book, completion: Completion) -> None:
    """An item whose final figure differs from its budget says why, after the rate or before it in the sentence."""
    paragraph = _paragraph(book.document, completion)
    if paragraph is None:
        return
    book.count()
    offset = completion.rate.offset
    before = paragraph.text[paragraph.text.rfind("。", 0, offset) + 1 : offset]
    if _REASON.search(before) or _says_why(_after(book.document, paragraph, offset)):
        return
    rate = f"{completion.rate.number.raw}%"
    book.add(
        _owed(
            completion.rate.spot,
            "差异应说明原因",
            "".join(completion.names[-1:]),
            f"完成年初预算的 {rate}",
            rate,
            "差异原因",
            "决算数与年初预算数不同，没有说明原因",
        )
    )


def _paragraph(document: Document, completion: Completion) -> Paragraph | None:
    return next((p for p in document.paragraphs if p.index == completion.rate.paragraph), None)


def _after(document: Document, paragraph: Paragraph, offset: int) -> str:
    """The words about an item after its rate: to the next item, over the end of the paragraph if need be."""
    text = re.sub(r"^[\d.,]+%", "", paragraph.text[offset:])
    another = text.find("(项)")
    if another >= 0 and not _REASON.search(text[:another]):
        text = text[: max(text.rfind(mark, 0, another) for mark in "。;") + 1]
    for following in document.paragraphs:
        if following.index > paragraph.index:
            if following.section != paragraph.section or _NEXT_ITEM.search(following.text):
                break
            text += following.text
    return text


def _says_why(words: str) -> bool:
    rest = _USE.sub("", _COMPARED.sub("", words))
    return len(re.sub(r"[^\u4e00-\u9fff]", "", rest)) >= _ENOUGH


def _quoted_names(book: Book, paragraph: Paragraph) -> None:
    """A name in quotation marks is the same in a sentence and in the indicator that speaks of the same thing."""
    said = [(m, m[1], m[2]) for m in _QUOTED.finditer(paragraph.text)]
    for match, name, tail in said:
        twins = [(s, i, other) for s, i, other, end in _indicator_names(book.document) if _same(tail, end)]
        if not twins:
            continue
        book.count()
        if any(other == name for _, _, other in twins):
            continue
        alike = [t for t in twins if difflib.SequenceMatcher(None, t[2], name).ratio() >= 0.5]
        if alike:
            sheet, indicator, other = alike[0]
            book.add(
                Finding(
                    "low",
                    "name",
                    paragraph.spot(match.start(), match.end()),
                    "名称前后一致",
                    "说明",
                    f"“{name}”{tail[:_TAIL]}",
                    f"说明“{name}” ≠ {sheet.title}“{other}”（第 {indicator.spot.line} 行）",
                    name,
                    other,
                    "同一事项两种名称",
                    f"核对“{name}”与“{other}”，全文用一个名称",
                )
            )


def _indicator_names(document: Document) -> Iterator[tuple[Sheet, Indicator, str, str]]:
    for sheet in document.sheets:
        for indicator in sheet.indicators:
            for match in _QUOTED.finditer(squeeze(indicator.name)):
                yield sheet, indicator, match[1], match[2]


def _same(one: str, other: str) -> bool:
    """True if two phrases after a quoted name begin alike, so far as the shorter goes."""
    length = min(len(one), len(other), _TAIL)
    return one[:length] == other[:length]


def _whole_unit(book: Book, paragraph: Paragraph) -> None:
    """The money of a self-evaluation of the whole unit is the total of the spending tables, or its sheet's (R36)."""
    known = [
        cell.value
        for kind, name in (("决03", "本年支出合计"), ("决05", "小计"))
        if (table := book.document.table(kind)) and (row := table.row("合计")) and (cell := row.cell(name)).printed
    ]
    funds = [s.funds[0] for s in book.document.sheets if s.whole_unit and s.funds]
    known += [n.value for f in funds for n in (f.budget, f.spent) if n]
    for match in _WHOLE_UNIT.finditer(paragraph.text):
        number = Number.parse(match[1])
        if number is None or not known or "个部门" in match[0]:
            continue
        book.count()
        value = number.value / 10000 if match[2] == "元" else number.value
        if value not in known:
            book.add(
                Finding(
                    "high",
                    "performance",
                    paragraph.spot(match.start(1), match.end()),
                    "R36 整体支出等于支出合计",
                    "说明",
                    "整体支出",
                    f"{show(value)} ≠ 支出合计 {show(known[0])}",
                    show(value),
                    show(known[0]),
                    swapped(value, known[0]),
                    "核对整体支出金额",
                )
            )
