"""How sentences name figures: from words to the cells they speak of (policy/disclosure/narrative.yaml)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from jinbao.centre.disclosure.addresses import Found, find
from jinbao.centre.disclosure.model import Document, Paragraph, Row, Table
from jinbao.centre.disclosure.standards import Standard
from jinbao.centre.disclosure.values import bare, squeeze
from jinbao.kernel.declared import read_declared
from jinbao.kernel.regions import policy_folder

_ITEM = re.compile(r"([\u4e00-\u9fff]+(?:\((?!类|款|项)[\u4e00-\u9fff]\)[\u4e00-\u9fff]+)?)\((类|款|项)\)")
_BUDGET_WORDS = re.compile(r"(?:年初|全年|调整后?|批复)?预算(?:数|安排)?为?[\d,.]+(?:亿|万)?元?$")
_DEPTH = {"类": 1, "款": 2, "项": 3}
_GENERIC = re.compile(
    r"^(?:其中|支出|全年|年初|决算|预算|共|总|合计|调整后|批复|数|为|是|达|到|计|安排|完成|数为|经费|财政拨款|收入|即|执行|全部|均|费|维护|实际|完成数|分别|各|约|数额|金额|亿|万|元|\d+年度?|当年|本年)*$"
)


@dataclass(frozen=True)
class NamedSection:
    """A section and the words of its heading."""

    name: str
    any: tuple[str, ...]


@dataclass(frozen=True)
class Amount:
    """Words and the cells they may mean."""

    say: str
    cells: tuple[str, ...]
    in_: tuple[str, ...] = ()
    soft: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The words as a compiled pattern."""
        return re.compile(self.say)


@dataclass(frozen=True)
class Speech:
    """The file narrative.yaml."""

    since: date
    source: str
    confidence: str
    sections: tuple[NamedSection, ...]
    silent: tuple[str, ...]
    fiscal: tuple[str, ...]
    amounts: tuple[Amount, ...]

    def section_of(self, heading: str) -> str:
        """The section a heading opens, empty if it opens none."""
        plain = bare(heading)
        return next((s.name for s in self.sections if any(bare(w) in plain for w in s.any)), "") if plain else ""


@cache
def speech(folder: Path | None = None) -> Speech:
    """Read narrative.yaml once."""
    return read_declared((folder or policy_folder() / "disclosure") / "narrative.yaml", Speech)


