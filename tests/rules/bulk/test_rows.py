"""取年 and 取月 come out of the kernel as out of the exact reading, or are refused with their line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from jinbao.rules import Law
from jinbao.rules.bulk import compile_rules
from jinbao.rules.bulk.careers import CAREER, PERSON
from jinbao.rules.bulk.exact import exact_row
from jinbao.rules.bulk.execute import execute
from jinbao.rules.bulk.lake import SCHEMA

ON, REGION = date(2021, 12, 1), "990100"
GOOD = Path(__file__).parents[1] / "samples" / "good"
TERMS = """
某月基数: {meaning: 五十岁当月的缴费基数, kind: 规则, type: 金额, unit: 元}
某月记账额: {meaning: 五十岁当月的记账额, kind: 规则, type: 金额, unit: 元}
某年储存额: {meaning: 五十岁当年年末的储存额, kind: 规则, type: 金额, unit: 元}
某月有否: {meaning: 五十岁当月是否高于三千, kind: 规则, type: 布尔}
逐年看: {meaning: 年级规则里取月, kind: 规则, type: 金额, unit: 元, grain: 年}
逐年看合计: {meaning: 用到它的人级规则, kind: 规则, type: 金额, unit: 元}
上年此月: {meaning: 年级规则里取上一年的月, kind: 规则, type: 金额, unit: 元, grain: 年}
上年此月合计: {meaning: 用到它的人级规则, kind: 规则, type: 金额, unit: 元}
"""
RULES = """

@rule("某月基数", unit="元", cites="#interest")
def 某月基数(缴费基数, 出生年月):
    return 取月(缴费基数, 出生年月 + 600)


@rule("某月记账额", unit="元", cites="#interest")
def 某月记账额(缴费基数, 记账比例, 出生年月):
    return 取月(四舍五入(缴费基数 * 记账比例, 2), 出生年月 + 600, 0)


@rule("某年储存额", unit="元", cites="#interest")
def 某年储存额(年末储存额, 出生年月):
    if 年份(出生年月) > 1970:
        return 0
    return 取年(年末储存额, 年份(出生年月) + 50)


@rule("某月有否", cites="#interest")
def 某月有否(缴费基数, 出生年月):
    return 取月(缴费基数 > 3000, 出生年月 + 600, 假)


@rule("逐年看", unit="元", cites="#interest", grain="年")
def 逐年看(缴费基数, 年度):
    return 取月(缴费基数, 成年月(年度, 6), 0)


@rule("逐年看合计", unit="元", cites="#interest")
def 逐年看合计(逐年看):
    return 四舍五入(合计(逐年看), 2)


@rule("上年此月", unit="元", cites="#interest", grain="年")
def 上年此月(缴费基数, 年度):
    return 取月(缴费基数, 成年月(年度 - 1, 6), 0)


@rule("上年此月合计", unit="元", cites="#interest")
def 上年此月合计(上年此月):
    return 四舍五入(合计(上年此月), 2)
"""
NAMES = ("某月基数", "某月记账额", "某年储存额", "某月有否", "逐年看合计", "个人账户储存额")


@pytest.fixture
def rows_law(law_with: Callable[..., Law]) -> Law:
    glossary = (GOOD / "glossary.yaml").read_text(encoding="utf-8")
    rules = (GOOD / "law/pension/account/rules.py").read_text(encoding="utf-8")
    return law_with({"glossary.yaml": glossary + TERMS, "law/pension/account/rules.py": rules + RULES})


def people() -> pa.Table:
    """People of fifty in 2019 to 2021 with gaps, and one whose year is never reached."""
    draw = np.random.default_rng(3)
    rows: list[dict[str, Any]] = []
    for number in range(60):
        months = [m for m in range(2019 * 12, 2021 * 12 + 11) if draw.random() > 0.15]
        born = int(draw.integers(1968, 1973)) * 100 + int(draw.integers(1, 13))
        career = [
            {"起": m // 12 * 100 + m % 12 + 1, "月数": 1, "缴费基数": int(draw.integers(200_000, 500_000))}
            for m in months
        ]
        facts = {"出生年月": born, "退休类别": "男职工", "选择退休年月": None, "视同缴费月数": 0}
        rows.append({PERSON: f"9901011970010100{number:02d}", **facts, CAREER: career})
    return pa.Table.from_pylist(rows, SCHEMA)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_picked_by_year_or_month_is_the_same_in_both_readings(rows_law: Law, name: str) -> None:
    program = compile_rules(rows_law, [name], region=REGION, on=ON, columns=("出生年月",))
    table = people()
    answers = execute(rows_law, program, table)
    assert answers.exact < table.num_rows, "the kernel computes those whose row is there"
    for row in range(table.num_rows):
        expected, _ = exact_row(rows_law, program, table.slice(row, 1).to_pylist()[0])
        found = [None if answers.missing[0][row] else int(answers.columns[0][row])]
        assert found == expected, row


def test_a_month_of_another_year_inside_a_yearly_rule_is_left_to_the_exact_reading(rows_law: Law) -> None:
    program = compile_rules(rows_law, ["上年此月合计"], region=REGION, on=ON, columns=("出生年月",))
    table = people().slice(0, 5)
    answers = execute(rows_law, program, table)
    assert answers.exact == 5
    assert [int(value) for value in answers.columns[0]] == [
        exact_row(rows_law, program, row)[0][0] for row in table.to_pylist()
    ]
