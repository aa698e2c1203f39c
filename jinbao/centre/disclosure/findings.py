"""What the checker says: findings with place, formula, printed and recomputed figure, cause and suggestion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from jinbao.centre.disclosure.model import Document, Spot

Severity = Literal["high", "medium", "low", "rounding", "unverifiable"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low", "rounding", "unverifiable")
SEVERITY_NAMES: dict[Severity, str] = {
    "high": "严重",
    "medium": "一般",
    "low": "轻微",
    "rounding": "尾差",
    "unverifiable": "无法核实",
}
KIND_NAMES = {
    "sum": "合计不符",
    "cross-table": "表间不符",
    "text-table": "文表不符",
    "rate": "比率有误",
    "share": "占比有误",
    "growth": "增减率有误",
    "completion": "完成率有误",
    "composition": "构成不符",
    "unit": "单位有误",
    "code": "科目有误",
    "name": "名称不一致",
    "structure": "内容缺失",
    "performance": "绩效表有误",
    "scoring": "计分与规则不符",
    "list": "列举不符",
    "wording": "文字有误",
    "repair": "识别损坏已修复",
    "bound": "超出限度",
    "forced": "占比凑整",
    "unread": "未能核实",
    "years": "年度不符",
}


@dataclass(frozen=True)
class Finding:
    """One finding; `relation` is the rule's id and name, `formula` the rule with numbers put in."""

    severity: Severity
    kind: str
    spot: Spot
    relation: str
    table: str = ""
    cell: str = ""
    formula: str = ""
    printed: str = ""
    recomputed: str = ""
    cause: str = ""
    suggestion: str = ""

    def as_json(self) -> dict[str, Any]:
        """The finding as plain values, keys as in the command's documentation."""
        return {
            "severity": self.severity,
            "kind": self.kind,
            "line": self.spot.line,
            "page": self.spot.page,
            "sheet": self.spot.sheet,
            "table": self.table,
            "cell": self.cell,
            "quote": self.spot.quote,
            "relation": self.relation,
            "formula": self.formula,
            "printed": self.printed,
            "recomputed": self.recomputed,
            "cause": self.cause,
            "suggestion": self.suggestion,
        }


@dataclass
class Book:
    """Where the checks write what they did: how many figures were compared, what was found."""

    document: Document
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)

    def count(self, number: int = 1) -> None:
        """Count relations that were computed."""
        self.checked += number

    def add(self, finding: Finding) -> None:
        """Write a finding down, once."""
        if finding not in self.findings:
            self.findings.append(finding)

    def unverifiable(self, spot: Spot, relation: str, why: str, *, table: str = "", printed: str = "") -> None:
        """Write down what could not be computed, and why."""
        self.add(Finding("unverifiable", "unread", spot, relation, table, printed=printed, cause=why))


@dataclass(frozen=True)
class Report:
    """The result of checking one document."""

    document: Document
    checked: int
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> dict[Severity, int]:
        """How many findings of each severity."""
        return {s: sum(1 for f in self.findings if f.severity == s) for s in SEVERITIES}

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that accuse: high, medium and low."""
        return tuple(f for f in self.findings if f.severity in ("high", "medium", "low"))

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, as `jinbao disclosure check --json` prints it."""
        document = self.document
        return {
            "file": document.name,
            "form": document.form,
            "year": document.year,
            "organisation": document.organisation,
            "model": {
                "tables": [
                    {
                        "kind": t.kind,
                        "label": t.label,
                        "title": t.title,
                        "unit": t.unit,
                        "line": t.spot.line,
                        "page": t.spot.page,
                        "rows": len(t.rows),
                        "cells": sum(1 for _, _, c in t.cells() if c.number or c.state),
                        "empty": t.is_empty,
                    }
                    for t in document.tables
                ],
                "facts": len(document.facts),
                "sheets": len(document.sheets),
            },
            "checked": self.checked,
            "counts": self.counts,
            "findings": [f.as_json() for f in self.findings],
        }
