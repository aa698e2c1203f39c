"""Reading: from a file to the typed model of the document."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from jinbao.centre.disclosure.model import Document, Line, Sheet, Table
from jinbao.centre.disclosure.narrative import facts_of, paragraphs_of
from jinbao.centre.disclosure.regions import find_regions
from jinbao.centre.disclosure.sheets import find_sheets, target_sheets
from jinbao.centre.disclosure.sources import read_lines
from jinbao.centre.disclosure.speech import speech
from jinbao.centre.disclosure.standards import Standard, standard
from jinbao.centre.disclosure.tables import read_table
from jinbao.centre.disclosure.tokens import is_noisy
from jinbao.centre.disclosure.values import squeeze, tidy

_YEAR = re.compile(r"(20\d\d)年")


def read(source: Path | bytes, name: str, declared: Standard | None = None) -> Document:
    """Read a disclosed document (path or content, with its name) into the typed model.

    Raises Unreadable with advice for anything that cannot be read.
    """
    return understand(read_lines(source, name), name, declared or standard())


def understand(lines: list[Line], name: str, declared: Standard) -> Document:
    """Recognise tables, facts and sheets in the lines of a document."""
    document = Document(name, lines)
    document.noisy = sum(1 for line in lines if is_noisy(line.text)) >= 5
    regions = find_regions(lines, declared)
    known: dict[str, Table] = {}
    targets: list[Sheet] = []
    for region in regions:
        table = read_table(region, lines, declared, known)
        if region.kind in known and _continues(known[region.kind], table):
            continue
        document.tables.append(table)
        if region.kind == "预6":
            targets += target_sheets(lines[region.start], region.lines, table.unit)
        known.setdefault(region.kind, table)
    document.form = _form(document)
    document.year = _year(lines)
    document.places = max((t.places for t in document.tables), default=2)
    document.organisation = _organisation(document)
    taken = {n for region in regions for n in range(region.start, region.end)}
    document.sheets, covered = find_sheets(lines, taken)
    document.sheets = [*targets, *document.sheets]
    taken |= covered
    rest = [line for n, line in enumerate(lines) if n not in taken]
    document.paragraphs = paragraphs_of(rest, speech())
    silent = speech().silent
    document.facts = [f for p in document.paragraphs if p.section not in silent for f in facts_of(p)]
    return document


def _continues(first: Table, more: Table) -> bool:
    """Add the rows of a table that runs on over a page break under a repeated title."""
    if more.is_empty or first.is_empty:
        if first.is_empty and not more.is_empty:
            first.rows, first.notes = more.rows, [*first.notes, *more.notes]
        return True
    present = {(r.side, r.key) for r in first.rows}
    new = [r for r in more.rows if (r.side, r.key) not in present]
    first.rows += new
    first.notes += more.notes
    return True


def _form(document: Document) -> str:
    counts = Counter(t.kind[0] for t in document.tables)
    if not counts:
        text = squeeze("".join(line.text for line in document.lines[:80]))
        return "预算" if "预算公开" in text and "决算" not in text else "决算"
    return "预算" if counts["预"] > counts["决"] else "决算"


def _year(lines: list[Line]) -> int | None:
    """The year the document is about: the one its titles name, else the one most often named."""
    for line in lines[:400]:
        found = re.search(r"(20\d\d)年度?.{0,40}(?:决算|预算)", squeeze(tidy(line.text)))
        if found:
            return int(found[1])
    years = Counter(year for line in lines for year in _YEAR.findall(squeeze(tidy(line.text))))
    return int(years.most_common(1)[0][0]) if years else None


def _organisation(document: Document) -> str:
    names = Counter(t.organisation for t in document.tables if t.organisation)
    return names.most_common(1)[0][0] if names else ""
