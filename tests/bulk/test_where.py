"""`--where` is one condition on the facts of one person; anything else is refused with a sentence before it runs."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from jinbao.project.cli import cli
from jinbao.rules.bulk import LakeError
from jinbao.rules.bulk.lake import SCHEMA, bucket_path, write_description, write_table
from jinbao.rules.bulk.where import check_where, selected
from tests.bulk.test_homes import PEOPLE, home, row

GOOD = {
    "退休类别 = '男职工'": 1,
    "出生年月 // 100 BETWEEN 1960 AND 1979 -- 六七十年代": 1,
    "选择退休年月 IS NULL AND NOT (视同缴费月数 > 0)": 1,
    "证件号码 LIKE '990101%' OR false": 1,
    "出生年月 / 100 < 1000": 0,
    "选择退休年月 > 203001": 0,
}
BAD = {
    "出生年月 + 1": "“出生年月 [+] 1”不是是或否的判断，而是整数",
    "退休类别": "而是文字",
    "NULL": "而是空值",
    "没有这列 = 1": "“没有这列”在湖里没有这一列",
    '退休类别 = "男职工"': "“男职工”在湖里没有这一列",
    "退休类别 = ‘男职工’": "这一列",
    "退休类别 = '男职工": "不是完整的条件",
    "出生年月 > 197001 AND": "不是完整的条件：第 17 个字符“AND”附近",
    "true; DROP TABLE persons": "2 条语句",
    "1 = 1) OR (1 = 1": "不是完整的条件",
    "EXISTS (SELECT 1 FROM '/etc/passwd')": "不是条件",
    "出生年月 = (SELECT max(出生年月) FROM persons)": "不是条件",
    "DROP TABLE persons": "不是条件",
    "max(出生年月) > 1": "汇总或窗口",
    "row_number() OVER () < 3": "汇总或窗口",
    "random() < 0.5": "随机数或当前",
    "出生年月 < year(now())": "随机数或当前",
    "出生年月 / 0 > 1": "除数可能为零",
    "出生年月 / 视同缴费月数 > 1": "除数可能为零",
    "persons.出生年月 > 1": "带了表名",
    "履历 IS NULL": "履历",
    "没有这函数(出生年月) > 1": "不成立",
    "出生年月 AS 月": "不成立",
}  # fmt: skip


@pytest.mark.parametrize("where", GOOD)
def test_a_condition_selects_whom_it_holds_for(where: str) -> None:
    check_where(where, SCHEMA)
    assert len(selected(pa.Table.from_pylist([row(PEOPLE[0])], SCHEMA), where)) == GOOD[where]


@pytest.mark.parametrize("where", BAD)
def test_anything_else_is_refused_with_a_sentence(where: str) -> None:
    with pytest.raises(LakeError, match=BAD[where]) as found:
        check_where(where, SCHEMA)
    assert found.value.advice


def test_what_cannot_be_computed_of_somebody_is_said_with_the_file(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for bucket in range(3):
        mine = [row(number) for number in PEOPLE if home(number) == bucket]
        write_table(bucket_path(lake, bucket), pa.Table.from_pylist(mine, SCHEMA))
    write_description(lake, {"buckets": 3, "persons": len(PEOPLE)})
    for where, said in (
        ("出生年月 % 视同缴费月数 = 1", "除数为零"),
        ("退休类别::INT = 1", "男职工"),
        ("出生年月 > '男'", "男"),
    ):
        words = ["bulk", "累计缴费月数", "--lake", str(lake), "--on", "2025-12-01", "--region", "990100"]
        shown = CliRunner().invoke(cli, [*words, "--out", str(tmp_path / "out"), "--where", where])
        assert isinstance(shown.exception, LakeError)
        assert re.search(rf"bucket-0000\d\.parquet：--where 的条件对有的人算不出来：.*{said}", shown.exception.message)
