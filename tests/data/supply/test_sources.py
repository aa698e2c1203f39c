"""Declared sources: databases, interfaces and folders, each through the same gate, each run logged."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jinbao.data.models import Batch
from jinbao.data.supply import pulls, tables
from jinbao.data.supply.models import Pull
from jinbao.data.supply.sources import Schedule, SupplySource, all_sources, source
from jinbao.kernel.errors import Conflict, DeclarationError, NotAllowed, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, OTHER_CITY, make_actor
from tests.data.supply.conftest import NOW, ask

TABLE = """
title: 就诊前置库
dataset: visits
sender: 卫健
schedule: {every_minutes: 60}
accept: always
database:
  url_env: JINBAO_SOURCE_TEST
  table: visit
  columns: {visit_no: no, id_number: idcard, name: person, month: yyyymm, cost_fen: cost}
  watermark: updated_at
  overlap: 600
"""
FOLDER = """
title: 就诊目录
dataset: visits
sender: 卫健
schedule: {at: "02:30"}
accept: clean
folder: {path: inbox/visits, pattern: "*.csv", settle_seconds: 5}
"""
CREATE = (
    "CREATE TABLE visit (no VARCHAR(20), idcard VARCHAR(20), person VARCHAR(40), yyyymm INTEGER, cost NUMERIC(10,2),"
    " updated_at TIMESTAMP)"
)
INSERT = "INSERT INTO visit VALUES ('{no}', NULL, '{name}', 202601, {cost}, '{at}')"
MINUTE = timedelta(minutes=1)
Declare = Callable[..., SupplySource]
Execute = Callable[[str], None]


@pytest.fixture
def declare(policy: Path, db: None) -> Declare:
    """Declare a source in the policy folder."""

    def run(text: str, name: str = "test") -> SupplySource:
        (policy / "sources").mkdir(exist_ok=True)
        (policy / "sources" / f"{name}.yaml").write_text(text, encoding="utf-8")
        return source(name)

    return run


def pull(of: SupplySource, at: datetime = NOW) -> list[Pull]:
    runs = pulls.pull(Actor.system(), of, now=at)
    tables.refresh()
    return runs


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def other(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Execute]:
    """Somebody else's database with a table of visits, of each kind that answers here."""
    opened: Callable[..., Any] = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql}[request.param]
    url, execute, close = opened(tmp_path)
    monkeypatch.setenv("JINBAO_SOURCE_TEST", url)
    execute(CREATE)
    yield execute
    close()


def _sqlite(place: Path) -> Any:
    path = place / "theirs.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None)
    return f"sqlite://{path}", connection.execute, connection.close


def _postgresql(place: Path) -> Any:
    import psycopg

    name = f"theirs_{uuid.uuid4().hex[:8]}"
    server = os.environ.get("JINBAO_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432")
    try:
        admin = psycopg.connect(f"{server}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL answers: {error}")
    admin.execute(f"CREATE DATABASE {name}".encode())
    theirs = psycopg.connect(f"{server}/{name}", autocommit=True)

    def close() -> None:
        theirs.close()
        admin.execute(f"DROP DATABASE {name}".encode())
        admin.close()

    return f"{server}/{name}", lambda sql: theirs.execute(sql.encode()), close


def _mysql(place: Path) -> Any:
    import pymysql

    name = f"theirs_{uuid.uuid4().hex[:8]}"
    try:
        server = pymysql.connect(host="127.0.0.1", user="root", autocommit=True, connect_timeout=3, charset="utf8mb4")
    except pymysql.MySQLError as error:
        pytest.skip(f"no MySQL answers: {error}")

    def execute(sql: str) -> None:
        with server.cursor() as cursor:
            cursor.execute(sql)

    execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    execute(f"USE {name}")

    def close() -> None:
        execute(f"DROP DATABASE {name}")
        server.close()

    return f"mysql://root@127.0.0.1:3306/{name}", execute, close


def put(other: Execute, no: str, at: str, cost: str = "1.50", name: str = "张三") -> None:
    other(INSERT.format(no=no, name=name, cost=cost, at=at))


