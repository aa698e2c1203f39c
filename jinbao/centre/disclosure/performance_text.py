"""Sentences about performance against the sheets and tables: projects, funds, execution, scores."""

from __future__ import annotations

import difflib
import re
from decimal import Decimal

from jinbao.centre.disclosure.findings import Book, Finding, Severity
from jinbao.centre.disclosure.model import Document, Paragraph, Sheet, Spot
from jinbao.centre.disclosure.rates import grave, judge, padded
from jinbao.centre.disclosure.values import Number, bare, show, swapped
from jinbao.centre.disclosure.whole_unit_checks import check_whole_unit

_EXECUTED = re.compile(
    r"(?:全年)?预算数(?:为)?([\d,.]+(?:万元|元))[,，]?(?:全年)?执行数(?:为)?([\d,.]+(?:万元|元))(?:[,，]?(?:完成预算|预算执行率|执行率)的?为?([\d.]+)%)?"
)
_SCORE = re.compile(r"(?:自评)?得分(?:为)?([\d.]+)分")
_COUNT = re.compile(r"(?:涉及|二级|共有|一级)?项目(?:支出)?(?:共)?(\d+)个|(\d+)个项目")
_MONEY = re.compile(r"资金(?:规模|总额)?(?:为|共)?([\d,.]+)(万元|元)")
_SHARE = re.compile(r"资金(?:规模|总额)?(?:为|共)?([\d,.]+)万元[,，]占[^,，。]*?([\d.]+)%")
_NAMED = re.compile(
    r"[“\"]([^”\"]{4,60})[”\"](?:项目)?(?:绩效自评|自评)|(?:^|[。;]|\d[.、])([^,，。;“”\"\d]{4,60}?)(?:项目)?绩效自评(?:综述|情况|结果)"
)


def core(name: str) -> str:
    """A project's name without the year and the words every project has."""
    return re.sub(r"^\d{4}年度?|项目支出|项目$|项目", "", bare(name))


def sheet_of(document: Document, words: str) -> tuple[Sheet | None, float]:
    """The project sheet whose name is most like the words, with the likeness (1 = the same)."""
    best: tuple[Sheet | None, float] = (None, 0.0)
    for sheet in document.sheets:
        if sheet.whole_unit:
            continue
        likeness = difflib.SequenceMatcher(None, core(sheet.project or sheet.title), core(words)).ratio()
        if likeness > best[1]:
            best = (sheet, likeness)
    return best


def check_performance_text(book: Book) -> None:
    """Check every paragraph about performance, and the sheets against the tables."""
    for paragraph in book.document.paragraphs:
        if paragraph.section == "绩效":
            _executed(book, paragraph)
            _scores(book, paragraph)
            _names(book, paragraph)
            _totals(book, paragraph)
    _tables(book)
    _targets(book)


def sheet_in(book: Book, paragraph: Paragraph, before: int) -> Sheet | None:
    """The sheet of the project a paragraph speaks of before an offset."""
    names = [m for m in _NAMED.finditer(paragraph.text) if m.start() <= before]
    if not names:
        return None
    name = names[-1][1] or names[-1][2]
    if "整体" in name:
        return next((s for s in book.document.sheets if s.whole_unit), None)
    sheet, likeness = sheet_of(book.document, name)
    return sheet if likeness >= 0.6 else None


def _add(
    book: Book,
    severity: Severity,
    kind: str,
    spot: Spot,
    relation: str,
    cell: str,
    formula: str,
    printed: str,
    recomputed: str,
    cause: str = "",
) -> None:
    suggestion = f"应为 {recomputed}" if recomputed else "请核对"
    book.add(Finding(severity, kind, spot, relation, "说明", cell, formula, printed, recomputed, cause, suggestion))


def _executed(book: Book, paragraph: Paragraph) -> None:
    for match in _EXECUTED.finditer(paragraph.text):
        budget, spent, rate = _wan(match[1]), _wan(match[2]), Number.parse(match[3].rstrip(".")) if match[3] else None
        if budget is None or spent is None:
            continue
        spot = paragraph.spot(match.start(1), match.end())
        sheet = sheet_in(book, paragraph, match.start())
        if sheet and sheet.funds:
            for name, mine, other in (
                ("全年预算数", budget, sheet.funds[0].budget),
                ("执行数", spent, sheet.funds[0].spent),
            ):
                book.count()
                if other is not None and not other.agrees(mine):
                    _add(
                        book,
                        "high",
                        "performance",
                        spot,
                        "R35 综述与自评表一致",
                        name,
                        f"综述 {show(mine.value)} ≠ 自评表 {show(other.value)}（第 {sheet.funds[0].spot.line} 行）",
                        show(mine.value),
                        show(other.value),
                        swapped(mine.value, other.value),
                    )
        if rate is not None:
            _rate(book, spot, rate, spent, budget)


