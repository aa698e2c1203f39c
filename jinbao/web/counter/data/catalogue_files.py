"""Workbooks in and out: a template, an import that first says what it would do, exports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jinbao.data.catalogue import actions, exporting, importing, sheets
from jinbao.kernel.errors import FormatError, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.sm3 import sm3_hex
from jinbao.web.acting import only
from jinbao.web.counter.data.home import READERS
from jinbao.web.dates import now

LARGEST = 64 << 20
"""Bytes of one workbook."""

KEPT_FOR = timedelta(days=1)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "POST"])
@only(*actions.EDITORS)
def import_(request: HttpRequest, by: Actor) -> HttpResponse:
    """Take a workbook and say what would happen; nothing is written yet."""
    if request.method == "GET":
        return render(request, "counter/data/catalogue_import.html", {"largest": LARGEST >> 20})
    file = request.FILES.get("file")
    if file is None or not file.name:
        raise FormatError(_("没有选择文件"), advice=_("请选择填好的 Excel 文件。"))
    if (file.size or 0) > LARGEST:
        raise FormatError(_("文件太大"), advice=_("请上传不超过 %(n)d MB 的文件。") % {"n": LARGEST >> 20})
    waiting = _keep(by, file.read(), now())
    done = importing.preview(by, waiting, file.name, by.region)
    shown = {"done": done, "waiting": waiting.stem, "file_name": file.name, "largest": LARGEST >> 20}
    return render(request, "counter/data/catalogue_import.html", shown)


@require_POST
@only(*actions.EDITORS)
def confirm(request: HttpRequest, by: Actor) -> HttpResponse:
    """Import the workbook that was shown before."""
    waiting = _waiting(by, request.POST.get("waiting", ""))
    file_name = request.POST.get("file_name", "")[:200] or "目录.xlsx"
    done = importing.import_workbook(by, waiting, file_name, by.region, now=now())
    waiting.unlink(missing_ok=True)
    counted = {"made": done.made, "changed": done.changed, "items": done.items, "bad": done.bad_rows}
    text = _("新增资源 %(made)d，更新 %(changed)d，信息项 %(items)d 行，有误未导入 %(bad)d 行") % counted
    messages.add_message(request, messages.WARNING if done.bad_rows else messages.SUCCESS, text)
    return redirect("counter-catalogue")


def _folder(by: Actor) -> Path:
    return Path(settings.VAR) / "catalogue" / sm3_hex(by.username.encode())[:16]


def _keep(by: Actor, content: bytes, at: datetime) -> Path:
    """Keep a file until it is confirmed, and remove those that nobody confirmed."""
    folder = _folder(by)
    folder.mkdir(parents=True, exist_ok=True)
    for old in _older(folder, at - KEPT_FOR):
        old.unlink(missing_ok=True)
    path = folder / f"{sm3_hex(content)}.xlsx"
    path.write_bytes(content)
    return path


def _older(folder: Path, than: datetime) -> Iterator[Path]:
    return (path for path in folder.glob("*.xlsx") if path.stat().st_mtime < than.timestamp())


def _waiting(by: Actor, digest: str) -> Path:
    path = _folder(by) / f"{digest}.xlsx"
    if not re.fullmatch("[0-9a-f]{64}", digest) or not path.is_file():
        raise NotFound(_("等待导入的文件已不在"), advice=_("请重新上传。"))
    return path


@require_safe
@only(*actions.EDITORS)
def template(request: HttpRequest, by: Actor) -> HttpResponse:
    """Give the workbook to fill in."""
    return _download(sheets.template(), "资源目录模板.xlsx", XLSX)


@require_safe
@only(*READERS)
def export(request: HttpRequest, by: Actor, form: str) -> HttpResponse:
    """Give the whole catalogue of the region as a file."""
    base = request.build_absolute_uri("/see/data/")
    content = exporting.export(by, form, base=base, now=now(), items="items" in request.GET)
    return _download(
        content, exporting.FORMS[form], XLSX if form in ("xlsx", "tables") else "text/plain; charset=utf-8"
    )


def _download(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{_quoted(name)}"
    return response


def _quoted(name: str) -> str:
    return "".join(f"%{byte:02X}" for byte in name.encode())
