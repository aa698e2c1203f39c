"""Putting a document together from its parts, numbered and captioned by the standard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from jinbao.centre.disclosure.produce.accounts import Accounts, accounts_of
from jinbao.centre.disclosure.produce.blocks import Block, Heading, Paper, Prose
from jinbao.centre.disclosure.produce.final_tables import FinalTables, ordinal
from jinbao.centre.disclosure.produce.intake import read_workbook
from jinbao.centre.disclosure.produce.performance import Performance
from jinbao.centre.disclosure.produce.prose import FinalProse, Reasons
from jinbao.centre.disclosure.produce.schema import Data
from jinbao.centre.disclosure.standards import Standard, standard
from jinbao.kernel.declared import read_declared
from jinbao.kernel.regions import policy_folder


@dataclass(frozen=True)
class Term:
    """A term and its meaning."""

    name: str
    of: str
    meaning: str


@dataclass(frozen=True)
class Glossary:
    """The file glossary.yaml."""

    since: date
    source: str
    confidence: str
    terms: tuple[Term, ...]


@cache
def glossary() -> Glossary:
    """Read the declared terms once."""
    return read_declared(policy_folder() / "disclosure" / "glossary.yaml", Glossary)


def paper_of(workbook: bytes, name: str, declared: Standard | None = None) -> tuple[Paper, Accounts]:
    """Make the document of a workbook of figures (schema.py): final accounts or a budget, as its sheet 单位 says.

    Raises FormatError with sheet and row for wrong input, Conflict where figures do not balance or reasons are missing.
    """
    return paper_of_figures(read_workbook(workbook, name), name, declared)


def paper_of_figures(data: Data, name: str, declared: Standard | None = None) -> tuple[Paper, Accounts]:
    """Make the document of figures already read; see `paper_of`."""
    policy = declared or standard()
    accounts = accounts_of(data, policy, name)
    if accounts.is_budget:
        from jinbao.centre.disclosure.produce.budget import budget_paper

        return budget_paper(accounts, policy), accounts
    return final_paper(accounts, policy), accounts


def final_paper(accounts: Accounts, policy: Standard) -> Paper:
    """The final accounts: nine tables, explanation, glossary, performance sheets."""
    a = accounts
    reasons = Reasons(a)
    prose, performance = FinalProse(a, policy, reasons), Performance(a, policy)
    sheets = [*performance.whole_unit.sheets(), *(performance.self_evaluation(p)[0] for p in a.projects)]
    paper = Paper(f"{a.name}{a.year}年度单位决算公开")
    parts: list[tuple[str, list[Block]]] = [
        (f"{a.name}概况", about(a)),
        (f"{a.name}{a.year}年度单位决算表", list(FinalTables(a, policy).all())),
        (
            f"{a.name}{a.year}年度单位决算情况说明",
            [*prose.all(), Heading("十三、预算绩效情况说明", 2), *performance.prose()],
        ),
    ]
    works = a.data["重点工作"]
    if works:
        parts.append(
            (
                f"{a.year}年度重点工作完成情况",
                [
                    b
                    for n, w in enumerate(works, 1)
                    for b in (Heading(f"{ordinal(n)}、{w['标题']}", 2), Prose(str(w["内容"])))
                ],
            )
        )
    parts.append(("名词解释", terms(a, policy)))
    if sheets:
        parts.append(("附件", list(sheets)))
    reasons.require()
    for number, (title, blocks) in enumerate(parts, 1):
        paper.blocks += [Heading(f"第{ordinal(number)}部分 {title}", 1), *blocks]
    return paper


def about(a: Accounts) -> list[Block]:
    """Duties and organisation."""
    return [
        Heading("一、主要职责", 2),
        Prose(a.about.get("主要职责") or "见本单位“三定”规定。"),
        Heading("二、机构设置情况", 2),
        Prose(a.about.get("机构设置") or f"{a.name}单位决算由纳入独立核算的单位本级决算组成。"),
    ]


def terms(a: Accounts, policy: Standard) -> list[Block]:
    """The glossary: the declared terms, and every 科目 the unit uses."""
    names = {c.code: c.name for c in policy.codes if c.classification == "功能"}
    form = "预算" if a.is_budget else "决算"
    said = [f"{t.name}：{t.meaning}" for t in glossary().terms if t.of in ("全部", form)]
    used = {str(r["科目编码"]): str(r["用途"]) for r in reversed(a.data["支出"]) if r["用途"]}
    for code in a.items:
        what = used.get(code, "反映按该科目规定列支的支出")
        said.append(f"{names[code[:3]]}（类）{names[code[:5]]}（款）{names[code]}（项）：{what}。")
    return [Prose(f"（{ordinal(n)}）{line}") for n, line in enumerate(said, 1)]