def _wan(text: str) -> Number | None:
    """An amount with its unit, in 万元."""
    number = Number.parse(text.rstrip("万元").rstrip("."))
    if number is None or text.endswith("万元"):
        return number
    return Number(number.value / 10000, number.places + 4, text)


def _rate(book: Book, spot: Spot, rate: Number, spent: Number, budget: Number) -> None:
    book.count()
    verdict = judge(rate, spent, budget, book.document.places)
    if verdict.state == "undefined":
        _add(
            book,
            "low",
            "rate",
            spot,
            "R30 执行率",
            "完成预算",
            verdict.formula,
            f"{rate.raw}%",
            "",
            "分母为零，比率没有意义",
        )
    elif verdict.state != "right":
        severity: Severity = "rounding" if verdict.state == "rounding" else grave(rate.value, verdict.recomputed)
        from fractions import Fraction

        exact = Fraction(spent.value) / Fraction(budget.value) * 100
        cause = padded(rate, exact) or swapped(rate.value, verdict.recomputed or Decimal(0), max(rate.places, 1))
        _add(
            book,
            severity,
            "completion",
            spot,
            "R30 执行率 = 执行数 ÷ 预算数",
            "完成预算",
            verdict.formula,
            f"{rate.raw}%",
            f"{verdict.recomputed}%",
            cause,
        )


def _scores(book: Book, paragraph: Paragraph) -> None:
    for match in _SCORE.finditer(paragraph.text):
        number = Number.parse(match[1])
        sheet = sheet_in(book, paragraph, match.start())
        if number is None or sheet is None or sheet.total is None:
            continue
        book.count()
        if number.value != sheet.total.value:
            _add(
                book,
                "high",
                "performance",
                paragraph.spot(match.start(1), match.end()),
                "R34 综述得分与自评表总分一致",
                "总分",
                f"综述 {number.value:f} ≠ 自评表 {sheet.total.value:f}",
                f"{number.value:f}",
                f"{sheet.total.value:f}",
                swapped(number.value, sheet.total.value),
            )


def _names(book: Book, paragraph: Paragraph) -> None:
    """A project is called the same in the sentences and on its sheet."""
    for match in _NAMED.finditer(paragraph.text):
        name = match[1] or match[2]
        sheet, likeness = sheet_of(book.document, name)
        if sheet is None or not sheet.project or likeness < 0.6 or "整体" in name:
            continue
        book.count()
        if core(sheet.project) != core(name):
            spot = paragraph.spot(match.start(), match.end())
            _add(
                book,
                "low",
                "name",
                spot,
                "项目名称前后一致",
                "项目名称",
                f"综述“{name}” ≠ 自评表“{sheet.project}”（第 {sheet.spot.line} 行）",
                name,
                sheet.project,
                "同一项目两种名称",
            )


def _totals(book: Book, paragraph: Paragraph) -> None:
    """Number of projects and their funds, where every project has its sheet."""
    projects = [
        s for s in book.document.sheets if not s.whole_unit and s.funds and (s.funds[0].spent or s.funds[0].budget)
    ]
    text = paragraph.text
    if not projects or "整体" in text:
        return
    for match in _COUNT.finditer(text):
        if "单位" in text[: match.start()][-6:]:
            continue
        book.count()
        count = int(match[1] or match[2])
        if count != len(projects):
            spot = paragraph.spot(match.start(), match.end())
            book.unverifiable(
                spot,
                "R35 项目个数与自评表一致",
                f"文中 {count} 个项目，读到 {len(projects)} 张项目自评表；是否全部公开需单位说明",
                printed=match[0],
            )
    table = book.document.table("决05")
    row = table.row("合计") if table else None
    cell = row.cell("项目支出").number if row else None
    total = cell.in_wan(table.unit) if cell and table else None
    _money(book, paragraph, projects, total)
    _project_share(book, paragraph, total)


def _money(book: Book, paragraph: Paragraph, projects: list[Sheet], total: Number | None) -> None:
    """The funds of all projects are the sum of their sheets, or the table's 项目支出."""
    text = paragraph.text
    for match in _MONEY.finditer(text):
        number = Number.parse(match[1].rstrip("."))
        if number is None or "单位" in text[max(0, match.start() - 30) : match.start()]:
            continue
        sums = [
            sum((getattr(s.funds[0], k).value for s in projects if getattr(s.funds[0], k)), Decimal(0))
            for k in ("budget", "spent")
        ]
        if match[2] == "元":
            number = Number(number.value / 10000, number.places + 4, f"{match[1]}元")
        known = [*sums, total.value] if total else sums
        book.count()
        places = max([2, *(s.funds[0].budget.places for s in projects if s.funds[0].budget)])
        if not any(number.agrees(Number(k, places)) for k in known):
            spot = paragraph.spot(match.start(1), match.end())
            cause = next((c for k in known if (c := swapped(number.value, k))), "")
            severity: Severity = "high" if cause else "medium"
            _add(
                book,
                severity,
                "performance",
                spot,
                "R35 项目资金等于各自评表之和或项目支出合计",
                "资金",
                f"{show(number.value)} ≠ 预算数之和 {show(sums[0])}、执行数之和 {show(sums[1])}",
                show(number.value),
                show(sums[0]),
                cause,
            )


