"""Sentences: broken lines put together again, and the figures in them with what they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jinbao.centre.disclosure.model import Fact, Line, Paragraph
from jinbao.centre.disclosure.speech import Speech
from jinbao.centre.disclosure.values import Number, squeeze, tidy

_START = re.compile(
    r"^[-#*\s>]*(?:第[一二三四五六七八九十]+(?:部分|章)|[一二三四五六七八九十]+、|\([一二三四五六七八九十]+\)|\d{1,2}[.、](?!\s*\d(?!\d{3}\s*年))|\(\d{1,2}\)|图\s*\d|注[:：]|备注|说明[:：])"
)
_ENDS = ("说明", "情况", "概况", "名词解释", "概述")
LONGEST_HEADING = 60
_PAGE = re.compile(r"^[-—–\s]*(?:第\s*)?\d{1,4}(?:\s*页)?(?:\s*/\s*\d+)?[-—–\s]*$")
_UNIT_FIRST = re.compile(r"^\s*(?:亿元|万元|千元|元|%|个|人|辆|台|次|批)")
QUANTITY = re.compile(
    r"(?<![\d.,年A-Za-z-])(-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(亿元|万元|千元|元(?!旦)|%|个百分点)"
)
_CHANGE = re.compile(r"(增加|增长|减少|下降|降低|上升|增支|减支|提高|增多|减)(?:了|额为|额|约|为)*$")
_UP = ("增加", "增长", "上升", "增支", "提高", "增多")
_SHARE = re.compile(r"占(.*?)(?:的)?(?:比例为|比重为|比例|比重)?(?:的|为|约)*$")
_COMPLETION = re.compile(
    r"((?:完成|为|达到|占)?(?:调整后)?(?:全年|年初|年度|当年|调整)?(?:批复)?(?:预算|计划)(?:数|安排)?的?|执行率为?|完成率为?)$"
)
_BOUNDARY = "。;,，:、"


def paragraphs_of(lines: Iterable[Line], speech: Speech) -> list[Paragraph]:
    """Put broken lines together into paragraphs, each with its section; page numbers between them are dropped."""
    found: list[Paragraph] = []
    section = ""
    kept = _without_page_numbers([line for line in lines if not _is_row(line) and line.text.strip()])
    for group in _groups(kept):
        paragraph = _join(group)
        section = speech.section_of(_heading(paragraph.text)) or section
        paragraph.section, paragraph.index = section, len(found)
        found.append(paragraph)
    return found


def _is_row(line: Line) -> bool:
    return line.cells is not None and sum(1 for c in line.cells if c) > 1


def _without_page_numbers(lines: list[Line]) -> list[Line]:
    kept: list[Line] = []
    for n, line in enumerate(lines):
        following = lines[n + 1].text if n + 1 < len(lines) else ""
        before = kept[-1].text.rstrip() if kept else ""
        figure = _UNIT_FIRST.match(following) and not re.search(r"[\d.,万亿]$", before)
        if not _PAGE.match(line.text) or figure:
            kept.append(line)
    return kept


def _groups(lines: list[Line]) -> Iterable[list[Line]]:
    group: list[Line] = []
    for line in lines:
        plain = tidy(line.text).strip()
        markdown = plain.startswith("#") or (group and tidy(group[-1].text).strip().startswith("#"))
        new_sheet = bool(group) and group[-1].sheet != line.sheet
        if group and (_START.match(plain) or markdown or new_sheet or _closed(group, line)):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _closed(group: list[Line], line: Line) -> bool:
    """True where a paragraph ended: a full stop at the end of a line that is not simply full."""
    last = group[-1].text.strip()
    if last.endswith(("。", "：", ":")):
        return len(last) < 24 or line.text.startswith(("　", "  "))
    heading = re.match(r"^[-#*\s]*[一二三四五六七八九十(（].{0,60}(?:说明|情况)$", squeeze(last))
    return bool(heading) and len(group) == 1


def _join(group: list[Line]) -> Paragraph:
    text, starts = "", []
    for line in group:
        starts.append((len(text), line))
        text += squeeze(re.sub(r"^\s*[-*]\s+", "", tidy(line.text)))
    return Paragraph(text, "", starts)


def _heading(text: str) -> str:
    """The heading a paragraph begins with; empty if it begins with none.

    A heading has an ordinal or a mark, or stands alone; broken headings run into their text, so it ends at 说明
    or 情况.
    """
    marked = bool(
        re.match(
            r"^(?:[-*>]*#|[-#*>]*(?:第[一二三四五六七八九十]+(?:部分|章)|[一二三四五六七八九十]+、|\([一二三四五六七八九十]+\)))",
            text,
        )
    )
    if not marked:
        return text if len(text) < 40 and not re.search(r"[。;\d]", text) else ""
    head = text[:LONGEST_HEADING]
    for word in _ENDS:
        if word in head:
            return head[: head.index(word) + len(word)]
    return head if len(text) < LONGEST_HEADING else re.split(r"[。,，;:]", head)[0]


def facts_of(paragraph: Paragraph) -> list[Fact]:
    """Every amount and rate of a paragraph, in order."""
    facts: list[Fact] = []
    previous = 0
    for match in QUANTITY.finditer(paragraph.text):
        number = Number.parse(match[1])
        if number is None:
            continue
        start = _subject_start(paragraph.text, previous, match.start())
        facts.append(_fact(paragraph, start, match, number))
        previous = match.end()
    return facts


def _subject_start(text: str, previous: int, end: int) -> int:
    """Where the words about a figure begin: after the last boundary, or the one before if nothing stands between."""
    cut = max((text.rfind(mark, previous, end) for mark in _BOUNDARY), default=-1) + 1
    start = max(previous, cut)
    if len(text[start:end]) < 2 and cut > previous:
        start = max(previous, max((text.rfind(mark, previous, cut - 1) for mark in _BOUNDARY), default=-1) + 1)
    for mark in ("收、", "收入、", "购置、"):
        if text[max(0, start - len(mark)) : start] == mark:
            earlier = max((text.rfind(m, previous, start - len(mark)) for m in _BOUNDARY), default=-1) + 1
            start = max(previous, earlier)
    return start


def _fact(paragraph: Paragraph, start: int, match: re.Match[str], number: Number) -> Fact:
    subject = paragraph.text[start : match.start()]
    spot = paragraph.spot(match.start(), match.end())
    role, base, sign = _role(subject, match[2], paragraph.text[match.end() : match.end() + 6])
    return Fact(subject, role, number, match[2], spot, paragraph.index, match.start(), base, sign)


def _role(subject: str, unit: str, after: str) -> tuple[str, str, int]:
    change = _CHANGE.search(subject)
    sign = 1 if change is None or change[1] in _UP else -1
    if unit == "个百分点" or re.match(r"(?:\(含\))?(?:及)?以[上下]", after):
        return "其他", "", 1
    if unit != "%":
        return ("变动", "", sign) if change else ("金额", "", 1)
    if change:
        return "增减率", "", sign
    completion = _COMPLETION.search(subject)
    if completion:
        return "完成率", completion[1], 1
    share = _SHARE.search(subject)
    if share:
        return "占比", re.sub(r"的$", "", share[1]), 1
    return "比率", "", 1
