"""Codes and names against the standard, obligatory tables and sections, empty tables, units of money, organisation."""

from __future__ import annotations

import re
from collections import Counter

from jinbao.centre.disclosure.findings import Book, Finding, Severity
from jinbao.centre.disclosure.model import Document, Row, Spot, Table
from jinbao.centre.disclosure.standards import Code, Standard
from jinbao.centre.disclosure.values import YUAN_IN, bare, show, squeeze

_NOTHING = re.compile(r"无|没有|空表|未发生|未安排|不涉及|为0|未使用")
_LEVELS = re.compile(r"([\u4e00-\u9fff]+(?:\((?!类|款|项)[\u4e00-\u9fff]\)[\u4e00-\u9fff]+)?)\((类|款|项)\)")


def check_structure(book: Book, standard: Standard) -> None:
    """Run every check of form."""
    document = book.document
    for table in document.tables:
        form = standard.tables.tables[table.kind]
        if form.basis:
            for row in table.rows:
                if row.code and row.depth > 0:
                    _code(book, table, row, form.basis, standard)
            _order(book, table)
    _tables(book, standard)
    _sections(book, standard)
    _units(book)
    _organisation(book)
    _levels(book, standard)


def _code(book: Book, table: Table, row: Row, basis: str, standard: Standard) -> None:
    """A code and its name must belong together in the standard."""
    known = standard.by_code.get((basis, row.code))
    printed = bare(row.name)
    if known is not None:
        book.count()
        if printed and printed != bare(known.name):
            damaged = book.document.noisy and _overlap(printed, bare(known.name)) >= 0.5
            others = standard.by_name.get((basis, printed), ())
            hint = f"名称属于 {others[0].code}" if others else ""
            _report(
                book, table, row, known, "low" if damaged else "medium", hint or ("可能是识别有误" if damaged else "")
            )
        return
    namesakes = [c for c in standard.by_name.get((basis, printed), ()) if len(c.code) == len(row.code)]
    if namesakes:
        book.count()
        _report(book, table, row, namesakes[0], "medium", "科目名称对应的编码不同")
    else:
        nearest = standard.nearest(basis, row.name)
        why = f"编码 {row.code} 不在已声明的科目表中" + (f"；相近的有 {nearest.code} {nearest.name}" if nearest else "")
        book.unverifiable(row.spot, "科目编码与名称", why, table=table.title, printed=f"{row.code} {row.name}")


def _overlap(one: str, two: str) -> float:
    return len(set(one) & set(two)) / max(len(set(two)), 1)


def _report(book: Book, table: Table, row: Row, known: Code, severity: Severity, cause: str) -> None:
    book.add(
        Finding(
            severity,
            "code",
            row.spot,
            "科目编码与名称",
            table.title,
            f"{row.code} {row.name}",
            f"标准：{known.code} {known.name}",
            f"{row.code} {row.name}",
            f"{known.code} {known.name}",
            cause,
            f"改为 {known.code} {known.name}",
        )
    )


def _order(book: Book, table: Table) -> None:
    """A code stands once, below its class."""
    codes = [r for r in table.rows if r.code and r.depth > 0 and not r.side]
    book.count(1 if codes else 0)
    for code, count in Counter(r.code for r in codes).items():
        if count > 1:
            row = [r for r in codes if r.code == code][1]
            book.add(
                Finding(
                    "medium",
                    "code",
                    row.spot,
                    "科目编码不重复",
                    table.title,
                    f"{code} {row.name}",
                    f"{code} 印了 {count} 次",
                    code,
                    "",
                    "编码重复或写错",
                    "核对编码",
                )
            )


def _tables(book: Book, standard: Standard) -> None:
    """Every table of the set is there; one without figures is declared empty."""
    document = book.document
    present = {t.kind for t in document.tables}
    sets = [s for s in standard.tables.sets.values() if s.form == document.form]
    chosen = next((s for s in sets if s.signs and len(present & set(s.signs)) >= 2), sets[0] if sets else None)
    if chosen is None:
        return
    if all(t.is_empty for t in document.tables):
        book.unverifiable(Spot(1), "应公开的表", "没有读到有数据的标准表格（可能另附）；只检查了文字中的数字之间的关系")
        return
    for kind in chosen.tables:
        book.count()
        form = standard.tables.tables[kind]
        if kind not in present and not (kind == "预6" and document.sheets):
            last = max((t.end for t in document.tables), default=1)
            page = document.lines[min(last, len(document.lines)) - 1].page
            book.add(
                Finding(
                    "high",
                    "structure",
                    Spot(last, page, ""),
                    "应公开的表",
                    form.title,
                    kind,
                    "",
                    "",
                    form.title,
                    "缺少这张表，或表题与标准不同",
                    f"补充“{form.title}”；没有数据也应列出空表并说明",
                )
            )
    for table in document.tables:
        if table.is_empty and table.kind in chosen.tables:
            _empty(book, table, standard)


def _empty(book: Book, table: Table, standard: Standard) -> None:
    form = standard.tables.tables[table.kind]
    if form.shape == "targets" and book.document.sheets:
        return
    if form.shape == "targets" and table.unread:
        book.unverifiable(table.spot, "应公开的表", "这张表的文字没有分栏，读不出各项指标", table=table.title)
        return
    book.count()
    stated = any(_NOTHING.search(squeeze(n.quote)) for n in table.notes)
    about = bare(form.about)
    told = bool(about) and any(about in bare(p.text) and _NOTHING.search(p.text) for p in book.document.paragraphs)
    if not form.empty_ok:
        book.add(
            Finding(
                "high",
                "structure",
                table.spot,
                "表内应有数据",
                table.title,
                table.kind,
                "",
                "（空）",
                "",
                "表中没有读到数据",
                "补充数据",
            )
        )
    elif not stated and not told:
        book.add(
            Finding(
                "medium",
                "structure",
                table.spot,
                "空表应列示并说明",
                table.title,
                table.kind,
                "",
                "（空）",
                "",
                "空表没有说明",
                "在表下注明“本单位本年度无此项收支，故本表无数据”",
            )
        )


