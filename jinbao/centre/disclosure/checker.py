"""Checking: from a document to a report."""

from __future__ import annotations

from pathlib import Path

from jinbao.centre.disclosure.diagnose import diagnose
from jinbao.centre.disclosure.explanation_checks import check_explanations
from jinbao.centre.disclosure.findings import SEVERITIES, Book, Report
from jinbao.centre.disclosure.model import Document
from jinbao.centre.disclosure.performance_text import check_performance_text
from jinbao.centre.disclosure.procurement import check_procurement
from jinbao.centre.disclosure.reader import read
from jinbao.centre.disclosure.relations import check_relations
from jinbao.centre.disclosure.repairs import mend
from jinbao.centre.disclosure.section_checks import check_sections
from jinbao.centre.disclosure.sheet_checks import check_sheets
from jinbao.centre.disclosure.sheet_marks import check_marks
from jinbao.centre.disclosure.speech import Resolver, speech
from jinbao.centre.disclosure.standards import Standard, standard
from jinbao.centre.disclosure.structure import check_structure
from jinbao.centre.disclosure.text_checks import TextChecks
from jinbao.centre.disclosure.year_checks import check_years


def check(source: Path | str | bytes, name: str | None = None) -> Report:
    """Check a disclosed document: a path, or content with its file name.

    Raises Unreadable (JinbaoError) with advice for a file that cannot be read.
    """
    path = Path(source) if isinstance(source, str) else source
    label = name or (path.name if isinstance(path, Path) else "文件.txt")
    return check_document(read(path, label))


def check_document(document: Document, declared: Standard | None = None) -> Report:
    """Compute every relation the document allows."""
    policy = declared or standard()
    book = Book(document)
    mend(book, policy)
    diagnose(book, check_relations(book, policy), policy)
    resolver = Resolver(document, policy, speech())
    text = TextChecks(book, resolver)
    text.run()
    check_sections(book, text, resolver, policy)
    check_explanations(book, text.completions, policy)
    check_procurement(book)
    check_sheets(book, policy)
    check_performance_text(book)
    check_marks(book, policy)
    check_structure(book, policy)
    check_years(book, resolver.speech)
    ordered = sorted(book.findings, key=lambda f: (SEVERITIES.index(f.severity), f.spot.page or 0, f.spot.line))
    return Report(document, book.checked, tuple(ordered))
