"""Monthly rows and persons as somebody delivers them: to the fen, or refused with the row and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from jinbao.project.cli import cli
from jinbao.rules.bulk import LakeError
from jinbao.rules.bulk.careers import CAREER, PERSON
from jinbao.rules.bulk.convert import convert
from jinbao.rules.bulk.generate import Plan, generate
from jinbao.rules.bulk.lake import bucket_files, bucket_path, describe, read_person_rows, schema_of, write_description
from jinbao.rules.bulk.repair import repair

ZHANG, LI = "990101196501010013", "99010119650101003X"
MONTHS, PERSONS = "证件号码,年月,缴费基数\n", "证件号码,出生年月,退休类别,选择退休年月,视同缴费月数\n"
BOTH = f"{ZHANG},196501,男职工,,0\n{LI},196501,男职工,202503,12\n"


def converted(folder: Path, months: str, persons: str = BOTH) -> dict[str, list[dict[str, int]]]:
    (folder / "月.csv").write_text(MONTHS + months, encoding="utf-8")
    (folder / "人.csv").write_text(PERSONS + persons, encoding="utf-8")
    convert(folder / "月.csv", folder / "人.csv", folder / "lake")
    return {row[PERSON]: row[CAREER] for file in bucket_files(folder / "lake") for row in read_person_rows(file)}


def test_fen_of_a_csv_arrive_as_they_are_written(tmp_path: Path) -> None:
    found = converted(tmp_path, f"{ZHANG},202401,4579.07\n{ZHANG},202402,8.29\n{LI},202401,1.1\n{LI},202402,0.29\n")
    assert [row["缴费基数"] for row in found[ZHANG]] == [457907, 829]
    assert [row["缴费基数"] for row in found[LI]] == [110, 29]


def test_a_name_with_a_quote_is_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "it's"
    folder.mkdir()
    assert converted(folder, f"{ZHANG},202401,5000\n")[ZHANG]


@pytest.mark.parametrize(
    ("months", "persons", "said"),
    [
        (f"{ZHANG},202401,5000\n{ZHANG},202401,6000\n", BOTH, r"990101\*\*\*\*0013 的 202401（第 2、3 行）"),
        (f"{ZHANG},,5000\n", BOTH, "年月不成立"),
        (f"{ZHANG},2024-01,5000\n", BOTH, "“2024-01”"),
        (f"{ZHANG},202413,5000\n", BOTH, "“202413”"),
        (f"{ZHANG},202401,\n", BOTH, "缴费基数不成立"),
        (f"{ZHANG},202401,五千\n", BOTH, "“五千”"),
        (f"{ZHANG},202401,1.234\n", BOTH, r"“1\.234”"),
        (f"{ZHANG},202401,-1\n", BOTH, "“-1”"),
        (f"{ZHANG},202401,99999999999\n", BOTH, "“99999999999”"),
        (",202401,5000\n", BOTH, "证件号码不成立"),
        ("", "", "没有人"),
        ("", f"{ZHANG},1965年,男职工,,0\n", "“1965年”"),
        ("", f"{ZHANG},,男职工,,0\n", "出生年月不成立"),
        ("", f"{ZHANG},196501,,,0\n", "退休类别不成立，第一处在第 2 行，.*“空”"),
        (
            "",
            f"{ZHANG},196501,男职工,,0\n{LI},196501,男工,,0\n",
            r"人\.csv：1 行的退休类别不成立，第一处在第 3 行，.*003X 的“男工”",
        ),
        (
            "",
            f"{ZHANG},196501,男职工,,0\n{LI},196501,女职工50,,0\n{ZHANG},196501,男职工,,9\n",
            "1 人.*0013（第 2、4 行）",
        ),
        ("", f"{ZHANG},196501,男职工,明年,0\n", "“明年”"),
        ("", f"{ZHANG},196501,男职工,,-5\n", "“-5”"),
        ("", f"{ZHANG},196501,男职工,,\n", "视同缴费月数不成立"),
        (f"{LI},202401,5000\n", f"{ZHANG},196501,男职工,,0\n", "不在人员文件中，例如 .*（第 2 行）"),
    ],
)
def test_what_does_not_hold_is_refused_with_an_example(
    tmp_path: Path, months: str, persons: str, said: str
) -> None:  # fmt: skip
    with pytest.raises(LakeError, match=said) as caught:
        converted(tmp_path, months, persons)
    assert caught.value.advice


def test_files_of_another_kind_or_with_other_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "月.xlsx").write_bytes(b"PK")
    with pytest.raises(LakeError, match="不是 Parquet 或 CSV"):
        convert(tmp_path / "月.xlsx", tmp_path / "月.xlsx", tmp_path / "lake")
    (tmp_path / "月.csv").write_text("身份证,月份\n1,2\n", encoding="utf-8")
    with pytest.raises(LakeError) as caught:
        convert(tmp_path / "月.csv", tmp_path / "月.csv", tmp_path / "lake")
    assert "证件号码、年月、缴费基数" in caught.value.advice


def test_refused_rows_leave_the_lake_as_it_was(tmp_path: Path) -> None:
    converted(tmp_path, f"{ZHANG},202401,5000\n")
    before = {file.name: file.read_bytes() for file in (tmp_path / "lake" / "careers").iterdir()}
    with pytest.raises(LakeError):
        converted(tmp_path, f"{ZHANG},202401,五千\n")
    assert before == {file.name: file.read_bytes() for file in (tmp_path / "lake" / "careers").iterdir()}


def test_a_smaller_city_leaves_no_bucket_of_the_larger_one(tmp_path: Path) -> None:
    converted(tmp_path, f"{ZHANG},202401,5000\n")
    lake = tmp_path / "lake"
    bucket_path(lake, 2).write_bytes(bucket_path(lake, 0).read_bytes())
    write_description(lake, {"buckets": 3, "source": "files"})
    converted(tmp_path, f"{ZHANG},202401,5000\n")
    assert len(bucket_files(lake)) == describe(lake)["buckets"] == 2


@pytest.mark.parametrize("source", ["books", "generated", "files"])
def test_careers_from_elsewhere_are_not_overwritten(tmp_path: Path, source: str) -> None:
    write_description(tmp_path / "lake", {"buckets": 2, "source": source})
    if source != "files":
        with pytest.raises(LakeError, match="已有"):
            converted(tmp_path, f"{ZHANG},202401,5000\n")
    if source != "generated":
        with pytest.raises(LakeError, match="已有"):
            generate(Plan(10, 1, 2025 * 12, {}), tmp_path / "lake", processes=1, progress=lambda _: None)


def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    converted(tmp_path, f"{ZHANG},202401,5000\n")
    lake = tmp_path / "lake"
    file = bucket_path(lake, 0)
    file.write_bytes(file.read_bytes()[:100])
    for attempt in (lambda: schema_of(lake), lambda: repair(lake)):
        with pytest.raises(LakeError, match=r"bucket-00000.*损坏"):
            attempt()
    (lake / "careers" / "lake.json").write_text("{", encoding="utf-8")
    with pytest.raises(LakeError, match=r"lake\.json"):
        bucket_files(lake)


def test_repairing_where_there_is_no_lake_says_so(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="没有履历文件"):
        repair(tmp_path)


def test_no_rule_at_all_is_refused(tmp_path: Path) -> None:
    said = CliRunner().invoke(
        cli, ["bulk", " ，", "--lake", str(tmp_path), "--on", "2025-12-01", "--region", "990100", "--out", "x"]
    )
    assert "没有写要计算哪条规则" in str(said.exception)
