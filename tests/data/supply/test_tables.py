"""The standard layer: one current table per dataset, whatever the order in which deliveries come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.data.supply import actions, layers, standard, tables
from jinbao.kernel.errors import NotFound
from jinbao.trust.actors import Actor
from tests.data.supply.conftest import NOW, POLICE, Deliver, ask

ROWS = "SELECT visit_no, month, cost_fen, _row FROM visits ORDER BY visit_no"


def test_accepted_rows_are_in_the_table_with_their_origin(deliver: Deliver) -> None:
    batch = deliver(["A1,990101660115103,张三,2026-01,12.50", "A2,,李四,2026-01,8"])
    assert ask("SELECT visit_no, id_number, cost_fen, _batch, _line, _row FROM visits ORDER BY _line") == [
        ("A1", "990101660115103", 1250, batch.pk, 2, "A1"),
        ("A2", None, 800, batch.pk, 3, "A2"),
    ]
    assert tables.datasets() == ["visits"]
    assert tables.rows("visits") == 2


def test_before_anything_arrives_a_dataset_is_an_empty_view_with_its_columns(deliver: Deliver) -> None:
    assert ask("SELECT typeof(month), count(*) FROM visits GROUP BY ALL") == []
    assert tables.files("visits") == []
    assert tables.version("visits") == ""


def test_a_name_that_is_nothing_is_said(deliver: Deliver) -> None:
    from jinbao.kernel import duck

    with duck.connect(folders=tables.folders()) as connection, pytest.raises(NotFound, match="没有表 nonsense"):
        tables.attach(connection, ["nonsense"])


def test_an_incremental_delivery_adds_and_replaces_by_key(deliver: Deliver) -> None:
    deliver(["A1,,张三,2026-01,1", "A2,,李四,2026-01,2"])
    first = tables.version("visits")
    deliver(["A2,,李四,2026-02,20", "A3,,王五,2026-02,3"])
    assert ask(ROWS) == [("A1", 202601, 100, "A1"), ("A2", 202602, 2000, "A2"), ("A3", 202602, 300, "A3")]
    assert tables.version("visits") != first


def test_a_late_delivery_of_an_older_period_does_not_replace_newer_rows(deliver: Deliver) -> None:
    deliver(["A1,,张三,2026-02,2"])
    deliver(["A1,,张三,2026-01,1", "A2,,李四,2026-01,5"])
    assert ask(ROWS) == [("A1", 202602, 200, "A1"), ("A2", 202601, 500, "A2")]


def test_a_correction_of_the_same_period_replaces(deliver: Deliver) -> None:
    wrong = deliver(["A1,,张三,2026-02,2", "A2,,李四,2026-02,x"])
    deliver(["A2,,李四,2026-02,7", "A1,,张三,2026-02,3"], corrects=wrong)
    assert ask(ROWS) == [("A1", 202602, 300, "A1"), ("A2", 202602, 700, "A2")]


def test_a_full_delivery_replaces_what_the_same_sender_delivered_before(deliver: Deliver) -> None:
    deliver(["A1,,张三,2026-01,1", "A2,,李四,2026-01,2"], "snapshot")
    deliver(["B1,,王五,2026-01,9"], "snapshot", sender="11990100G00000031E")
    deliver(["A2,,李四,2026-02,2"], "snapshot")
    assert ask("SELECT visit_no FROM snapshot ORDER BY 1") == [("A2",), ("B1",)]


def test_an_older_full_delivery_that_comes_late_changes_nothing(deliver: Deliver) -> None:
    deliver(["A2,,李四,2026-02,2"], "snapshot")
    deliver(["A1,,张三,2026-01,1", "A2,,李四,2026-01,2"], "snapshot")
    assert ask("SELECT visit_no, month FROM snapshot") == [("A2", 202602)]


def test_a_correction_completes_the_full_delivery_that_it_corrects(deliver: Deliver) -> None:
    whole = deliver(["A1,,张三,2026-02,1", "A2,,李四,2026-02,x"], "snapshot")
    deliver(["A2,,李四,2026-02,2"], "snapshot", corrects=whole)
    assert ask("SELECT visit_no FROM snapshot ORDER BY 1") == [("A1",), ("A2",)]


def test_a_discarded_delivery_leaves_the_table(deliver: Deliver, django_capture_on_commit_callbacks: Any) -> None:
    deliver(["A1,,张三,2026-01,1"])
    wrong = deliver(["A1,,张三,2026-02,99"])
    with django_capture_on_commit_callbacks(execute=True):
        actions.discard(Actor.system(), wrong, now=NOW, reason="送错了")
    assert ask(ROWS) == [("A1", 202601, 100, "A1")]


def test_a_batch_accepted_elsewhere_is_stale_until_the_next_refresh(deliver: Deliver) -> None:
    deliver(["A1,,张三,2026-01,1"])
    layers.remove("standard", "visits")
    assert standard.stale() == ["visits"]
    assert tables.refresh() == ["visits"]
    assert tables.refresh() == []


def test_a_column_declared_later_is_empty_for_earlier_rows(deliver: Deliver, policy: Any) -> None:
    deliver(["A1,,张三,2026-01,1"])
    declared = policy / "datasets/visits/dataset.yaml"
    declared.write_text(declared.read_text() + "  - {name: ward, label: 病区, type: 文本}\n")
    tables.rebuild("visits")
    assert ask("SELECT visit_no, ward FROM visits") == [("A1", None)]


VISIT = st.tuples(st.sampled_from("ABC"), st.integers(1, 4), st.integers(1, 99))
DELIVERIES = st.lists(st.lists(VISIT, min_size=1, max_size=4), min_size=1, max_size=4)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=DELIVERIES)
def test_folding_one_by_one_equals_making_it_anew(deliver: Deliver, sent: Sequence[Sequence[tuple[Any, ...]]]) -> None:
    for number, rows in enumerate(sent):
        deliver([f"{number % 2}{key},,张三,2026-0{month},{cost}" for key, month, cost in rows])
    folded = ask("SELECT * FROM visits ORDER BY _row")
    tables.rebuild("visits")
    assert ask("SELECT * FROM visits ORDER BY _row") == folded
    assert len({row[-1] for row in folded}) == len(folded)


def test_the_version_before_stays_for_those_who_read_it_and_older_ones_go(deliver: Deliver) -> None:
    paths = []
    for month in (1, 2, 3):
        deliver([f"A1,,张三,2026-0{month},1"])
        paths.append(tables.files("visits")[0])
    assert [path.exists() for path in paths] == [False, True, True]


def test_units_that_supply_are_declared_with_valid_codes() -> None:
    from jinbao.data.units import unit, units

    assert len(units()) == 17
    assert unit("公安").code == POLICE
    with pytest.raises(NotFound, match="可用的单位：公安"):
        unit("气象")
