"""Checks that look at a whole section: completion rates of 类 and 项, budgets, changes, procurement, vehicles,
lists."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from jinbao.centre.disclosure.addresses import find
from jinbao.centre.disclosure.completion_checks import check_completions
from jinbao.centre.disclosure.findings import Book, Finding, Severity
from jinbao.centre.disclosure.model import Fact, Paragraph, Row, Table
from jinbao.centre.disclosure.rates import judge
from jinbao.centre.disclosure.speech import Resolver
from jinbao.centre.disclosure.standards import Standard
from jinbao.centre.disclosure.text_checks import TextChecks
from jinbao.centre.disclosure.text_figures import Completion
from jinbao.centre.disclosure.values import bare, show, swapped

_LIST = re.compile(r"(人员经费|公用经费)([\d,.]+)(?:万元|元)[,，]?(?:主要)?(?:用于|包括)[:：]?([^。;]+)")
_CLASSES = re.compile(r"共有车辆(\d+)辆[,，。]?(?:其中)?[:：,，]?(.*?)(?:单[位价]|$)")
_VEHICLE = re.compile(r"([\u4e00-\u9fff()]*?(?:用车|车辆|车))(\d+)辆")


def check_sections(book: Book, text: TextChecks, resolver: Resolver, standard: Standard) -> None:
    """Run every check of whole sections."""
    check_completions(book, text.completions)
    _budgets(book, text, resolver)
    for paragraph in book.document.paragraphs:
        _changes(book, paragraph)
        _lists(book, paragraph, standard)
        if paragraph.section in ("资产", "三公"):
            _vehicles(book, paragraph)
        _repeats(book, paragraph, resolver)
    _vehicle_cost(book, standard)
    _bounds(book, standard)


def _budgets(book: Book, text: TextChecks, resolver: Resolver) -> None:
    """年初预算 of the items add up to the total, where every item of the table is spoken of."""
    table = book.document.table("决05")
    if table is None:
        return
    rows = [r for r in table.rows if r.depth == 3 and r.cell("小计").printed]
    named: dict[str, Fact] = {}
    total: Fact | None = None
    for fact, names, depth in text.budgets:
        row = resolver.row(table, names, depth) if names and depth == 3 else None
        if row is not None:
            named.setdefault(row.code, fact)
        elif total is None and not names and re.search("一般公共预算|财政拨款支出", fact.subject):
            total = fact
    if total is None or not rows or len(named) < len(rows):
        return
    book.count()
    facts = list(named.values())
    added = sum((f.number.value for f in facts), Decimal(0))
    allowed = (len([f for f in facts if f.number.value]) + 1) * Decimal(1).scaleb(-book.document.places) / 2
    gap = total.number.value - added
    if gap == 0:
        return
    severity: Severity = "rounding" if abs(gap) <= allowed else "high"
    cause = "各项四舍五入的尾差" if abs(gap) <= allowed else ""
    confirmed = any(c.depth == 0 and c.budget and _fits(c) for c in text.completions)
    slips = [f for f in facts if f.number.value + gap > 0 and swapped(f.number.value, f.number.value + gap)]
    wrong = slips if confirmed else []
    doubted = {c.budget.value for c in text.completions if c.budget and not _fits(c)}
    wrong.sort(key=lambda f: f.number.value not in doubted)
    cause = cause or _slip(total, wrong or slips, gap)
    book.add(
        Finding(
            severity,
            "composition",
            wrong[0].spot if wrong and severity == "high" else total.spot,
            "R31 各项年初预算之和等于总额",
            "说明",
            "年初预算",
            f"{' + '.join(show(f.number.value) for f in facts)} = {show(added)}",
            show(total.number.value),
            show(added),
            cause,
            "核对总额与各项年初预算",
        )
    )


def _fits(completion: Completion) -> bool:
    """True if a completion rate and its two amounts agree, which confirms the budget."""
    budget = completion.budget
    return budget is not None and judge(completion.rate.number, completion.final, budget, 2).state == "right"


def _slip(total: Fact, facts: list[Fact], gap: Decimal) -> str:
    for fact in facts:
        if fact.number.value + gap > 0 and swapped(fact.number.value, fact.number.value + gap):
            return f"第 {fact.spot.line} 行 {show(fact.number.value)} 若为 {show(fact.number.value + gap)} 则相等"
    return swapped(total.number.value, total.number.value - gap)


def _changes(book: Book, paragraph: Paragraph) -> None:
    """A change that is broken down (减少…其中…减少…) is the sum of its parts."""
    changes = [f for f in book.document.facts if f.paragraph == paragraph.index and f.role == "变动"]
    for n, fact in enumerate(changes):
        sentence = paragraph.text[fact.offset : _stop(paragraph.text, fact.offset)]
        head = re.match(r"[\d.,]+(?:万|亿)?元[,，;]?其中", sentence)
        parts = [f for f in changes[n + 1 :] if f.offset < fact.offset + len(sentence)]
        if not head or len(parts) < 2:
            continue
        book.count()
        added = sum((f.sign * f.number.value for f in parts), Decimal(0))
        gap = fact.sign * fact.number.value - added
        if gap:
            allowed = (len(parts) + 1) * Decimal(1).scaleb(-book.document.places) / 2
            severity: Severity = "rounding" if abs(gap) <= allowed else "high"
            formula = f"{' '.join(f'{f.sign * f.number.value:+}' for f in parts)} = {added:+}"
            book.add(
                Finding(
                    severity,
                    "composition",
                    fact.spot,
                    "R29 增减额等于各部分增减之和",
                    "说明",
                    fact.subject[-20:],
                    formula,
                    show(fact.sign * fact.number.value),
                    show(added),
                    swapped(fact.number.value, abs(added)),
                    "核对增减额",
                )
            )


def _stop(text: str, offset: int) -> int:
    end = text.find("。", offset)
    return len(text) if end < 0 else end


def _lists(book: Book, paragraph: Paragraph, standard: Standard) -> None:
    """The 经济科目 a sentence lists are those with figures in the table, no more and no fewer."""
    table = book.document.table("决06") or book.document.table("预3-1")
    if table is None or paragraph.section not in ("基本", "一般公共"):
        return
    column = "决算数" if table.kind == "决06" else "合计"
    for match in _LIST.finditer(paragraph.text):
        public = match[1] == "公用经费"
        printed = [
            r
            for r in table.rows
            if r.depth == 2 and r.cell(column).printed and (r.code[:3] not in ("301", "303")) == public
        ]
        listed = [n for n in re.split(r"[、,，]|以及|和(?=[\u4e00-\u9fff]{2,}费)", match[3]) if n]
        if (
            not listed
            or not printed
            or any(w in match[3] for w in ("等支出", "等。", "等方面"))
            or match[3].endswith("等")
        ):
            continue
        book.count()
        names = {bare(n) for n in listed}
        missing = [r for r in printed if not _named(r, names, standard)]
        extra = [n for n in listed if not any(_named(r, {bare(n)}, standard) for r in printed)]
        if missing or extra:
            _report_list(book, paragraph, match, missing, extra, table)


def _named(row: Row, names: set[str], standard: Standard) -> bool:
    code = standard.by_code.get(("经济", row.code))
    known = {bare(row.name), bare(code.name) if code else ""} - {""}
    return bool(known & names) or any(k.removesuffix("用") in names for k in known)


def _report_list(
    book: Book, paragraph: Paragraph, match: re.Match[str], missing: list[Row], extra: list[str], table: Table
) -> None:
    said = [f"表中有而未列举：{'、'.join(r.name for r in missing)}"] if missing else []
    said += [f"列举了而表中无数：{'、'.join(extra)}"] if extra else []
    spot = paragraph.spot(match.start(3))
    book.add(
        Finding(
            "low",
            "list",
            spot,
            "列举的科目与表一致",
            table.title,
            match[1],
            "；".join(said),
            match[3][:60],
            "",
            "",
            "按表列举",
        )
    )


def _vehicles(book: Book, paragraph: Paragraph) -> None:
    """The vehicles are the sum of their kinds (R33)."""
    match = _CLASSES.search(paragraph.text)
    if not match:
        return
    kinds = _VEHICLE.findall(match[2])
    if not kinds:
        return
    book.count()
    total, added = int(match[1]), sum(int(count) for _, count in kinds)
    if total != added:
        formula = f"{' + '.join(count for _, count in kinds)} = {added}"
        book.add(
            Finding(
                "high",
                "composition",
                paragraph.spot(match.start(1)),
                "R33 车辆总数等于各类之和",
                "说明",
                "车辆",
                formula,
                f"{total}辆",
                f"{added}辆",
                "",
                "核对车辆分类",
            )
        )


def _vehicle_cost(book: Book, standard: Standard) -> None:
    """Running costs without vehicles, or vehicles paid from fiscal money without running costs (R33)."""
    text = "".join(p.text for p in book.document.paragraphs if p.section in ("三公", "资产"))
    kept = re.search(r"公务用车保有量(?:为|共)?(\d+)辆", text) or re.search(r"共有车辆(\d+)辆", text)
    cells = find(book.document, "决09:数据.决算运行", standard)
    if not kept or not cells or not cells[0].cell.spot:
        return
    book.count()
    running, vehicles = cells[0].cell.value, int(kept[1])
    if running > 0 and vehicles == 0:
        book.add(
            Finding(
                "medium",
                "composition",
                cells[0].cell.spot,
                "R33 有运行费必有车辆",
                cells[0].table.title,
                cells[0].name,
                f"运行费 {show(running)} > 0，车辆 {vehicles} 辆",
                show(running),
                "",
                "",
                "说明运行费的来由，或更正车辆数",
            )
        )
    stated = re.search(r"公务用车保有量(?:为|共)?(\d+)辆", text)
    owned = re.search(r"共有车辆(\d+)辆", text)
    if stated and owned:
        book.count()
        if int(stated[1]) > int(owned[1]):
            paragraph = next(p for p in book.document.paragraphs if "共有车辆" in p.text)
            spot = paragraph.spot(paragraph.text.index("共有车辆"))
            book.add(
                Finding(
                    "high",
                    "composition",
                    spot,
                    "R33 公务用车保有量不大于车辆总数",
                    "说明",
                    "车辆",
                    f"{stated[1]} > {owned[1]}",
                    f"{owned[1]}辆",
                    "",
                    "",
                    "核对车辆数",
                )
            )


def _bounds(book: Book, standard: Standard) -> None:
    """Upper bounds of contribution ratios: the true base is at most the sum of what was paid."""
    for bound in standard.relations.bounds:
        part = find(book.document, bound.part, standard)
        bases = [f for a in bound.bases for f in find(book.document, a, standard) or []]
        total = sum((f.cell.value for f in bases), Decimal(0))
        if not part or not part[0].cell.printed or not total:
            continue
        book.count()
        ratio = Fraction(part[0].cell.value) / Fraction(total) * 100
        if ratio > bound.percent:
            formula = f"{show(part[0].cell.value)} ÷ {show(total)} = {show(ratio)}% > {bound.percent}%"
            why = f"{bound.name}（{bound.source}）：{formula}；可能有补缴或基数口径不同，需单位说明"
            book.unverifiable(
                part[0].cell.spot,
                f"{bound.id} {bound.name}",
                why,
                table=part[0].table.title,
                printed=show(part[0].cell.value),
            )


def _repeats(book: Book, paragraph: Paragraph, resolver: Resolver) -> None:
    """A clause printed twice in a row, and punctuation left over from a deletion."""
    if paragraph.section in ("", *resolver.speech.silent):
        return
    clauses = re.split(r"(?<=[,，;。])", paragraph.text)
    position = 0
    for first, second in pairwise(clauses):
        position += len(first)
        if len(first) > 14 and first.rstrip(",，;。") == second.rstrip(",，;。"):
            book.add(
                Finding(
                    "low",
                    "wording",
                    paragraph.spot(position),
                    "文字重复",
                    "说明",
                    "",
                    "",
                    second[:60],
                    "",
                    "同一句印了两次",
                    "删去重复的一句",
                )
            )
    for match in re.finditer(r"[,，、;][。,，;]", paragraph.text):
        book.add(
            Finding(
                "low",
                "wording",
                paragraph.spot(max(match.start() - 1, 0), match.end()),
                "标点",
                "说明",
                "",
                "",
                match[0],
                "。",
                "标点相连，句子可能有缺漏",
                "补全句子或删去多余的标点",
            )
        )
