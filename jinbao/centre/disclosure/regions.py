"""Where the tables of a document begin and end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jinbao.centre.disclosure.model import Line
from jinbao.centre.disclosure.standards import Standard
from jinbao.centre.disclosure.values import bare, squeeze, tidy

ORDINAL = re.compile(
    r"^(?:[#*\-\s]*)(?:第?[一二三四五六七八九十]+[、.]|\([一二三四五六七八九十]+\)|附?表\d+(?:-\d+)?(?=[^\d-])|公开\d+表|\d{1,2}[、.](?!\d))?[:：、]?"
)
_TAIL = re.compile(r"(?:\(?公开\d+表\)?|[.…·]{2,}\d*|\(续表?\)|\(公开表\))$")
_HOLDER = re.compile(r"(?:.*(?:年度|年|单位|部门|中心|局|委|院|所|站|处|馆|校|厅|会|本级))?")
_LABEL = re.compile(r"^(?:公开\d{1,2}表|附?表\d{1,2}(?:-\d)?|附件\d*|预算\d*表)$")
_HEADING = re.compile(
    r"^[#*\-]*(?:第[一二三四五六七八九十]+部分|(?:[一二三四五六七八九十]+、|\([一二三四五六七八九十]+\)|\d+\.).{0,60}(?:说明|情况|概况|名词解释|概述|完成))"
)
_SHEET = re.compile(r"(?:自评表|绩效目标表|绩效目标申报表|绩效评价表|绩效监控表)$")
_NOTE = re.compile(r"^[-*#]*(?:注|备注|说明|附注|本表)[:：.\d]?|^本(?:单位|部门|年度).{0,40}(?:无|没有)|故本表")
_EVIDENCE = (
    "栏次",
    "行次",
    "科目编码",
    "科目代码",
    "科目名称",
    "本年收入合计",
    "本年支出合计",
    "合计",
    "预算数",
    "决算数",
)
LONG_PROSE = 45
_PAUSE = re.compile(r"[。，;]|(?<!\d),|,(?!\d)")
"""Marks of a sentence; a comma between digits divides thousands."""


@dataclass
class Region:
    """One table's lines: `start` is the title's index, `lines` are what follows, `notes` what is said below it."""

    kind: str
    start: int
    end: int
    lines: list[Line] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)
    head: list[Line] = field(default_factory=list)


def title_kind(line: Line, following: Line | None, standard: Standard) -> str:
    """The kind of table whose title the line is, empty if it is none; a title may run over two lines."""
    filled = [c for c in line.cells if c] if line.cells else [line.text]
    if len(filled) > 3:
        return ""
    for text in filled:
        kind = _kind_of_text(text, standard)
        if kind:
            return kind
    if (
        following
        and line.cells is None
        and following.cells is None
        and len(line.text) > 4
        and not re.search(r"[。;表]", line.text)
    ):
        return (
            _kind_of_text(squeeze(line.text) + squeeze(following.text), standard)
            if len(following.text.strip()) < 12
            else ""
        )
    return ""


def _kind_of_text(text: str, standard: Standard) -> str:
    if not 4 < len(text) < 90 or not text.rstrip(" 0123456789.…·)）").endswith(("表", "续")):
        return ""
    plain = _TAIL.sub("", squeeze(tidy(text)).rstrip("*"))
    plain = bare(re.sub(r"^\d{4}年度?", "", ORDINAL.sub("", plain)))
    plain = re.sub(r"(?:公开\d+表|\d{1,3})$", "", plain)
    if plain in standard.title_kinds:
        return standard.title_kinds[plain]
    endings = [name for name in standard.title_kinds if plain.endswith(name)]
    if not endings:
        return ""
    longest = max(endings, key=len)
    return standard.title_kinds[longest] if _HOLDER.fullmatch(plain[: -len(longest)]) else ""


def is_sheet_title(line: Line) -> bool:
    """True for the title of a performance sheet."""
    filled = [c for c in line.cells if c] if line.cells else [line.text]
    if len(filled) != 1:
        return False
    text = re.sub(r"\(.*?\)$", "", squeeze(tidy(filled[0])))
    return bool(_SHEET.search(text)) and len(text) < 80 and not re.search(r"[。:;]", text)


def is_label(line: Line) -> bool:
    """True for a line that only numbers a table (公开01表)."""
    return bool(_LABEL.match(squeeze(tidy(line.text))))


def find_regions(lines: list[Line], standard: Standard) -> list[Region]:
    """Find every table; entries of a table of contents are left out, for nothing of a table follows them."""
    titles = [(i, kind) for i, line in enumerate(lines) if (kind := title_kind(line, _next(lines, i), standard))]
    regions: list[Region] = []
    for n, (start, kind) in enumerate(titles):
        stop = titles[n + 1][0] if n + 1 < len(titles) else len(lines)
        region = _region(kind, lines, start, stop)
        if _is_table(region):
            floor = regions[-1].end if regions else 0
            region.head = lines[max(floor, start - 3) : start]
            regions.append(region)
    return regions


def _next(lines: list[Line], index: int) -> Line | None:
    return next((x for x in lines[index + 1 : index + 3] if x.text.strip()), None)


def _region(kind: str, lines: list[Line], start: int, stop: int) -> Region:
    region = Region(kind, start, start + 1)
    noted = 0
    for index in range(start + 1, stop):
        line = lines[index]
        text = squeeze(tidy(line.text))
        if _ends(line, text, bool(region.notes)):
            break
        region.end = index + 1
        if not text:
            continue
        if not _divided(line) and (_NOTE.search(text) or (noted and index - noted <= 2 and not is_label(line))):
            region.notes.append(line)
            noted = index if len(text) > 30 or _NOTE.search(text) else 0
        else:
            region.lines.append(line)
    return region


def _divided(line: Line) -> bool:
    return line.cells is not None and sum(1 for c in line.cells if c) > 2


def _ends(line: Line, text: str, noted: bool) -> bool:
    """True where the table is over: a heading, the title of a performance sheet, plain prose."""
    if _divided(line):
        return False
    if _HEADING.match(text) or is_sheet_title(line):
        return True
    if _NOTE.search(text):
        return False
    prose = len(text) > LONG_PROSE and _PAUSE.search(text) is not None
    return prose and not noted and not re.search(r"\d\.\d\d.*\d\.\d\d", text)


def _is_table(region: Region) -> bool:
    if any(_divided(line) for line in region.lines):
        return True
    text = squeeze("".join(line.text for line in region.lines))
    return any(word in text for word in _EVIDENCE) or any("无数据" in squeeze(n.text) for n in region.notes)
