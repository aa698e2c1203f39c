"""Sentences and titles taken over from last year's document are found by their year."""

from __future__ import annotations

import pytest

from jinbao.centre.disclosure import check
from tests.centre.disclosure.documents import extracted, shared


@pytest.mark.parametrize(
    ("said", "wrong", "printed", "right"),
    [
        ("与2024年度相比，收入合计减少", "与2023年度相比，收入合计减少", "2023年", "2024年"),
        ("较2024年度减少0.20万元", "较2023年度减少0.20万元", "2023年", "2024年"),
        ("截至2025年12月31日，开支", "截至2024年12月31日，开支", "2024年", "2025年"),
        ("2025年度支出合计1,822.40万元", "2024年度支出合计1,822.40万元", "2024年", "2025年"),
        ("2025年度支出决算表", "2024年度支出决算表", "2024年", "2025年"),
    ],
)
def test_a_wrong_year_is_found_at_its_line(said: str, wrong: str, printed: str, right: str) -> None:
    text = extracted(3, "决算", "\t")
    changed = text.replace(said, wrong, 1)
    assert changed != text
    years = [f for f in check(changed.encode(), "公开.txt").findings if f.kind == "years"]
    assert [(f.printed, f.recomputed, f.severity) for f in years] == [(printed, right, "medium")]
    assert years[0].spot.line == changed[: changed.index(wrong)].count("\n") + 1


def test_the_reason_of_a_change_may_speak_of_any_year() -> None:
    text = extracted(3, "决算", "\t").replace(
        "主要原因是项目安排有增减", "主要原因是业务量比2020年增加，2022年的项目于2025年支付"
    )
    assert not [f for f in check(text.encode(), "公开.txt").findings if f.kind == "years"]


def test_the_published_documents_speak_of_their_own_years() -> None:
    for name in ("wuhan_2024.txt", "national_2024.txt"):
        assert not [f for f in shared(name).findings if f.kind == "years"]
