"""Runs over a lake: same bytes, resumable after a kill, disorder found and put right, filters, Spark."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jinbao.rules.bulk import LakeError
from jinbao.rules.bulk.careers import CAREER, PERSON
from jinbao.rules.bulk.convert import convert
from jinbao.rules.bulk.generate import Plan, generate
from jinbao.rules.bulk.lake import bucket_files, bucket_path, describe, write_table
from jinbao.rules.bulk.repair import repair
from jinbao.rules.bulk.run import Job, make_job, run
from jinbao.rules.bulk.spark import run_on_spark
from jinbao.rules.bulk.wages import average_wages
from tests import spark

RULES = ("基本养老金", "个人账户储存额", "可否领取基本养老金")
PERSONS = 3000


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    generate(Plan(PERSONS, 1, 2025 * 12 + 10, average_wages(2025)), folder, processes=1, progress=lambda _: None)
    return folder


@pytest.fixture
def own(lake: Path, tmp_path: Path) -> Path:
    """A lake that the test may spoil."""
    return Path(shutil.copytree(lake, tmp_path / "own"))


def job_for(lake: Path, out: Path, where: str = "") -> Job:
    return make_job(RULES, region="990100", on=date(2025, 12, 1), lake=lake, out=out, where=where)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_everybody_gets_an_answer_or_a_reason(lake: Path, tmp_path: Path) -> None:
    about = run(job_for(lake, tmp_path / "out"))
    assert about["persons"] == PERSONS
    rows = pa.concat_tables([pq.read_table(file) for file in sorted((tmp_path / "out").glob("*.parquet"))]).to_pylist()
    assert len({row[PERSON] for row in rows}) == PERSONS
    assert all((row["基本养老金"] is None) == (row["未给出结果的原因"] is not None) for row in rows)
    assert Decimal(about["totals"]["基本养老金"]) == sum(row["基本养老金"] or 0 for row in rows)


def test_any_tool_reads_the_result_as_exact_decimals(lake: Path, tmp_path: Path) -> None:
    about = run(job_for(lake, tmp_path / "out"))
    found = duckdb.execute(
        f"SELECT sum(基本养老金), any_value(typeof(基本养老金)) FROM '{tmp_path}/out/*.parquet'"
    ).fetchone()
    assert found == (Decimal(about["totals"]["基本养老金"]), "DECIMAL(18,2)")


def test_the_same_inputs_give_the_same_bytes(lake: Path, tmp_path: Path) -> None:
    run(job_for(lake, tmp_path / "one"), threads=1)
    run(job_for(lake, tmp_path / "two"), threads=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_same_seed_gives_the_same_careers(lake: Path, tmp_path: Path) -> None:
    plan = Plan(PERSONS, 1, 2025 * 12 + 10, average_wages(2025))
    generate(plan, tmp_path, processes=2, progress=lambda _: None)
    assert contents(tmp_path / "careers") == contents(lake / "careers")


def test_generated_people_are_nobody_and_only_once(lake: Path) -> None:
    numbers = [number for file in bucket_files(lake) for number in pq.read_table(file).column(PERSON).to_pylist()]
    assert len(set(numbers)) == PERSONS
    assert all(number.startswith("99") and len(number) == 18 for number in numbers)


def test_a_killed_run_goes_on_where_it_was_and_ends_with_the_same_bytes(lake: Path, tmp_path: Path) -> None:
    run(job_for(lake, tmp_path / "whole"))
    command = [sys.executable, "-m", "jinbao.project.cli", "bulk", ",".join(RULES), "--lake", str(lake), "--on", "2025-12-01",  # noqa: E501  # reads better whole
               "--region", "990100", "--out", str(tmp_path / "out"), "--threads", "1"]  # fmt: skip
    victim = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    first = tmp_path / "out" / "part-00000.parquet"
    while victim.poll() is None and not first.exists():
        time.sleep(0.005)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    (tmp_path / "out" / "run.json").unlink(missing_ok=True)
    before = first.stat().st_mtime_ns
    run(job_for(lake, tmp_path / "out"), resume=True)
    assert first.stat().st_mtime_ns == before, "a finished bucket is not computed again"
    parts = {name: content for name, content in contents(tmp_path / "out").items() if not name.startswith(".")}
    assert parts == contents(tmp_path / "whole")


def test_a_bucket_that_changed_is_computed_again_on_resume(own: Path, tmp_path: Path) -> None:
    run(job_for(own, tmp_path / "out"))
    file = bucket_path(own, 0)
    table = pq.read_table(file)
    write_table(file, table.slice(1))
    assert run(job_for(own, tmp_path / "out"), resume=True)["persons"] == PERSONS - 1


def test_results_of_another_run_are_not_overwritten(lake: Path, tmp_path: Path) -> None:
    run(job_for(lake, tmp_path))
    with pytest.raises(LakeError, match="--resume"):
        run(job_for(lake, tmp_path))


def test_results_of_another_question_are_not_overwritten_on_resume(lake: Path, tmp_path: Path) -> None:
    run(job_for(lake, tmp_path))
    with pytest.raises(LakeError, match="另一次计算"):
        run(job_for(lake, tmp_path, "退休类别 = '男职工'"), resume=True)


def test_a_wrong_filter_leaves_the_folder_free_for_the_right_one(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="where"):
        run(job_for(lake, tmp_path, "没有这列 = 1"))
    assert run(job_for(lake, tmp_path, "退休类别 = '男职工'"))["persons"] > 0


def test_parts_of_a_lake_that_had_more_buckets_do_not_stay(lake: Path, tmp_path: Path) -> None:
    run(job_for(lake, tmp_path))
    (tmp_path / "part-00007.parquet").write_bytes((tmp_path / "part-00000.parquet").read_bytes())
    run(job_for(lake, tmp_path), resume=True)
    assert sorted(file.name for file in tmp_path.glob("part-*")) == ["part-00000.parquet", "part-00001.parquet"]


def test_a_truncated_bucket_is_named_and_nothing_is_computed_from_it(own: Path, tmp_path: Path) -> None:
    file = bucket_path(own, 1)
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(LakeError, match=r"bucket-00001.*损坏"):
        run(job_for(own, tmp_path))


def test_a_filter_selects_people_by_their_facts(lake: Path, tmp_path: Path) -> None:
    men = run(job_for(lake, tmp_path / "men", "退休类别 = '男职工'"))["persons"]
    women = run(job_for(lake, tmp_path / "women", "退休类别 <> '男职工'"))["persons"]
    assert 0 < men < PERSONS
    assert men + women == PERSONS


def test_a_filter_cannot_read_files(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="where"):
        run(job_for(lake, tmp_path / "out", "EXISTS (SELECT 1 FROM '/etc/passwd')"))


def spoil(lake: Path, change: str) -> None:
    file = bucket_path(lake, 0)
    rows = pq.read_table(file).to_pylist()
    if change == "persons unsorted":
        rows[0], rows[1] = rows[1], rows[0]
    elif change == "person twice":
        rows.insert(1, rows[0])
    elif change == "career unsorted":
        rows[0][CAREER] = rows[0][CAREER][::-1]
    elif change == "stretch twice":
        rows[0][CAREER] = [rows[0][CAREER][0], *rows[0][CAREER]]
    elif change == "contradicting stretch":
        rows[0][CAREER] = [*rows[0][CAREER], {**rows[0][CAREER][-1], "缴费基数": 1}]
    write_table(file, pa.Table.from_pylist(rows, pq.read_schema(file)))


@pytest.mark.parametrize("change", ["persons unsorted", "person twice", "career unsorted", "stretch twice"])
def test_disorder_is_refused_and_can_be_put_right(own: Path, lake: Path, tmp_path: Path, change: str) -> None:
    spoil(own, change)
    with pytest.raises(LakeError, match="repair"):
        run(job_for(own, tmp_path / "refused"))
    repair(own)
    run(job_for(own, tmp_path / "out"))
    run(job_for(lake, tmp_path / "right"))
    assert contents(tmp_path / "out") == contents(tmp_path / "right")


def test_a_contradiction_is_never_put_right_silently(own: Path) -> None:
    spoil(own, "contradicting stretch")
    with pytest.raises(LakeError, match=r"重叠.*"):
        repair(own)


def test_an_incomplete_lake_is_refused(own: Path, tmp_path: Path) -> None:
    bucket_path(own, 1).unlink()
    with pytest.raises(LakeError, match="不完整"):
        job_for(own, tmp_path)


# --- from monthly rows ------------------------------------------------------------------------------------------------


def monthly(lake: Path, folder: Path) -> tuple[Path, Path]:
    months, persons = folder / "months.parquet", folder / "persons.parquet"
    files = lake / "careers" / "*.parquet"
    duckdb.execute(f"COPY (SELECT * EXCLUDE (履历) FROM '{files}') TO '{persons}'")
    duckdb.execute(
        f"""COPY (SELECT 证件号码, (m // 12 * 100 + m % 12 + 1)::INT AS 年月, (base / 100)::DECIMAL(12, 2) AS 缴费基数
        FROM (
        SELECT 证件号码, unnest(range(x.起 // 100 * 12 + x.起 % 100 - 1,
        x.起 // 100 * 12 + x.起 % 100 - 1 + x.月数)) AS m,
        x.缴费基数 AS base
        FROM (SELECT 证件号码, unnest(履历) AS x FROM '{files}')) ORDER BY random()) TO '{months}'"""
    )
    return months, persons


def test_monthly_rows_in_any_order_become_the_same_results(lake: Path, tmp_path: Path) -> None:
    months, persons = monthly(lake, tmp_path)
    done = convert(months, persons, tmp_path / "lake")
    assert (done.persons, done.months, done.repeated) == (PERSONS, describe(lake)["months"], 0)
    one, two = run(job_for(lake, tmp_path / "one")), run(job_for(tmp_path / "lake", tmp_path / "two"))
    assert one["totals"] == two["totals"]


def test_a_month_with_two_amounts_is_refused(lake: Path, tmp_path: Path) -> None:
    months, persons = monthly(lake, tmp_path)
    twice = tmp_path / "twice.parquet"
    duckdb.execute(
        f"COPY (FROM '{months}' UNION ALL (SELECT 证件号码, 年月, 缴费基数 + 1 FROM '{months}' LIMIT 3)) TO '{twice}'"
    )
    with pytest.raises(LakeError, match="3 个人月有两个不同的缴费基数"):
        convert(twice, persons, tmp_path / "lake")


def test_a_month_repeated_with_one_amount_counts_once(lake: Path, tmp_path: Path) -> None:
    months, persons = monthly(lake, tmp_path)
    twice = tmp_path / "twice.parquet"
    duckdb.execute(f"COPY (FROM '{months}' UNION ALL (FROM '{months}' LIMIT 5)) TO '{twice}'")
    done = convert(twice, persons, tmp_path / "lake")
    assert (done.months, done.repeated) == (describe(lake)["months"], 5)


# --- Spark -----


class TestSpark:
    pytestmark = spark.NEEDED

    def test_two_executors_give_the_same_bytes(
        self, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spark.stop()
        root = str(Path(__file__).parents[2])
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))
        monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
        run(job_for(lake, tmp_path / "local"))
        run_on_spark(job_for(lake, tmp_path / "spark"), "local-cluster[2,1,1024]")
        assert contents(tmp_path / "spark") == contents(tmp_path / "local")
