"""Report writers: HTML, Excel, PDF; chosen by the file's extension."""

from __future__ import annotations

from pathlib import Path

from jinbao.centre.disclosure.findings import Report
from jinbao.kernel.errors import FormatError, Place

__all__ = ["write_report"]


def write_report(reports: list[Report], path: Path) -> None:
    """Write one or more reports to a file; the extension (.html, .xlsx, .pdf) chooses the form.

    Raises FormatError for another extension.
    """
    suffix = path.suffix.lower()
    if suffix not in (".html", ".xlsx", ".pdf"):
        raise FormatError(
            f"报告不能写成 {suffix or '没有扩展名的文件'}", at=Place(str(path)), advice="请用 .html、.xlsx 或 .pdf。"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    if suffix == ".html":
        from jinbao.centre.disclosure.writers.page import html_of

        path.write_text(html_of(reports), encoding="utf-8")
    elif suffix == ".xlsx":
        from jinbao.centre.disclosure.writers.workbook import excel_of

        path.write_bytes(excel_of(reports))
    else:
        from jinbao.centre.disclosure.writers.paper import pdf_of

        path.write_bytes(pdf_of(reports))
