"""Every published figure stands in the law as it was transcribed: value, region, date, and no better confidence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from jinbao.rules import Law
from jinbao.rules.parameters import CONFIDENCES
from tests.policy.conftest import rows

PUBLISHED = rows("published_values.csv")


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"{row['name']} {row['region']} {row['on']}")
def test_the_published_figure_is_the_law_s(law: Law, row: dict[str, str]) -> None:
    on = date.fromisoformat(row["on"])
    if row["name"] in law.rules:
        value = law.evaluate(row["name"], {}, on=on, region=row["region"]).value
        assert value == Decimal(row["value"])
        return
    found = law.parameter(row["name"], on=on, region=row["region"])
    term = law.glossary[row["name"]]
    assert not found.carried
    assert found.dated.value == term.read(row["value"] if term.type == "年月" else Decimal(row["value"]))
    assert CONFIDENCES.index(found.dated.confidence) >= CONFIDENCES.index(row["confidence"])
    assert found.dated.region == row["region"]