def test_a_table_is_read_whole_first_and_then_from_the_watermark(declare: Declare, other: Execute) -> None:
    visits = declare(TABLE)
    put(other, "A1", "2026-11-01 08:00:00")
    put(other, "A2", "2026-11-01 09:00:00", "20")
    (first,) = pull(visits)
    assert (first.status, first.rows) == (Pull.Status.DONE, 2)
    put(other, "A3", "2026-11-02 09:00:00")
    (second,) = pull(visits, NOW + MINUTE)
    assert (second.status, second.rows) == (Pull.Status.DONE, 2)  # A2 lies within the overlap
    assert ask("SELECT visit_no, cost_fen FROM visits ORDER BY 1") == [("A1", 150), ("A2", 2000), ("A3", 150)]


def test_a_row_that_was_committed_late_is_not_missed(declare: Declare, other: Execute) -> None:
    visits = declare(TABLE)
    put(other, "A1", "2026-11-01 08:00:00")
    pull(visits)
    put(other, "A0", "2026-11-01 07:55:00")
    pull(visits, NOW + MINUTE)
    assert ask("SELECT count(*) FROM visits") == [(2,)]


def test_nothing_new_is_said_so_and_makes_no_batch(declare: Declare, other: Execute) -> None:
    visits = declare(TABLE)
    put(other, "A1", "2026-11-01 08:00:00")
    pull(visits)
    (again,) = pull(visits, NOW + MINUTE)
    assert again.status == Pull.Status.NOTHING
    assert Batch.objects.count() == 1


def test_rows_with_faults_come_back_and_the_good_ones_are_taken(declare: Declare, other: Execute) -> None:
    visits = declare(TABLE)
    put(other, "A1", "2026-11-01 08:00:00", name="张3")
    put(other, "A2", "2026-11-01 08:00:01")
    (run,) = pull(visits)
    assert run.batch is not None
    assert (run.batch.accepted, run.batch.rejected, run.batch.status) == (1, 1, Batch.Status.ACCEPTED)


def test_a_table_that_is_gone_is_a_failed_run_with_advice(declare: Declare, other: Execute) -> None:
    visits = declare(TABLE)
    other("DROP TABLE visit")
    (run,) = pull(visits)
    assert run.status == Pull.Status.FAILED
    assert "读不了 visit" in run.error
    assert "怎么办" in run.error


