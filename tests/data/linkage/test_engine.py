"""Rows become people: what links, what never does, and that order and history make no difference."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.data.linkage import engine, evaluate, score
from jinbao.data.linkage.clusters import cluster
from jinbao.data.linkage.declared import policy
from jinbao.data.linkage.generate import LabelledSet, generate
from jinbao.data.linkage.model import Model
from jinbao.kernel import duck
from jinbao.kernel.identifiers.citizen_id import check_character

TODAY = 20251101
FIELDS = ("dataset", "_row", "number", "name", "sex", "birth", "phone")


def number(body: str) -> str:
    return body + check_character(body)


ZHANG, LI = number("99010119800203401"), number("99010119800203403")


def begun(connection: Any, rows: pa.Table, changes: pa.Table | None = None) -> None:
    connection.register("given", rows)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE incoming AS SELECT *, false AS single,"
        " CAST(hash(number, name, sex, birth, phone) >> 1 AS BIGINT) AS print FROM given"
    )
    connection.unregister("given")
    engine.begin(connection)
    if changes is not None:
        connection.register("changed", changes)
        connection.execute(
            "INSERT INTO changes SELECT CAST(old_number[1:17] AS BIGINT), CAST(new_number[1:17] AS BIGINT) FROM changed"
        )


def people_of(connection: Any) -> dict[tuple[str, str], int]:
    rows = connection.execute("SELECT dataset, _row, person FROM rows JOIN people USING (node)").fetchall()
    return {(dataset, row): person for dataset, row, person in rows}


def partition(found: dict[tuple[str, str], int]) -> set[frozenset[tuple[str, str]]]:
    groups: dict[int, set[tuple[str, str]]] = {}
    for key, person in found.items():
        groups.setdefault(person, set()).add(key)
    return {frozenset(keys) for keys in groups.values()}


def linked(*rows: tuple[str | None, ...], frozen: Model | None = None) -> list[int]:
    """Link rows of (number, name, sex, birth, phone) among enough strangers; return the person of each."""
    strangers = generate(300, "spread", seed=9).rows.to_pylist()
    mine = [dict(zip(FIELDS, ("mine", f"{n:03d}", *row), strict=True)) for n, row in enumerate(rows)]
    with duck.connect(threads=1) as connection:
        begun(connection, pa.Table.from_pylist(strangers + mine))
        engine.run(connection, policy(), today=TODAY, frozen=frozen)
        found = people_of(connection)
    return [found["mine", f"{n:03d}"] for n in range(len(rows))]


FULL = (ZHANG, "张伟芳", "1", "1980-02-03", "10011112222")


@pytest.mark.parametrize(
    ("what", "row"),
    [
        ("the same number and name", (ZHANG, "张伟芳", None, None, None)),
        ("a homophone", (ZHANG, "章玮方", "1", "1980-02-03", None)),
        ("15 digits", (ZHANG[:6] + ZHANG[8:17], "张伟芳", "1", None, None)),
        ("one digit wrong", (ZHANG[:9] + "7" + ZHANG[10:], "张伟芳", "1", None, None)),
        ("two digits swapped", (ZHANG[:12] + ZHANG[13] + ZHANG[12] + ZHANG[14:], "张伟芳", None, "1980-02-03", None)),
        ("a letter read for a digit", (ZHANG.replace("0", "O", 1), "张伟芳", None, None, None)),
        (
            "full-width digits and spaces",
            (" " + "".join(chr(ord(c) + 0xFEE0) for c in ZHANG), "张 伟 芳", None, None, None),
        ),
        ("no number, all else alike", (None, "张伟芳", "1", "1980-02-03", "10011112222")),
        ("no number, day and month swapped", (None, "张伟芳", "1", "1980-03-02", "10011112222")),
        ("no number, a homophone", (None, "张玮方", "1", "1980-02-03", "10011112222")),
        ("another name under the number", (ZHANG, "张国庆", "1", "1980-02-03", None)),
    ],
)
def test_rows_of_one_person_are_linked(what: str, row: tuple[str | None, ...]) -> None:
    first, second = linked(FULL, row)
    assert first == second, what


@pytest.mark.parametrize(
    ("what", "row"),
    [
        ("two different valid numbers, all else alike", (LI, *FULL[1:])),
        ("a twin: one character of the name differs", (None, "张伟轩", "1", "1980-02-03", "10011112222")),
        ("a father of the same name", (number("99010119550607881"), "张伟芳", "1", "1955-06-07", "10011112222")),
        ("only the name", (None, "张伟芳", None, None, None)),
        ("somebody else's number by mistake", (ZHANG, "王秀英", "2", "1955-06-07", None)),
    ],
)
def test_rows_of_two_people_stay_apart(what: str, row: tuple[str | None, ...]) -> None:
    first, second = linked(FULL, row)
    assert first != second, what


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("张伟芳", "张伟平", True), ("张伟芳", "李伟芳", True), ("张芳", "张伟芳", True), ("伟芳", "张伟芳", True),
        ("张伟", "张伟芳", True),
        ("张伟芳", "张伟芳", False), ("张伟芳", "张国平", False), ("张伟芳", "张芳伟", False), ("张", "张伟芳", False),
        ("阿卜杜·艾力", "阿布杜·艾力", True), ("阿卜杜·艾力", "阿卜杜艾力", True), ("MARY", "MARI", True),
    ],
)  # fmt: skip
def test_one_character_is_one_character_whatever_its_bytes(one: str, other: str, apart: bool) -> None:
    condition = score.spelled("ONE_CHARACTER_APART(l.name, r.name)")
    for left, right in ((one, other), (other, one)):
        sql = f"SELECT {condition} FROM (SELECT '{left}' AS name) l, (SELECT '{right}' AS name) r"
        with duck.connect(threads=1) as connection:
            assert connection.execute(sql).fetchall() == [(apart,)]


def test_the_dots_of_a_name_are_one_dot() -> None:
    born = ("1", "1980-02-03", "10011112222")
    found = linked((ZHANG, "阿卜杜·艾力", *born), (None, "阿卜杜•艾力", *born), (None, "阿卜杜．艾力", *born))
    assert len(set(found)) == 1


def test_a_chain_never_joins_two_valid_numbers() -> None:
    """The one without a number is like both; it goes to nobody by itself, and the two stay two."""
    other = (LI, *FULL[1:])
    middle = (None, *FULL[1:])
    first, second, third = linked(FULL, other, middle)
    assert first != second
    assert third not in (first, second)


def test_a_hard_set_is_linked_better_than_nineteen_in_twenty() -> None:
    made = generate(3000, "dense", seed=4)
    with duck.connect(threads=2) as connection:
        begun(connection, made.rows, made.changes)
        done, _ = engine.run(connection, policy(), today=TODAY)
        connection.register("truth", made.truth)
        connection.execute("CREATE TEMP VIEW found AS SELECT dataset, _row, person FROM rows JOIN people USING (node)")
        quality = evaluate.compare(connection, "found", "truth")
    assert quality.precision > 0.995
    assert quality.recall > 0.97
    assert done.pairs["together"] < 3 * done.rows


def changed(made: LabelledSet, seed: int) -> tuple[pa.Table, pa.Table]:
    """Return what was there before: without some rows, with some others wrong, and with some that left since."""
    rows = made.rows.to_pylist()
    before = [
        row | ({"phone": "10000000000", "birth": None} if (n + seed) % 17 == 3 else {}) for n, row in enumerate(rows)
    ]
    before = [row for n, row in enumerate(before) if (n * 7 + seed) % 11 != 0]
    now = [row for n, row in enumerate(rows) if (n * 5 + seed) % 13 != 1]
    return pa.Table.from_pylist(before, made.rows.schema), pa.Table.from_pylist(now, made.rows.schema)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(min_value=1, max_value=10_000))
def test_an_incremental_run_gives_what_a_full_run_gives(seed: int) -> None:
    before, now = changed(generate(250, "dense", seed=seed), seed)
    with duck.connect(threads=1) as connection:
        begun(connection, before)
        _, used = engine.run(connection, policy(), today=TODAY)
        for table in engine.KEPT:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE old_{table} AS FROM {table}")
        begun(connection, now)
        connection.execute(
            "INSERT INTO gone SELECT dataset, _row FROM old_rows o WHERE NOT EXISTS (SELECT 1 FROM incoming i"
            " WHERE (i.dataset, i._row, i.print) = (o.dataset, o._row, o.print));"
            " CREATE OR REPLACE TEMP TABLE incoming AS SELECT * FROM incoming i"
            " WHERE NOT EXISTS (SELECT 1 FROM old_rows o"
            " WHERE (i.dataset, i._row, i.print) = (o.dataset, o._row, o.print))"
        )
        done, _ = engine.run(connection, policy(), today=TODAY, frozen=used)
        stepwise, doubts = (
            people_of(connection),
            connection.execute("SELECT l, r, weight FROM review ORDER BY ALL").fetchall(),
        )
    with duck.connect(threads=1) as connection:
        begun(connection, now)
        engine.run(connection, policy(), today=TODAY, frozen=used)
        assert people_of(connection) == stepwise
        assert connection.execute("SELECT l, r, weight FROM review ORDER BY ALL").fetchall() == doubts
    assert done.changed < now.num_rows


def test_the_order_of_the_rows_makes_no_difference() -> None:
    made = generate(400, "dense", seed=2).rows
    found = []
    for table in (made, made.take(pa.array(range(made.num_rows - 1, -1, -1)))):
        with duck.connect(threads=2) as connection:
            begun(connection, table)
            engine.run(connection, policy(), today=TODAY)
            found.append(people_of(connection))
    assert found[0] == found[1]


GROUPS = st.integers(min_value=-6, max_value=6).filter(bool)
EDGES = st.lists(st.tuples(GROUPS, GROUPS, st.integers(400, 3000)), max_size=25)


@given(
    edges=EDGES, apart=st.lists(st.tuples(GROUPS, GROUPS).filter(lambda p: p[0] != p[1]), max_size=4), data=st.data()
)
def test_no_cluster_holds_two_numbers_or_what_was_said_to_be_different(edges: Any, apart: Any, data: Any) -> None:
    found, _ = cluster(edges, apart=apart)
    again, _ = cluster(data.draw(st.permutations(edges)), apart=apart)
    assert found == again
    groups: dict[int, list[int]] = {}
    for group, root in found.items():
        groups.setdefault(root, []).append(group)
    for members in groups.values():
        assert sum(group > 0 for group in members) <= 1
        assert not [pair for pair in apart if set(pair) <= set(members)]


def test_the_weakest_edge_of_a_contradiction_is_given_up() -> None:
    found, refused = cluster([(1, -1, 900), (-1, -2, 700), (-2, 2, 800)])
    assert found[-1] == 1
    assert found[-2] == 2
    assert refused == [(-1, -2, 700)]


def test_what_people_said_comes_first() -> None:
    found, _ = cluster([(1, -1, 900)], same=[(1, 2)], apart=[(-1, 1)])
    assert found[1] == found[2]
    assert found[-1] != found[1]
