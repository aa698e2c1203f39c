"""Disclosure: budgets, final accounts and performance; check what is published, publish what checks.

from jinbao.centre.disclosure import check, write_report
report = check(path)                          # or check(content, "决算公开.docx")
report.document.lines                         # numbered lines, to show the document
report.findings                               # each with severity, spot (line, page, quote), formula, suggestion
report.as_json()
write_report([report], Path("报告.html"))      # .html, .xlsx or .pdf
"""

from __future__ import annotations

from jinbao.centre.disclosure.checker import check, check_document
from jinbao.centre.disclosure.findings import KIND_NAMES, SEVERITIES, SEVERITY_NAMES, Finding, Report
from jinbao.centre.disclosure.reader import read
from jinbao.centre.disclosure.sources import Unreadable
from jinbao.centre.disclosure.writers import write_report

__all__ = [
    "KIND_NAMES",
    "SEVERITIES",
    "SEVERITY_NAMES",
    "Finding",
    "Report",
    "Unreadable",
    "check",
    "check_document",
    "read",
    "write_report",
]
