"""公开文件体检: anybody may drop a disclosed account and learn what in it does not add up; nothing is kept."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jinbao.centre.disclosure.checker import check
from jinbao.centre.disclosure.findings import KIND_NAMES, SEVERITY_NAMES
from jinbao.kernel.errors import FormatError

LARGEST = 20 << 20
"""Bytes of one document."""


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the form; with a file, show what was computed and what does not fit."""
    if request.method == "GET":
        return render(request, "portal/disclosure.html", {"largest": LARGEST >> 20})
    file = request.FILES.get("file")
    if file is None or not file.name:
        raise FormatError(_("没有选择文件"), advice=_("请选择要检查的公开文件。"))
    if (file.size or 0) > LARGEST:
        raise FormatError(_("文件太大"), advice=_("请上传不超过 %(n)d MB 的文件。") % {"n": LARGEST >> 20})
    report = check(file.read(), file.name)
    findings = [
        {"one": one, "severity": SEVERITY_NAMES[one.severity], "kind": KIND_NAMES.get(one.kind, one.kind)}
        for one in report.findings
    ]
    counts = [(severity, SEVERITY_NAMES[severity], n) for severity, n in report.counts.items() if n]
    shown = {"report": report, "findings": findings, "counts": counts, "largest": LARGEST >> 20}
    return render(request, "portal/disclosure.html", shown)
