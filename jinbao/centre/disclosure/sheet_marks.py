"""Performance sheets beyond their arithmetic: the whole of 100, results in words, grades, results told again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from jinbao.centre.disclosure.findings import Book, Finding, Severity
from jinbao.centre.disclosure.model import Indicator, Paragraph, Sheet, Spot
from jinbao.centre.disclosure.performance_text import sheet_in
from jinbao.centre.disclosure.standards import Scoring, Standard
from jinbao.centre.disclosure.values import Number, squeeze, swapped, tidy

_VALUE = re.compile(r"^[≥≤><=＝]?(\d[\d,]*(?:\.\d+)?)([^\d\s]*)$")
_GRADE = re.compile(
    r"得分(?:为)?([\d.]+)分[^。;]{0,12}?(?:等级|等次|评价结果|评定)(?:为|是)?[“\"]?([优良中差])(?![好于秀])"
)
Place = tuple[Spot, str, str, str]
"""Where a finding stands: place, relation, table, cell."""
NAME_AT_LEAST = 4
"""Letters that an indicator's name must have to be looked for in sentences; shorter ones are ordinary words."""


def check_marks(book: Book, standard: Standard) -> None:
    """Check every performance sheet, and what the sentences say of it."""
    for sheet in book.document.sheets:
        _whole(book, sheet, standard.scoring)
        _bands(book, sheet, standard.scoring)
    for paragraph in book.document.paragraphs:
        if paragraph.section == "绩效":
            _grades(book, paragraph, standard.scoring)
            _results(book, paragraph)


def _whole(book: Book, sheet: Sheet, scoring: Scoring) -> None:
    """The weight printed beside 总分 is 100."""
    if sheet.total_weight is None or sheet.total_spot is None:
        return
    book.count()
    printed, whole = sheet.total_weight.value, Decimal(scoring.weights_total)
    if printed != whole:
        formula = f"总分栏的分值 {printed:f} ≠ {whole}"
        place = (sheet.total_spot, "R34 总分分值为 100", sheet.title, "总分")
        _say(book, "high", place, formula, f"{printed:f}", str(whole), swapped(printed, whole))


def _say(book: Book, severity: Severity, place: Place, formula: str, printed: str, right: str, cause: str = "") -> None:
    suggestion = f"应为 {right}" if right else "请核对"
    book.add(Finding(severity, "performance", *place, formula, printed, right, cause, suggestion))


def _bands(book: Book, sheet: Sheet, scoring: Scoring) -> None:
    """A result told as 达成, 部分达成 or 未达成 earns a share of its weight within the declared band."""
    execution = sheet.funds[0].weight if sheet.funds else None
    rules = scoring.by_weight(int(execution.value) if execution else 0)
    for indicator in sheet.indicators if rules else ():
        band = _band(rules.qualitative, indicator) if rules else None
        if rules is None or band is None or not indicator.weight or not indicator.weight.value or not indicator.score:
            continue
        book.count()
        low, high = band
        if not low <= indicator.score.value * 100 / indicator.weight.value <= high:
            score = f"{indicator.score.value:f}"
            formula = f"“{indicator.actual}”应得分值 {indicator.weight.value:f} 的 {low}%～{high}%，得分 {score}"
            place = (indicator.spot, f"定性指标分档（{rules.name}）", sheet.title, indicator.name)
            _say(book, "medium", place, formula, score, "")


def _band(bands: Mapping[str, tuple[int, ...]], indicator: Indicator) -> tuple[int, int] | None:
    """The band whose name a result begins with."""
    return next(((band[0], band[1]) for word, band in bands.items() if indicator.actual.startswith(word)), None)


def _grades(book: Book, paragraph: Paragraph, scoring: Scoring) -> None:
    """A grade in a sentence is the one its score falls into."""
    for match in _GRADE.finditer(paragraph.text):
        score = Number.parse(match[1].rstrip("."))
        right = next((g.name for g in scoring.grades if score and score.value >= g.from_), "")
        if not right:
            continue
        book.count()
        if right != match[2]:
            spot = paragraph.spot(match.start(), match.end())
            formula = f"得分 {match[1]}；{'、'.join(f'{g.name} {g.from_} 分起' for g in scoring.grades)}"
            _say(book, "medium", (spot, "绩效等级与得分一致", "说明", "等级"), formula, match[2], right)


def _results(book: Book, paragraph: Paragraph) -> None:
    """A result that a summary tells again with its figure is the sheet's 实际完成值."""
    sheet = sheet_in(book, paragraph, len(paragraph.text))
    for indicator in sheet.indicators if sheet else ():
        name, done = squeeze(indicator.name), _VALUE.match(squeeze(tidy(indicator.actual)))
        if len(name) < NAME_AT_LEAST or done is None:
            continue
        pattern = rf"{re.escape(name)}(?:为|达到|达|完成|共|:)?\s*(\d[\d,]*(?:\.\d+)?)\s*{re.escape(done[2])}"
        said = re.search(pattern, paragraph.text)
        if said:
            _retold(book, indicator, paragraph.spot(said.start(), said.end()), said[1], done)


def _retold(book: Book, indicator: Indicator, spot: Spot, text: str, done: re.Match[str]) -> None:
    said, right = Number.parse(text), Number.parse(done[1])
    if said is None or right is None:
        return
    book.count()
    if said.value != right.value:
        formula = f"综述 {text}{done[2]} ≠ 自评表 {indicator.actual}（第 {indicator.spot.line} 行）"
        place = (spot, "R35 综述与自评表一致", "说明", indicator.name)
        _say(book, "medium", place, formula, text, f"{right.value:f}", swapped(said.value, right.value))
