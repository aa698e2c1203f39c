"""Many documents: a folder checked with every core, a ranking, and one unit over the years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from os import cpu_count
from pathlib import Path

from jinbao.centre.disclosure.addresses import find
from jinbao.centre.disclosure.checker import check
from jinbao.centre.disclosure.findings import Finding, Report
from jinbao.centre.disclosure.standards import standard
from jinbao.centre.disclosure.values import bare, show
from jinbao.kernel.errors import JinbaoError, NotFound, Place

READABLE = {".pdf", ".docx", ".xlsx", ".xls", ".html", ".htm", ".md", ".txt"}
WEIGHTS = {"high": 10, "medium": 3, "low": 1, "rounding": 0, "unverifiable": 0}
CHUNK = 4


@dataclass(frozen=True)
class Outcome:
    """What became of one file: a report, or the reason it was refused."""

    path: Path
    report: Report | None
    refused: str = ""

    @property
    def score(self) -> int:
        """Ten for a grave finding, three for an ordinary one, one for a slight one."""
        return sum(WEIGHTS[s] * n for s, n in self.report.counts.items()) if self.report else 0


def documents_in(folder: Path) -> list[Path]:
    """The readable files of a folder and the folders below it, by name.

    Raises NotFound for a folder without any.
    """
    found = sorted(
        p for p in folder.rglob("*") if p.is_file() and p.suffix.lower() in READABLE and not p.name.startswith("~$")
    )
    if not found:
        raise NotFound(
            "文件夹里没有可检查的文件",
            at=Place(str(folder)),
            advice="可以检查 PDF、Word、Excel、网页、Markdown 和纯文本。",
        )
    return found


def check_one(path: Path) -> Outcome:
    """Check one file; a refusal is an outcome, not an end."""
    try:
        report = check(path)
    except JinbaoError as error:
        return Outcome(path, None, str(error))
    report.document.lines, report.document.paragraphs = [], []  # a batch of hundreds keeps figures and findings only
    return Outcome(path, report)


def check_all(
    paths: Sequence[Path], done: Callable[[Outcome], object] | None = None, workers: int | None = None
) -> list[Outcome]:
    """Check many files on every core; `done` is called after each, for progress."""
    count = min(workers or cpu_count() or 1, len(paths))
    outcomes: list[Outcome] = []
    for outcome in _outcomes(paths, count):
        outcomes.append(outcome)
        if done:
            done(outcome)
    return outcomes


def _outcomes(paths: Sequence[Path], count: int) -> Iterator[Outcome]:
    if count <= 1:
        yield from map(check_one, paths)
        return
    with ProcessPoolExecutor(max_workers=count) as pool:
        yield from pool.map(check_one, paths, chunksize=CHUNK)


def ranking(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The worst first; refused files last."""
    return sorted(outcomes, key=lambda o: (o.report is None, -o.score, str(o.path)))


@dataclass(frozen=True)
class YearLine:
    """One figure of a unit over the years."""

    organisation: str
    name: str
    values: dict[int, Decimal]


FIGURES = {
    "收入支出总计": "决01:左/总计",
    "本年收入合计": "决01:左/本年收入合计",
    "本年支出合计": "决01:右/本年支出合计",
    "基本支出": "决03:合计.基本支出",
    "项目支出": "决03:合计.项目支出",
    "年初结转和结余": "决01:左/年初结转和结余",
    "年末结转和结余": "决01:右/年末结转和结余",
    "“三公”经费": "决09:数据.决算合计",
}


def over_years(reports: Sequence[Report]) -> tuple[list[YearLine], list[Finding]]:
    """Compare one unit's final accounts over years: figures side by side, and year-end against next year's
    start (R26)."""
    units: dict[str, dict[int, Report]] = defaultdict(dict)
    for report in reports:
        document = report.document
        if document.form == "决算" and document.year and document.organisation:
            units[bare(document.organisation)][document.year] = report
    lines: list[YearLine] = []
    findings: list[Finding] = []
    for years in units.values():
        if len(years) < 2:
            continue
        holder = next(iter(years.values())).document.organisation
        for name, address in FIGURES.items():
            values = {y: v for y, r in sorted(years.items()) if (v := _value(r, address)) is not None}
            lines.append(YearLine(holder, name, values))
        findings += [f for y in sorted(years) if y - 1 in years for f in _carried(years[y - 1], years[y], y)]
    return lines, findings


def _value(report: Report, address: str) -> Decimal | None:
    found = find(report.document, address, standard())
    return found[0].cell.value if found else None


def _carried(before: Report, after: Report, year: int) -> list[Finding]:
    """年初结转 of a year against 年末结转 of the year before; adjustments are allowed and must be explained."""
    findings = []
    for end, start in (
        ("决01:右/年末结转和结余", "决01:左/年初结转和结余"),
        ("决04:右/年末结转和结余", "决04:左/年初结转和结余"),
    ):
        last, first = find(before.document, end, standard()), find(after.document, start, standard())
        if last and first and last[0].cell.value != first[0].cell.value:
            formula = f"{year} 年初 {show(first[0].cell.value)} ≠ {year - 1} 年末 {show(last[0].cell.value)}"
            cause = (
                f"差 {show(first[0].cell.value - last[0].cell.value)}；"
                f"会计差错更正、收回以前年度支出、归集调入调出等调整须说明"
            )
            findings.append(
                Finding(
                    "unverifiable",
                    "years",
                    first[0].cell.spot,
                    "R26 年初结转等于上年年末结转",
                    first[0].table.title,
                    first[0].name,
                    formula,
                    show(first[0].cell.value),
                    show(last[0].cell.value),
                    cause,
                    "核对或说明调整原因",
                )
            )
    return findings
