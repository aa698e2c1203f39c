"""Whatever is done to people by hand, undone in the reverse order, leaves everybody exactly as before."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.data.linkage import actions, queries
from jinbao.data.linkage.generate import generate
from jinbao.data.linkage.models import Change, Series
from jinbao.data.linkage.numbers import serial_of
from jinbao.kernel.errors import Conflict
from jinbao.trust.actors import Actor
from tests.data.linkage.conftest import NOW, PLACES, deliver
from tests.data.linkage.test_people import broken, people

pytestmark = pytest.mark.django_db


def deliver_set(seed: int, persons: int, mode: Any = "dense") -> None:
    """Deliver a hard set of people, spread over three datasets."""
    rows: dict[str, list[tuple[Any, ...]]] = {place: [] for place in PLACES}
    for n, row in enumerate(generate(persons, mode, seed=seed).rows.to_pylist()):
        cells = (f"r{n}", row["number"], row["name"], row["sex"], row["birth"], row["phone"])
        rows[PLACES[n % len(PLACES)]].append(cells)
    for place, found in rows.items():
        deliver(place, found)


def act(by: Actor, rng: random.Random) -> Change | None:
    """Merge two people, or split one, whoever it is; None where that cannot be."""
    serials = sorted({serial_of(number) for number in people().values()})
    one = rng.choice(serials)
    rows = queries.rows_of(one)
    try:
        if len(rows) > 1 and rng.random() < 0.5:
            made = actions.split(by, one, rng.sample(rows, rng.randint(1, len(rows) - 1)), "试", now=NOW)
        else:
            made = actions.merge(by, one, rng.choice([s for s in serials if s != one]), "试", now=NOW)
    except Conflict:
        return None
    assert isinstance(made, Change)
    return made


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(min_value=1, max_value=10_000))
def test_merges_and_splits_undone_in_reverse_order_leave_everybody_as_before(
    seed: int, steward: Actor, tmp_path_factory: pytest.TempPathFactory, settings: Any
) -> None:
    settings.VAR = Path(tmp_path_factory.mktemp("var"))
    rng = random.Random(seed)  # noqa: S311  # which people, not a secret
    with transaction.atomic():
        deliver_set(seed, 15)
        actions.run(steward, now=NOW)
        states, done = [people()], []
        for _ in range(3):
            if change := act(steward, rng):
                done.append(change)
                states.append(people())
        assert states[-1] != states[0] or not done
        for change in reversed(done):
            assert people() == states.pop()
            actions.undo(steward, change, "撤", now=NOW)
        assert people() == states.pop()
        assert not states
        actions.run(steward, now=NOW, full=True)
        assert broken() == []
        given_out = Series.objects.get().next
        actions.run(steward, now=NOW, full=True)
        assert Series.objects.get().next == given_out, "a run again gives nobody a new number"
        transaction.set_rollback(True)