def _sections(book: Book, standard: Standard) -> None:
    """Obligatory sections and, where the section is there, its obligatory figures."""
    document = book.document
    said = bare("".join(p.text for p in document.paragraphs)) + bare(
        "".join(n.quote for t in document.tables for n in t.notes)
    )
    titles = bare("".join(line.text for line in document.lines[:200]))
    if len(said) < 200:
        return
    end = document.lines[-1]
    for section in standard.sections.sections:
        if section.of not in ("全部", document.form):
            continue
        book.count()
        if not any(bare(word) in said or bare(word) in titles for word in section.any):
            book.add(
                Finding(
                    "medium",
                    "structure",
                    Spot(end.number, end.page),
                    "应公开的内容",
                    "说明",
                    section.name,
                    "",
                    "",
                    section.name,
                    "没有找到这一部分",
                    f"补充“{section.name}”；没有也应说明",
                )
            )


def _units(book: Book) -> None:
    """One table in 元 among tables in 万元, with the same totals."""
    document = book.document
    units = Counter(t.unit for t in document.tables if t.unit_spot)
    if not units:
        return
    usual = units.most_common(1)[0][0]
    for table in document.tables:
        if table.unit_spot is None:
            continue
        book.count()
        if table.unit != usual and table.is_empty:
            book.add(
                Finding(
                    "low",
                    "unit",
                    table.unit_spot,
                    "计量单位一致",
                    table.title,
                    "单位",
                    f"本表单位 {table.unit}，其他表 {usual}",
                    table.unit,
                    usual,
                    "空表的单位与其他表不同",
                    f"单位改为{usual}",
                )
            )
        elif table.unit != usual and _same_figures(document, table, usual):
            book.add(
                Finding(
                    "high",
                    "unit",
                    table.unit_spot,
                    "计量单位一致",
                    table.title,
                    "单位",
                    f"本表单位 {table.unit}，其他表 {usual}，而合计数与其他表相同",
                    table.unit,
                    usual,
                    "元与万元混用",
                    f"单位改为{usual}",
                )
            )
        elif table.unit != usual and not _scaled_figures(document, table, usual):
            book.add(
                Finding(
                    "low",
                    "unit",
                    table.unit_spot,
                    "计量单位一致",
                    table.title,
                    "单位",
                    f"本表单位 {table.unit}，其他表 {usual}",
                    table.unit,
                    usual,
                    "单位与其他表不同，换算后也没有相同的数",
                    f"核对单位，可能应为{usual}",
                )
            )


def _scaled_figures(document: Document, table: Table, usual: str) -> bool:
    """True if a figure of the table, converted, stands in another table too: then the unit is meant."""
    others = {c.value for t in document.tables if t.unit == usual for _, _, c in t.cells() if c.printed}
    factor = YUAN_IN[table.unit] / YUAN_IN[usual]
    return any(c.value * factor in others for _, _, c in table.cells() if c.printed)


def _same_figures(document: Document, table: Table, usual: str) -> bool:
    mine = {c.value for _, _, c in table.cells() if c.printed}
    others = {c.value for t in document.tables if t.unit == usual for _, _, c in t.cells() if c.printed}
    factor = YUAN_IN[table.unit] / YUAN_IN[usual]
    return len(mine & others) > len({v * factor for v in mine} & others)


def _organisation(book: Book) -> None:
    """Every table names the same organisation."""
    names = Counter(bare(t.organisation) for t in book.document.tables if t.organisation)
    if len(names) < 2 or book.document.noisy:
        return
    book.count()
    usual = names.most_common(1)[0][0]
    for table in book.document.tables:
        mine = bare(table.organisation)
        if mine and mine not in usual and usual not in mine:
            book.add(
                Finding(
                    "low",
                    "name",
                    table.spot,
                    "单位名称一致",
                    table.title,
                    "单位",
                    f"“{table.organisation}” ≠ “{usual}”",
                    table.organisation,
                    usual,
                    "",
                    "核对单位名称",
                )
            )


def _levels(book: Book, standard: Standard) -> None:
    """(类)(款)(项) behind a name must be the level the standard gives it."""
    by_level = {"类": {}, "款": {}, "项": {}}  # type: dict[str, dict[str, Code]]
    for code in standard.codes:
        if code.classification == "功能":
            by_level[code.level][bare(code.name)] = code
    seen: set[tuple[str, str]] = set()
    for paragraph in book.document.paragraphs:
        for match in _LEVELS.finditer(paragraph.text):
            name, level = bare(match[1]), match[2]
            book.count()
            right = [k for k in by_level if name in by_level[k]]
            if not right or level in right or (name, level) in seen:
                continue
            seen.add((name, level))
            spot = paragraph.spot(match.start(), match.end())
            code = by_level[right[-1]][name]
            said = f"{match[1]}（{level}）"
            book.add(
                Finding(
                    "low",
                    "code",
                    spot,
                    "科目级次",
                    "说明",
                    match[1],
                    f"标准：{code.code} {code.name}（{code.level}）",
                    said,
                    f"{match[1]}（{'、'.join(right)}）",
                    "类、款、项标错",
                    f"改为（{right[-1]}）",
                )
            )


def total_of(table: Table) -> str:
    """The 合计 of a table, for overviews."""
    row = table.row("合计") or table.row("总计")
    cell = next(iter(row.cells.values()), None) if row else None
    return show(cell.value) if cell and cell.number else ""
