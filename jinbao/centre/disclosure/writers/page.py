"""The report as one HTML page that needs nothing else: the document with findings beside its lines."""

from __future__ import annotations

from html import escape

from jinbao.centre.disclosure.findings import KIND_NAMES, SEVERITIES, SEVERITY_NAMES, Finding, Report, Severity
from jinbao.centre.disclosure.model import Line

_STYLE = """
:root{color-scheme:light dark;--high:#b3261e;--medium:#a65b00;--low:#0b57d0;--rounding:#5f6368}
body{font:16px/1.7 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:76rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}
.counts span{display:inline-block;margin:0 .8rem .4rem 0;padding:.1rem .6rem;border:1px solid;border-radius:1rem}
.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}
.rounding,.unverifiable{color:var(--rounding)}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{border:1px solid #8884;padding:.3rem .5rem;text-align:left;vertical-align:top}
.lines td:first-child{color:#888;text-align:right;white-space:nowrap}.lines tr.hit td{background:#fbbc0422}
.lines pre{margin:0;white-space:pre-wrap;font:inherit}.formula{font-family:ui-monospace,monospace}
label{margin-right:1rem}
@media print{.filter{display:none}}
"""
_SCRIPT = """
document.querySelectorAll('.filter input').forEach(function(box){box.addEventListener('change',function(){
document.querySelectorAll('[data-severity="'+box.value+'"]').forEach(function(row){row.hidden=!box.checked})})})
"""
_HEADINGS = ("程度", "位置", "原文", "核对", "应为", "原因与建议")


def html_of(reports: list[Report]) -> str:
    """Write reports as one page."""
    body = "".join(_report(report) for report in reports)
    boxes = "".join(_box(severity) for severity in SEVERITIES)
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>公开文件体检报告</title><style>{_STYLE}</style></head><body><h1>公开文件体检报告</h1>"
        f'<p class="filter">显示：{boxes}</p>{body}<script>{_SCRIPT}</script></body></html>'
    )


def _box(severity: Severity) -> str:
    return f'<label><input type="checkbox" value="{severity}" checked> {SEVERITY_NAMES[severity]}</label>'


def _report(report: Report) -> str:
    document = report.document
    counts = "".join(f'<span class="{s}">{SEVERITY_NAMES[s]} {n}</span>' for s, n in report.counts.items())
    title = f"{escape(document.organisation)} {document.year or ''} 年度{document.form}"
    rows = "".join(_finding_row(f) for f in report.findings)
    head = "".join(f"<th>{h}</th>" for h in _HEADINGS)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    read = f"读到 {len(document.tables)} 张表、{len(document.facts)} 个文中数字、{len(document.sheets)} 张绩效表"
    return (
        f"<h2>{escape(document.name)}</h2><p>{title}；核对了 {report.checked} 处关系，{read}。</p>"
        f'<p class="counts">{counts}</p>{table if rows else "<p>没有发现问题。</p>"}'
        f"<details><summary>原文对照</summary>{_lines(report)}</details>"
    )


def _finding_row(f: Finding) -> str:
    page = f"第 {f.spot.page} 页 " if f.spot.page else ""
    cells = (
        f"{page}第 {f.spot.line} 行<br>{escape(f.table)}<br>{escape(f.cell)}",
        f"{escape(f.printed)}<br><small>{escape(f.spot.quote[-90:])}</small>",
        f'{escape(f.relation)}<br><span class="formula">{escape(f.formula)}</span>',
        escape(f.recomputed),
        escape("；".join(t for t in (f.cause, f.suggestion) if t)),
    )
    kind = f"{SEVERITY_NAMES[f.severity]}<br>{KIND_NAMES.get(f.kind, f.kind)}"
    rest = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr data-severity="{f.severity}"><td class="{f.severity}">{kind}</td>{rest}</tr>'


def _lines(report: Report) -> str:
    """The document's own lines, each with what was found in it."""
    found: dict[tuple[str, int], list[Finding]] = {}
    for finding in report.findings:
        found.setdefault((finding.spot.sheet, finding.spot.line), []).append(finding)
    lines = [line for line in report.document.lines if line.text.strip()]
    rows = "".join(_line_row(line, found.get((line.sheet, line.number), [])) for line in lines)
    return f'<table class="lines"><tbody>{rows}</tbody></table>'


def _line_row(line: Line, findings: list[Finding]) -> str:
    number = f"{line.page}:{line.number}" if line.page else str(line.number)
    text = " │ ".join(line.cells) if line.cells else line.text
    notes = "<br>".join(_note(f) for f in findings)
    mark = ' class="hit"' if findings else ""
    return f"<tr{mark}><td>{number}</td><td><pre>{escape(text)}</pre></td><td>{notes}</td></tr>"


def _note(f: Finding) -> str:
    said = f"{SEVERITY_NAMES[f.severity]}：{escape(f.printed)} → {escape(f.recomputed)} {escape(f.cause)}"
    return f'<span class="{f.severity}" data-severity="{f.severity}">{said}</span>'