def test_content_that_was_there_before_and_is_there_again_replaces_what_came_between(
    declare: Declare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, execute, close = _sqlite(tmp_path)
    monkeypatch.setenv("JINBAO_SOURCE_TEST", url)
    execute(CREATE)
    snapshot = declare(TABLE.replace("visits", "snapshot").replace("  watermark: updated_at\n", ""))
    for number, cost in enumerate(("1", "2", "1")):
        execute("DELETE FROM visit")
        execute(INSERT.format(no="A1", name="张三", cost=cost, at="2026-11-01"))
        (run,) = pull(snapshot, NOW + number * MINUTE)
        assert run.status == Pull.Status.DONE
    assert ask("SELECT cost_fen FROM snapshot") == [(100,)]
    close()


def test_a_secret_that_is_not_set_and_one_that_is_wrong_are_said_without_the_password(
    declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = declare(TABLE)
    assert "没有设置环境变量 JINBAO_SOURCE_TEST" in pull(visits)[0].error
    monkeypatch.setenv("JINBAO_SOURCE_TEST", "mysql://root:geheim@127.0.0.1:1/x")
    (run,) = pull(visits)
    assert run.status == Pull.Status.FAILED
    assert "geheim" not in run.error
    monkeypatch.setenv("JINBAO_SOURCE_TEST", "oracle://x")
    assert "不是数据库地址" in pull(visits)[0].error


def drop(var: Path, name: str, content: str, seconds_ago: int = 60) -> Path:
    folder = var / "inbox" / "visits"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")
    at = NOW.timestamp() - seconds_ago
    os.utime(folder / name, (at, at))
    return folder


GOOD = "流水号,姓名,年月,费用\nA1,张三,2026-01,1\n"


def test_a_file_that_has_settled_is_read_and_moved_aside(declare: Declare, var: Path) -> None:
    folder = drop(var, "a.csv", GOOD)
    drop(var, "growing.csv", GOOD, seconds_ago=1)
    runs = pull(declare(FOLDER))
    assert [(run.file_name, run.status, run.rows) for run in runs] == [("a.csv", Pull.Status.DONE, 1)]
    assert (folder / "processed" / "a.csv").exists()
    assert (folder / "growing.csv").exists()


def test_the_same_bytes_under_another_name_count_once(declare: Declare, var: Path) -> None:
    watched = declare(FOLDER)
    drop(var, "a.csv", GOOD)
    pull(watched)
    drop(var, "b.csv", GOOD)
    assert [run.status for run in pull(watched, NOW + MINUTE)] == [Pull.Status.NOTHING]
    assert Batch.objects.count() == 1


def test_a_file_that_cannot_be_read_is_put_aside_with_the_reason_and_the_next_is_read(
    declare: Declare, var: Path
) -> None:
    folder = drop(var, "a.csv", "%PDF-1.7 no table", 90)
    drop(var, "b.csv", GOOD)
    runs = pull(declare(FOLDER))
    assert [run.status for run in runs] == [Pull.Status.FAILED, Pull.Status.DONE]
    assert "PDF" in (folder / "refused" / "a.csv.原因.txt").read_text()


def test_a_file_with_faulty_rows_waits_for_the_steward(declare: Declare, var: Path) -> None:
    drop(var, "a.csv", GOOD + "A2,张3,2026-01,1\n")
    (run,) = pull(declare(FOLDER))
    assert run.batch is not None
    assert run.batch.status == Batch.Status.CHECKED


ELSEWHERE = FOLDER.replace("inbox/visits", "/nowhere/visits")


def test_a_missing_folder_of_somebody_else_is_a_failed_run_and_our_own_is_made(declare: Declare, var: Path) -> None:
    assert "没有目录" in pull(declare(ELSEWHERE))[0].error
    assert pull(declare(FOLDER))[0].status == Pull.Status.NOTHING
    assert (var / "inbox" / "visits").is_dir()


def test_a_schedule_says_when_the_next_run_is_due() -> None:
    assert Schedule(every_minutes=60).next_after(NOW) == NOW + timedelta(hours=1)
    nightly = Schedule(at="02:30").next_after(NOW)  # it is nine in the morning there
    assert nightly - NOW == timedelta(hours=17, minutes=30)
    with pytest.raises(DeclarationError, match="every_minutes 或 at"):
        Schedule()


def test_a_failed_run_is_due_again_soon_and_a_good_one_by_its_schedule(declare: Declare, var: Path) -> None:
    watched = declare(ELSEWHERE)
    assert pulls.is_due(watched, NOW)
    pull(watched)
    assert not pulls.is_due(watched, NOW + 14 * MINUTE)
    assert pulls.is_due(watched, NOW + 15 * MINUTE)
    drop(var, "a.csv", GOOD)
    pull(declare(FOLDER), NOW + 15 * MINUTE)
    assert not pulls.is_due(watched, NOW + 60 * MINUTE)


def test_two_do_not_fetch_from_one_source_at_once(declare: Declare, var: Path) -> None:
    watched = declare(FOLDER)
    with pulls._alone(watched), pytest.raises(Conflict, match="正在从"):
        pull(watched)


def test_a_run_that_was_killed_is_closed_by_the_next(declare: Declare, var: Path) -> None:
    watched = declare(FOLDER)
    left = Pull.objects.create(source="test", dataset="visits", region=CITY, started_at=NOW)
    drop(var, "a.csv", GOOD)
    pull(watched, NOW + MINUTE)
    left.refresh_from_db()
    assert (left.status, "中断" in left.error) == (Pull.Status.FAILED, True)


def test_only_a_steward_of_the_region_may_fetch(declare: Declare, clerk: Actor) -> None:
    watched = declare(FOLDER)
    elsewhere = make_actor("shuju2", "外市数据", Role.STEWARD, region=OTHER_CITY)
    for by in (clerk, elsewhere):
        with pytest.raises(NotAllowed):
            pulls.pull(by, watched, now=NOW)
    steward = make_actor("shuju", "孙数据", Role.STEWARD, region=CITY)
    assert pulls.pull(steward, watched, now=NOW)[0].status == Pull.Status.NOTHING


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TABLE.replace("visit_no: no, ", ""), "缺少必填列 visit_no"),
        (TABLE.replace("cost_fen: cost", "price: cost"), "没有列 price"),
        (TABLE.replace("sender: 卫健", "sender: 气象"), "没有名为“气象”的供数单位"),
        (TABLE + "folder: {path: x}\n", "之一"),
    ],
)
def test_a_mistake_in_a_declaration_is_named(declare: Declare, text: str, said: str) -> None:
    with pytest.raises((DeclarationError, NotFound), match=said):
        declare(text)


def test_the_declared_sources_of_the_house_are_right() -> None:
    assert {one.kind for one in all_sources()} == {"数据库表", "接口", "目录"}
