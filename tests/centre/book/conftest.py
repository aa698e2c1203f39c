"""A unit of the city and a filled year."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jinbao.centre import actions
from jinbao.centre.disclosure.produce.sample import figures as sample
from jinbao.centre.disclosure.produce.schema import write_workbook
from jinbao.centre.models import Unit, YearBook
from jinbao.trust.actors import Actor
from tests.conftest import CITY

NOW = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def unit(finance: Actor) -> Unit:
    """The information centre of the city."""
    return actions.register_unit(finance, "990100001", "演示市人社信息中心", CITY)


@pytest.fixture
def book(finance: Actor, unit: Unit) -> YearBook:
    """The final accounts of 2025, empty."""
    return actions.open_book(finance, unit, 2025, "决算", now=NOW)


def workbook(seed: int = 3, form: str = "决算") -> bytes:
    """A workbook of an invented unit's balanced figures."""
    return write_workbook(sample(seed, form=form))


@pytest.fixture
def filled(finance: Actor, book: YearBook) -> YearBook:
    """The final accounts of 2025, imported whole."""
    actions.import_workbook(finance, book, workbook(), "数据.xlsx", now=NOW)
    book.refresh_from_db()
    return book
