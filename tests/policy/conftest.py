"""The law as it stands under policy/, loaded once."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jinbao.rules import Law, load_law

DATA = Path(__file__).parent / "data"
Ask = Callable[..., Any]


def rows(name: str) -> list[dict[str, str]]:
    """Read a reference table of tests/policy/data."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def law() -> Law:
    return load_law(production=False)


@pytest.fixture
def ask(law: Law) -> Ask:
    """Ask one question: ask(rule, facts, on="2025-06-01", region="000000") gives the value."""

    def value(rule: str, facts: Mapping[str, Any], *, on: str = "2025-06-01", region: str = "000000") -> Any:
        return law.evaluate(rule, facts, on=date.fromisoformat(on), region=region).value

    return value
