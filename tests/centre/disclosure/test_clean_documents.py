"""What Jinbao produces passes its own checker with no finding at all, in every form."""

from __future__ import annotations

import pytest

from jinbao.centre.disclosure import check
from tests.centre.disclosure.documents import extracted, produced


@pytest.mark.parametrize("kind", ["docx", "pdf", "xlsx", "html"])
@pytest.mark.parametrize(("seed", "form"), [(1, "决算"), (2, "决算"), (3, "预算"), (4, "预算")])
def test_a_produced_document_has_no_finding(seed: int, form: str, kind: str) -> None:
    report = check(produced(seed, form, kind), f"公开.{kind}")
    assert report.findings == ()
    assert report.checked > 400
    assert len(report.document.tables) == (9 if form == "决算" else 13)


@pytest.mark.parametrize("seed", range(20, 32))
@pytest.mark.parametrize("form", ["决算", "预算"])
def test_many_units_come_out_clean(seed: int, form: str) -> None:
    assert check(produced(seed, form, "html"), "公开.html").findings == ()


@pytest.mark.parametrize("blank", [" ", "\t"])
@pytest.mark.parametrize(("seed", "form"), [(1, "决算"), (3, "决算"), (5, "决算"), (2, "预算"), (5, "预算")])
def test_extracted_text_is_read_even_where_empty_cells_were_lost(seed: int, form: str, blank: str) -> None:
    report = check(extracted(seed, form, blank).encode(), "公开.txt")
    assert [f for f in report.findings if f.severity != "unverifiable"] == []
    assert report.checked > 400


def test_every_form_gives_the_same_model() -> None:
    counts = {
        kind: check(produced(3, "决算", kind), f"公开.{kind}").checked for kind in ("docx", "pdf", "xlsx", "html")
    }
    assert len(set(counts.values())) == 1


def test_line_breaks_and_page_numbers_inside_sentences_do_no_harm() -> None:
    broken = []
    for line in extracted(3, "决算", "\t").split("\n"):
        pieces = [line] if "\t" in line or len(line) < 60 else [line[n : n + 27] for n in range(0, len(line), 27)]
        broken += (
            pieces[:1]
            if len(pieces) == 1
            else [p for n, piece in enumerate(pieces) for p in ([piece, "", "17", ""] if n == 1 else [piece])]
        )
    report = check("\n".join(broken).encode(), "公开.txt")
    assert [f for f in report.findings if f.severity in ("high", "medium", "low")] == []
