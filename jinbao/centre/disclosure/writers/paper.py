"""The report as PDF, set by typst."""

from __future__ import annotations

from jinbao.centre.disclosure.findings import KIND_NAMES, SEVERITY_NAMES, Finding, Report

_HEAD = """#set page(paper: "a4", flipped: true, margin: 1.5cm, numbering: "1 / 1")
#set text(font: ("Noto Sans CJK SC", "Noto Serif CJK SC"), size: 9pt, lang: "zh")
#set table(stroke: 0.4pt + gray, inset: 4pt)
= 公开文件体检报告
"""


def pdf_of(reports: list[Report]) -> bytes:
    """Write reports as one PDF."""
    return compiled(_HEAD + "\n".join(_section(report) for report in reports))


def compiled(source: str) -> bytes:
    """Set typst source as PDF."""
    import typst

    found = typst.compile(source.encode("utf-8"), format="pdf")
    return bytes(found if isinstance(found, bytes) else found[0])


def quoted(text: str) -> str:
    """A typst string: nothing in it is markup."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _section(report: Report) -> str:
    document = report.document
    counts = "，".join(f"{SEVERITY_NAMES[s]} {n}" for s, n in report.counts.items())
    head = (
        f"{document.organisation} {document.year or ''} 年度{document.form}；核对了 {report.checked} 处关系。{counts}。"
    )
    if not report.findings:
        return f"== #{quoted(document.name)}\n#{quoted(head)}\n\n没有发现问题。\n"
    rows = ",\n".join(_row(f) for f in report.findings)
    titles = ", ".join(f"[*{t}*]" for t in ("程度", "位置", "印刷值", "核对", "应为", "原因与建议"))
    return (
        f"== #{quoted(document.name)}\n#{quoted(head)}\n#table(columns: (1.4cm,"
        f" 5cm, 3cm, 1fr, 2.6cm, 5.4cm),\ntable.header({titles}),\n{rows})\n"
    )


def _row(f: Finding) -> str:
    page = f"第 {f.spot.page} 页 " if f.spot.page else ""
    cells = [
        f"{SEVERITY_NAMES[f.severity]} {KIND_NAMES.get(f.kind, f.kind)}",
        f"{page}第 {f.spot.line} 行 {f.table} {f.cell}",
        f.printed,
        f"{f.relation} {f.formula}",
        f.recomputed,
        "；".join(t for t in (f.cause, f.suggestion) if t),
    ]
    return ", ".join(f"[#{quoted(c)}]" for c in cells)
