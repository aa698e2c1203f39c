"""A small law whose values one can compute by hand, and a lake of 张三, 李四, 王五 and thirty others."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jinbao.kernel.regions import policy_folder
from jinbao.oversight.simulation.question import Question, Side
from jinbao.rules.bulk.careers import PERSON
from jinbao.rules.bulk.homes import buckets_of
from jinbao.rules.bulk.lake import SCHEMA, bucket_path, write_description, write_table

ON, REGION = date(2025, 12, 1), "990100"
BUCKETS = 2

GLOSSARY = """
出生年月: {meaning: 出生, kind: 事实, type: 年月}
视同缴费月数: {meaning: 工龄, kind: 事实, type: 整数, unit: 月, default: 0}
缴费基数: {meaning: 当月, kind: 事实, grain: 月, type: 金额, unit: 元}
领取年龄: {meaning: 几岁起, kind: 参数, type: 整数, unit: 岁}
每月标准: {meaning: 每缴费一个月的待遇, kind: 参数, type: 金额, unit: 元/月}
最低月数: {meaning: 最少缴费, kind: 参数, type: 整数, unit: 月}
累计月数: {meaning: 缴费月数, kind: 规则, type: 整数, unit: 月}
月待遇: {meaning: 金额, kind: 规则, type: 金额, unit: 元/月}
可以领取: {meaning: 资格, kind: 规则, type: 布尔}
起始年月: {meaning: 何时开始, kind: 规则, type: 年月}
平均基数: {meaning: 收入, kind: 规则, type: 金额, unit: 元/月}
"""

RULES = '''
@rule("累计月数", cites="#1", since="1990-01")
def 累计月数(缴费基数, 视同缴费月数):
    """缴费的月数与视同缴费月数之和。"""
    return 计数(缴费基数 > 0) + 视同缴费月数


@rule("月待遇", cites="#1", since="1990-01")
def 月待遇(累计月数, 每月标准):
    """每缴费一个月，有一份标准。"""
    return 四舍五入(累计月数 * 每月标准, 2)


@rule("可以领取", cites="#1", since="1990-01")
def 可以领取(累计月数, 最低月数):
    """缴费月数不少于最低月数。"""
    if 累计月数 > 999:
        return 拒绝("缴费月数不可信")
    return 累计月数 >= 最低月数


@rule("起始年月", cites="#1", since="1990-01")
def 起始年月(出生年月, 领取年龄):
    """到龄的次月起。"""
    return 出生年月 + 领取年龄 * 12 + 1


@rule("平均基数", cites="#1", since="1990-01")
def 平均基数(缴费基数):
    """各月缴费基数的平均。"""
    if 计数(缴费基数 > 0) == 0:
        return 0
    return 四舍五入(合计(缴费基数) / 计数(缴费基数 > 0), 2)
'''

PARAMETERS = """
领取年龄: {values: [{from: 1990-01-01, value: 60, source: 试, confidence: A}]}
每月标准: {values: [{from: 1990-01-01, value: 10.05, source: 试, confidence: A}]}
最低月数: {values: [{from: 1990-01-01, value: 180, source: 试, confidence: A}]}
"""

SIMULATIONS = """
- {slug: small, title: 小待遇, amount: 月待遇, entitled: 可以领取, start: 起始年月, income: 平均基数,
   without_answer: {可以领取: 缴费月数录入有误，先核对档案}}
"""


@pytest.fixture(scope="session")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The policy folder of the small law."""
    folder = tmp_path_factory.mktemp("policy")
    clause = folder / "law" / "pension" / "small"
    clause.mkdir(parents=True)
    shutil.copy(policy_folder() / "regions.yaml", folder)
    (folder / "glossary.yaml").write_text(GLOSSARY, encoding="utf-8")
    (folder / "simulations.yaml").write_text(SIMULATIONS, encoding="utf-8")
    (clause / "law.md").write_text("# 试行办法\n## 第一条 待遇 {#1}\n按月计发。\n", encoding="utf-8")
    (clause / "rules.py").write_text(RULES, encoding="utf-8")
    (clause / "parameters.yaml").write_text(PARAMETERS, encoding="utf-8")
    (clause / "cases.yaml").write_text("[]\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the kernels of these tests are kept, so that each is compiled once."""
    return tmp_path_factory.mktemp("kernels")


def person(number: str, born: int, months: int, fen: int, worked: int = 0) -> dict[str, Any]:
    """Describe one person of the lake: so many months from 1995 on with the same base."""
    career = [{"起": 199501, "月数": months, "缴费基数": fen}] if months else []
    facts = {"出生年月": born, "退休类别": "男职工", "选择退休年月": None, "视同缴费月数": worked}
    return {PERSON: number, **facts, "履历": career}


def write_lake(folder: Path, persons: Iterable[dict[str, Any]], buckets: int = BUCKETS) -> Path:
    """Write persons into a lake as the conversion would."""
    rows = sorted(persons, key=lambda row: str(row[PERSON]))
    homes = buckets_of(pa.array([row[PERSON] for row in rows]), buckets)
    for bucket in range(buckets):
        mine = [row for row, home in zip(rows, homes, strict=True) if home == bucket]
        write_table(bucket_path(folder, bucket), pa.Table.from_pylist(mine, schema=SCHEMA))
    write_description(folder, {"buckets": buckets, "persons": len(rows)})
    return folder


def question(*wishes: str, months: int = 12, **more: Any) -> Question:
    """Ask for the small benefit under assumptions, against the law in force."""
    return Question("small", Side(ON, REGION), Side(ON, REGION, wishes), months, **more)


def number(serial: int, area: str = "990101", *, man: bool = True) -> str:
    """Make a number of nobody; the last digit is not checked here."""
    return f"{area}196001{serial // 5 + 1:02d}{serial % 5 * 2 + man:03d}0"


def by_label(results: dict[str, Any], slug: str) -> dict[str, dict[str, Any]]:
    """Return the rows of one dimension by label."""
    rows: Sequence[dict[str, Any]] = next(each["rows"] for each in results["dimensions"] if each["slug"] == slug)
    return {row["label"]: row for row in rows}