def _project_share(book: Book, paragraph: Paragraph, whole: Number | None) -> None:
    """资金…占…项目支出的 …%."""
    text = paragraph.text
    for match in _SHARE.finditer(text):
        part, rate = Number.parse(match[1].rstrip(".")), Number.parse(match[2])
        if part and rate and whole and "项目支出" in match[0]:
            book.count()
            verdict = judge(rate, part, whole, book.document.places)
            if verdict.wrong:
                severity = "rounding" if verdict.state == "rounding" else grave(rate.value, verdict.recomputed)
                _add(
                    book,
                    severity,
                    "share",
                    paragraph.spot(match.start(2), match.end()),
                    "R28 占比",
                    "项目支出",
                    verdict.formula,
                    f"{rate.raw}%",
                    f"{verdict.recomputed}%",
                )


def _targets(book: Book) -> None:
    """表6: the projects' budgets are the project budget table, or in one variant the 公用经费 of the basic one
    (B09)."""
    document = book.document
    budgets = [s.funds[0] for s in document.sheets if s.funds and s.funds[0].budget]
    known = [
        cell.number.in_wan(t.unit)
        for kind, name in (("预3-2", "金额"), ("预3-1", "公用经费"), ("预1-2", "项目支出"))
        if (t := document.table(kind)) and (r := t.row("合计")) and (cell := r.cell(name)).printed and cell.number
    ]
    if document.form != "预算" or not budgets or not known:
        return
    book.count()
    added = sum((f.budget.value for f in budgets if f.budget), Decimal(0))
    allowed = (len(budgets) + 1) * Decimal("0.01") / 2 if len(budgets) > 1 else Decimal(0)
    places = max(f.budget.places for f in budgets if f.budget)
    if not any(k.agrees(Number(added, places)) or abs(added - k.value) <= allowed for k in known):
        formula = (
            f"{' + '.join(show(f.budget.value) for f in budgets if f.budget)} = {show(added)} ≠ {show(known[0].value)}"
        )
        spot = next(
            (f.spot for f in budgets if f.budget and swapped(f.budget.value, f.budget.value + known[0].value - added)),
            budgets[0].spot,
        )
        book.add(
            Finding(
                "medium",
                "performance",
                spot,
                "B09 项目预算数之和等于项目支出预算",
                "项目绩效目标表",
                "预算数",
                formula,
                show(added),
                show(known[0].value),
                swapped(added, known[0].value),
                "核对各项目预算数",
            )
        )


def _tables(book: Book) -> None:
    """Sheets against tables: project money is the item's 项目支出; the whole unit's money is the total (R35, R36)."""
    document = book.document
    fiscal, whole = document.table("决05"), document.table("决03")
    for sheet in document.sheets:
        spent = sheet.funds[0].spent if sheet.funds else None
        if sheet.whole_unit:
            check_whole_unit(book, sheet)
        elif spent is not None and fiscal is not None and whole is not None:
            book.count()
            cells = [(t, r.cell("项目支出")) for t in (fiscal, whole) for r in t.rows]
            amounts = [c.number.in_wan(t.unit) for t, c in cells if c.printed and c.number]
            if spent.value == 0 or any(spent.agrees(a) for a in amounts):
                continue
            slip = next((a.value for a in amounts if swapped(spent.value, a.value)), None)
            if slip is not None and len(document.sheets) <= len({*amounts}) + 1:
                book.add(
                    Finding(
                        "medium",
                        "performance",
                        sheet.funds[0].spot,
                        "R35 自评表执行数等于项目支出（项）",
                        sheet.title,
                        "执行数",
                        f"{show(spent.value)} ≠ 项目支出 {show(slip)}",
                        show(spent.value),
                        show(slip),
                        swapped(spent.value, slip),
                        "核对执行数",
                    )
                )
            else:
                book.unverifiable(
                    sheet.funds[0].spot,
                    "R35 自评表执行数等于项目支出（项）",
                    "表中没有同额的项目支出（一个科目可含几个项目）",
                    table=sheet.title,
                    printed=show(spent.value),
                )
