"""Documents for the tests: produced ones in every form, and the same as plain text the way extraction leaves it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinbao.centre.disclosure import Finding, Report, check
from jinbao.centre.disclosure.produce import FORMS, paper_of, write_workbook
from jinbao.centre.disclosure.produce.blocks import Chart, Grid, Paper
from jinbao.centre.disclosure.produce.sample import figures

HERE = Path(__file__).parent / "data"


@cache
def paper(seed: int, form: str = "决算") -> Paper:
    """A produced document."""
    return paper_of(write_workbook(figures(seed, form=form)), "数据.xlsx")[0]


@cache
def produced(seed: int, form: str = "决算", kind: str = "docx") -> bytes:
    """A produced document as a file."""
    return FORMS[kind](paper(seed, form))


def extracted(seed: int, form: str = "决算", blank: str = " ") -> str:
    """A produced document as text: cells divided by `blank`, empty cells lost unless it is a tab."""
    lines = [paper(seed, form).title]
    for block in paper(seed, form).blocks:
        if isinstance(block, Grid):
            lines += [block.title, block.label, f"单位：{block.holder} 单位：{block.unit}"]
            for head in block.head:
                row = [part for h in head for part in (h.text, *[""] * (h.wide - 1))]
                lines.append(blank.join(row if blank == "\t" else [c for c in row if c]))
            for body in block.body:
                lines.append(blank.join(body if blank == "\t" else [c for c in body if c]))
            lines += block.notes
        else:
            lines.append(block.caption if isinstance(block, Chart) else block.text)
    return "\n".join(lines)


def shared(name: str) -> Report:
    """The report on one of the published documents in data/."""
    return check(HERE / name)


def report_on(changed: str) -> Report:
    """The report on a text."""
    return check(changed.encode(), "公开.txt")


def errors(report: Report) -> list[Finding]:
    """What a report finds wrong, rounding and the unverifiable apart."""
    return [f for f in report.findings if f.severity in ("high", "medium", "low")]
