"""The report as a workbook: overview, findings, tables read, what could not be verified."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from jinbao.centre.disclosure.findings import KIND_NAMES, SEVERITIES, SEVERITY_NAMES, Finding, Report

_HEAD = [
    "文件",
    "程度",
    "类型",
    "页",
    "行",
    "表",
    "单元格",
    "原文",
    "印刷值",
    "核对关系",
    "算式",
    "应为",
    "可能原因",
    "建议",
]
_WIDTHS = [24, 8, 12, 6, 6, 26, 30, 40, 16, 34, 44, 16, 30, 36]


def excel_of(reports: Sequence[Report]) -> bytes:
    """Write reports as one workbook; every figure is text, as printed."""
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        style = {
            "head": book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1}),
            "text": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"}),
        }
        _overview(book.add_worksheet("总览"), reports, style)
        accused = [(r, f) for r in reports for f in r.findings if f.severity != "unverifiable"]
        _findings(book.add_worksheet("发现"), accused, style)
        _findings(
            book.add_worksheet("无法核实"),
            [(r, f) for r in reports for f in r.findings if f.severity == "unverifiable"],
            style,
        )
        _tables(book.add_worksheet("读到的表"), reports, style)
    return stream.getvalue()


def _overview(sheet: Any, reports: Sequence[Report], style: dict[str, Any]) -> None:
    head = ["文件", "单位", "年度", "类别", "核对关系数", "表", "文中数字", *[SEVERITY_NAMES[s] for s in SEVERITIES]]
    _row(sheet, 0, head, style["head"])
    for n, report in enumerate(reports, 1):
        d = report.document
        _row(
            sheet,
            n,
            [
                d.name,
                d.organisation,
                str(d.year or ""),
                d.form,
                report.checked,
                len(d.tables),
                len(d.facts),
                *report.counts.values(),
            ],
            style["text"],
        )
    sheet.set_column(0, 1, 32)
    sheet.freeze_panes(1, 0)


def _findings(sheet: Any, pairs: Sequence[tuple[Report, Finding]], style: dict[str, Any]) -> None:
    _row(sheet, 0, _HEAD, style["head"])
    for n, (report, f) in enumerate(pairs, 1):
        kind = KIND_NAMES.get(f.kind, f.kind)
        values = [
            report.document.name,
            SEVERITY_NAMES[f.severity],
            kind,
            f.spot.page or "",
            f.spot.line,
            f.table,
            f.cell,
            f.spot.quote,
        ]
        _row(sheet, n, [*values, f.printed, f.relation, f.formula, f.recomputed, f.cause, f.suggestion], style["text"])
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(pairs), 1), len(_HEAD) - 1)


def _tables(sheet: Any, reports: Sequence[Report], style: dict[str, Any]) -> None:
    _row(sheet, 0, ["文件", "表", "行", "编码", "名称", "栏", "印刷值", "读作", "状态"], style["head"])
    line = 1
    for report in reports:
        for table in report.document.tables:
            for row, name, cell in table.cells():
                if cell.number is None and not cell.state:
                    continue
                value = str(cell.number.value) if cell.number else ""
                _row(
                    sheet,
                    line,
                    [
                        report.document.name,
                        table.title,
                        cell.spot.line,
                        row.code,
                        row.name,
                        name,
                        cell.raw,
                        value,
                        cell.state,
                    ],
                    style["text"],
                )
                line += 1
    sheet.set_column(0, 5, 24)
    sheet.freeze_panes(1, 0)


def _row(sheet: Any, number: int, values: Sequence[Any], style: Any) -> None:
    for column, value in enumerate(values):
        if isinstance(value, int):
            sheet.write_number(number, column, value, style)
        else:
            sheet.write_string(number, column, str(value), style)
