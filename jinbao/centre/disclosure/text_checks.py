"""Sentences against tables, and figures of sentences against each other."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from jinbao.centre.disclosure.addresses import Found
from jinbao.centre.disclosure.findings import Book, Finding
from jinbao.centre.disclosure.model import Fact, Paragraph
from jinbao.centre.disclosure.performance_text import sheet_of
from jinbao.centre.disclosure.rates import Verdict, grave, judge, padded, previous
from jinbao.centre.disclosure.speech import Resolver
from jinbao.centre.disclosure.text_figures import (
    Completion,
    Share,
    State,
    agrees,
    alike,
    core,
    in_unit,
    is_forced,
    misnamed_total,
    misread,
    rate_finding,
    scaled,
    unit_finding,
    with_budget,
)
from jinbao.centre.disclosure.values import YUAN_IN, Number, show, swapped

BUDGET = re.compile(r"年初预算|全年预算|调整预算|批复预算|预算(?:为|数|安排|批复)")
_STATES = ("right", "rounding", "wrong", "undefined")


class TextChecks:
    """Reads the facts of each section in order and checks each as far as it can be."""

    def __init__(self, book: Book, resolver: Resolver) -> None:
        self.book, self.resolver = book, resolver
        self.document = book.document
        self.places = book.document.places
        self.shares: list[Share] = []
        self.completions: list[Completion] = []
        self.budgets: list[tuple[Fact, list[str], int]] = []
        self.state = State()
        self.section = ""

    def run(self) -> None:
        """Check every section but procurement and performance, which have checks of their own."""
        facts: dict[int, list[Fact]] = {}
        for fact in self.document.facts:
            facts.setdefault(fact.paragraph, []).append(fact)
        for paragraph in self.document.paragraphs:
            if paragraph.section in ("采购", "绩效", "", *self.resolver.speech.silent):
                continue
            if paragraph.section != self.section:
                self.section, self.state = paragraph.section, State()
            self.state.current = self.state.budget = self.state.change = None
            for fact in facts.get(paragraph.index, []):
                self.check(fact, paragraph)
        self.report_shares()

    def check(self, fact: Fact, paragraph: Paragraph) -> None:
        """Check one figure by its role, keeping what later figures refer to."""
        if fact.role == "金额":
            self.amount(fact, paragraph)
        elif fact.role == "变动":
            self.state.change = fact
        elif fact.role == "增减率":
            self.growth(fact, paragraph)
        elif fact.role == "占比":
            self.share(fact, paragraph)
        elif fact.role == "完成率":
            self.completion(fact, paragraph)

    def amount(self, fact: Fact, paragraph: Paragraph) -> None:
        """Keep an amount for the rates that follow, and compare it with the table cell it names."""
        state = self.state
        following = paragraph.text[fact.offset : fact.offset + 40]
        budget = bool(BUDGET.search(fact.subject)) and self.document.form == "决算"
        if budget:
            state.budget = fact
            mention = self.resolver.mention(fact.subject, paragraph, fact.offset)
            self.budgets.append((fact, *(mention or ([], 0))))
            if "三公" not in paragraph.section:
                state.amounts.append(fact)
                return
        else:
            state.current, state.change = fact, None
            if state.whole is None or re.match(r"[\d.,]+万?元[,，;]?(?:其中|主要用于|包括)", following):
                state.whole = fact
        state.amounts.append(fact)
        cells = self.resolver.cells(with_budget(fact, paragraph), paragraph, fact.offset)
        if not cells and self.is_project(fact):
            return
        if not cells:
            if not budget and fact.number.value != 0:
                self.book.unverifiable(
                    fact.spot,
                    "R27 说明中的金额与表一致",
                    "没有找到这个金额对应的表格单元",
                    printed=f"{fact.number.raw}{fact.unit}",
                )
            return
        if self.resolver.is_soft(fact.subject, paragraph.section) and not any(
            agrees(fact, c) or c.cell.value == fact.number.value for c in cells
        ):
            if fact.number.value:
                why = f"与{cells[0].name} {show(cells[0].cell.value)} 不等，口径是否一致需单位说明"
                self.book.unverifiable(
                    fact.spot, "R27 说明中的金额与表一致", why, printed=f"{fact.number.raw}{fact.unit}"
                )
            return
        self.compare(fact, cells)

    def is_project(self, fact: Fact) -> bool:
        """Compare an amount spent on a named project with the project's sheet."""
        sheet, likeness = sheet_of(self.document, re.sub(r"^.*?用于", "", fact.subject))
        spent = sheet.funds[0].spent if sheet and sheet.funds else None
        if sheet is None or spent is None or likeness < 0.6:
            return False
        self.book.count()
        if not spent.agrees(fact.number.in_wan(fact.unit)):
            formula = f"说明 {show(fact.number.value)} ≠ 自评表 {show(spent.value)}（第 {sheet.funds[0].spot.line} 行）"
            cause = swapped(fact.number.value, spent.value)
            self.book.add(
                Finding(
                    "high",
                    "text-table",
                    fact.spot,
                    "R35 说明与自评表一致",
                    sheet.title,
                    "执行数",
                    formula,
                    f"{fact.number.raw}{fact.unit}",
                    show(spent.value),
                    cause,
                    "核对项目支出",
                )
            )
        return True

    def compare(self, fact: Fact, cells: list[Found]) -> None:
        """Compare with the cells the words may mean; a figure printed twice may not differ."""
        self.book.count()
        hit = next((found for found in cells if agrees(fact, found)), None)
        if hit is not None:
            called = misnamed_total(fact, hit, cells[0])
            if called is not None:
                self.book.add(called)
            return
        found = cells[0]
        unit_wrong = next((f for f in cells if f.cell.value == fact.number.value and f.table.unit != fact.unit), None)
        if unit_wrong is not None and fact.number.value:
            self.book.add(unit_finding(fact, unit_wrong))
            return
        expected = found.cell.value * YUAN_IN[found.table.unit] / YUAN_IN[fact.unit]
        cause = swapped(fact.number.value, expected)
        gap = abs(expected - fact.number.value)
        self.book.add(
            Finding(
                "medium" if gap <= Decimal("0.02") and fact.unit == "万元" else "high",
                "text-table",
                fact.spot,
                "R27 说明中的金额与表一致",
                found.table.title,
                found.name,
                f"说明 {show(fact.number.value)} ≠ {found.name} {show(expected)}",
                f"{fact.number.raw}{fact.unit}",
                f"{show(expected)}{fact.unit}",
                cause,
                f"核对{found.name}（第 {found.cell.spot.line} 行）；说明应写 {show(expected)} {fact.unit}",
            )
        )

    def growth(self, fact: Fact, paragraph: Paragraph) -> None:
        """增减率 = Δ ÷ 上年数, with 上年数 = 本年 ∓ Δ."""
        change, current = self.state.change, self.state.current
        if change is None or current is None:
            self.book.unverifiable(
                fact.spot, "R29 增减率", "没有印出增减额，无法还原上年数", printed=f"{fact.number.raw}%"
            )
            return
        self.book.count()
        if fact.sign != change.sign:
            self.accuse(
                fact,
                Verdict(
                    "wrong", None, f"{change.subject}{change.number.raw} 与 {fact.subject}{fact.number.raw}% 方向相反"
                ),
                "growth",
                "R29 增减率",
                "增减方向相反",
            )
            return
        base, span = previous(in_unit(current, change.unit), change.number, change.sign, self.places)
        verdict = judge(fact.number, change.number, base, self.places, whole_span=span)
        self.accuse(fact, verdict, "growth", "R29 增减率 = 增减额 ÷ 上年数")

    def share(self, fact: Fact, paragraph: Paragraph) -> None:
        """占比 = 部分 ÷ 合计."""
        current = self.state.current
        wholes = self.wholes(fact, paragraph) if current else []
        if current is None or not wholes:
            self.book.unverifiable(fact.spot, "R28 占比", "没有找到占比的分母", printed=f"{fact.number.raw}%")
            return
        self.book.count()
        part = in_unit(current, "万元")
        verdicts = [(judge(fact.number, part, w, self.places), w) for w in wholes if w.value]
        ranked = sorted(
            verdicts, key=lambda v: (_STATES.index(v[0].state), abs(fact.number.value - (v[0].recomputed or 0)))
        )
        if not ranked:
            ranked = [(Verdict("undefined", None, f"{show(part.value)} ÷ 0"), wholes[0])]
        verdict, whole = ranked[0]
        self.shares.append(Share(fact, part, whole, verdict, paragraph, fact.base))

    def wholes(self, fact: Fact, paragraph: Paragraph) -> list[Number]:
        """What a share is a share of: an amount named before, the table cell its words name, or the section's whole."""
        found: list[Number] = []
        if fact.base:
            topic = core(fact.base)
            named = [
                a for a in self.state.amounts if a is not self.state.current and topic and topic in core(a.subject)
            ]
            found += [in_unit(a, "万元") for a in named[-1:]]
            for cell in self.resolver.concept(fact.base, paragraph.section):
                if cell.cell.number:
                    found.append(scaled(cell.cell.number, cell.table.unit, "万元"))
        whole = self.state.whole
        if (
            not found
            and whole is not None
            and whole is not self.state.current
            and (not fact.base or alike(fact.base, whole))
        ):
            found.append(in_unit(whole, "万元"))
        return found

    def completion(self, fact: Fact, paragraph: Paragraph) -> None:
        """完成率 = 决算 ÷ 预算; undefined where the budget is nothing."""
        current, budget = self.state.current, self.state.budget
        if current is None:
            self.book.unverifiable(fact.spot, "R30 完成率", "没有找到完成数", printed=f"{fact.number.raw}%")
            return
        mention = self.resolver.mention(current.subject, paragraph, current.offset)
        names, depth = mention or ([], 0)
        if budget is None and paragraph.section == "三公":
            budget = self.budget_before(current)
        final = in_unit(current, "万元")
        self.completions.append(Completion(fact, final, in_unit(budget, "万元") if budget else None, names, depth))
        if budget is None:
            return
        self.book.count()
        self.accuse(
            fact,
            judge(fact.number, final, in_unit(budget, "万元"), self.places),
            "completion",
            "R30 完成率 = 决算 ÷ 预算",
        )

    def budget_before(self, current: Fact) -> Fact | None:
        """The budget named earlier in the section for the same thing (三公 sections name budgets first)."""
        topic = core(current.subject)
        mine = self.resolver.concept(current.subject, "三公")
        for fact, _, _ in reversed(self.budgets):
            other = self.resolver.concept(fact.subject.replace("预算", ""), "三公")
            if (topic and topic in core(fact.subject)) or (mine and other and mine[0].field[2:] == other[0].field[2:]):
                return fact
        found = [c for c in self.resolver.concept(current.subject + "预算", "三公") if c.cell.number]
        if not found or found[0].cell.number is None:
            return None
        return Fact(current.subject, "金额", found[0].cell.number, "万元", found[0].cell.spot, 0, 0)

    def report_shares(self) -> None:
        """Report shares; one that makes its group come to exactly a hundred is noted, not accused."""
        for share in self.shares:
            group = [
                s
                for s in self.shares
                if s.whole.value == share.whole.value and s.paragraph.section == share.paragraph.section
            ]
            if share.verdict.state == "wrong" and is_forced(share, group):
                self.book.add(
                    rate_finding(
                        share.fact,
                        share.verdict,
                        "rounding",
                        "forced",
                        "R28 占比",
                        "为使各项占比之和为 100% 而凑整",
                        "可保留，或照实印出",
                    )
                )
            else:
                self.accuse(share.fact, share.verdict, "share", "R28 占比 = 部分 ÷ 合计")

    def accuse(self, fact: Fact, verdict: Verdict, kind: str, relation: str, cause: str = "") -> None:
        """Report a rate that is not right."""
        if verdict.state == "right":
            return
        if verdict.state == "undefined":
            found = rate_finding(
                fact, verdict, "low", kind, relation, "分母为零，比率没有意义", "删去这一比率，或写“—”"
            )
        elif verdict.state == "rounding":
            found = rate_finding(
                fact, verdict, "rounding", kind, relation, "以未舍入的原数计算可得此值", "以公开的数字计算更便于核对"
            )
        else:
            cause = cause or self.rate_cause(fact, verdict)
            found = rate_finding(fact, verdict, grave(fact.number.value, verdict.recomputed), kind, relation, cause, "")
        self.book.add(found)

    def rate_cause(self, fact: Fact, verdict: Verdict) -> str:
        """Why a rate may be wrong: zeros filled up, digits changed, or an input with two digits changed."""
        if verdict.recomputed is None:
            return ""
        inputs = [Number.parse(n) for n in verdict.formula.split(" = ")[0].split(" ÷ ")]
        parts = [Fraction(n.value) for n in inputs if n]
        if len(parts) == 2 and parts[0] >= 0 and parts[1] > 0:
            filled = padded(fact.number, parts[0] / parts[1] * 100)
            if filled:
                return filled
            for which, name in ((1, "分母"), (0, "分子")):
                slip = misread(parts, which, fact.number)
                if slip is not None:
                    return f"疑用颠倒了两位数字的{name} {show(slip)} 计算"
        return swapped(fact.number.value, verdict.recomputed, max(fact.number.places, 1))
