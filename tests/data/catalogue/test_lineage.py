"""Lineage from SQL and intake that really run; what cannot be followed is listed."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.data.catalogue import lineage_sql
from jinbao.data.catalogue.lineage import Edge, Job, Lineage, Place, _joined, lineage
from jinbao.data.datasets import all_datasets
from jinbao.kernel.errors import NotFound
from jinbao.project.cli import cli

SCHEMA = {
    "visit": {"_row": "VARCHAR", "day": "DATE", "fee_fen": "BIGINT"},
    "person": {"no": "VARCHAR", "_row": "VARCHAR"},
}


def test_a_value_is_followed_through_parts_and_joins() -> None:
    read = lineage_sql.read_sql(
        """WITH late AS (SELECT p.no, v.day, v.fee_fen FROM visit v JOIN person p USING (_row) WHERE v.day > $since)
        SELECT no AS who, max(day) AS last, sum(fee_fen) AS fees, count(*) AS n FROM late GROUP BY no""",
        SCHEMA,
    )
    assert sorted(read.values) == [
        ("fees", ("visit", "fee_fen")),
        ("last", ("visit", "day")),
        ("who", ("person", "no")),
    ]
    assert ("visit", "day") in read.conditions
    assert read.unresolved == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM somewhere", "列 *：来自somewhere 的全部列"),
        ("SELECT * FROM read_parquet('a.parquet')", "读文件的全部列"),
        ("SELECT nothing FROM visit", "nothing"),
        ("SELECT FROM WHERE", "读不懂的 SQL"),
        ("", ""),
        ("DROP TABLE visit", "must be SELECT"),
    ],
)
def test_what_cannot_be_followed_is_said_and_not_guessed(sql: str, said: str) -> None:
    read = lineage_sql.read_sql(sql, SCHEMA)
    assert read.unresolved
    assert said in "".join(read.unresolved)


def test_everything_of_a_declared_table_is_followed_through_a_star() -> None:
    read = lineage_sql.read_sql("SELECT * FROM visit", SCHEMA)
    assert {target for target, _ in read.values} == {"_row", "day", "fee_fen"}
    assert read.unresolved == []


def test_every_column_of_every_dataset_comes_from_a_heading() -> None:
    found = lineage()
    for dataset in all_datasets():
        for column in dataset.columns:
            edges = found.walk(Place(dataset.name, column.name), up=True)
            assert Place(f"文件/{dataset.name}", column.label) in {edge.source for edge in edges}


def test_quality_rules_are_downstream_of_the_columns_they_check() -> None:
    found = lineage()
    down = found.walk(found.find("contribution_payment.total_fen"), up=False)
    assert Place("质量/contribution_payment", "到账金额大于零") in {edge.target for edge in down}


def test_a_column_that_is_not_there_says_which_are() -> None:
    with pytest.raises(NotFound) as refused:
        lineage().find("contribution_payment.nothing")
    assert "contribution_payment.total_fen" in refused.value.advice


def test_a_circle_ends() -> None:
    a, b = Place("t", "a"), Place("t", "b")
    found = _joined([Job("j", "", "", (Edge(a, b, "j"), Edge(b, a, "j")))])
    assert isinstance(found, Lineage)
    assert len(found.walk(a, up=True)) == 2


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=20))
@settings(max_examples=80, deadline=None)
def test_what_is_upstream_of_one_has_it_downstream(pairs: list[tuple[int, int]]) -> None:
    edges = tuple(Edge(Place("t", str(a)), Place("t", str(b)), "j") for a, b in pairs)
    found = _joined([Job("j", "", "", edges)])
    for place in found.places:
        for source in {edge.source for edge in found.walk(place, up=True)}:
            assert place in {edge.target for edge in found.walk(source, up=False)}


def test_the_command_prints_where_a_column_comes_from() -> None:
    done = CliRunner().invoke(cli, ["data", "lineage", "contribution_payment.total_fen"])
    assert done.exit_code == 0
    assert "文件/contribution_payment.到账金额 → contribution_payment.total_fen" in done.output
