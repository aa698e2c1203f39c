"""What is declared 不予共享 goes to no other unit by an extract: not as a value, not through a condition."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jinbao.data import datasets
from jinbao.data.extraction import actions, shown
from jinbao.data.extraction.delivery import deliver
from jinbao.data.extraction.models import DataRequest
from jinbao.kernel.errors import Conflict
from jinbao.trust.actors import Actor
from tests.data.extraction.conftest import ASKED, NOW, TABLE

NAMES = "SELECT name, id_number FROM population ORDER BY name"
CHOSEN = "SELECT name FROM population WHERE id_number LIKE '99%' ORDER BY name"
COUNTED = "SELECT count(*) AS n FROM population"
PLAIN = {"name": "masked", "id_number": "masked"}


@pytest.fixture
def unshared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare that identity numbers of the household registration are shared with nobody."""
    monkeypatch.setitem(datasets.load_dataset(TABLE).column("id_number").__dict__, "sharing", "不予共享")


@pytest.fixture
def outside(officer: Actor, people: None, cleared: None) -> DataRequest:
    return actions.ask(officer, replace(ASKED, outside=True), now=NOW)


def test_another_unit_gets_the_other_columns_only(steward: Actor, outside: DataRequest, unshared: None) -> None:
    draft = actions.preview(steward, outside, NAMES, now=NOW).draft
    assert shown.default_masks(draft.columns, outside=True) == {"name": "masked", "id_number": "dropped"}
    with pytest.raises(Conflict, match=r"population\.id_number 不予共享"):
        actions.submit(steward, outside, 1, PLAIN, "csv", now=NOW)
    actions.submit(steward, outside, 1, PLAIN | {"id_number": "dropped"}, "csv", now=NOW)


def test_a_condition_would_tell_of_it_and_is_refused(steward: Actor, outside: DataRequest, unshared: None) -> None:
    actions.preview(steward, outside, CHOSEN, now=NOW)
    with pytest.raises(Conflict, match="不予共享"):
        actions.submit(steward, outside, 1, {"name": "masked"}, "csv", now=NOW)


def test_counting_rows_tells_nothing_of_a_column(steward: Actor, outside: DataRequest, unshared: None) -> None:
    actions.preview(steward, outside, COUNTED, now=NOW)
    actions.submit(steward, outside, 1, {"n": "plain"}, "csv", now=NOW)


def test_the_own_unit_may_have_it(
    steward: Actor, asked: DataRequest, people: None, cleared: None, unshared: None
) -> None:
    actions.preview(steward, asked, NAMES, now=NOW)
    actions.submit(steward, asked, 1, PLAIN, "csv", now=NOW)


def test_what_came_to_be_unshared_after_the_approval_is_not_delivered(
    steward: Actor, second: Actor, outside: DataRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.preview(steward, outside, NAMES, now=NOW)
    of = actions.submit(steward, outside, 1, PLAIN, "csv", now=NOW)
    of = actions.approve(second, of, of.sealed_sm3, now=NOW)
    monkeypatch.setitem(datasets.load_dataset(TABLE).column("id_number").__dict__, "sharing", "不予共享")
    with pytest.raises(Conflict, match="不予共享"):
        deliver(steward, of, now=NOW)
    assert not of.deliveries.exists()
