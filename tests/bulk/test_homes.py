"""Nobody is counted twice: a person in the bucket of others is found by every reading, and put right or refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jinbao.rules.bulk import LakeError
from jinbao.rules.bulk.careers import PERSON
from jinbao.rules.bulk.homes import buckets_of
from jinbao.rules.bulk.lake import SCHEMA, bucket_path, write_description, write_table
from jinbao.rules.bulk.repair import Repaired, repair
from jinbao.rules.bulk.run import make_job, run

BUCKETS = 3
PEOPLE = [f"9901011970010{serial:05d}" for serial in range(12)]


def row(number: str | None, fen: int = 500_000) -> dict[str, Any]:
    career = [{"起": 200001, "月数": 240, "缴费基数": fen}]
    facts = {"出生年月": 197001, "退休类别": "男职工", "选择退休年月": None, "视同缴费月数": 0}
    return {PERSON: number, **facts, "履历": career}


def home(number: str) -> int:
    return int(buckets_of(pa.array([number]), BUCKETS)[0])


def rows_of(lake: Path, bucket: int) -> list[dict[str, Any]]:
    return list(pq.read_table(bucket_path(lake, bucket)).to_pylist())


def write(lake: Path, bucket: int, rows: list[dict[str, Any]]) -> None:
    rows = sorted(rows, key=lambda each: str(each[PERSON]))
    write_table(bucket_path(lake, bucket), pa.Table.from_pylist(rows, SCHEMA))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    folder = tmp_path / "lake"
    for bucket in range(BUCKETS):
        write(folder, bucket, [row(number) for number in PEOPLE if home(number) == bucket])
    write_description(folder, {"buckets": BUCKETS, "persons": len(PEOPLE)})
    return folder


def count(lake: Path, out: Path) -> int:
    job = make_job(["累计缴费月数"], region="990100", on=date(2025, 12, 1), lake=lake, out=out)
    return int(run(job)["persons"])


def somebody(bucket: int) -> str:
    return next(number for number in PEOPLE if home(number) == bucket)


def test_a_person_in_two_buckets_is_refused_with_file_and_person(lake: Path, tmp_path: Path) -> None:
    twin = somebody(1)
    write(lake, 0, [*rows_of(lake, 0), row(twin)])
    shown = rf"{twin[:6]}\*\*\*\*{twin[-4:]} 应在 bucket-00001"
    with pytest.raises(LakeError, match=rf"bucket-00000.*1 人.*{shown}") as found:
        count(lake, tmp_path / "out")
    assert "repair" in found.value.advice


def test_repair_drops_the_second_row_of_a_person_in_two_buckets(lake: Path, tmp_path: Path) -> None:
    right = [rows_of(lake, bucket) for bucket in range(BUCKETS)]
    write(lake, 0, [*right[0], row(somebody(1))])
    assert repair(lake) == Repaired(files=1, dropped=1, moved=1)
    assert [rows_of(lake, bucket) for bucket in range(BUCKETS)] == right
    assert count(lake, tmp_path / "out") == len(PEOPLE)


def test_repair_refuses_two_rows_that_contradict_and_changes_nothing(lake: Path) -> None:
    write(lake, 0, [*rows_of(lake, 0), row(somebody(1), fen=600_000)])
    before = [bucket_path(lake, bucket).read_bytes() for bucket in range(BUCKETS)]
    with pytest.raises(LakeError, match=r"bucket-00001\.parquet 和 bucket-00000\.parquet 中.*内容不同"):
        repair(lake)
    assert [bucket_path(lake, bucket).read_bytes() for bucket in range(BUCKETS)] == before


def spread_otherwise(lake: Path) -> None:
    """Somebody else's way of making buckets: one after the other."""
    for bucket in range(BUCKETS):
        write(lake, bucket, [row(number) for number in PEOPLE[bucket::BUCKETS]])


def test_a_lake_with_buckets_by_another_hash_is_refused_and_can_be_put_right(lake: Path, tmp_path: Path) -> None:
    right = [rows_of(lake, bucket) for bucket in range(BUCKETS)]
    spread_otherwise(lake)
    with pytest.raises(LakeError, match="不属于这个桶"):
        count(lake, tmp_path / "refused")
    repair(lake)
    assert [rows_of(lake, bucket) for bucket in range(BUCKETS)] == right


def test_a_killed_repair_loses_nobody_and_the_next_one_finishes_it(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = [rows_of(lake, bucket) for bucket in range(BUCKETS)]
    for killed_after in range(1, 6):
        spread_otherwise(lake)
        left, replace = [killed_after], Path.replace

        def dying(self: Path, target: Path, left: list[int] = left, replace: Any = replace) -> Path:
            if ".repairing" in str(self) and Path(target).parent.name == "careers":
                left[0] -= 1
                if left[0] < 0:
                    raise KeyboardInterrupt
            return Path(replace(self, target))

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", dying)
            with pytest.raises(KeyboardInterrupt):
                repair(lake)
        assert {each[PERSON] for bucket in range(BUCKETS) for each in rows_of(lake, bucket)} == set(PEOPLE)
        repair(lake)
        assert [rows_of(lake, bucket) for bucket in range(BUCKETS)] == right


def test_a_row_without_a_number_is_refused(lake: Path, tmp_path: Path) -> None:
    nameless = pa.schema([pa.field(PERSON, pa.string()), *list(SCHEMA)[1:]])
    write_table(bucket_path(lake, 0), pa.Table.from_pylist([row(None)], nameless))
    for what in (lambda: count(lake, tmp_path / "out"), lambda: repair(lake)):
        with pytest.raises(LakeError, match=r"bucket-00000.*没有证件号码"):
            what()


def test_a_bucket_under_another_name_is_refused(lake: Path, tmp_path: Path) -> None:
    bucket_path(lake, 1).rename(bucket_path(lake, 7))
    with pytest.raises(LakeError, match="没有 bucket-00001"):
        count(lake, tmp_path / "out")


def test_a_bucket_with_other_columns_is_refused_with_their_names(lake: Path, tmp_path: Path) -> None:
    write_table(bucket_path(lake, 2), pq.read_table(bucket_path(lake, 2)).drop_columns(["视同缴费月数"]))
    with pytest.raises(LakeError, match=r"bucket-00002.*视同缴费月数"):
        count(lake, tmp_path / "out")


def test_the_hash_is_the_published_fnv_1a() -> None:
    """The vectors of draft-eastlake-fnv: the empty text, `a` and `foobar`."""
    wide = 2**61
    expected = [0xCBF29CE484222325, 0xAF63DC4C8601EC8C, 0x85944171F73967E8]
    assert buckets_of(pa.array(["", "a", "foobar"]), wide).tolist() == [value % wide for value in expected]
    assert buckets_of(pa.array(["x", "a"]).slice(1), wide).tolist() == [expected[1] % wide]
