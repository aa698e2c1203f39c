"""公开文件: produce, check at once, download; the workbook of figures in and out."""

from __future__ import annotations

from io import BytesIO

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.centre import actions, papers, queries
from jinbao.centre.disclosure.findings import SEVERITY_NAMES
from jinbao.centre.gaps import gaps
from jinbao.centre.models import YearBook
from jinbao.centre.roles import APPROVERS, READERS, WRITERS
from jinbao.kernel.errors import FormatError, Several
from jinbao.trust.actors import Actor
from jinbao.web.acting import form_key, only
from jinbao.web.counter.centre.frame import frame
from jinbao.web.dates import now

LARGEST = 10 << 20
"""Bytes of one workbook."""
PRODUCERS = tuple(dict.fromkeys((*WRITERS, *APPROVERS)))


@require_safe
@only(*READERS)
def listing(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show what was produced and whether it is still the newest, and the form to produce."""
    book = queries.book(by, pk)
    documents = [
        (
            one,
            [(name, n) for s, name in SEVERITY_NAMES.items() if (n := one.counts.get(s))],
            one.revision == book.revision,
        )
        for one in queries.documents(book)[:40]
    ]
    missing = [gap for gap in gaps(book) if gap.needed]
    shown = {
        **frame(by, book, "documents"),
        "documents": documents,
        "missing": missing,
        "may_produce": by.role in PRODUCERS and not missing,
        "largest": LARGEST >> 20,
    }
    return render(request, "counter/centre/documents.html", shown)


@require_POST
@only(*PRODUCERS)
def produce(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Produce the disclosure in every form; what does not pass the checker is not kept."""
    made = actions.produce(by, queries.book(by, pk), now=now(), key=form_key(request, "produce", pk))
    messages.success(request, _("已生成 %(n)d 个文件，检查通过") % {"n": len(made)})
    return redirect("counter-centre-documents", pk=pk)


@require_safe
@only(*READERS)
def download(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give one produced document."""
    document, path = queries.document(by, pk)
    return FileResponse(path.open("rb"), as_attachment=True, filename=document.name)


@require_safe
@only(*READERS)
def monitoring(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the mid-year monitoring sheets."""
    return _attached(*papers.monitoring(queries.book(by, pk)))


@require_safe
@only(*READERS)
def figures(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the year as the workbook of figures."""
    book = queries.book(by, pk)
    return _attached(f"{book}数据.xlsx", papers.workbook(book))


def _attached(name: str, content: bytes) -> FileResponse:
    return FileResponse(BytesIO(content), as_attachment=True, filename=name)


@require_POST
@only(*WRITERS)
def take_in(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Take in a filled workbook: new rows are entered, others corrected, none removed."""
    book, file = queries.book(by, pk), request.FILES.get("file")
    if file is None or not file.name:
        raise FormatError(_("没有选择文件"), advice=_("请选择填好的 Excel 数据表。"))
    if (file.size or 0) > LARGEST:
        raise FormatError(_("文件太大"), advice=_("请上传不超过 %(n)d MB 的文件。") % {"n": LARGEST >> 20})
    key = form_key(request, "import", pk)
    try:
        done = actions.import_workbook(by, book, file.read(), file.name, now=now(), key=key)
    except Several as error:
        return _refused(request, by, book, file.name, error)
    counted = {"new": done.new, "changed": done.changed, "same": done.same}
    messages.success(request, _("新增 %(new)d 行，更正 %(changed)d 行，相同 %(same)d 行") % counted)
    for doubt in done.doubts:
        messages.warning(request, doubt)
    return redirect("counter-centre-book", pk=pk)


def _refused(request: HttpRequest, by: Actor, book: YearBook, name: str, error: Several) -> HttpResponse:
    """Show every place of a workbook that is to be put right; nothing of it was taken in."""
    shown = {**frame(by, book, "overview"), "name": name, "errors": error.errors}
    return render(request, "counter/centre/refused.html", shown, status=400)