class Resolver:
    """Finds the cells that words in a document's sentences speak of."""

    def __init__(self, document: Document, standard: Standard, declared: Speech) -> None:
        self.document, self.standard, self.speech = document, standard, declared

    def cells(self, subject: str, paragraph: Paragraph, offset: int) -> list[Found]:
        """The cells a figure may be printed in, best first; empty if the words name none."""
        item = self.item(subject, paragraph, offset)
        if item:
            return item
        found = self.concept(subject, paragraph.section)
        if found or not is_generic(subject):
            return found
        before = paragraph.text[:offset]
        sentence = before[max(before.rfind("。"), 0) :]
        for clause in reversed(re.split(r"[，;:。]|,(?!\d{3})", sentence)):
            if clause and not is_generic(clause) and clause != subject:
                wanted = f"{clause}预算" if "预算" in subject else _BUDGET_WORDS.sub("", clause)
                return self.concept(wanted, paragraph.section)
        return []

    def concept(self, words: str, section: str) -> list[Found]:
        """Look words up among the declared ones; the first declaration that fits decides."""
        plain = squeeze(words).translate(str.maketrans("", "", "“”\"'‘’"))
        for amount in self.speech.amounts:
            if amount.in_ and section not in amount.in_:
                continue
            matches = list(amount.pattern.finditer(plain))
            if not matches or not is_generic(plain[matches[-1].end() :]):
                continue
            found = [f for a in amount.cells for f in find(self.document, a, self.standard) or []]
            if found or not amount.cells:
                return found
            blank = self.blank(amount.cells)
            if blank:
                return blank
        return []

    def blank(self, addresses: Sequence[str]) -> list[Found]:
        """The blank that a table without rows (本表无数据) stands for, so that no later declaration is taken."""
        for address in addresses:
            kind, _, rest = address.partition(":")
            table = self.document.table(kind)
            if table is not None and not table.rows and not table.unread:
                row = Row(table.title, table.spot)
                return [Found(table, row, rest.rpartition(".")[2], row.cell(""))]
        return []

    def is_soft(self, words: str, section: str) -> bool:
        """True if the first declaration that fits the words is soft."""
        plain = squeeze(words)
        fitting = [a for a in self.speech.amounts if (not a.in_ or section in a.in_) and a.pattern.search(plain)]
        return bool(fitting) and fitting[0].soft

    def item(self, subject: str, paragraph: Paragraph, offset: int) -> list[Found]:
        """The row of a 科目 that the words name: 社会保障和就业支出(类)…(款)事业运行(项)."""
        mention = self.mention(subject, paragraph, offset)
        if mention is None:
            return []
        names, depth = mention
        if "预算" in subject and self.document.form == "决算":
            return []
        order = self.tables_for(paragraph)
        found: list[Found] = []
        for kind, column in order:
            table = self.document.table(kind)
            row = self.row(table, names, depth) if table else None
            if table and row:
                found.append(Found(table, row, column, row.cell(column)))
        if self.document.form == "决算" and paragraph.section in ("一般公共", "总体", "支出"):
            return found[:1]
        return found

    def tables_for(self, paragraph: Paragraph) -> list[tuple[str, str]]:
        """The tables whose 科目 a section speaks of."""
        if self.document.form == "预算":
            return [("预3", "合计"), ("预1-2", "合计")]
        fiscal, whole = ("决05", "小计"), ("决03", "本年支出合计")
        return [fiscal, whole] if paragraph.section in self.speech.fiscal else [whole, fiscal]

    def mention(self, subject: str, paragraph: Paragraph, offset: int) -> tuple[list[str], int] | None:
        """The names of the 科目 spoken of, from 类 down, and its depth."""
        here = paragraph.text[:offset]
        marks = list(_ITEM.finditer(here))
        if marks and (is_generic(_after(here, marks[-1], subject)) or marks[-1].end() > offset - len(subject)):
            names = [marks[-1][1]]
            for mark in reversed(marks[:-1]):
                if _DEPTH[mark[2]] < _DEPTH[marks[-1][2]]:
                    names.insert(0, mark[1])
            return names, _DEPTH[marks[-1][2]]
        plain = bare(subject)
        for name in sorted(self.standard.classes, key=len, reverse=True):
            if name in plain and paragraph.section in ("一般公共", "总体", "支出", "财政拨款总体") and "类" not in name:
                return [name], 1
        return None

    def row(self, table: Table, names: list[str], depth: int) -> Row | None:
        """The row a 科目's name stands in; where a name stands twice, the parent's name decides."""
        name = bare(names[-1])
        code = self.standard.classes.get(name) if depth == 1 else None
        fitting = [r for r in table.rows if r.depth == depth and (r.code == code if code else bare(r.name) == name)]
        if len(fitting) > 1 and len(names) > 1:
            parents = {r.code for r in table.rows if bare(r.name) == bare(names[-2])}
            fitting = [r for r in fitting if any(r.code.startswith(p) for p in parents)] or fitting
        return fitting[0] if fitting else None


def _after(here: str, mark: re.Match[str], subject: str) -> str:
    """The words between a 科目's name and a figure, if no full stop stands between; else the subject alone."""
    between = here[mark.end() :]
    return (
        "。"
        if "。" in between and not re.search(r"完成年初预算|年初预算|决算", subject)
        else re.sub(r"[\d.,，%万元:;。]", "", subject)
    )


def is_generic(words: str) -> bool:
    """True for words that name no figure of their own: 支出决算为."""
    return bool(_GENERIC.match(re.sub(r"[^\u4e00-\u9fff\d]", "", words)))
