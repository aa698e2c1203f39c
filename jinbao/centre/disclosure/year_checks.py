"""Years: a final account speaks of one year, compares with the one before, and closes on its last day.

Sentences taken over from last year's document are found by their year.
"""

from __future__ import annotations

import re

from jinbao.centre.disclosure.findings import Book, Finding
from jinbao.centre.disclosure.model import Paragraph, Spot
from jinbao.centre.disclosure.speech import Speech
from jinbao.centre.disclosure.values import Number

_AGAINST = re.compile(
    r"(?:与|较|比)(20\d\d)年(?:度)?(?:[^,，。;\d]{0,12}?)(?=相比|比较|增|减|持平|上升|下降|降低|提高)"
)
_CLOSING = re.compile(r"截[至止]到?(20\d\d)年(?:12月31日|底|末)")
_OPENING = re.compile(r"(?:^|(?<=。))[^,，。;\d]{0,40}(20\d\d)年度?[^,，。;\d]{0,60}?([\d,]+\.\d+|\d{3,})万?元")
_TITLE = re.compile(r"^[#\s]*(20\d\d)年度?")


def check_years(book: Book, speech: Speech) -> None:
    """Check the years of table titles, comparisons, closing days and of sentences with this year's figures."""
    document, year = book.document, book.document.year
    if document.form != "决算" or year is None:
        return
    for table in document.tables:
        match = _TITLE.match(table.spot.quote.replace(" ", ""))
        if match:
            _expect(book, int(match[1]), year, table.spot, "表题的年度", table.title)
    printed = {c.value for t in document.tables for _, _, c in t.cells() if c.printed}
    for paragraph in document.paragraphs:
        if paragraph.section in ("", *speech.silent):
            continue
        _all(book, paragraph, _AGAINST, year - 1, "比较的年度是上年度")
        _all(book, paragraph, _CLOSING, year, "截止日在本年度")
        for match in _OPENING.finditer(paragraph.text):
            amount = Number.parse(match[2])
            if amount is not None and amount.value in printed and "上年" not in match[0]:
                spot = paragraph.spot(match.start(1), match.end())
                _expect(book, int(match[1]), year, spot, "本年度数字的年度", "说明")


def _all(book: Book, paragraph: Paragraph, pattern: re.Pattern[str], year: int, relation: str) -> None:
    for match in pattern.finditer(paragraph.text):
        before = paragraph.text[paragraph.text.rfind("。", 0, match.start()) + 1 : match.start()]
        if "原因" in before:  # a reason may speak of any year
            continue
        spot = paragraph.spot(match.start(1), match.end())
        _expect(book, int(match[1]), year, spot, relation, "说明")


def _expect(book: Book, printed: int, year: int, spot: Spot, relation: str, table: str) -> None:
    book.count()
    if printed != year:
        book.add(
            Finding(
                "medium",
                "years",
                spot,
                f"年份：{relation}",
                table,
                "年份",
                f"{printed} ≠ {year}",
                f"{printed}年",
                f"{year}年",
                "疑为沿用上年文本" if printed == year - 1 else "年份写错",
                f"改为 {year} 年",
            )
        )
