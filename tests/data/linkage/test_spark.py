"""Blocking and weighing on Spark give the rows that DuckDB gives, by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinbao.data.linkage import engine, spark
from jinbao.data.linkage.declared import policy
from jinbao.data.linkage.generate import generate
from jinbao.kernel import duck
from tests import spark as local
from tests.data.linkage.test_engine import TODAY, begun

pytestmark = local.NEEDED


def digest(rows: Iterable[Iterable[Any]]) -> str:
    """Hash rows whatever their order."""
    made = hashlib.sha256()
    for line in sorted("|".join("" if cell is None else str(cell) for cell in row) for row in rows):
        made.update(line.encode() + b"\n")
    return made.hexdigest()


def test_pairs_and_weights_are_the_same_on_both_engines(tmp_path: Path) -> None:
    made = generate(600, "dense", seed=8)
    with duck.connect(threads=1) as connection:
        begun(connection, made.rows, made.changes)
        _, used = engine.run(connection, policy(), today=TODAY)
        connection.execute(f"COPY members TO '{tmp_path / 'members.parquet'}' (FORMAT parquet)")
        wanted = ", ".join(f"{one.name}_level" for one in policy().comparisons)
        scored = f"SELECT l, r, l_grp, r_grp, {wanted}, weight FROM scored"
        here = [connection.execute(sql).fetchall() for sql in ("SELECT l, r, near FROM pairs", scored)]
        reached = {
            one.name: {
                level for (level,) in connection.execute(f"SELECT DISTINCT {one.name}_level FROM scored").fetchall()
            }
            for one in policy().comparisons
        }
    session = local.session()
    spark.pair(session, tmp_path / "members.parquet", policy())
    spark.score(session, policy(), used.persons)
    there = [session.sql(sql).collect() for sql in ("SELECT l, r, near FROM pairs", scored)]
    assert [digest(rows) for rows in here] == [digest(rows) for rows in there]
    assert len(here[0]) > 100
    assert all(len(levels) > 1 for levels in reached.values()), "the comparisons all had something to say"
