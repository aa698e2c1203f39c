"""One error put into a clean document is found at its place, hundreds of times."""

from __future__ import annotations

from random import Random

import pytest

from jinbao.centre.disclosure import read
from tests.centre.disclosure.documents import produced
from tests.centre.disclosure.mutations import Mutator, findings_of, found_at_place

EACH = 32
NEEDED = 98  # percent


@pytest.mark.parametrize(("form", "first"), [("决算", 100), ("决算", 105), ("预算", 300)])
def test_nearly_every_error_is_found_at_its_place(form: str, first: int) -> None:
    tried, missed = 0, []
    for seed in range(first, first + 3):
        document = read(produced(seed, form), "公开.docx")
        mutator = Mutator(document, Random(seed))  # noqa: S311  # errors to test with, no secret
        for _ in range(EACH):
            mutation = mutator.any()
            findings = findings_of(mutation, "公开.docx")
            if unrelated(mutation.kind, mutation.said) and not findings:
                continue
            tried += 1
            if not found_at_place(mutation, findings):
                missed.append((mutation.kind, mutation.said))
    assert tried > 85
    assert (tried - len(missed)) * 100 >= NEEDED * tried, missed


def unrelated(kind: str, said: str) -> bool:
    """Two items of one class exchanged in the economic table break no relation: nothing printed contradicts them."""
    return kind == "错行" and ("基本支出决算明细表" in said or "基本支出预算表" in said)
