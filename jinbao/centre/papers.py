"""From a book to the documents that are published: produced by the producer, checked by the checker, kept in var/."""

from __future__ import annotations

from datetime import datetime

from jinbao.centre.disclosure.checker import check
from jinbao.centre.disclosure.findings import Report
from jinbao.centre.disclosure.produce.accounts import Accounts, Project
from jinbao.centre.disclosure.produce.assemble import paper_of_figures
from jinbao.centre.disclosure.produce.derive import completed
from jinbao.centre.disclosure.produce.performance import monitoring_paper
from jinbao.centre.disclosure.produce.schema import write_workbook
from jinbao.centre.disclosure.produce.writers import FORMS
from jinbao.centre.disclosure.standards import standard
from jinbao.centre.gaps import gaps
from jinbao.centre.models import Document, YearBook
from jinbao.centre.queries import figures, folder
from jinbao.centre.roles import APPROVERS, WRITERS
from jinbao.kernel.errors import Conflict
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region
from jinbao.trust.sm3 import sm3_hex


@action("centre.produce", roles=(*WRITERS, *APPROVERS))
def produce(by: Actor, book: YearBook, *, now: datetime, key: str | None = None) -> list[Document]:
    """Produce the disclosure in every form and check each file; a file with a high or medium finding is refused.

    Raises FormatError or Conflict where the figures do not balance or a reason is missing (see gaps.py).
    A book that is not approved gives drafts. Producing an unchanged book again returns what is there.
    """
    require_region(by, book.unit.region)
    book = YearBook.objects.select_related("unit").get(pk=book.pk)
    approved = book.status == YearBook.Status.APPROVED
    there = list(book.documents.filter(revision=book.revision, approved=approved).order_by("name"))
    if there and all((folder(d) / d.name).is_file() for d in there):
        note(target=book, repeated=True)
        return there
    data = figures(book)
    missing = [gap.text for gap in gaps(book, data) if gap.needed]
    if missing:
        raise Conflict(f"还缺 {len(missing)} 项：{'；'.join(missing[:3])}", advice="请按“还缺什么”补齐后再生成。")
    paper, _ = paper_of_figures(data, str(book))
    made = []
    for kind, write in FORMS.items():
        name, content = f"{paper.title}.{kind}", write(paper)
        report = check(content, name)
        _require_clean(report)
        made.append(_keep(by, book, name, content, report, approved, now))
    note(target=book, revision=book.revision, documents=[d.sm3 for d in made], approved=approved)
    return made


def _require_clean(report: Report) -> None:
    bad = [f for f in report.findings if f.severity in ("high", "medium")]
    if bad:
        said = "；".join(f"{f.table} {f.cell}：{f.relation}，印 {f.printed}，应为 {f.recomputed}" for f in bad[:3])
        raise Conflict(f"生成的文件没有通过检查（{len(bad)} 处）：{said}", advice="请核对所指的数后再生成。")


def _keep(
    by: Actor, book: YearBook, name: str, content: bytes, report: Report, approved: bool, now: datetime
) -> Document:
    document, _ = Document.objects.update_or_create(
        book=book,
        revision=book.revision,
        name=name[:128],
        approved=approved,
        defaults={
            "sm3": sm3_hex(content),
            "checked": report.checked,
            "counts": {str(severity): n for severity, n in report.counts.items()},
            "made_by": by.username,
            "made_at": now,
        },
    )
    path = folder(document) / document.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return document


def workbook(book: YearBook) -> bytes:
    """Write a book as the workbook of figures that `import_workbook` and `jinbao disclosure produce` read."""
    return write_workbook(figures(book))


def monitoring(book: YearBook, kind: str = "docx") -> tuple[str, bytes]:
    """Write the mid-year monitoring sheets of every project; returns file name and content.

    The year's money need not balance for that: at mid-year it does not yet.
    """
    data = completed(figures(book))
    accounts = Accounts({str(row["项目"]): str(row["内容"]) for row in data["单位"]}, data)
    for row in data["项目"]:
        mine = [i for i in data["指标"] if i["项目名称"] == row["项目名称"]]
        accounts.projects.append(Project(row, indicators=mine))
    paper = monitoring_paper(accounts, standard())
    return f"{paper.title}.{kind}", FORMS[kind](paper)
