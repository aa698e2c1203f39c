"""The texts beside the rules: law.md with its documents, clauses and anchors, and citations that point at them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from jinbao.kernel.errors import Place
from jinbao.rules.errors import RuleError, did_you_mean
from jinbao.rules.source import read_text

_HEADING = re.compile(r"(?P<marks>#{1,6})\s+(?P<title>.*?)\s*(?:\{#(?P<anchor>[^\s{}]+)\})?\s*$")


@dataclass(frozen=True)
class Clause:
    """A clause of a law.md: the document, the article and our words for it."""

    document: str
    article: str
    anchor: str
    file: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}{self.article}"

    @property
    def link(self) -> str:
        """Path of the text with its anchor, relative to the policy folder."""
        return f"{self.file}#{self.anchor}"

    @property
    def cite(self) -> str:
        """One line that names document, article and where its text is kept."""
        return f"{self} [{self.link}]"


class LawTexts:
    """Every clause of policy/law, read when it is first cited."""

    def __init__(self, law: Path) -> None:
        self._law = law
        self._clauses: dict[str, dict[str, Clause]] = {}

    def cite(self, cite: str, provision: str, at: Place) -> Clause:
        """Resolve "#6-2" of a provision, or "pension/account#3". Raises RuleError with the place of the rule."""
        folder, sharp, anchor = cite.partition("#")
        if not sharp or not anchor:
            raise RuleError(f"cites “{cite}”应含锚点", at=at, advice='写成 "#6-2" 或 "pension/account#3"。')
        clauses = self.clauses(folder or provision)
        if anchor not in clauses:
            path = self._law / (folder or provision) / "law.md"
            advice = did_you_mean(anchor, clauses) or f"在条款标题末尾加上 {{#{anchor}}}。"
            raise RuleError(f"{path} 中没有锚点“{anchor}”", at=at, advice=advice)
        return clauses[anchor]

    def clauses(self, provision: str) -> dict[str, Clause]:
        """Return the clauses of a provision by anchor; none where it has no law.md. Raises RuleError for a twin."""
        if provision not in self._clauses:
            path = self._law / provision / "law.md"
            lines = read_text(path).splitlines() if path.exists() else []
            self._clauses[provision] = _read_clauses(lines, path, f"law/{provision}/law.md")
        return self._clauses[provision]


def _read_clauses(lines: list[str], path: Path, file: str) -> dict[str, Clause]:
    clauses: dict[str, Clause] = {}
    document = ""
    for number, line in enumerate(lines, 1):
        match = _HEADING.match(line)
        if not match:
            continue
        if len(match["marks"]) == 1:
            document = match["title"]
        anchor = match["anchor"]
        if anchor in clauses:
            raise RuleError(f"锚点“{anchor}”重复", at=Place(str(path), number))
        if anchor:
            article = "" if len(match["marks"]) == 1 else match["title"]
            clauses[anchor] = Clause(document, article, anchor, file, _text_below(lines[number:]))
    return clauses


def _text_below(lines: list[str]) -> str:
    end = next((index for index, line in enumerate(lines) if _HEADING.match(line)), len(lines))
    return "\n".join(lines[:end]).strip()
