"""Files that arrive: upload, preview, decision; the same at the counter and for employers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from jinbao.data import intake, queries
from jinbao.data.datasets import Column, Dataset, load_dataset
from jinbao.data.models import Batch
from jinbao.data.preview import SampleRow
from jinbao.insurance.registry import queries as registry
from jinbao.insurance.registry import refused
from jinbao.kernel.errors import FormatError, NotFound
from jinbao.trust import audit, masking
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.acting import form_key
from jinbao.web.dates import now
from jinbao.web.paging import page_of

SAMPLE = 20
OF_EMPLOYERS = ("contribution_declaration", "contribution_correction", "employee_enrolment")
KINDS = (*OF_EMPLOYERS, "employer_enrolment", "contribution_payment", "bank_receipt")
BY_ROLE = {
    Role.EMPLOYER: OF_EMPLOYERS,
    Role.CLERK: (*OF_EMPLOYERS, "employer_enrolment"),
    Role.REVIEWER: OF_EMPLOYERS,
    Role.FINANCE: ("contribution_payment",),
}
"""Which kinds of file each role hands in. What the bank sends back goes to its payment batch."""
MASKED = {
    "公民身份号码": masking.mask_id,
    "证件号码": masking.mask_id,
    "银行账号": masking.mask_account,
    "电话": masking.mask_phone,
}


@dataclass(frozen=True)
class Cell:
    """One cell of a preview."""

    text: str
    wrong: bool
    is_amount: bool


@dataclass(frozen=True)
class Line:
    """One row of a preview: where it stands, its cells, why it was rejected."""

    place: str
    cells: tuple[Cell, ...]
    reasons: tuple[str, ...]


def listing(request: HttpRequest, by: Actor, face: str) -> HttpResponse:
    """Show the files an actor may see and the form to send another."""
    datasets = [load_dataset(name) for name in BY_ROLE.get(by.role, ())]
    titles = {name: load_dataset(name).title for name in KINDS}
    wanted = request.GET.get("dataset", "") if request.GET.get("dataset", "") in titles else ""
    page = page_of(queries.batches(by, dataset=wanted), request)
    shown = {"face_prefix": face, "page": page, "datasets": datasets, "titles": titles, "wanted": wanted}
    return render(request, "files/list.html", shown)


def upload(request: HttpRequest, by: Actor, face: str) -> HttpResponse:
    """Take in one file and show what of it would be accepted."""
    file = request.FILES.get("file")
    if file is None or not file.name:
        raise FormatError(_("没有选择文件"), advice=_("请选择 CSV 或 Excel 文件后再上传。"))
    name = request.POST.get("dataset", "")
    if name not in BY_ROLE.get(by.role, ()):
        raise NotFound(_("没有这种文件"), advice=_("请从列表中选择文件种类。"))
    sender, region = _sender(by, name, request.POST.get("sender", ""))
    key = form_key(request, "upload")
    content = cast("BinaryIO", file)
    batch = intake.receive(by, content, file.name, name, sender=sender, region=region, now=now(), key=key)
    return redirect(f"{face}-file", pk=batch.pk)


def _sender(by: Actor, dataset: str, uscc: str) -> tuple[str, str]:
    """Say whose file it is and where it belongs."""
    if by.role == Role.EMPLOYER:
        return by.subject, registry.employer(by, by.subject).region
    if dataset not in OF_EMPLOYERS or not uscc.strip():
        return by.username, by.region
    employer = registry.employer(by, uscc)
    return employer.uscc, employer.region


def detail(request: HttpRequest, by: Actor, face: str, pk: int) -> HttpResponse:
    """Show one file: counts, rules, samples of both kinds of rows, and what may be done with it now."""
    batch = queries.batch(by, pk)
    dataset = load_dataset(batch.dataset)
    seen = intake.preview(batch, SAMPLE)
    shown = {
        "face_prefix": face,
        "batch": batch,
        "dataset": dataset,
        "preview": seen,
        "accepted": _lines(seen.columns, seen.accepted, mask_wrong=True),
        "rejected": _lines(seen.columns, seen.rejected, mask_wrong=by.role != Role.EMPLOYER),
        "refused": list(refused.refused_rows(by, batch)[:SAMPLE]),
        "rules": [rule for rule in batch.rules if rule["failed"]],
        "may_decide": batch.status == Batch.Status.CHECKED and by.role in intake.SENDERS,
    }
    return render(request, "files/detail.html", shown | _next_step(by, batch))


def _next_step(by: Actor, batch: Batch) -> dict[str, Any]:
    """Say what follows once the good rows are accepted."""
    accepted = batch.status == Batch.Status.ACCEPTED
    return {
        "may_apply": accepted and batch.dataset in OF_EMPLOYERS and by.role in (Role.EMPLOYER, Role.CLERK),
        "may_receive": accepted and batch.dataset == "contribution_payment" and by.role == Role.FINANCE,
    }


def _lines(columns: Iterable[Column], rows: Iterable[SampleRow], *, mask_wrong: bool) -> list[Line]:
    columns = tuple(columns)
    return [
        Line(f"{row.sheet} {row.line}".strip(), _cells(columns, row, mask_wrong), tuple(map(str, row.reasons)))
        for row in rows
    ]


def _cells(columns: tuple[Column, ...], row: SampleRow, mask_wrong: bool) -> tuple[Cell, ...]:
    cells = []
    for column, text in zip(columns, row.cells, strict=True):
        wrong = column.name in row.wrong_columns
        cells.append(Cell(_shown(column, text, whole=wrong and not mask_wrong), wrong, column.type == "金额"))
    return tuple(cells)


def _shown(column: Column, text: str, *, whole: bool) -> str:
    """Hide personal numbers, but show an employer the wrong number that it wrote."""
    mask = MASKED.get(column.type)
    return mask(text) if mask and text and not whole else text


def decide(request: HttpRequest, by: Actor, face: str, pk: int) -> HttpResponse:
    """Accept the good rows, or discard the file."""
    batch = queries.batch(by, pk)
    key = form_key(request, "decide", pk)
    if request.POST.get("decision") == "discard":
        intake.discard(by, batch, now=now(), reason=request.POST.get("reason", "")[:200], key=key)
    else:
        intake.accept(by, batch, partial=request.POST.get("decision") == "partial", now=now(), key=key)
    return redirect(f"{face}-file", pk=batch.pk)


def rejected(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the rejected rows as an Excel file with a column of reasons."""
    batch = queries.batch(by, pk)
    path = intake.rejected_workbook(batch)
    audit.append(by, "data.download_rejected", batch, {"rows": batch.rejected}, now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


def refused_later(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the rows that could not be entered in the books as an Excel file with a column of reasons."""
    batch = queries.batch(by, pk)
    path = refused.refused_workbook(by, batch)
    audit.append(by, "data.download_refused", batch, {}, now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


def template_of(dataset: Dataset) -> str:
    """Return the headings that a file of a dataset may have, as one CSV line."""
    return ",".join(column.label for column in dataset.columns)
