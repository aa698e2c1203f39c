"""Whoever is killed while a table is written leaves the old table whole, and the next writer goes on."""

from __future__ import annotations

from typing import Any

import pytest

from jinbao.data.supply import layers, tables
from jinbao.data.supply.checks import CHECKS
from jinbao.kernel import duck
from tests.data.supply.conftest import Deliver, ask
from tests.killing import run_and_kill

SUM = "SELECT count(*), sum(cost_fen) FROM visits"
REBUILD = """
from jinbao.data.supply import tables
while True:
    print(tables.rebuild("visits").version)
"""


def broken() -> list[str]:
    return [str(row) for check in CHECKS for row in check.rows()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("delay_s", [0.0, 0.013])
def test_a_killed_writer_leaves_the_table_whole(deliver: Deliver, delay_s: float) -> None:
    deliver([f"A{n},,张三,2026-01,{n}.00" for n in range(1, 300)])
    whole = ask(SUM)
    versions = run_and_kill(REBUILD, after_lines=3, delay_s=delay_s)
    assert len(versions) >= 3
    assert ask(SUM) == whole
    deliver(["A0,,李四,2026-01,1.00"])
    assert ask(SUM) == [(300, whole[0][1] + 100)]
    left = {path.name for path in layers.folder("standard", "visits").glob("*.parquet")}
    now = layers.current("standard", "visits")
    assert now is not None
    assert left <= {*now.files, *now.before}
    assert broken() == []


def test_a_reader_keeps_what_it_opened_while_the_table_moves_on(deliver: Deliver) -> None:
    deliver(["A1,,张三,2026-01,1.00"])
    with duck.connect(folders=tables.folders()) as connection:
        tables.attach(connection)
        deliver(["A2,,李四,2026-02,2.00"])
        assert connection.execute(SUM).fetchone() == (1, 100)
    assert ask(SUM) == [(2, 300)]


def test_a_file_that_is_missing_is_found_and_made_anew(deliver: Deliver) -> None:
    deliver(["A1,,张三,2026-01,1.00"])
    tables.files("visits")[0].unlink()
    (said,) = broken()
    assert "jinbao data rebuild visits" in said
    tables.rebuild("visits")
    assert broken() == []
    assert ask(SUM) == [(1, 100)]


def test_it_takes_only_what_is_new(deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> None:
    from jinbao.data.supply import standard

    deliver(["A1,,张三,2026-01,1.00"])
    read: list[Any] = []
    scan = standard._scan
    monkeypatch.setattr(standard, "_scan", lambda dataset, each: read.append(each.pk) or scan(dataset, each))
    new = deliver(["A2,,李四,2026-02,2.00"])
    assert read == [new.pk]
